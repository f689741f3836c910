"""Data equations: equations between columns and frozen boxes that the constraints of a learning diagram prove.

Training changes neither a column nor a frozen box. The data must satisfy such an equation, or they contradict the
constraints.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> rows, y = SampleSpace("rows"), Ty("y")
>>> f = rows.column("x", Ty("x")) >> Box("f", Ty("x"), y)
>>> labels = [Constraint(name, f, rows.column(name, y)) for name in ("first", "second")]
>>> [str(finding) for finding in forced_equations(LearningDiagram(*labels), {"rows": {"first": [0], "second": [1]}})]
['inconsistent: the constraints prove first = second, which the data refute, first in row 0: 0 and 1']
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import with_uses
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import (
    NODES,
    assertion,
    assumptions,
    axioms_of,
    derivation,
    prove_from,
    usable,
)
from learning_diagrams.semantics.reasoning.finding import Finding
from learning_diagrams.semantics.reasoning.seen_columns import Cell, Cells, Data, compare_columns

MOST_DRAWS = 8  # of rows of one sample space in an equation between columns


def forced_equations(diagram: LearningDiagram, data: Data | None = None, budget: int = NODES) -> Iterator[Finding]:
    """A finding for each equation between columns and frozen boxes that is proved: "forced", or "inconsistent".

    The equation holds in the rows in which all constraints of its proof are tested.
    """
    fixed = {
        digest_of(form): side
        for equation in map(assertion, usable(diagram))
        for side, graph, form in zip((equation.lhs, equation.rhs), equation.graphs, equation.canonical, strict=True)
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
        answer = prove_from(goal, whole, diagram, derivation(budget))
        if not isinstance(answer, Proof) and present:
            rowwise = [premise for premise in partly if not premise.in_law]
            answer = prove_from(goal, rowwise, diagram, derivation(budget), present)
        if not isinstance(answer, Proof):
            continue
        used = {cell for premise in partly if premise.name in answer.axioms for cell in premise.masked}
        masked = {box for box in diagram.columns if any((box.space.name, box.name) == (s, c) for s, _, c in used)}
        seen = compare_columns(lhs, rhs, masked, data)
        statement = f"the constraints prove {lhs} = {rhs}"
        if seen is not None and seen.differ:
            yield Finding("inconsistent", "", f"{statement}, which the data refute{seen.where}", (answer,))
        elif seen is None and not masked:
            statement += ", which nothing here trains: check that the data satisfy it"
            yield Finding("forced", "", statement, (answer,))


def _at_each_draw(cells: Cells) -> Iterator[Cell]:
    """Masked columns, at every draw that a goal may have."""
    for space, _, column in cells:
        yield from ((space, draw, column) for draw in range(MOST_DRAWS))


def learns(box: markov.Box, diagram: LearningDiagram) -> bool:
    """Whether training changes a box: it, or a box that it uses, is updated or is the moving average of a box."""
    parts = () if isinstance(box, Column | State) else with_uses(box)
    return any(part not in diagram.frozen or part.name in diagram.ema for part in parts)
