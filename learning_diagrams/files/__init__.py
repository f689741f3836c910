"""Files: learning diagrams, plans, columns and certificates on disk, and what a lint of them finds."""
