"""Files: learning diagrams, plans, columns and certificates on disk."""
