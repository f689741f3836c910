"""Functors out of the syntax, without a tensor library: the fold that evaluates diagrams, and what divergences are."""
