"""Words: path equations, decided by completion of a rewriting system."""
