"""Models of paths: sets of paths in normal form, on which boxes act at the end."""
