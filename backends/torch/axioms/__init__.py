"""Axioms: a check of each axiom on the first batch."""
