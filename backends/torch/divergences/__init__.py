"""Divergences: the functions that compute them, row by row and as a mean."""
