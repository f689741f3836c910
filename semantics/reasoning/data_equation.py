"""Data equations: equations between columns and frozen boxes that the constraints of a learning diagram prove.

Training changes neither a column nor a frozen box. The data must satisfy such an equation, or they contradict the
constraints.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> rows, y = SampleSpace("rows"), Ty("y")
>>> f = rows.column("x", Ty("x")) >> Box("f", Ty("x"), y)
>>> labels = [Constraint(name, f, rows.column(name, y)) for name in ("first", "second")]
>>> [str(finding) for finding in forced_equations(LearningDiagram(*labels), {"rows": {"first": [0], "second": [1]}})]
['inconsistent: the constraints prove first = second, which the data refute, first in row 0: 0 and 1']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import printable
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import NODES, assumptions, axioms_of, proof_from, usable
from learning_diagrams.semantics.reasoning.seen_columns import Cell, Cells, Data, compare_columns

MOST_DRAWS = 8  # of rows of one sample space in an equation between columns


@dataclass(frozen=True)
class Finding:
    """One fact that a review states about a learning diagram, with the proofs that show it.

    kind : str: "vacuous", "redundant on the data", "redundant as an equation", "follows as an equation" (its term
        consumes draws and says more), "inconsistent", "forced", "collapsing", "untrained" or "unread".
    subject : str, the name of a constraint, box or column; empty for a fact about the whole learning diagram.
    says : str, the fact in words.
    evidence : tuple of Proof, the proofs that show the fact.
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
    fixed = {
        digest_of(form): side
        for equation in (constraint.reading.assertion for constraint in usable(diagram))
        for side, graph, form in zip(equation.diagrams, equation.graphs, equation.canonical, strict=True)
        if not any(learns(box, diagram) for box in graph.boxes)
    }
    premises = [*axioms_of(diagram, data), *assumptions(diagram, data=data)]
    whole = [premise for premise in premises if not premise.masked]
    partly = [premise for premise in premises if not (premise.in_law and premise.masked)]
    present = frozenset(cell for premise in partly for cell in _at_each_draw(premise.masked))
    for lhs, rhs in combinations(fixed.values(), 2):
        if (lhs.dom, lhs.cod) != (rhs.dom, rhs.cod):
            continue
        goal = Equation(lhs, rhs)
        proof = proof_from(goal, whole, diagram, budget)
        if proof is None and present:
            proof = proof_from(goal, (premise for premise in partly if not premise.in_law), diagram, budget, present)
        if proof is None:
            continue
        used = {cell for premise in partly if premise.name in proof.axioms for cell in premise.masked}
        masked = {box for box in diagram.columns if any((box.space.name, box.name) == (s, c) for s, _, c in used)}
        seen = compare_columns(lhs, rhs, masked, data)
        statement = f"the constraints prove {lhs} = {rhs}"
        if seen is not None and seen.differ:
            yield Finding("inconsistent", "", f"{statement}, which the data refute{seen.where}", (proof,))
        elif seen is None and not masked:
            statement += ", which nothing here trains: check that the data satisfy it"
            yield Finding("forced", "", statement, (proof,))


def _at_each_draw(cells: Cells) -> Iterator[Cell]:
    """Masked columns, at every draw that a goal may have."""
    for space, _, column in cells:
        yield from ((space, draw, column) for draw in range(MOST_DRAWS))


def learns(box: markov.Box, diagram: LearningDiagram) -> bool:
    """Whether training changes a box: training updates it, or it is the moving average of a box."""
    return not isinstance(box, Column | State) and (box not in diagram.frozen or box.name in diagram.ema)
