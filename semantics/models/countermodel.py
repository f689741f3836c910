"""Countermodels: models that satisfy every axiom and break the goal, so that the goal does not follow.

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

Some equations fail in infinite models only. A function with an inverse on one side is a bijection of every finite set:

>>> f, g = Box("f", x, x), Box("g", x, x)
>>> print(find_countermodel(Equation(f >> g, Id(x)), [Equation(g >> f, Id(x))]).model)
an element of an object is a path into it in normal form
f(p) = the normal form of p >> f
g(p) = the normal form of p >> g
normal forms are by these rules, which go down in the shortlex order of f < g:
  g >> f → Id(x)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Id, Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rules.question import symbols_of
from learning_diagrams.proof.words.path import path_rules
from learning_diagrams.semantics.models.canonical_countermodel import canonical_refutation
from learning_diagrams.semantics.models.countermodel_search import search_models
from learning_diagrams.semantics.models.finite_model import FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.refutation import Refutation
from learning_diagrams.semantics.models.search_problem import Problem

BUDGET = 20_000
SMALL_MODELS = 1_000  # rows tried before the model of normal forms, because a small model tells a reader more
FIRST_TRY, FIRST_TRY_STEPS = 300, 20_000  # without axioms: the search for a small model before the canonical model


@dataclass(frozen=True)
class Countermodel(Refutation):
    """A refutation that files hold: `to_dict` writes the refutation as plain data, `from_dict` reads and checks it."""

    def to_dict(self) -> dict[str, Any]:
        """The countermodel as plain data; see `countermodel_data`."""
        # Here and below: `import learning_diagrams` and its names must not load pydantic.
        from learning_diagrams.semantics.models.countermodel_data import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        goal: Equation | None = None,
        axioms: Iterable[Equation] | None = None,
        theory: Theory | None = None,
        deterministic: Iterable[str] = (),
    ) -> Countermodel:
        """Read the data of `to_dict` and check all of it; see `countermodel_data`.

        goal, axioms, theory, deterministic : the question that the countermodel must answer; by default its own.
        """
        from learning_diagrams.semantics.models.countermodel_data import from_dict

        return from_dict(data, goal, axioms, theory, deterministic, make=cls)


def find_countermodel(
    goal: Equation,
    axioms: Iterable[Equation] = (),
    theory: Theory = "markov",
    budget: int = BUDGET,
    deterministic: Iterable[markov.Box | str] = (),
) -> Countermodel | None:
    """A model that satisfies the axioms and breaks the goal, or None where the search found none.

    The model is finite, or consists of the normal forms of paths, where the completion of axioms between paths ends.
    None says nothing: the goal may follow, or its countermodels may be infinite or too large for the budget. Without
    axioms there is always an answer, and None says that the goal holds. The search is the same on every machine.

    Parameters
    ----------
    goal, axioms : Equation, and iterable of Equation or mapping to them, over one signature.
    theory, deterministic : as of `equal`.
    budget : int ≥ 0, how many rows of boxes the search may try; also the limit of the completion.

    Raises
    ------
    TypeMismatch : goal and axioms are not equations, or contain diagrams that the theory does not have.
    UnknownName : there is no such theory.
    """
    equations = _read_axioms(goal, axioms)
    if type(budget) is not int or budget < 0:
        raise TypeMismatch(f"budget= is a whole number ≥ 0, got {brief(budget)}")
    functions = deterministic if isinstance(deterministic, str) else tuple(deterministic)
    determinism(theory, functions)
    names = tuple(sorted({box if isinstance(box, str) else box.name for box in functions}))
    if equal(goal.lhs, goal.rhs, theory, names):
        return None
    informative = tuple(axiom for axiom in equations if not equal(axiom.lhs, axiom.rhs, theory, names))
    if any(_same(goal, axiom, theory, names) for axiom in informative):
        return None
    known = symbols_of([goal, *informative])
    bearers, spoken = [], dict(known)  # trivial axioms that bring symbols into the question
    for axiom in equations:
        if (own := symbols_of([axiom])).keys() - spoken:
            bearers.append(axiom)
            spoken |= own
    assumed = (*informative, *bearers)
    problem = Problem(goal, informative, theory, names, spoken.values())
    if not informative:
        steps = min(budget, FIRST_TRY, FIRST_TRY_STEPS // (1 + len(goal.lhs.inside) + len(goal.rhs.inside)))
        small = _search(problem, goal, assumed, bearers, names, steps)
        if small is not None:
            return small
        model, inputs, outcome = canonical_refutation(goal, theory, names)
        return _countermodel(goal, assumed, _interpreting(bearers, model, problem), inputs, outcome, steps)
    answer = _search(problem, goal, assumed, bearers, names, min(budget, SMALL_MODELS))
    if answer is None:
        boxes = (symbol for symbol in spoken.values() if isinstance(symbol, markov.Box))
        answer = _of_normal_forms(goal, informative, assumed, theory, budget, boxes)
    if answer is None and budget > SMALL_MODELS:
        answer = _search(problem, goal, assumed, bearers, names, budget)
    return answer


def _search(
    problem: Problem,
    goal: Equation,
    assumed: tuple[Equation, ...],
    bearers: list[Equation],
    names: tuple[str, ...],
    budget: int,
) -> Countermodel | None:
    """A countermodel with a finite model, within a number of rows."""
    for candidate in search_models(problem, budget):
        try:
            model = FiniteModel(problem.theory, candidate.sizes, candidate.rows, names)
            model = _interpreting(bearers, model, problem)
            outcome = _telling_outcome(goal, model, candidate.inputs)
            countermodel = _countermodel(goal, assumed, model, candidate.inputs, outcome, candidate.nodes)
            fault = countermodel.fault()
        except LimitExceeded:  # many wires at once; another model may have fewer outcomes
            continue
        assert fault is None, f"the search and the check disagree: {fault}"
        return countermodel
    return None


def _of_normal_forms(
    goal: Equation,
    informative: tuple[Equation, ...],
    assumed: tuple[Equation, ...],
    theory: Theory,
    limit: int,
    boxes: Iterable[markov.Box],
) -> Countermodel | None:
    """A countermodel of paths in normal form, where all equations are between paths and their completion ends."""
    try:
        system = path_rules(goal, informative, limit)
        if system is None:
            return None
        model = TermModel.of(*system, boxes)
        start = (Id(goal.lhs.dom),)
        (outcome,), (other,) = model.weights(goal.lhs, start), model.weights(goal.rhs, start)
        if outcome == other:
            return None
        countermodel = Countermodel(goal, assumed, theory, model, start, outcome, Fraction(1), Fraction(0))
        fault = countermodel.fault()
    except LimitExceeded:
        return None
    assert fault is None, f"the completion and the check disagree: {fault}"
    return countermodel


def _interpreting(bearers: Iterable[Equation], model: FiniteModel, problem: Problem) -> FiniteModel:
    """The model with sets and tables for the symbols of trivial axioms; all rows go to the last element."""
    boxes = {label(box) for axiom in bearers for graph in axiom.graphs for box in graph.boxes}
    if not bearers:
        return model
    sizes = problem.extended(model.sizes)
    assert sizes is not None, "the search has seen to it"
    spoken = {name for axiom in bearers for graph in axiom.graphs for name in object_names(Ty(*graph.wire_objects))}
    sizes = {name: size for name, size in sizes.items() if name in model.sizes or name in spoken}
    rows = {**{key: {} for key in boxes}, **model.rows}
    return FiniteModel(model.theory, sizes, rows, model.deterministic)


def _read_axioms(goal: Any, axioms: Any) -> tuple[Equation, ...]:
    if isinstance(axioms, Mapping):
        axioms = axioms.values()
    if isinstance(axioms, Equation) or not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a list of equations, got {brief(axioms)}")
    equations = tuple(axioms)
    for equation in (goal, *equations):
        if not isinstance(equation, Equation):
            raise TypeMismatch(f"the goal and the axioms are equations, as Equation(lhs, rhs); got {brief(equation)}")
    return equations


def _telling_outcome(goal: Equation, model: FiniteModel, inputs: Elements) -> Elements:
    """An outcome that the sides weigh differently; an outcome that one side excludes comes first."""
    lhs, rhs = model.weights(goal.lhs, inputs), model.weights(goal.rhs, inputs)
    differing = [o for o in {*lhs, *rhs} if lhs.get(o) != rhs.get(o)]
    return min(differing, key=lambda o: (o in lhs and o in rhs, -lhs.get(o, 0), o))


def _countermodel(
    goal: Equation,
    axioms: tuple[Equation, ...],
    model: FiniteModel,
    inputs: Elements,
    outcome: Elements,
    nodes: int,
) -> Countermodel:
    lhs, rhs = (model.weight(side, inputs, outcome) for side in (goal.lhs, goal.rhs))
    return Countermodel(goal, axioms, model.theory, model, inputs, outcome, lhs, rhs, nodes)


def _same(axiom: Equation, other: Equation, theory: Theory, names: tuple[str, ...]) -> bool:
    """Whether two equations have equal sides, either way round."""
    if (axiom.lhs.dom, axiom.lhs.cod) != (other.lhs.dom, other.lhs.cod):
        return False
    same = partial(equal, theory=theory, deterministic=names)
    sides = ((axiom.lhs, axiom.rhs), (axiom.rhs, axiom.lhs))
    return any(same(left, other.lhs) and same(right, other.rhs) for left, right in sides)
