"""Reasoning: proofs and refutations, the review of a learning diagram, interpretations."""
