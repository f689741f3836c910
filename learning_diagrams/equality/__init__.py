"""Equality: when two diagrams are one morphism in a theory, and what separates them when they are not."""
