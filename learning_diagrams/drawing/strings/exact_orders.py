"""Exact orders: orders of the layers with the fewest crossings of all, and whether that is certain.

Two places of an inner layer stand as they do now, or swapped: a variable that is 0 or 1. Two strands cross now or not,
and a swap at either end changes that, so the crossings are a sum of terms in one or two variables. Eliminating the
variables finds its least value, a bound. Where three places then stand in a circle, every order has another value
for one of their three pairs: three cases, each with its own bound.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.port_graph import PortGraph
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x @ x, x)
>>> layering = Layering.first(PortGraph(x @ x, x, (f, f, g), ((1,), (0,), (2, 3)), (4,)))
>>> layering.crossings(), order_exactly(layering), layering.crossings(), layering.layers[1]
(1, True, 1, [0, 1])

Source: Bertelè & Brioschi, *Nonserial Dynamic Programming* (1972), for the elimination.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations, product

from learning_diagrams.drawing.strings.layering import Layering

Pair = tuple[int, int]  # two places of a layer, in their order now
Term = tuple[tuple[Pair, ...], dict[tuple[int, ...], int]]  # pairs, and the crossings for each of their values

STRANDS = 40_000  # pairs of strands of a layering
WORK = 300_000  # values that are looked up in the tables of terms


def order_exactly(layering: Layering) -> bool:
    """Order the inner layers with the fewest crossings that are found; whether there are certainly no fewer."""
    if sum(len(strands) ** 2 for strands in layering.strands) > STRANDS:
        return False
    terms, least, work = _terms(layering), layering.crossings(), WORK
    best: Collection[Pair] = ()
    cases: list[dict[Pair, int]] = [{}]
    while cases and work > 0:
        case = cases.pop()
        crossings, swapped, work = _least_value([_where(term, case) for term in terms], work)
        if crossings >= least or work <= 0:
            continue
        swapped |= {pair for pair, value in case.items() if value}
        circle = _circle(layering, swapped)
        if not circle:
            least, best = crossings, swapped
        for i, pair in enumerate(circle):
            if pair not in case:
                same = {other: int(other in swapped) for other in circle[:i]}
                cases.append({**case, **same, pair: int(pair not in swapped)})
    for layer in layering.layers[1:-1]:
        before = Counter(a if (a, b) in best else b for a, b in combinations(layer, 2))
        layer.sort(key=before.__getitem__)
    return work > 0


def _terms(layering: Layering) -> list[Term]:
    """The crossings as terms in at most two pairs."""
    last = len(layering.layers) - 1
    rank = {place: i for layer in layering.layers for i, place in enumerate(layer)}
    counts: dict[tuple[Pair, ...], list[int]] = defaultdict(lambda: [0, 0])  # those that do not cross now, and that do

    def order(layer: int, first: tuple[int, int], second: tuple[int, int]) -> tuple[bool, tuple[Pair, ...]]:
        """Whether the first end of a strand, a place and a port, stands before the second; and what may be swapped."""
        (a, _), (b, _) = ends = sorted((first, second), key=lambda end: (rank[end[0]], end[1]))
        return ends[0] == first, ((a, b),) if a != b and 0 < layer < last else ()

    for layer in range(last):
        for strands in layering.bundles(layer):
            for s, t in combinations(strands, 2):
                if (s.source, s.out_port) != (t.source, t.out_port):
                    above, swaps = order(layer, (s.source, s.out_port), (t.source, t.out_port))
                    below, others = order(layer + 1, (s.target, s.in_port), (t.target, t.in_port))
                    counts[swaps + others][above != below] += 1
    return [
        (pairs, {values: by_now[1 - sum(values) % 2] for values in product((0, 1), repeat=len(pairs))})
        for pairs, by_now in counts.items()
    ]


def _where(term: Term, case: Mapping[Pair, int]) -> Term:
    """A term where some pairs have known values."""
    pairs, table = term
    if case.keys().isdisjoint(pairs):
        return term
    free = tuple(pair for pair in pairs if pair not in case)
    return free, {
        tuple(value for pair, value in zip(pairs, values, strict=True) if pair not in case): count
        for values, count in table.items()
        if all(case.get(pair, value) == value for pair, value in zip(pairs, values, strict=True))
    }


def _least_value(terms: Sequence[Term], work: int) -> tuple[int, set[Pair], int]:
    """The least value of a sum of terms, the pairs that are 1 there, and how much work is left; none if it is 0."""
    of_pair: dict[Pair, list[Term]] = defaultdict(list)
    beside: dict[Pair, set[Pair]] = defaultdict(set)
    for term in terms:
        for pair in term[0]:
            of_pair[pair].append(term)
            beside[pair].update(term[0])
    queue = [(len(pairs), pair) for pair, pairs in beside.items()]
    heapify(queue)
    value = sum(table[()] for pairs, table in terms if not pairs)
    steps: list[tuple[Pair, Term]] = []  # the best values of a pair, for all values of pairs that go later
    while queue:
        count, pair = heappop(queue)
        if pair not in of_pair or count != len(beside[pair]):
            continue
        parts = of_pair.pop(pair)
        scope = tuple(sorted(beside.pop(pair) - {pair}))
        if (work := work - len(parts) * 2 ** (len(scope) + 1)) <= 0:
            return 0, set(), 0
        best, costs = {}, {}
        for values in product((0, 1), repeat=len(scope)):
            at = dict(zip(scope, values, strict=True))
            sums = [sum(table[tuple((at | {pair: own})[p] for p in pairs)] for pairs, table in parts) for own in (0, 1)]
            best[values], costs[values] = int(sums[1] < sums[0]), min(sums)
        steps.append((pair, (scope, best)))
        if not scope:
            value += costs[()]
        for other in scope:
            of_pair[other] = [part for part in of_pair[other] if pair not in part[0]] + [(scope, costs)]
            beside[other] = (beside[other] | set(scope)) - {pair}
            heappush(queue, (len(beside[other]), other))
    chosen: dict[Pair, int] = {}
    for pair, (scope, best) in reversed(steps):
        chosen[pair] = best[tuple(chosen[other] for other in scope)]
    return value, {pair for pair, swap in chosen.items() if swap}, work


def _circle(layering: Layering, swapped: set[Pair]) -> list[Pair]:
    """The pairs of three places of a layer of which each stands before the next one; none where there are orders."""
    for layer in layering.layers[1:-1]:
        for a, b, c in combinations(layer, 3):
            if ((a, b) in swapped) == ((b, c) in swapped) != ((a, c) in swapped):
                return [(a, b), (b, c), (a, c)]
    return []
