"""Collapse: constants in place of the trained boxes satisfy every constraint, so that nothing need be learned.

>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, y = Ty("x"), Ty("y")
>>> at, turn, f = SampleSpace("rows").column("x", x), Box("turn", x, x), Box("f", x, y)
>>> [finding.kind for finding in collapse_of(LearningDiagram(Constraint("c", at >> f, at >> turn >> f), frozen=[turn]))]
['collapsing']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Id, Ty, uses_of
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.editing.substitution import substitute
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.divergences import KINDS
from learning_diagrams.semantics.least_term import is_least
from learning_diagrams.semantics.reasoning.assumption import (
    NODES,
    assertion,
    axioms_of,
    derivation,
    divergences,
    prove_from,
)
from learning_diagrams.semantics.reasoning.data_equation import learns
from learning_diagrams.semantics.reasoning.finding import Finding

# Constants are certain, so that samples of them are equal, and a constant vector need not be 0.
_LEAST_AT_CONSTANTS = {"cosine", "energy", *(name for name, kind in KINDS.items() if kind.compares == "in law")}


def collapse_of(diagram: LearningDiagram, budget: int = NODES) -> Iterator[Finding]:
    """The finding "collapsing", if constants provably satisfy every axiom and every constraint."""
    changed = [box for box in diagram.boxes if learns(box, diagram)]
    trained = [box for box in changed if not uses_of(box)]
    if not trained or not diagram.constraints or any(map(_breaks_constants, diagram.constraints)):
        return
    constants = {box: Discard(box.dom) >> _constant(box.cod) if box in trained else _unknown(box) for box in changed}
    fixed = [axiom for axiom in axioms_of(diagram) if constants.keys().isdisjoint(_boxes(axiom.equation))]
    proofs = []
    for equation in [*diagram.axioms, *map(assertion, diagram.constraints)]:
        proof = prove_from(_at_constants(equation, constants), fixed, diagram, derivation(budget))
        if not isinstance(proof, Proof):
            return
        proofs.append(proof)
    names = ", ".join(box.name for box in trained)
    message = f"constants in place of {names} satisfy every constraint; add one that they break, or freeze a box"
    yield Finding("collapsing", "", message, tuple(proofs))


def _breaks_constants(constraint: Constraint) -> bool:
    """Whether constants with equal sides need not be the least of the term, as where rows must differ."""
    if constraint.weight == 0 or is_least(constraint):
        return False
    return not all(divergence.name in _LEAST_AT_CONSTANTS for divergence in divergences(constraint))


def _constant(cod: Ty) -> Diagram:
    return Id(Ty()).tensor(*(Box(f"constant {ob.name}", Ty(), Ty(ob)) for ob in cod.inside))


def _unknown(box: markov.Box) -> markov.Box:
    """What becomes of a box that uses others when these are constants: a box of which nothing is known."""
    return type(box)(f"{box.name} of constants", box.dom, box.cod, data=box.data)


def _boxes(equation: Equation) -> set[markov.Box]:
    return {box for graph in equation.graphs for box in graph.boxes}


def _at_constants(equation: Equation, constants: Mapping[markov.Box, Diagram]) -> Equation:
    own = {box: constants[box] for box in _boxes(equation) if box in constants}
    return Equation(substitute(equation.lhs, own), substitute(equation.rhs, own), equation.name)
