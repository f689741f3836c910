"""Countermodels: models that satisfy every axiom and break the goal, so that the goal does not follow.

>>> from learning_diagrams.diagrams.box import Box, Kernel
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> power = lambda n: Id(x).then(*[a] * n)
>>> print(find_countermodel(Equation(a, Id(x)), [Equation(power(4), Id(x)), Equation(power(6), Id(x))]))
a = Id(x) does not follow from the axioms in the theory markov; this model satisfies them and tells its sides apart:
  x = {0, 1}
  a(0) = 1
  a(1) = 0
given (0), the outcome (1) has probability 1 on the left-hand side, 0 on the right-hand side

Without axioms, where a small model is not found, the elements are the wires of a side.

>>> from learning_diagrams.diagrams.structure import Copy
>>> k = Kernel("k", x, x)
>>> print(find_countermodel(Equation(k >> Copy(x), Copy(x) >> k @ k), budget=0).model)
x = {0, 1, 2}
k(0) = 1 (1/2), 2 (1/2)
anything else gives the last element

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

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.separation import separate
from learning_diagrams.equality.theory import Theory, TheoryOps, determinism
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief, require_count
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.bare_equation import bare, bare_axioms
from learning_diagrams.proof.rules.question import require_one_meaning, symbols_of
from learning_diagrams.proof.words.path import path_rules
from learning_diagrams.semantics.models.countermodel_search import search_models
from learning_diagrams.semantics.models.finite_model import BoxKey, FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements, Row
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.refutation import Refutation, have_same_sides
from learning_diagrams.semantics.models.search_problem import Problem

BUDGET = 20_000
SMALL_MODELS = 1_000  # rows tried before the model of normal forms, because a small model tells a reader more
FIRST_TRY, FIRST_TRY_STEPS = 300, 20_000  # without axioms: the search for a small model before the canonical model


@dataclass(frozen=True, repr=False)
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
        goal: Equation | Constraint | None = None,
        axioms: Mapping[str, Equation | Constraint | Proof] | Iterable[Equation | Constraint | Proof] | None = None,
        theory: Theory | None = None,
        deterministic: Iterable[str] = (),
    ) -> Countermodel:
        """Read the data of `to_dict` and check all of it; see `countermodel_data`.

        goal, axioms, theory, deterministic : the question that the countermodel must answer, as `prove` takes it; by
            default its own.
        """
        from learning_diagrams.semantics.models.countermodel_data import from_dict

        return from_dict(data, goal, axioms, theory, deterministic, make=cls)


def find_countermodel(
    goal: Equation | Constraint,
    axioms: Mapping[str, Equation | Constraint] | Iterable[Equation | Constraint] = (),
    theory: Theory = "markov",
    budget: int = BUDGET,
    deterministic: Iterable[markov.Box | str] = (),
) -> Countermodel | None:
    """A model that satisfies the axioms and breaks the goal, or None where the search found none.

    The model is finite, or consists of the normal forms of paths, where the completion of axioms between paths ends.
    None says nothing: the goal may follow, or its countermodels may be infinite or too large for the budget. Without
    axioms there is always an answer, and None says that the goal holds. The search is the same on every machine.

    goal, axioms : Equation, and iterable of Equation or mapping to them, over one signature. A constraint stands for
        its equation everywhere.
    theory, deterministic : as of `equal`.
    budget : int ≥ 0, how many rows of boxes the search may try; also the limit of the completion.

    Raises `TypeMismatch`: goal and axioms are not equations, or contain diagrams that the theory does not have.
    `UnknownName`: there is no such theory. `DuplicateName`: two boxes have one name.
    """
    goal, *equations = read_question(goal, axioms)
    require_count("budget=", budget, least=0)
    functions = deterministic if isinstance(deterministic, str) else tuple(deterministic)
    determinism(theory, functions)
    names = tuple(sorted({box if isinstance(box, str) else box.name for box in functions}))
    if equal(goal.lhs, goal.rhs, theory, names):
        return None
    informative, bearers = told_apart(goal, equations, theory, names)
    either_way = [each for axiom in informative for each in (axiom, Equation(axiom.rhs, axiom.lhs))]
    if any(have_same_sides(goal, axiom, theory, names) for axiom in either_way):
        return None
    spoken = symbols_of([goal, *informative, *bearers])
    find = _Finder(goal, informative, bearers, theory, names, spoken.values())
    if not informative:
        steps = min(budget, FIRST_TRY, FIRST_TRY_STEPS // (1 + len(goal.lhs.inside) + len(goal.rhs.inside)))
        small = find.by_search(steps)
        return find.canonical(steps) if small is None else small
    answer = find.by_search(min(budget, SMALL_MODELS))
    if answer is None:
        answer = find.of_normal_forms(budget)
    if answer is None and budget > SMALL_MODELS:
        answer = find.by_search(budget)
    return answer


def told_apart(
    goal: Equation, axioms: Iterable[Equation], theory: Theory, deterministic: Iterable[str] = ()
) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
    """The axioms that the theory does not prove, and those of the others that bring symbols into the question."""
    equations, functions = [*axioms], tuple(deterministic)
    informative = tuple(axiom for axiom in equations if not equal(axiom.lhs, axiom.rhs, theory, functions))
    spoken, bearers = symbols_of([goal, *informative]), []
    for axiom in equations:
        if (own := symbols_of([axiom])).keys() - spoken:
            bearers.append(axiom)
            spoken |= own
    return informative, tuple(bearers)


@dataclass(frozen=True)
class _Finder:
    """The ways to find a countermodel."""

    goal: Equation
    informative: tuple[Equation, ...]
    bearers: tuple[Equation, ...]  # trivial axioms that bring symbols into the question
    theory: Theory
    names: tuple[str, ...]
    spoken: Collection[Diagram]

    @cached_property
    def problem(self) -> Problem:
        return Problem(self.goal, self.informative, self.theory, self.names, self.spoken)

    def by_search(self, budget: int) -> Countermodel | None:
        """A countermodel with a finite model, within a number of rows."""
        for candidate in search_models(self.problem, budget):
            with suppress(LimitExceeded):  # many wires at once; another model may have fewer outcomes
                model = self.interpreting(FiniteModel(self.theory, candidate.sizes, candidate.rows, self.names))
                lhs, rhs = (model.weights(side, candidate.inputs) for side in self.goal.diagrams)
                differing = [o for o in {*lhs, *rhs} if lhs.get(o) != rhs.get(o)]
                # An outcome that one side excludes comes first.
                outcome = min(differing, key=lambda o: (o in lhs and o in rhs, -lhs.get(o, 0), o))
                weights = lhs.get(outcome, Fraction(0)), rhs.get(outcome, Fraction(0))
                return _checked(self.answer(model, candidate.inputs, outcome, *weights, candidate.nodes))
        return None

    def of_normal_forms(self, limit: int) -> Countermodel | None:
        """A countermodel of paths in normal form, where all equations are between paths and their completion ends."""
        with suppress(LimitExceeded):
            if (system := path_rules(self.goal, self.informative, limit)) is not None:
                model = TermModel.of(*system, (symbol for symbol in self.spoken if isinstance(symbol, markov.Box)))
                start = (Id(self.goal.lhs.dom),)
                (outcome,), (other,) = (model.weights(side, start) for side in self.goal.diagrams)
                if outcome != other:
                    return _checked(self.answer(model, start, outcome, Fraction(1), Fraction(0)))
        return None

    def canonical(self, nodes: int) -> Countermodel:
        """Without axioms: the canonical model of `equal`, where the last element of a set is its ⊥."""
        ops = TheoryOps(self.theory, self.names)
        lhs, rhs = map(ops.graph, self.goal.diagrams)
        model, *_ = separate(lhs, rhs, ops)
        sizes: dict[str, int] = {}
        rows: dict[BoxKey, dict[Elements, Row]] = {}
        for side in self.goal.graphs:
            sizes |= {name: model.size(ob) for ob in side.wire_objects for name in object_names(Ty(ob))}
            rows |= {label(box): {} for box in side.boxes}
        for box, arguments in zip(model.graph.boxes, model.graph.arguments, strict=True):
            elements = model.at(arguments)
            if elements not in rows[label(box)]:
                rows[label(box)][elements] = model.row(box, elements)
        finite = self.interpreting(FiniteModel(self.theory, sizes, rows, self.names))
        weights = (finite.weight(side, model.inputs, model.outcome) for side in self.goal.diagrams)
        return self.answer(finite, model.inputs, model.outcome, *weights, nodes)

    def interpreting(self, model: FiniteModel) -> FiniteModel:
        """The model with sets and tables for the symbols of trivial axioms; all rows go to the last element."""
        if not self.bearers:
            return model
        graphs = [graph for axiom in self.bearers for graph in axiom.graphs]
        sizes = self.problem.extended(model.sizes)
        assert sizes is not None, "the search has seen to it"
        spoken = {*model.sizes, *(name for graph in graphs for name in object_names(Ty(*graph.wire_objects)))}
        sizes = {name: size for name, size in sizes.items() if name in spoken}
        rows = {**{label(box): {} for graph in graphs for box in graph.boxes}, **model.rows}
        return FiniteModel(model.theory, sizes, rows, model.deterministic)

    def answer(self, model: FiniteModel | TermModel, inputs: Any, outcome: Any, *weights: Any) -> Countermodel:
        axioms = *self.informative, *self.bearers
        return Countermodel(self.goal, axioms, self.theory, model, inputs, outcome, *weights)


def _checked(countermodel: Countermodel) -> Countermodel:
    fault = countermodel.fault()
    assert fault is None, f"the search and the check disagree: {fault}"
    return countermodel


def read_question(goal: Any, axioms: Any) -> tuple[Equation, ...]:
    """The goal, then the axioms in their order."""
    axioms = bare_axioms(axioms)
    equations = (bare(goal), *(axioms.values() if isinstance(axioms, Mapping) else axioms))
    for equation in equations:
        if not isinstance(equation, Equation):
            raise TypeMismatch(f"the goal and the axioms are equations, as Equation(lhs, rhs); got {brief(equation)}")
    require_one_meaning(symbols_of(equations))
    return equations
