"""The term of a constraint, computed exactly: on the composites, and with the draws of training.

The exact term is E_a D(rhs(a) ‖ lhs(a)) on the joint distributions of all outputs. For a separating D, such as kl, the
exact term is 0 if and only if the sides are equal almost surely. The drawn term is
E D(rhs given its draws ‖ lhs given its draws), summed over output wires; it is the mean of the terms that a sampling
back end computes. For jointly convex D the drawn term is at least the exact term, and equal to it if no draw is made.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.backends.finite.functor import FiniteFunctor
>>> bit = Ty("bit")
>>> h, g = Kernel("h", Ty(), bit), Kernel("g", bit, bit)
>>> F = FiniteFunctor({bit: 2}, {h: ["1/2", "1/2"], g: [["9/10", "1/10"], ["1/10", "9/10"]]})
>>> same = Constraint("same", h >> g, h >> g)
>>> exact_term(same, F, kl), round(drawn_term(same, F, kl), 6)
(0.0, 0.87889)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from learning_diagrams.backends.finite.functor import FiniteFunctor
from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.errors import DataError
from learning_diagrams.presentation.constraint import Constraint

Distribution = Sequence[Fraction]
Divergence = Callable[[Distribution, Distribution], Any]  # of reference and prediction


def kl(reference: Distribution, prediction: Distribution) -> float:
    """Σ r log(r / p), in nats; infinite where p is 0 and r is not."""
    if any(p == 0 for r, p in zip(reference, prediction, strict=True) if r):
        return math.inf
    return sum(float(r) * math.log(r / p) for r, p in zip(reference, prediction, strict=True) if r) + 0.0


def total_variation(reference: Distribution, prediction: Distribution) -> Fraction:
    """½ Σ |r − p|, exact."""
    return sum((abs(r - p) for r, p in zip(reference, prediction, strict=True)), Fraction(0)) / 2


def chi_squared(reference: Distribution, prediction: Distribution) -> Fraction:
    """Σ (r − p)² / p, exact; for p > 0."""
    return sum(((r - p) ** 2 / p for r, p in zip(reference, prediction, strict=True)), Fraction(0))


def exact_term(constraint: Constraint, functor: FiniteFunctor, divergence: Divergence) -> Any:
    """E_a D(rhs(a) ‖ lhs(a)); the source draws a, at uniform rows of its sample spaces."""
    lhs, rhs = map(functor.evaluate, constraint.reading.sides)
    points = _points(constraint, functor)
    return sum(weight * divergence(rhs.distribution(*a), lhs.distribution(*a)) for a, weight in points if weight)


def drawn_term(constraint: Constraint, functor: FiniteFunctor, divergence: Divergence) -> Any:
    """E D(rhs given its draws ‖ lhs given its draws), summed over output wires; the sides draw independently."""
    total: Any = 0
    lhs, rhs = (_Side(side, functor) for side in constraint.reading.sides)
    for a, weight in _points(constraint, functor):
        for (p, u), (q, v) in product(lhs.draws(a), rhs.draws(a)):
            ends = zip(rhs.distributions(v), lhs.distributions(u), strict=True)
            total += weight * p * q * sum(divergence(reference, prediction) for reference, prediction in ends)
    return total


def _points(constraint: Constraint, functor: FiniteFunctor) -> list[tuple[tuple[int, ...], Fraction]]:
    """The test points with their probabilities; two draws from a sample space are two different rows."""
    source = functor.evaluate(constraint.reading.source_form)
    spaces = constraint.source.dom.inside
    same = [(i, j) for i, j in combinations(range(len(spaces)), 2) if spaces[i] == spaces[j]]
    rows = [row for row in product(*(range(size) for size in source.dom)) if all(row[i] != row[j] for i, j in same)]
    if not rows:
        raise DataError(f"constraint {constraint.name!r} draws more rows from a sample space than it has")
    points: dict[tuple[int, ...], Fraction] = {}
    for row in rows:
        for a, probability in zip(product(*(range(n) for n in source.cod)), source.distribution(*row), strict=True):
            points[a] = points.get(a, Fraction(0)) + probability / len(rows)
    return [(a, weight) for a, weight in points.items() if weight]


class _Side:
    """A side, cut before the kernels at its ends: the draws, and the distributions of the outputs given the draws."""

    def __init__(self, graph: PortGraph, functor: FiniteFunctor) -> None:
        consumed = {wire for arguments in graph.arguments for wire in arguments}
        builder = PortGraphBuilder(graph.dom)
        wires = dict(enumerate(builder.inputs))  # from the wires of the side to those of the cut
        at_end: dict[int, tuple[Any, tuple[int, ...], int]] = {}
        for box, arguments, outputs in graph.applications():
            if is_deterministic(box) or consumed & set(outputs):
                wires |= zip(outputs, builder.add(box, [wires[wire] for wire in arguments]), strict=True)
            else:
                at_end |= {wire: (box, arguments, port) for port, wire in enumerate(outputs)}
        self._ends: list[tuple[Any, tuple[int, ...], int]] = []
        needed: list[int] = []
        for wire in graph.outputs:
            box, arguments, port = at_end.get(wire, (None, (wire,), 0))
            self._ends.append((box, tuple(range(len(needed), len(needed) + len(arguments))), port))
            needed += arguments
        objects = graph.wire_objects
        cut = builder.build(Ty(*(objects[wire] for wire in needed)), [wires[wire] for wire in needed])
        self._map, self._functor, self._sizes = functor.evaluate(cut), functor, functor(graph.cod)

    def draws(self, a: tuple[int, ...]) -> list[tuple[Fraction, tuple[int, ...]]]:
        """The values at the cut, each with its probability at a test point."""
        values = product(*(range(n) for n in self._map.cod))
        return [(p, value) for p, value in zip(self._map.distribution(*a), values, strict=True) if p]

    def distributions(self, values: tuple[int, ...]) -> list[Distribution]:
        """The distribution at each output wire, given the values at the cut."""
        result: list[Distribution] = []
        for (box, places, port), size in zip(self._ends, self._sizes, strict=True):
            inputs = tuple(values[place] for place in places)
            if box is None:
                result.append([Fraction(int(i == inputs[0])) for i in range(size)])
                continue
            joint = self._functor(box).array[inputs]
            others = tuple(i for i in range(joint.ndim) if i != port)
            result.append([Fraction(p) for p in (joint.sum(axis=others) if others else joint).flat])
        return result
