"""Functor: the fold that evaluates diagrams, the spaces of objects, and the loss functor."""
