"""The finite model that separates unequal diagrams without axioms: the canonical model of `equal`.

>>> from learning_diagrams.diagrams.structure import Copy
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> x = Ty("x")
>>> k = Kernel("k", x, x)
>>> model, inputs, outcome = canonical_refutation(Equation(k >> Copy(x), Copy(x) >> k @ k), "markov", ())
>>> print(model, inputs, outcome)
x = {0, 1, 2}
k(0) = 1 (1/2), 2 (1/2)
anything else gives the last element (0,) (1, 1)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from discopy import cat

from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.finite_model import FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements, Row


def canonical_refutation(
    goal: Equation, theory: Theory, deterministic: Sequence[str]
) -> tuple[FiniteModel, Elements, Elements]:
    """A model in which the sides of an equation differ, with inputs and an outcome where the sides differ.

    The sides must be unequal in the theory. The last element of a set is the ⊥ of the canonical model.
    """
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
