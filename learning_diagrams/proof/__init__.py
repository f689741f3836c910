"""Proofs of equations: derivations from given equations, step by step."""
