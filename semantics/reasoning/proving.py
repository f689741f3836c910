"""Proving: a proof of an equation from axioms, a countermodel, or neither within a budget.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x, y = Ty("x"), Ty("y")
>>> f, g, h = Box("f", x, y), Box("g", y, x), Box("h", x, y)
>>> left, right = Equation(f >> g, Id(x), "left"), Equation(g >> h, Id(y), "right")
>>> print(prove(Equation(f, h), [left, right]))
f = h in the theory markov, by 2 steps
    f
  = f >> g >> h    by right, backwards
  = h    by left
>>> type(prove(Equation(g >> f, Id(y)), [left])).__name__
'Countermodel'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import TypeMismatch, brief, require_count
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.proof.rewriting.matching import Budget
from learning_diagrams.proof.rewriting.search import find_steps
from learning_diagrams.proof.rules.bare_equation import bare
from learning_diagrams.proof.words.path import decide
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

NODES = 20_000
FIRST = 200  # nodes of the first round of proofs and models, before the round with the whole budget


def prove(
    equation: Equation | Constraint,
    axioms: Mapping[str, Equation | Constraint | Proof] | Iterable[Equation | Constraint | Proof] = (),
    theory: Theory = "markov",
    budget: int = NODES,
    *,
    signature: Any = (),
) -> Proof | Countermodel | Unknown:
    """A proof of an equation from axioms, or a model of the axioms in which the equation fails, or neither.

    Law: `check` accepts a proof, and a countermodel verifies; an equation never has both.

    axioms : Equations by name or in a list; proofs among them serve as lemmas, under the names of their statements. A
        constraint, here and as the goal, stands for its equation everywhere, without its `over=`.
    theory : "symmetric", "markov" or "cartesian", the theory whose laws hold besides the axioms.
    budget : int ≥ 1, diagrams that a search for a proof may look at, and models that one for a countermodel may. A
        short search of each kind comes first, so that all of them may explore somewhat more than twice as much. The
        same budget gives the same answer. Ctrl-C ends a search with the answer for the nodes explored until then. A
        proof that the search finds is shortened, by at most 2,000 tries more.
    signature : boxes, sample spaces or learning diagrams of which the question speaks, besides goal and axioms. A proof
        speaks of nothing else, so that a lemma that does is left out; a countermodel interprets all of it.

    Raises `TypeMismatch`: the goal or an axiom is not an equation, or contains a box that the theory does not have.
    `DuplicateName`: two boxes have one name.
    """
    equation = bare(equation)
    if not isinstance(equation, Equation):
        raise TypeMismatch(f"prove takes an Equation(lhs, rhs), got {brief(equation)}")
    require_count("budget=", budget)
    premises = Premises.read(axioms, theory).speaking_of(signature, equation)
    spent, reason, nodes = 0, "", Budget(0)
    try:
        for most in (min(FIRST, budget), budget):
            if not reason:
                nodes = Budget(most)
                derived = derive(equation, premises, nodes)
                if isinstance(derived, Proof):
                    return derived
                spent, reason, nodes = spent + derived.explored, derived.reason, Budget(0)
            if (model := find_countermodel(equation, tuple(premises.axioms.values()), theory, most)) is not None:
                return model
            spent += most
    except KeyboardInterrupt:
        return Unknown(equation, f"{reason}; interrupted" if reason else "interrupted", spent + nodes.explored)
    return Unknown(equation, reason or f"no proof and no model within the budget {budget:,} of each search", spent)


def derive(goal: Equation, premises: Premises, budget: int | Budget) -> Proof | Unknown:
    """A proof, or `Unknown` with the reason if it is known. No model is looked for."""
    nodes = budget if isinstance(budget, Budget) else Budget(budget)
    lhs, rhs = (goal.lhs, goal.rhs) if premises.theory == "symmetric" else goal.graphs
    if equal(lhs, rhs, premises.theory):
        return premises.proof(goal, ())
    # An axiom that equates a symbol with itself need not be a path.
    informative = {name: axiom for name, axiom in premises.axioms.items() if axiom.lhs is not axiom.rhs}
    if (answer := decide(goal, informative, premises.theory, nodes.nodes)) is not None:
        return Unknown(goal, answer, nodes.nodes) if isinstance(answer, str) else answer
    if (steps := find_steps(goal, premises.about(goal), premises.theory, nodes)) is not None:
        return premises.proof(goal, steps)
    return Unknown(goal, "", nodes.explored)
