"""Countermodels: finite models that satisfy every axiom and break the goal, so that the goal does not follow.

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

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rules.question import symbols_of
from learning_diagrams.semantics.models.finite_model import FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements, Row
from learning_diagrams.semantics.models.refutation import Refutation
from learning_diagrams.semantics.models.search_order import search_models
from learning_diagrams.semantics.models.search_problem import Problem

BUDGET = 20_000
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
        """Read the data of `to_dict` and check all of it as an answer to a question; see `countermodel_data`."""
        from learning_diagrams.semantics.models.countermodel_data import from_dict

        return from_dict(data, goal, axioms, theory, deterministic, make=cls)


def find_countermodel(
    goal: Equation,
    axioms: Iterable[Equation] = (),
    theory: Theory = "markov",
    budget: int = BUDGET,
    deterministic: Iterable[markov.Box | str] = (),
) -> Countermodel | None:
    """A finite model that satisfies the axioms and breaks the goal, or None where the search found none.

    None says nothing: the goal may follow, or its countermodels may be infinite or too large for the budget. Without
    axioms there is always an answer, and None says that the goal holds. The search is the same on every machine.

    Parameters
    ----------
    goal, axioms : Equation, and iterable of Equation or mapping to them, over one signature.
    theory, deterministic : as of `equal`.
    budget : int ≥ 0, how many rows of boxes the search may try.

    Raises
    ------
    TypeMismatch : goal and axioms are not equations, or contain diagrams that the theory does not have.
    UnknownName : there is no such theory.
    """
    equations = _read_axioms(goal, axioms)
    if type(budget) is not int or budget < 0:
        raise TypeMismatch(f"budget= is a whole number ≥ 0, got {brief(budget)}")
    boxes = deterministic if isinstance(deterministic, str) else tuple(deterministic)
    determinism(theory, boxes)
    names = tuple(sorted({box if isinstance(box, str) else box.name for box in boxes}))
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
    first_try = min(budget, FIRST_TRY, FIRST_TRY_STEPS // (1 + len(goal.lhs.inside) + len(goal.rhs.inside)))
    for candidate in search_models(problem, budget if informative else first_try):
        try:
            model = _interpreting(bearers, FiniteModel(theory, candidate.sizes, candidate.rows, names), problem)
            outcome = _telling_outcome(goal, model, candidate.inputs)
            countermodel = _countermodel(goal, assumed, model, candidate.inputs, outcome, candidate.nodes)
            fault = countermodel.fault()
        except LimitExceeded:  # many wires at once; another model may have fewer outcomes
            continue
        assert fault is None, f"the search and the check disagree: {fault}"
        return countermodel
    if informative:
        return None
    model, inputs, outcome = canonical_refutation(goal, theory, names)
    model = _interpreting(bearers, model, problem)
    return _countermodel(goal, assumed, model, inputs, outcome, first_try)


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
    goal: Equation, axioms: tuple[Equation, ...], model: FiniteModel, inputs: Elements, outcome: Elements, nodes: int
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


def canonical_refutation(
    goal: Equation, theory: Theory, deterministic: Sequence[str]
) -> tuple[FiniteModel, Elements, Elements]:
    """The canonical model of `equal`, with inputs and an outcome where the unequal sides of an equation differ."""
    model = equal(goal.lhs, goal.rhs, theory, deterministic, evidence=True).model
    assert model is not None, "the sides are unequal"
    graph = model.graph
    count: Counter[cat.Ob] = Counter()
    place: list[int] = []  # the element of each wire
    for ob in graph.wire_objects:
        place.append(count[ob])
        count[ob] += 1
    sizes: dict[str, int] = {}
    rows: dict[tuple[Any, ...], dict[Elements, Row]] = {}
    for side in (goal.lhs, goal.rhs):
        whole = PortGraph.from_diagram(side)
        for ob, name in zip(whole.wire_objects, object_names(whole.dom), strict=False):
            sizes[name] = model.size(ob)
        for box in whole.boxes:
            rows.setdefault(label(box), {})
            for ty in (box.dom, box.cod):
                sizes |= {name: model.size(ob) for name, ob in zip(object_names(ty), ty.inside, strict=True)}
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        elements = tuple([place[wire] for wire in arguments])
        if elements not in rows[label(box)]:
            rows[label(box)][elements] = model.row(box, elements)
    return FiniteModel(theory, sizes, rows, tuple(deterministic)), model.inputs, model.outcome
