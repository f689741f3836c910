"""Exact finite stochastic maps: every number a fraction. The oracle of the tests, and small models to compute with."""

from learning_diagrams.backends.finite.countermodel import countermodel_of
from learning_diagrams.backends.finite.functor import FiniteFunctor
from learning_diagrams.backends.finite.rounding import rounded
from learning_diagrams.backends.finite.stochastic_map import StochasticMap
from learning_diagrams.backends.finite.term import drawn_term, exact_term

__all__ = ["FiniteFunctor", "StochasticMap", "countermodel_of", "drawn_term", "exact_term", "rounded"]
