"""Redundancy: the constraints that axioms and other constraints prove, each dropped with a proof.

A constraint is redundant *on the data* if the assertions of others prove its own. It is redundant *as an equation* if
the others prove its bare sides equal, which needs that they hold everywhere.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> x, y = Ty("x"), Ty("y")
>>> f, g, point = Box("f", x, y), Box("g", x, y), SampleSpace("rows").column("point", x)
>>> twice = [Constraint(name, f, g, over=point) for name in ("once", "twice")]
>>> list(redundant(LearningDiagram(*twice), everywhere=False))
['twice']
"""

from __future__ import annotations

from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import NODES, assertion, premises_from, usable
from learning_diagrams.semantics.reasoning.proving import derive
from learning_diagrams.semantics.reasoning.seen_columns import Data, masked_columns


def redundant(
    diagram: LearningDiagram, everywhere: bool, budget: int = NODES, data: Data | None = None
) -> dict[str, Proof]:
    """The redundant constraints by name, each with a proof from axioms and from constraints that are kept.

    Constraints are tried in order of name: first each against the constraints kept before it, then each kept one
    against the others. No drop leaves a trained box without a constraint that trains it.

    Parameters
    ----------
    everywhere : bool, whether constraints count as equations between bare sides, or on their data.
    budget : int, diagrams that each proof may look at.
    data : as of `review`.
    """
    goals = {constraint.name: assertion(constraint, everywhere) for constraint in diagram.constraints}
    assumed = {constraint.name for constraint in usable(diagram)}
    masked = {name: masked_columns(goal, data) for name, goal in goals.items()}
    trained = {box.name for box in diagram.boxes} - {box.name for box in diagram.frozen}
    trains = {constraint.name: reached(constraint) & trained for constraint in diagram.constraints}
    detached = {
        c.name: trained.intersection(c.boxes) - trains[c.name] if c.detach else set() for c in diagram.constraints
    }

    def proof(name: str, kept: set[str]) -> Proof | None:
        others = kept - {name}
        # A premise may mention a box, detach it, and so not train it.
        lost = trains[name] & set().union(*(detached[other] for other in others))
        if not lost <= set().union(*(trains[other] for other in others)):
            return None
        # A term is tested where all its columns are present: a premise must be tested wherever the goal is.
        equations = [goals[other] for other in sorted(others & assumed) if masked[other] <= masked[name]]
        answer = derive(goals[name], premises_from(diagram, equations), budget)
        return answer if isinstance(answer, Proof) else None

    kept: set[str] = set()
    for name in sorted(goals):  # a redundant constraint is not even a premise, so that short equations prove long ones
        if proof(name, kept) is None:
            kept.add(name)
    for name in sorted(kept):
        if proof(name, kept) is not None:
            kept.discard(name)
    proofs = {name: proof(name, kept) for name in sorted(set(goals) - kept)}
    return {name: evidence for name, evidence in proofs.items() if evidence is not None}
