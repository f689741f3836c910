"""Derivations of equations from axioms: rewriting, search, certificates, and the checker that is trusted."""
