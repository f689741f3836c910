"""Functor: the fold that evaluates diagrams, spaces, and the loss functor."""
