"""Layers of a string diagram: every box stands in a layer, every wire passes the layers between its ends in a place.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x @ x, x)
>>> layout = Layering.first(PortGraph.from_diagram(f @ x >> g))
>>> layout.boxes, layout.crossings()
([1, 2], 0)

Source: Sugiyama, Tagawa & Toda, *Methods for visual understanding of hierarchical system structures* (1981).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph


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
    certain : bool, whether certainly no orders of the inner layers have fewer crossings.
    """

    boxes: list[int]
    layers: list[list[int]]
    strands: list[list[Strand]]
    certain: bool = field(default=False, init=False)

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
        layers = enumerate(pairwise(self.layers))
        return sum(_crossings(*pair, strands) for i, pair in layers for strands in self.bundles(i))

    def bundles(self, layer: int) -> Sequence[Sequence[Strand]]:
        """The strands behind a layer, in bundles; strands of two bundles do not cross."""
        return [self.strands[layer]]


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


def _by_source(ends: list[tuple[int, int, int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The ends of strands, in groups that leave one port."""
    group: list[tuple[int, int]] = []
    for i, (node, port, *end) in enumerate(ends):
        group.append((end[0], end[1]))
        if i + 1 == len(ends) or ends[i + 1][:2] != (node, port):
            yield group
            group = []
