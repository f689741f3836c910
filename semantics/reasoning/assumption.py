"""Assumptions: the equations that a learning diagram asserts, and those that may serve as premises of a proof.

A constraint is a premise only if its weight is positive and its divergences separate: a term of 0 must mean equality.
The constraints of a game are no premises, because the aims of players need not hold together.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, y = Ty("x"), Ty("y")
>>> point = SampleSpace("rows").column("point", x)
>>> fit = Constraint("fit", Box("f", x, y), Box("g", x, y), over=point)
>>> assertion(fit), assertion(fit, everywhere=True)
(Equation(point >> f = point >> g), Equation(f = g))
"""

from __future__ import annotations

from collections.abc import Iterable

from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.semantics.divergences import divergence as divergence_kind

NODES = 2_000  # diagrams that the proof of one assertion may look at


def assertion(constraint: Constraint, everywhere: bool = False) -> Equation:
    """The equation that a constraint asserts: of its bare sides, or on its data."""
    return constraint.equation if everywhere else constraint.reading.assertion


def is_premise(constraint: Constraint) -> bool:
    """Whether a term of 0 says that the sides are equal."""
    return constraint.weight > 0 and all(map(_separates, divergences(constraint)))


def divergences(constraint: Constraint) -> list[Divergence]:
    """The divergences that a constraint names; output wires that take the default are left out."""
    choice = constraint.divergence
    return [d for d in (choice if isinstance(choice, tuple) else (choice,)) if isinstance(d, Divergence)]


def _separates(divergence: Divergence) -> bool:
    try:
        return divergence_kind(divergence.name).capabilities(dict(divergence.options)).separating
    except LearningDiagramError:
        return False  # nothing is known here of a user's own divergence


def usable(diagram: LearningDiagram) -> list[Constraint]:
    """The constraints that may be premises; in a game there are none."""
    return [] if diagram.players else [constraint for constraint in diagram.constraints if is_premise(constraint)]


def premises(diagram: LearningDiagram) -> Premises:
    """The axioms of a learning diagram, and the assertions of its usable constraints."""
    return premises_from(diagram, map(assertion, usable(diagram)))


def premises_from(diagram: LearningDiagram, equations: Iterable[Equation]) -> Premises:
    """The axioms of a learning diagram, and some assertions of its constraints."""
    named = {f"constraint {equation.name}": equation for equation in equations}
    return Premises.read({**{f"axiom {axiom.name}": axiom for axiom in diagram.axioms}, **named}, "markov")
