"""Findings that the constraints of a learning diagram prove: equations between data, and collapse to constants.

Training changes neither a column nor a frozen box. The data must satisfy a proved equation between these, or they
contradict the constraints. Where constants in place of the trained boxes satisfy every constraint, nothing need be
learned.

>>> from learning_diagrams import Constraint, SampleSpace
>>> rows, y = SampleSpace("rows"), Ty("y")
>>> f = rows.column("x", Ty("x")) >> Box("f", Ty("x"), y)
>>> labels = [Constraint(name, f, rows.column(name, y)) for name in ("first", "second")]
>>> [str(finding) for finding in forced_equations(LearningDiagram(*labels), {"rows": {"first": [0], "second": [1]}})]
['inconsistent: the constraints prove first = second, which the data refute, first in row 0: 0 and 1']
>>> at, turn = rows.column("at", y), Box("turn", y, y)
>>> [finding.kind for finding in collapse_of(LearningDiagram(Constraint("c", at >> turn, at >> turn >> turn)))]
['collapsing']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Id, Ty
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.diagrams.symbol import shared_in, text_of
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.editing.substitution import substitute
from learning_diagrams.errors import printable
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.divergences import KINDS
from learning_diagrams.semantics.least_term import is_least
from learning_diagrams.semantics.reasoning.assumption import NODES, axioms_of, divergences, proof_from
from learning_diagrams.semantics.reasoning.fixed_sides import FixedSides, learns
from learning_diagrams.semantics.reasoning.seen_columns import Data, compare_columns

# Constants are certain, so that samples of them are equal, and a constant vector need not be 0.
_LEAST_AT_CONSTANTS = {"cosine", "energy", *(name for name, kind in KINDS.items() if kind.compares == "in law")}


@dataclass(frozen=True, repr=False)
class Finding(Printed):
    """One fact that a review states about a learning diagram, with the proofs that show it.

    kind : str: "vacuous", "redundant on the data", "redundant as an equation", "follows as an equation" (its term
        consumes draws, or compares samples in law), "inconsistent", "forced", "collapsing", "untrained" or "unread".
    subject : str, the name of a constraint, box or column; empty for a fact about the whole learning diagram.
    """

    kind: str
    subject: str
    says: str
    evidence: tuple[Proof, ...] = ()

    def __str__(self) -> str:
        return printable(f"{f'{self.subject}: ' if self.subject else ''}{self.kind}: {self.says}")


def forced_equations(diagram: LearningDiagram, data: Data | None = None, budget: int = NODES) -> Iterator[Finding]:
    """A finding for each equation between columns and frozen boxes that is proved: "forced", or "inconsistent".

    The equation holds in the rows in which all constraints of its proof are tested.
    """
    fixed, shared = FixedSides(diagram, data), shared_in(diagram.signature)
    for lhs, rhs in combinations(fixed.sides, 2):
        if (lhs.dom, lhs.cod) != (rhs.dom, rhs.cod) or (proved := fixed.prove(Equation(lhs, rhs), budget)) is None:
            continue
        proof, masked = proved
        seen = compare_columns(lhs, rhs, masked, data)
        statement = f"the constraints prove {text_of(lhs, shared)} = {text_of(rhs, shared)}"
        if seen is not None and seen.differ:
            yield Finding("inconsistent", "", f"{statement}, which the data refute{seen.where}", (proof,))
        elif seen is None and not masked:
            statement += ", which nothing here trains: check that the data satisfy it"
            yield Finding("forced", "", statement, (proof,))


def collapse_of(diagram: LearningDiagram, budget: int = NODES) -> Iterator[Finding]:
    """The finding "collapsing", if constants provably satisfy every axiom and every constraint."""
    changed = [box for box in diagram.boxes if learns(box, diagram)]
    trained = [box for box in changed if not uses_of(box)]
    if not trained or not diagram.constraints or any(map(_breaks_constants, diagram.constraints)):
        return
    constants = {box: _unknown(box) if uses_of(box) else _constant(box) for box in changed}
    fixed = [axiom for axiom in axioms_of(diagram) if constants.keys().isdisjoint(_boxes(axiom.equation))]
    proofs = []
    for equation in [*diagram.axioms, *(constraint.reading.assertion for constraint in diagram.constraints)]:
        proof = proof_from(_at_constants(equation, constants), fixed, diagram, budget)
        if proof is None:
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


def _constant(box: markov.Box) -> Diagram:
    ends = (Box(f"constant {ob.name}", Ty(), Ty(ob)) for ob in box.cod.inside)
    return Discard(box.dom) >> Id(Ty()).tensor(*ends)


def _unknown(box: markov.Box) -> markov.Box:
    """What becomes of a box that uses others when these are constants: a box of which nothing is known."""
    return type(box)(f"{box.name} of constants", box.dom, box.cod, data=box.data)


def _boxes(equation: Equation) -> set[markov.Box]:
    return {box for graph in equation.graphs for box in graph.boxes}


def _at_constants(equation: Equation, constants: Mapping[markov.Box, Diagram]) -> Equation:
    own = {box: constants[box] for box in _boxes(equation) if box in constants}
    return Equation(substitute(equation.lhs, own), substitute(equation.rhs, own), equation.name)
