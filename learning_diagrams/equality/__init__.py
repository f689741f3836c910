"""Equality: when two diagrams are one morphism in a theory, and the models that separate unequal diagrams."""
