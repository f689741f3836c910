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

from learning_diagrams.diagrams.box import Box, Diagram, Id, Ty
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.editing.substitution import substitute
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.divergences import KINDS
from learning_diagrams.semantics.reasoning.assumption import NODES, assertion, divergences
from learning_diagrams.semantics.reasoning.data_equation import learns
from learning_diagrams.semantics.reasoning.finding import Finding
from learning_diagrams.semantics.reasoning.proving import derive


def collapse_of(diagram: LearningDiagram, budget: int = NODES) -> Iterator[Finding]:
    """The finding "collapsing", if constants provably satisfy every axiom and every constraint."""
    trained = [box for box in diagram.boxes if learns(box, diagram)]
    if not trained or not diagram.constraints or any(map(_contrasts, diagram.constraints)):
        return
    constants = {box: Discard(box.dom) >> _constant(box.cod) for box in trained}
    fixed = [axiom for axiom in diagram.axioms if constants.keys().isdisjoint(_boxes(axiom))]
    premises = Premises.read({axiom.name: axiom for axiom in fixed}, "markov")
    proofs = []
    for equation in [*diagram.axioms, *map(assertion, diagram.constraints)]:
        proof = derive(_at_constants(equation, constants), premises, budget)
        if not isinstance(proof, Proof):
            return
        proofs.append(proof)
    names = ", ".join(box.name for box in trained)
    message = f"constants in place of {names} satisfy every constraint; add one that they break, or freeze a box"
    yield Finding("collapsing", "", message, tuple(proofs))


def _contrasts(constraint: Constraint) -> bool:
    """Whether the constraint asks that rows differ from each other: constants do not satisfy it."""
    chosen = (divergence.name for divergence in divergences(constraint))
    return constraint.weight > 0 and any(name in KINDS and KINDS[name].compares == "across a batch" for name in chosen)


def _constant(cod: Ty) -> Diagram:
    return Id(Ty()).tensor(*(Box(f"constant {ob.name}", Ty(), Ty(ob)) for ob in cod.inside))


def _boxes(equation: Equation) -> set[markov.Box]:
    return {box for graph in equation.graphs for box in graph.boxes}


def _at_constants(equation: Equation, constants: Mapping[markov.Box, Diagram]) -> Equation:
    own = {box: constants[box] for box in _boxes(equation) if box in constants}
    return Equation(substitute(equation.lhs, own), substitute(equation.rhs, own), equation.name)
