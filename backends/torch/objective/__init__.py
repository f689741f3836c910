"""Objective: a learning diagram compiled to a module whose value is its loss; its updates, and its weights on disk."""
