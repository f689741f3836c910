"""Orders of the inner layers of a layering with few crossings: barycentres and moves of single places, the same after
changes by chance, and the exact orders where these do not take too long.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.port_graph import PortGraph
>>> x = Ty("x")
>>> f, g, h = Box("f", x, x), Box("g", x, x), Box("h", x @ x, x)
>>> layering = Layering.first(PortGraph(x @ x, x, (f, g, h), ((1,), (0,), (3, 2)), (4,)))
>>> arrange(layering)
>>> layering.layers[1], layering.crossings(), layering.certain
([1, 0], 0, True)

Source: Sugiyama, Tagawa & Toda, *Methods for visual understanding of hierarchical system structures* (1981).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from learning_diagrams.drawing.strings.exact_orders import order_exactly
from learning_diagrams.drawing.strings.layering import Layering

SWEEPS = 6
SMALL = 12  # boxes of a graph whose exact orders take less time than changes by chance
WIDEST = 60  # places in a layer within which single places are moved
LONG = 200  # layers of a graph in which places move only past a neighbour
CHANGES, PAIRS = 300, 120_000  # changes by chance, and the pairs of places of all graphs that they lead to


def arrange(layering: Layering) -> None:
    """Order the inner layers so that few strands cross, and say whether that is certainly as few as can be."""
    _search(layering)
    is_large = len(layering.boxes) > SMALL
    if is_large and layering.crossings():
        _change_by_chance(layering)
    layering.certain = not layering.crossings() or order_exactly(layering)
    if not is_large and not layering.certain:
        _change_by_chance(layering)


def _change_by_chance(layering: Layering) -> None:
    """Move a few places by chance and search again, which may lead to fewer crossings."""
    best, least, chance = [list(layer) for layer in layering.layers], layering.crossings(), Random(0)
    inner = [layer for layer in range(1, len(layering.layers) - 1) if len(layering.layers[layer]) > 1]
    for _ in range(min(CHANGES, PAIRS // sum(map(len, layering.layers)) ** 2) if inner else 0):
        for _ in range(chance.choice((2, 3, 4, 6))):  # a few moves; a new order of a whole layer loses too much
            places = layering.layers[chance.choice(inner)]
            places.insert(chance.randrange(len(places)), places.pop(chance.randrange(len(places))))
        _search(layering, sweeping=False)
        if (count := layering.crossings()) <= least:
            best, least = [list(layer) for layer in layering.layers], count
        if not least:
            break
        layering.layers[:] = [list(layer) for layer in best]
    layering.layers[:] = best


def _search(layering: Layering, sweeping: bool = True) -> None:
    """Move places, after a sweep forwards or backwards by turns; keep the best orders."""
    layers = layering.layers
    best, least = [list(layer) for layer in layers], layering.crossings()
    for turn in range(SWEEPS):
        if not least:
            break
        if sweeping:
            _sweep(layering, forwards=turn % 2 == 0)
        for layer in range(1, len(layers) - 1):
            _sift(layering, layer if turn % 2 == 0 else len(layers) - 1 - layer)
        if (count := layering.crossings()) < least:
            best, least = [list(layer) for layer in layers], count
    layers[:] = best


def _sweep(layering: Layering, forwards: bool) -> None:
    """Order each inner layer by the mean place of the other ends of its strands."""
    inner = range(1, len(layering.layers) - 1)
    for layer in inner if forwards else reversed(inner):
        beside = layering.layers[layer - 1 if forwards else layer + 1]
        place = {node: i for i, node in enumerate(beside)}
        means: dict[int, list[float]] = defaultdict(list)
        for strand in layering.strands[layer - 1 if forwards else layer]:
            other, node = (strand.source, strand.target) if forwards else (strand.target, strand.source)
            port = strand.out_port if forwards else strand.in_port
            means[node].append(place[other] + port / 100)
        now = {node: i for i, node in enumerate(layering.layers[layer])}
        layering.layers[layer].sort(key=lambda node: sum(means[node]) / len(means[node]) if means[node] else now[node])


def _sift(layering: Layering, layer: int) -> None:
    """Move single places of a layer while that makes fewer crossings."""
    nodes = layering.layers[layer]
    if not 1 < len(nodes) <= WIDEST:
        return
    sides, far = _ends(layering, layer), WIDEST if len(layering.layers) < LONG else 1

    def less(node: int, other: int) -> int:
        """How many crossings there are less with a node before another one, than behind it."""
        return sum(_inversions(e[other], e[node]) - _inversions(e[node], e[other]) for e in sides)

    moving = True
    while moving:
        moving = False
        for node in list(nodes):
            i = nodes.index(node)
            gains = [(0, i)]
            low, high = max(0, i - far), min(len(nodes), i + far + 1)
            for places, sign in ((range(i - 1, low - 1, -1), 1), (range(i + 1, high), -1)):
                gain = 0
                for j in places:
                    gain += sign * less(node, nodes[j])
                    gains.append((gain, j))
            gain, j = max(gains, key=lambda move: move[0])
            if gain > 0:
                nodes.insert(j, nodes.pop(i))
                moving = True


def _ends(layering: Layering, layer: int) -> list[dict[int, list[tuple[int, int]]]]:
    """Where the strands before and behind a layer end in the next layers: for each place the ends in order."""
    sides = []
    bundles = [(layer + way, strands) for way in (-1, 1) for strands in layering.bundles(min(layer, layer + way))]
    for beside, strands in bundles:
        place = {node: i for i, node in enumerate(layering.layers[beside])}
        ends: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for s in strands:
            if beside < layer:
                insort(ends[s.target], (place[s.source], s.out_port))
            else:
                insort(ends[s.source], (place[s.target], s.in_port))
        sides.append(ends)
    return sides


def _inversions(first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]]) -> int:
    """How many pairs of ends are in the other order than their places."""
    return sum(bisect_left(second, end) for end in first)
