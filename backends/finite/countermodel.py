"""A finite functor as a countermodel: the model of an author who has one, in a certificate that others check.

>>> from learning_diagrams import Box, Equation, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> F = FiniteFunctor({x: 3}, {f: lambda i: (i + 1) % 3, g: lambda i: (i + 2) % 3})
>>> inverse, same = Equation(f >> g, Id(x)), Equation(f, g)
>>> answer = countermodel_of(F, same, [inverse])
>>> print(answer)
f = g does not follow from the axioms in the theory markov; this model satisfies them and tells its sides apart:
  x = {0, 1, 2}
  f(0) = 1
  f(1) = 2
  f(2) = 0
  g(0) = 2
  g(1) = 0
  g(2) = 1
given (0), the outcome (1) has probability 1 on the left-hand side, 0 on the right-hand side
>>> Countermodel.from_dict(answer.to_dict(), same, [inverse]) == answer
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from learning_diagrams.backends.finite.functor import FiniteFunctor
from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import FalseAxiom, TypeMismatch, brief
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.countermodel import Countermodel, read_question, told_apart
from learning_diagrams.semantics.models.finite_model import BoxKey, FiniteModel, Table


def countermodel_of(
    functor: FiniteFunctor,
    goal: Equation | Constraint,
    axioms: Mapping[str, Equation | Constraint] | Iterable[Equation | Constraint] = (),
    theory: Theory = "markov",
) -> Countermodel | None:
    """The functor as a certificate that the goal does not follow from the axioms; None for a model in which it holds.

    functor : FiniteFunctor with a size for each object and a map for each box of the goal and of the axioms.
    goal, axioms, theory : the question, as `ld.prove` takes it. A constraint stands for its equation everywhere.

    Raises `FalseAxiom`: the functor breaks an axiom; the message says at which inputs. `UnknownName`: the functor has
    no map for a box. `TypeMismatch`: the question is not one of equations, or a kernel draws in "cartesian".
    `LimitExceeded`: a joint distribution has too many entries, or the check would take more than some seconds.
    """
    if not isinstance(functor, FiniteFunctor):
        raise TypeMismatch(f"the model of countermodel_of is a FiniteFunctor, got {brief(functor)}")
    goal, *equations = read_question(goal, axioms)
    informative, bearers = told_apart(goal, equations, theory)
    lhs, rhs = map(functor, goal.diagrams)
    differing = np.argwhere(lhs.array != rhs.array)
    if not len(differing):
        _require_axioms(functor, informative)
        return None
    place = tuple(map(int, differing[0]))
    inputs, outcome = place[: len(lhs.dom)], place[len(lhs.dom) :]
    graphs = [graph for equation in (goal, *informative, *bearers) for graph in equation.graphs]
    sizes: dict[str, int] = {}
    rows: dict[BoxKey, Table] = {}
    for graph in graphs:
        sizes |= dict(zip(object_names(Ty(*graph.wire_objects)), functor(Ty(*graph.wire_objects)), strict=True))
        for box in graph.boxes:
            table = functor(box)
            rows[label(box)] = {arguments: table.weights(arguments) for arguments in np.ndindex(*table.dom)}
    model = FiniteModel(theory, sizes, rows)
    weights = lhs.array[place], rhs.array[place]
    answer = Countermodel(goal, (*informative, *bearers), theory, model, inputs, outcome, *weights)
    if (fault := answer.fault()) is not None:
        raise FalseAxiom(f"the functor is no countermodel: {fault}")
    return answer


def _require_axioms(functor: FiniteFunctor, axioms: Iterable[Equation]) -> None:
    for axiom in axioms:
        lhs, rhs = map(functor, axiom.diagrams)
        broken = np.argwhere(lhs.array != rhs.array)
        if len(broken):
            inputs = tuple(map(int, broken[0][: len(lhs.dom)]))
            fault = f"an axiom does not hold at {inputs}: {axiom.lhs!s:.500} = {axiom.rhs!s:.500}"
            raise FalseAxiom(f"the functor is no countermodel: {fault}")
