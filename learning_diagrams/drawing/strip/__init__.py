"""Strips: diagrams below one another, in which a box that stays the same keeps its place."""
