"""Countermodels: finite models that satisfy every axiom and break the goal, so that it does not follow from them.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> power = lambda n: Id(x).then(*[a] * n)
>>> print(find_countermodel(Equation(a, Id(x)), [Equation(power(4), Id(x)), Equation(power(6), Id(x))]))
a = Id(x) does not follow from the axioms in the theory markov; this model satisfies them and tells its sides apart:
  x = {0, 1}
  a(0) = 1
  a(1) = 0
given (0), the outcome (1) has probability 1 on the left-hand side, 0 on the right-hand side
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from discopy import markov

from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.separation import shown_weight
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.canonical_countermodel import canonical_refutation
from learning_diagrams.semantics.models.finite_model import FiniteModel, shown_elements
from learning_diagrams.semantics.models.joint_distribution import Elements
from learning_diagrams.semantics.models.model_check import fault
from learning_diagrams.semantics.models.search_order import search
from learning_diagrams.semantics.models.search_problem import Problem

BUDGET = 20_000
FIRST_TRY, FIRST_TRY_STEPS = 300, 20_000  # without axioms: what is tried for a small model before the canonical one


@dataclass(frozen=True)
class Countermodel:
    """A model that satisfies axioms and tells the sides of a goal apart; it is reason enough that no proof exists.

    Parameters
    ----------
    goal, axioms, theory : what does not follow from what, and where; axioms that the theory proves are left out.
    model : the sets and tables.
    inputs, outcome : elements of the domain and of the codomain of the goal.
    lhs, rhs : the weight of the outcome given the inputs on each side: a probability, in "symmetric" a natural number.
    nodes : how many rows the search tried before it found the model.
    """

    goal: Equation
    axioms: tuple[Equation, ...]
    theory: Theory
    model: FiniteModel
    inputs: Elements
    outcome: Elements
    lhs: Fraction
    rhs: Fraction
    nodes: int = field(default=0, compare=False)

    def __bool__(self) -> bool:
        return False

    def verify(self) -> bool:
        """Compute all of it again, by other means: every axiom at every input, the goal at its own.

        Raises `LimitExceeded` where that would take more than some seconds.
        """
        return self.fault() is None

    def fault(self) -> str | None:
        """The first thing that is wrong, or None; raises as `verify`."""
        model = self.model
        of = (self.theory, model.deterministic, model.sizes, model.rows)
        return fault(*of, self.axioms, self.goal, self.inputs, self.outcome, (self.lhs, self.rhs))

    def to_dict(self) -> dict[str, Any]:
        """The countermodel as plain data; see `countermodel_data`."""
        from learning_diagrams.semantics.models.countermodel_data import to_dict

        return to_dict(self)

    @staticmethod
    def from_dict(
        data: Mapping[str, Any],
        goal: Equation | None = None,
        axioms: Iterable[Equation] | None = None,
        theory: Theory | None = None,
        deterministic: Iterable[str] = (),
    ) -> Countermodel:
        """Read what `to_dict` wrote, and check all of it; see `countermodel_data`.

        goal, axioms, theory, deterministic : what it is to refute, and from what; by default what it says itself.
        """
        from learning_diagrams.semantics.models.countermodel_data import from_dict

        return from_dict(data, goal, axioms, theory, deterministic)

    def __str__(self) -> str:
        weight = "weight" if self.theory == "symmetric" else "probability"
        given, outcome = shown_elements(self.inputs), shown_elements(self.outcome)
        lhs, rhs = map(shown_weight, (self.lhs, self.rhs))
        return "\n".join(
            [
                f"{self.goal.lhs} = {self.goal.rhs} does not follow from the axioms in the theory {self.theory}; "
                "this model satisfies them and tells its sides apart:",
                *(f"  {line}" for line in str(self.model).splitlines()),
                f"given {given}, the outcome {outcome} has {weight} {lhs} on the left-hand side, {rhs} on the "
                "right-hand side",
            ]
        )


def find_countermodel(
    goal: Equation,
    axioms: Iterable[Equation] = (),
    theory: Theory = "markov",
    budget: int = BUDGET,
    deterministic: Iterable[markov.Box | str] = (),
) -> Countermodel | None:
    """A finite model that satisfies the axioms and breaks the goal, or None where none was found.

    None says nothing: the goal may follow, or its countermodels may be too large for the budget, or infinite. Without
    axioms there is always an answer, and None says that the goal holds. The search is the same on every machine.

    Parameters
    ----------
    goal, axioms : equations over one signature.
    theory, deterministic : as of `equal`.
    budget : how many rows of boxes may be tried.

    Raises
    ------
    TypeMismatch : what is given are no equations, or they contain what is no part of the theory.
    UnknownName : there is no such theory.
    """
    if isinstance(axioms, Mapping):
        axioms = axioms.values()
    if isinstance(axioms, Equation) or not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a list of equations, got {brief(axioms)}")
    axioms, boxes = tuple(axioms), deterministic if isinstance(deterministic, str) else tuple(deterministic)
    for given in (goal, *axioms):
        if not isinstance(given, Equation):
            raise TypeMismatch(f"the goal and the axioms are equations, as Equation(lhs, rhs); got {brief(given)}")
    if type(budget) is not int or budget < 0:
        raise TypeMismatch(f"budget= is a whole number ≥ 0, got {brief(budget)}")
    determinism(theory, boxes)
    names = tuple(sorted({box if isinstance(box, str) else box.name for box in boxes}))
    if equal(goal.lhs, goal.rhs, theory, names):
        return None
    telling = tuple(axiom for axiom in axioms if not equal(axiom.lhs, axiom.rhs, theory, names))
    if any(_same(goal, axiom, theory, names) for axiom in telling):
        return None

    def made(model: FiniteModel, inputs: Elements, nodes: int, outcome: Elements | None = None) -> Countermodel:
        if outcome is None:
            lhs, rhs = model.law(goal.lhs, inputs), model.law(goal.rhs, inputs)
            differing = [o for o in {*lhs, *rhs} if lhs.get(o) != rhs.get(o)]
            # What one side excludes tells most.
            outcome = min(differing, key=lambda o: (o in lhs and o in rhs, -lhs.get(o, 0), o))
        weights = [model.weight(side, inputs, outcome) for side in (goal.lhs, goal.rhs)]
        return Countermodel(goal, telling, theory, model, inputs, outcome, weights[0], weights[1], nodes)

    problem = Problem(goal, telling, theory, names)
    first_try = min(budget, FIRST_TRY, FIRST_TRY_STEPS // (1 + len(goal.lhs.inside) + len(goal.rhs.inside)))
    for found in search(problem, budget if telling else first_try):
        try:
            countermodel = made(FiniteModel(theory, found.sizes, found.rows, names), found.inputs, found.nodes)
            wrong = countermodel.fault()
        except LimitExceeded:  # many wires at once; another model may have fewer outcomes
            continue
        assert wrong is None, f"the search and the check disagree: {wrong}"
        return countermodel
    if telling:
        return None
    model, inputs, outcome = canonical_refutation(goal, theory, names)
    return made(model, inputs, first_try, outcome)


def _same(one: Equation, other: Equation, theory: Theory, names: tuple[str, ...]) -> bool:
    """Whether two equations say the same, either way round."""
    if (one.lhs.dom, one.lhs.cod) != (other.lhs.dom, other.lhs.cod):
        return False
    same = partial(equal, theory=theory, deterministic=names)
    sides = ((one.lhs, one.rhs), (one.rhs, one.lhs))
    return any(same(left, other.lhs) and same(right, other.rhs) for left, right in sides)
