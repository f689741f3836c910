"""Layers of a string diagram: every box stands in a layer, every wire passes the layers between its ends in a place.

The order of the places in each layer has the fewest crossings: barycentres and moves of single places, again
after changes by chance, and for small diagrams all orders.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x @ x, x)
>>> layout = Layering.of(PortGraph.from_diagram(f @ x >> g))
>>> layout.boxes, layout.crossings()
([1, 2], 0)

Source: Sugiyama, Tagawa & Toda, *Methods for visual understanding of hierarchical system structures* (1981).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import factorial, inf
from random import Random

from learning_diagrams.diagrams.port_graph import PortGraph

SWEEPS = 6
ALL_ORDERS = 15_000  # pairs of orders of neighbouring layers that are tried
WIDEST = 60  # places in a layer within which single places are moved
LONG = 200  # layers of a graph in which places move only past a neighbour
CHANGES, MOST_PLACES = 120, 3_000  # changes by chance, and the places of all graphs that they lead to


@dataclass(frozen=True)
class Strand:
    """A piece of a wire from a place to a place in the next layer; ports count from the top."""

    wire: int
    source: int
    out_port: int
    target: int
    in_port: int


@dataclass
class Layering:
    """Places in layers, and the strands between them.

    Attributes
    ----------
    boxes : list of int, the layer of each box of the graph.
    layers : list of lists of places in order. Place i < n stands for box i of n boxes; then the inputs follow in layer
        0, the outputs in the last layer, and places that a wire passes.
    strands : list of lists of Strand, those behind each layer but the last.
    """

    boxes: list[int]
    layers: list[list[int]]
    strands: list[list[Strand]]

    @classmethod
    def of(cls, graph: PortGraph) -> Layering:
        """The layering of a graph with the fewest crossings that the search finds."""
        layering = cls.first(graph)
        layering.arrange()
        return layering

    @classmethod
    def first(cls, graph: PortGraph, sizes: Sequence[float] = (), most: float = inf) -> Layering:
        """A layering before its layers are ordered.

        Parameters
        ----------
        sizes : the pixels of each box across the wires.
        most : float, the pixels that the boxes of a layer may fill together.
        """
        return cls.in_layers(graph, _layers_of(graph, sizes or [0.0] * len(graph.boxes), most))

    @classmethod
    def in_layers(cls, graph: PortGraph, boxes: list[int], last: int = 0) -> Layering:
        """The layering with each box in a given layer, and at least the last layer, before its layers are ordered."""
        count, last = len(boxes), max(last, max(boxes, default=0) + 1)
        layers: list[list[int]] = [[] for _ in range(last + 1)]
        strands: list[list[Strand]] = [[] for _ in range(last)]
        sources: list[tuple[int, int, int]] = []  # for each wire its place, layer and port
        for i in range(len(graph.dom)):
            layers[0].append(count + i)
            sources.append((count + i, 0, 0))
        for box, (_, _, wires) in enumerate(graph.applications()):
            layers[boxes[box]].append(box)
            sources += [(box, boxes[box], port) for port in range(len(wires))]
        fresh = count + len(graph.dom)
        ends = [
            (wire, box, boxes[box], port)
            for box, wires in enumerate(graph.arguments)
            for port, wire in enumerate(wires)
        ]
        for wire in graph.outputs:
            layers[last].append(fresh)
            ends.append((wire, fresh, last, 0))
            fresh += 1
        for wire, target, layer, in_port in ends:
            place, start, out_port = sources[wire]
            for between in range(start + 1, layer):
                layers[between].append(fresh)
                strands[between - 1].append(Strand(wire, place, out_port, fresh, 0))
                place, out_port, fresh = fresh, 0, fresh + 1
            strands[layer - 1].append(Strand(wire, place, out_port, target, in_port))
        return cls(boxes, layers, strands)

    def crossings(self) -> int:
        """How many pairs of strands cross."""
        return sum(self._between(i, *pair) for i, pair in enumerate(pairwise(self.layers)))

    def bundles(self, layer: int) -> Sequence[Sequence[Strand]]:
        """The strands behind a layer, in bundles; strands of two bundles do not cross."""
        return [self.strands[layer]]

    def _between(self, layer: int, first: Sequence[int], second: Sequence[int]) -> int:
        """How many pairs of strands behind a layer cross, for an order of that layer and of the next one."""
        return sum(_crossings(first, second, strands) for strands in self.bundles(layer))

    def arrange(self) -> None:
        """Order the inner layers so that few strands cross."""
        self._search()
        if not (least := self.crossings()) or self._try_all():
            return
        best, chance = [list(layer) for layer in self.layers], Random(0)
        inner = [layer for layer in range(1, len(self.layers) - 1) if len(self.layers[layer]) > 1]
        for _ in range(
            min(CHANGES, MOST_PLACES // sum(map(len, self.layers)))
        ):  # a change by chance may lead to fewer crossings
            for _ in range(chance.choice((2, 3, 4, 6))):  # a few moves; a new order of a whole layer loses too much
                places = self.layers[chance.choice(inner)]
                places.insert(chance.randrange(len(places)), places.pop(chance.randrange(len(places))))
            self._search(sweeping=False)
            if (count := self.crossings()) <= least:
                best, least = [list(layer) for layer in self.layers], count
            if not least:
                break
            self.layers[:] = [list(layer) for layer in best]
        self.layers[:] = best

    def _search(self, sweeping: bool = True) -> None:
        """Move places, after a sweep forwards or backwards by turns; keep the best orders."""
        best, least = [list(layer) for layer in self.layers], self.crossings()
        for sweep in range(SWEEPS):
            if not least:
                break
            if sweeping:
                self._sweep(forwards=sweep % 2 == 0)
            for layer in range(1, len(self.layers) - 1):
                self._sift(layer if sweep % 2 == 0 else len(self.layers) - 1 - layer)
            if (count := self.crossings()) < least:
                best, least = [list(layer) for layer in self.layers], count
        self.layers[:] = best

    def _sweep(self, forwards: bool) -> None:
        """Order each inner layer by the mean place of the other ends of its strands."""
        inner = range(1, len(self.layers) - 1)
        for layer in inner if forwards else reversed(inner):
            beside = self.layers[layer - 1 if forwards else layer + 1]
            place = {node: i for i, node in enumerate(beside)}
            means: dict[int, list[float]] = defaultdict(list)
            for strand in self.strands[layer - 1 if forwards else layer]:
                other, node = (strand.source, strand.target) if forwards else (strand.target, strand.source)
                port = strand.out_port if forwards else strand.in_port
                means[node].append(place[other] + port / 100)
            now = {node: i for i, node in enumerate(self.layers[layer])}
            self.layers[layer].sort(key=lambda node: sum(means[node]) / len(means[node]) if means[node] else now[node])

    def _sift(self, layer: int) -> None:
        """Move single places of a layer while that makes fewer crossings."""
        nodes = self.layers[layer]
        if not 1 < len(nodes) <= WIDEST:
            return
        sides, far = self._ends(layer), WIDEST if len(self.layers) < LONG else 1

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

    def _ends(self, layer: int) -> list[dict[int, list[tuple[int, int]]]]:
        """Where the strands before and behind a layer end in the next layers: for each place the ends in order."""
        sides = []
        bundles = [(layer + way, strands) for way in (-1, 1) for strands in self.bundles(min(layer, layer + way))]
        for beside, strands in bundles:
            place = {node: i for i, node in enumerate(self.layers[beside])}
            ends: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for s in strands:
                if beside < layer:
                    insort(ends[s.target], (place[s.source], s.out_port))
                else:
                    insort(ends[s.source], (place[s.target], s.in_port))
            sides.append(ends)
        return sides

    def _try_all(self) -> bool:
        """Take the orders with the fewest crossings of all, where there are not too many orders; whether that is so."""
        last = len(self.layers) - 1
        counts = [factorial(len(layer)) if 0 < i < last else 1 for i, layer in enumerate(self.layers)]
        if sum(first * second for first, second in pairwise(counts)) > ALL_ORDERS:
            return False
        orders = [list(permutations(layer)) if 0 < i < last else [tuple(layer)] for i, layer in enumerate(self.layers)]
        ways: dict[tuple[int, ...], tuple[int, tuple[tuple[int, ...], ...]]] = {orders[0][0]: (0, (orders[0][0],))}
        for layer in range(1, last + 1):
            ways = {
                order: min(
                    (cost + self._between(layer - 1, way[-1], order), (*way, order)) for cost, way in ways.values()
                )
                for order in orders[layer]
            }
        self.layers[:] = map(list, min(ways.values())[1])
        return True


def _layers_of(graph: PortGraph, sizes: Sequence[float], most: float) -> list[int]:
    """The layer of each box, from 1: behind all that it reads; a box without inputs stands before its first user."""
    behind = [0] * len(graph.dom)
    layers: list[int] = []
    filled: dict[int, float] = defaultdict(float)
    users: dict[int, list[int]] = defaultdict(list)

    def fits(layer: int, box: int) -> bool:
        return not filled[layer] or filled[layer] + sizes[box] <= most

    for box, arguments in enumerate(graph.arguments):
        layer = 1 + max((behind[wire] for wire in arguments), default=0)
        while not fits(layer, box):
            layer += 1
        layers.append(layer)
        filled[layer] += sizes[box]
        behind += [layer] * len(graph.boxes[box].cod)
        for wire in arguments:
            users[wire].append(box)
    for box, (_, arguments, wires) in reversed(list(enumerate(graph.applications()))):
        if not arguments and (first := min((layers[user] for wire in wires for user in users[wire]), default=0)):
            filled[layers[box]] -= sizes[box]
            layers[box] = next(layer for layer in range(first - 1, 0, -1) if layer == layers[box] or fits(layer, box))
            filled[layers[box]] += sizes[box]
    return layers


def _crossings(first: Sequence[int], second: Sequence[int], strands: Sequence[Strand]) -> int:
    """How many pairs of strands between two ordered layers cross; strands from one port do not."""
    if len(strands) < 2:
        return 0
    above, below = ({node: i for i, node in enumerate(nodes)} for nodes in (first, second))
    ends = sorted((above[s.source], s.out_port, below[s.target], s.in_port) for s in strands)
    seen: list[tuple[int, int]] = []
    count = 0
    for group in _by_source(ends):
        count += sum(len(seen) - bisect_right(seen, end) for end in group)
        for end in group:
            insort(seen, end)
    return count


def _inversions(first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]]) -> int:
    """How many pairs of ends are in the other order than their places."""
    return sum(bisect_left(second, end) for end in first)


def _by_source(ends: list[tuple[int, int, int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The ends of strands, in groups that leave one port."""
    group: list[tuple[int, int]] = []
    for i, (node, port, *end) in enumerate(ends):
        group.append((end[0], end[1]))
        if i + 1 == len(ends) or ends[i + 1][:2] != (node, port):
            yield group
            group = []
