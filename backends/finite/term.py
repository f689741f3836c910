"""The term of a constraint, computed exactly: on the composites, and with the draws of training.

The exact term is E_a D(rhs(a) ‖ lhs(a)) on the joint laws of all outputs. For a separating D, such as kl, the exact
term is 0 if and only if these laws are equal for almost all a. The drawn term is
E D(rhs given its draws ‖ lhs given its draws), summed over output wires. Where `compile` compares row by row with exact
draws, the drawn term is the mean of its terms. Sides from I that draw or read data are compared in law by `compile`,
which estimates the exact term: their drawn term is the exact term.

In both terms two draws from one sample space are two different rows. A draw is an input of the source, or a state of
the source or of a side. So `over`, Ω ⊗ Ω and `state @ state` have one rule: draws are made without replacement, as from
the batches of training. In the theory "markov" two states are independent, and `FiniteFunctor` keeps that; only the
terms of constraints choose rows. So a term with two draws of one space is about the population that the rows come from:
the functor may send both sides to one stochastic map where the exact term is above 0.

The drawn term is at least the exact term if D is jointly convex and on products at most the sum over the factors: kl,
reverse_kl, total_variation, jensen_shannon, hellinger, and renyi for α < 1; not chi_squared, not renyi for α > 1. The
terms are equal if nothing is drawn and D adds over factors, or there is one output wire.

>>> from learning_diagrams.diagrams.box import Kernel
>>> bit = Ty("bit")
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> k, g = Kernel("k", bit, bit), Kernel("g", bit, bit)
>>> tables = {k: [["1/2", "1/2"], ["1/2", "1/2"]], g: [["9/10", "1/10"], ["1/10", "9/10"]]}
>>> F = FiniteFunctor({bit: 2}, tables, {"rows": {"at": [0, 1]}})
>>> same = Constraint("same", k >> g, k >> g, over=rows.column("at", bit))
>>> exact_term(same, F, kl), round(drawn_term(same, F, kl), 6)
(0.0, 0.87889)
>>> F = FiniteFunctor({bit: 2}, {}, {"rows": {"x": [0, 1, 1]}})
>>> two_states = (rows.state @ rows.state) >> rows.column("x", bit) @ rows.column("x", bit)
>>> row_choices(open_states(PortGraph.from_diagram(two_states)), F, "two rows")
[(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np

from learning_diagrams.backends.finite.functor import FiniteFunctor
from learning_diagrams.backends.finite.stochastic_map import require_small
from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.errors import DataError, TypeMismatch, UnknownName, brief, did_you_mean, plural
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.least_term import compares_samples
from learning_diagrams.semantics.reasoning.seen_columns import columns_read

Distribution = Sequence[Fraction]
Divergence = Callable[[Distribution, Distribution], Any]  # of reference and prediction
Values = tuple[int, ...]
Rows = tuple[int, ...]


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


EXACT: dict[str, Divergence] = {"kl": kl, "total_variation": total_variation, "chi_squared": chi_squared}


def exact_term(constraint: Constraint, functor: FiniteFunctor, divergence: Divergence | str) -> Any:
    """E_a D(rhs(a) ‖ lhs(a)) over the test points a; each side is averaged over the rows that it draws.

    divergence : function of two distributions, lists of Fraction [outcomes], the reference first; or "kl",
        "total_variation" or "chi_squared".

    Raises `TypeMismatch`: the constraint, the functor or the divergence is of another kind. `UnknownName`: no exact
    divergence has this name. `DataError`: a sample space has fewer rows than the constraint draws from it.
    `LimitExceeded`: there are too many choices of rows.
    """
    measure = _measure(constraint, functor, divergence)
    lhs, rhs = (functor.evaluate(open_states(side)).array for side in constraint.reading.sides)
    weights: defaultdict[Values, Fraction] = defaultdict(Fraction)
    sums: defaultdict[Values, list[Any]] = defaultdict(lambda: [0, 0])
    for (a, left, right), weight in _points(constraint, functor).items():
        weights[a] += weight
        reference, prediction = sums[a]
        sums[a] = [reference + weight * rhs[a + right], prediction + weight * lhs[a + left]]
    laws = {a: [list(np.asarray(law / weights[a], dtype=object).flat) for law in pair] for a, pair in sums.items()}
    return sum(weights[a] * measure(*pair) for a, pair in laws.items())


def drawn_term(constraint: Constraint, functor: FiniteFunctor, divergence: Divergence | str) -> Any:
    """E D(rhs given its draws ‖ lhs given its draws), summed over output wires; the kernels of each side draw anew.

    Where sides that draw or read data are compared in law, it is the exact term, which `compile` estimates.

    Raises what `exact_term` raises.
    """
    measure = _measure(constraint, functor, divergence)
    if compares_samples(constraint):
        return exact_term(constraint, functor, divergence)
    lhs, rhs = (_Side(open_states(side), functor) for side in constraint.reading.sides)
    pairs: defaultdict[tuple[Values, Values, Values], Fraction] = defaultdict(Fraction)
    for (a, left, right), weight in _points(constraint, functor).items():
        for (p, u), (q, v) in product(lhs.draws(a + left), rhs.draws(a + right)):
            pairs[a, u, v] += weight * p * q
    total: Any = 0
    for (_, u, v), weight in pairs.items():
        ends = zip(rhs.distributions(v), lhs.distributions(u), strict=True)
        total += weight * sum(measure(reference, prediction) for reference, prediction in ends)
    return total


def _measure(constraint: Constraint, functor: FiniteFunctor, divergence: Divergence | str) -> Divergence:
    """The divergence as a function, once the kinds of all arguments are checked."""
    if not isinstance(constraint, Constraint) or not isinstance(functor, FiniteFunctor):
        given = f"{brief(constraint)} and {brief(functor)}"
        raise TypeMismatch(f"an exact term is of a Constraint and a FiniteFunctor, got {given}")
    if isinstance(divergence, str):
        if divergence not in EXACT:
            hint = "or give a function of two lists of fractions, the reference first"
            raise UnknownName(f"no exact divergence is named {divergence!r}; {did_you_mean(divergence, EXACT)}; {hint}")
        return EXACT[divergence]
    if not callable(divergence):
        raise TypeMismatch(f"a divergence is a function, or one of {', '.join(EXACT)}; got {brief(divergence)}")
    return divergence


def _points(constraint: Constraint, functor: FiniteFunctor) -> dict[tuple[Values, Rows, Rows], Fraction]:
    """The test points with the rows that the left and the right side draw, and the probability of each."""
    where, reading = f"constraint {constraint.name!r}", constraint.reading
    source, lhs, rhs = (open_states(graph) for graph in (reading.source_form, *reading.sides))
    cut, point = len(source.dom), len(source.cod)
    end = cut + len(lhs.dom) - point
    if constraint.tested == "in law":  # there is no test point, and the law of each side is its own
        alone = (row_choices(side, functor, where) for side in (lhs, rhs))
        rows = [left + right for left, right in product(*alone)]
    else:
        rows = row_choices(together(source, lhs, rhs), functor, where)
    points: defaultdict[tuple[Values, Rows, Rows], Fraction] = defaultdict(Fraction)
    if not source.boxes and source.outputs == tuple(range(cut)):  # the point is the row, and its map a large table
        for row in rows:
            points[row[:cut], row[cut:end], row[end:]] += Fraction(1, len(rows))
        return points
    distributions = functor.evaluate(source)
    for row in rows:
        values = product(*map(range, distributions.cod))
        for a, probability in zip(values, distributions.distribution(*row[:cut]), strict=True):
            if probability:
                points[a, row[cut:end], row[end:]] += probability / len(rows)
    return points


def open_states(graph: PortGraph) -> PortGraph:
    """The graph with one more input for each of its states, after its own inputs."""
    builder = PortGraphBuilder(graph.dom.tensor(*(box.cod for box in graph.boxes if isinstance(box, State))))
    inputs, rows = builder.inputs[: len(graph.dom)], iter(builder.inputs[len(graph.dom) :])
    ends = fold(graph, inputs, lambda box, wires: [next(rows)] if isinstance(box, State) else builder.add(box, wires))
    return builder.build(graph.cod, ends)


def together(source: PortGraph, *sides: PortGraph) -> PortGraph:
    """The sides after a source: inputs of the source first, then those that each side has beside the test point."""
    first = len(source.cod)
    builder = PortGraphBuilder(source.dom.tensor(*(side.dom[first:] for side in sides)))
    own = iter(builder.inputs[len(source.dom) :])
    point = builder.paste(source, builder.inputs[: len(source.dom)])
    ends = [builder.paste(side, [*point, *(next(own) for _ in side.dom[first:])]) for side in sides]
    return builder.build(Ty().tensor(*(side.cod for side in sides)), [wire for end in ends for wire in end])


def row_choices(graph: PortGraph, functor: FiniteFunctor, where: str) -> list[Rows]:
    """All choices of a row for each input, in which every column that reaches an output is present.

    graph : PortGraph from sample spaces, without states.

    Raises `DataError`: a sample space has fewer rows than draws. `LimitExceeded`: there are too many choices.
    """
    sizes, spaces = functor(graph.dom), [ob.name for ob in graph.dom.inside]
    require_small(sizes, f"the choice of rows for {where}")
    same = [(i, j) for i, j in combinations(range(len(spaces)), 2) if spaces[i] == spaces[j]]
    choices = [rows for rows in product(*map(range, sizes)) if all(rows[i] != rows[j] for i, j in same)]
    if not choices:
        space, size = max(zip(spaces, sizes, strict=True), key=lambda item: spaces.count(item[0]) - item[1])
        rows = f"{spaces.count(space)} different rows of {space!r}, which has {plural(size, 'row')}"
        raise DataError(f"{where} draws more rows from a sample space than it has: {rows}; give more rows")
    cells = {(wire, column.space.name, column.name) for wire, column in columns_read(graph, graph.outputs)}
    return [rows for rows in choices if all(functor.is_present(s, c, rows[wire]) for wire, s, c in cells)]


class _Side:
    """A side, cut before the kernels at its ends: the draws, and the distributions of the outputs given the draws."""

    def __init__(self, graph: PortGraph, functor: FiniteFunctor) -> None:
        consumed = {wire for arguments in graph.arguments for wire in arguments}
        builder = PortGraphBuilder(graph.dom)
        wires = dict(enumerate(builder.inputs))  # from the wires of the side to those of the cut
        at_end: dict[Wire, tuple[Any, tuple[Wire, ...], int, dict[int, Wire]]] = {}
        for box, arguments, outputs in graph.applications():
            drawn = {port: wire for port, wire in enumerate(outputs) if wire in consumed}
            if is_deterministic(box) or drawn:
                wires |= zip(outputs, builder.add(box, [wires[wire] for wire in arguments]), strict=True)
            if not is_deterministic(box):
                ends = ((port, wire) for port, wire in enumerate(outputs) if wire not in consumed)
                at_end |= {wire: (box, arguments, port, drawn) for port, wire in ends}
        self._ends: list[tuple[Any, int, int, int, tuple[int, ...]]] = []
        needed: list[Wire] = []
        for wire in graph.outputs:
            box, arguments, port, drawn = at_end.get(wire, (None, (wire,), 0, {}))
            start = len(needed)
            needed += [*arguments, *drawn.values()]
            self._ends.append((box, start, start + len(arguments), port, tuple(drawn)))
        objects = graph.wire_objects
        cut = builder.build(Ty(*(objects[wire] for wire in needed)), [wires[wire] for wire in needed])
        self._map, self._functor, self._sizes = functor.evaluate(cut), functor, functor(graph.cod)

    def draws(self, inputs: Values) -> list[tuple[Fraction, Values]]:
        """The values at the cut, each with its probability."""
        values = product(*map(range, self._map.cod))
        return [(p, value) for p, value in zip(self._map.distribution(*inputs), values, strict=True) if p]

    def distributions(self, values: Values) -> list[Distribution]:
        """The distribution at each output wire, given the values at the cut."""
        result: list[Distribution] = []
        for (box, start, stop, port, drawn), size in zip(self._ends, self._sizes, strict=True):
            inputs = values[start:stop]
            if box is None:
                result.append([Fraction(int(i == inputs[0])) for i in range(size)])
                continue
            joint, known = self._functor(box).array[inputs], zip(drawn, values[stop:], strict=False)
            for drawn_port, value in known:
                joint = joint.take([value], axis=drawn_port)
            others = tuple(i for i in range(joint.ndim) if i != port)
            law = list((joint.sum(axis=others) if others else joint).flat)
            result.append([Fraction(p) / sum(law) for p in law])
        return result
