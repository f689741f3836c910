"""Fixed sides: sides of constraints that training does not change, and the proofs of equations between them.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> rows, y = SampleSpace("rows"), Ty("y")
>>> f = rows.column("x", Ty("x")) >> Box("f", Ty("x"), y)
>>> fixed = FixedSides(LearningDiagram(*(Constraint(name, f, rows.column(name, y)) for name in ("first", "second"))))
>>> [str(side) for side in fixed.sides]
['first', 'second']
>>> proof, masked = fixed.prove(Equation(*fixed.sides), 100)
>>> sorted(proof.axioms), masked
(['constraint first', 'constraint second'], set())
"""

from __future__ import annotations

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import assumptions, axioms_of, proof_from, usable
from learning_diagrams.semantics.reasoning.seen_columns import Data

MOST_DRAWS = 8  # of rows of one sample space in an equation between columns


class FixedSides:
    """The sides of the usable constraints of a learning diagram that consist of columns, states and frozen boxes.

    sides : list of diagrams, as they are written, no two of them equal.
    normal_forms : list of port graphs, those of the sides.
    columns : list of the columns that the usable constraints read, each once.
    premises : list of the axioms and constraints from which an equation may be proved.
    """

    def __init__(self, diagram: LearningDiagram, data: Data | None = None) -> None:
        self._diagram = diagram
        equations = [constraint.reading.assertion for constraint in usable(diagram)]
        self._fixed: dict[str, tuple[Diagram, PortGraph]] = {
            digest_of(form): (side, normal)
            for each in equations
            for side, graph, form, normal in zip(
                each.diagrams, each.graphs, each.canonical, each.normal_forms, strict=True
            )
            if not any(learns(box, diagram) for box in graph.boxes)
        }
        self.sides = [side for side, _ in self._fixed.values()]
        self.normal_forms = [normal for _, normal in self._fixed.values()]
        boxes = (box for each in equations for graph in each.normal_forms for box in graph.boxes)
        self.columns = list(dict.fromkeys(box for box in boxes if isinstance(box, Column)))
        self.premises = [*axioms_of(diagram, data), *assumptions(diagram, data=data)]

    def has(self, equation: Equation) -> bool:
        """Whether both sides of an equation are fixed sides of constraints."""
        return all(digest_of(form) in self._fixed for form in equation.canonical)

    def prove(self, goal: Equation, budget: int) -> tuple[Proof, set[Column]] | None:
        """A proof from the premises, and the masked columns that must be present in the rows in which it holds."""
        whole = [premise for premise in self.premises if not premise.masked]
        partly = [premise for premise in self.premises if not (premise.in_law and premise.masked)]
        cells = {(space, column) for premise in partly for space, _, column in premise.masked}
        present = frozenset((space, draw, column) for space, column in cells for draw in range(MOST_DRAWS))
        proof = proof_from(goal, whole, self._diagram, budget)
        if proof is None and present:
            assumed = (premise for premise in partly if not premise.in_law)
            proof = proof_from(goal, assumed, self._diagram, budget, present)
        if proof is None:
            return None
        used = {cell for premise in partly if premise.name in proof.axioms for cell in premise.masked}
        masked = {(space, column) for space, _, column in used}
        return proof, {box for box in self._diagram.columns if (box.space.name, box.name) in masked}


def learns(box: markov.Box, diagram: LearningDiagram) -> bool:
    """Whether training changes a box: it, or a box that it uses, is updated or is the moving average of a box."""
    parts = () if isinstance(box, Column | State) else with_uses(box)
    return any(part not in diagram.frozen or part.name in diagram.ema for part in parts)
