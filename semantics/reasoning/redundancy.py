"""Redundancy: the constraints that axioms and other constraints prove, each dropped with a proof.

A constraint is redundant *on the data* if the assertions of others prove its own. It is redundant *as an equation* if
the others prove its bare sides equal, which needs that they hold everywhere. Its term must be least where its equation
holds. A term that consumes draws is dropped only beside a term of the same equation.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> x, y = Ty("x"), Ty("y")
>>> f, g, point = Box("f", x, y), Box("g", x, y), SampleSpace("rows").column("point", x)
>>> twice = [Constraint(name, f, g, over=point) for name in ("once", "twice")]
>>> list(redundant(LearningDiagram(*twice), everywhere=False))
['twice']
"""

from __future__ import annotations

from collections.abc import Iterable

from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.least_term import compares_samples, consumes_draws, is_least
from learning_diagrams.semantics.reasoning.assumption import (
    NODES,
    assertion,
    assumptions,
    axioms_of,
    of_same_draws,
    proof_from,
)
from learning_diagrams.semantics.reasoning.seen_columns import Data, masked_cells


def redundant(
    diagram: LearningDiagram, everywhere: bool, budget: int = NODES, data: Data | None = None
) -> dict[str, Proof]:
    """The redundant constraints by name, each with a proof from axioms and from constraints that are kept.

    Constraints are tried in order of name: first each against the constraints kept before it, then each kept one
    against the others. No drop leaves a trained box without a constraint that trains it.

    everywhere : bool, whether constraints count as equations between bare sides, or on their data.
    budget, data : as of `review`.
    """
    premises = {a.name.removeprefix("constraint "): a for a in assumptions(diagram, everywhere, data)}
    axioms = axioms_of(diagram, data)
    trained = {box.name for box in diagram.boxes} - {box.name for box in diagram.frozen}
    trains = {constraint.name: reached(constraint) & trained for constraint in diagram.constraints}
    names = {c.name: trained.intersection(c.boxes) if c.detach else set() for c in diagram.constraints}
    detached = {name: mentioned - trains[name] for name, mentioned in names.items()}
    droppable = {constraint.name: constraint for constraint in diagram.constraints if is_least(constraint)}

    def proof(name: str, kept: set[str]) -> Proof | None:
        others = kept - {name}
        # A premise may mention a box, detach it, and so not train it.
        lost = trains[name] & set().union(*(detached[other] for other in others))
        if not lost <= set().union(*(trains[other] for other in others)):
            return None
        constraint = droppable[name]
        goal = assertion(constraint, everywhere)
        masked = masked_cells(constraint, data, everywhere)
        available = [premises[other] for other in sorted(others & premises.keys())]
        draws = consumes_draws(constraint)
        assumed = of_same_draws(constraint, goal, available) if draws else [*axioms, *available]
        return None if masked is None or (draws and not assumed) else proof_from(goal, assumed, diagram, budget, masked)

    kept = {constraint.name for constraint in diagram.constraints} - droppable.keys()
    for name in sorted(droppable):  # a redundant constraint is not even a premise: short equations prove long ones
        if proof(name, kept) is None:
            kept.add(name)
    for name in sorted(kept & droppable.keys()):
        if proof(name, kept) is not None:
            kept.discard(name)
    proofs = {name: proof(name, kept) for name in sorted(droppable.keys() - kept)}
    return {name: evidence for name, evidence in proofs.items() if evidence is not None}


def only_equations(
    diagram: LearningDiagram,
    dropped: Iterable[str],
    everywhere: bool = False,
    budget: int = NODES,
    data: Data | None = None,
) -> dict[str, Proof]:
    """The constraints whose equation is proved, but whose term consumes draws, or compares samples in law.

    dropped : names of constraints that are neither premises nor goals. Other parameters as of `redundant`.
    """
    gone = set(dropped)
    axioms, premises = axioms_of(diagram, data), assumptions(diagram, everywhere, data)
    proofs = {}
    for constraint in diagram.constraints:
        masked = masked_cells(constraint, data, everywhere)
        says_more = compares_samples(constraint) or (consumes_draws(constraint) and is_least(constraint))
        if constraint.name in gone or masked is None or not says_more:
            continue
        excluded = {f"constraint {name}" for name in (constraint.name, *gone)}
        others = [assumption for assumption in premises if assumption.name not in excluded]
        goal = assertion(constraint, everywhere)
        if proof := proof_from(goal, [*axioms, *others], diagram, budget, masked):
            proofs[constraint.name] = proof
    return proofs
