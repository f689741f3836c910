"""Diagrams: boxes, structure maps, sample spaces, and a diagram as arrays."""
