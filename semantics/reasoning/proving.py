"""Whether an equation follows from others: a proof, a countermodel, or neither within a budget.

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

from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.proof.rewriting.budget import Budget
from learning_diagrams.proof.rewriting.search import find_steps
from learning_diagrams.proof.words.path import decide
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

NODES = 20_000
FIRST = 200  # nodes that are spent on proofs, and then on models, before more are


def prove(
    equation: Equation,
    axioms: Mapping[str, Equation] | Iterable[Equation | Proof] = (),
    theory: Theory = "markov",
    budget: int = NODES,
) -> Proof | Countermodel | Unknown:
    """A proof of an equation from axioms, or a finite model in which they hold and it does not, or neither.

    Law: a proof is accepted by `check`, and a countermodel verifies; there are never both.

    Parameters
    ----------
    equation : the goal.
    axioms : equations by name or in a list; proofs among them serve as lemmas, under the names of their statements.
    theory : whose laws hold besides: "symmetric", "markov" or "cartesian".
    budget : how many diagrams, and how many models, may be looked at; the same budget gives the same answer. Ctrl-C
        ends the search as a budget does, with what was explored until then.

    Raises
    ------
    TypeMismatch : the equation or an axiom is none, or contains what the theory has not.
    """
    if not isinstance(equation, Equation):
        raise TypeMismatch(f"prove takes an Equation(lhs, rhs), got {brief(equation)}")
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise TypeMismatch(f"budget= takes a number of nodes ≥ 1, got {brief(budget)}")
    premises = Premises.read(axioms, theory)
    spent, reason, nodes = 0, "", Budget(0)
    try:
        for most in (min(FIRST, budget), budget):
            if not reason:
                nodes = Budget(most)
                derived = derive(equation, premises, nodes)
                if isinstance(derived, Proof):
                    return derived
                spent, reason, nodes = spent + derived.explored, derived.reason, Budget(0)
            model = find_countermodel(equation, tuple(premises.axioms.values()), theory, most)
            if model is not None:
                return model
            spent += most
    except KeyboardInterrupt:
        return Unknown(equation, f"{reason}; interrupted" if reason else "interrupted", spent + nodes.explored)
    return Unknown(equation, reason or f"no proof and no model within the budget {budget:,}", spent)


def derive(goal: Equation, premises: Premises, budget: int | Budget) -> Proof | Unknown:
    """A proof, or `Unknown` with the reason why there is none, if that is known: no models are looked for."""
    nodes = budget if isinstance(budget, Budget) else Budget(budget)
    if equal(goal.lhs, goal.rhs, premises.theory):
        return premises.proof(goal, ())
    answer = decide(goal, premises.axioms, premises.theory, nodes.nodes)
    if answer is not None and answer.proof is not None:
        return answer.proof
    if answer is not None and answer.reason:
        return Unknown(goal, answer.reason, nodes.nodes)
    steps = find_steps(goal, premises.equations, premises.theory, nodes)
    if steps is not None:
        return premises.proof(goal, steps)
    return Unknown(goal, "", nodes.explored)
