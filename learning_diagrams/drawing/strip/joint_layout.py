"""One layout for several diagrams: a box that two of them share has the same layer and the same lane in both.

The layers are those of all diagrams together. The order in a layer is the one in which the diagrams, each by itself,
have the fewest crossings. Two places that stand in no diagram together may share a lane.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g, h = (Box(name, x, x) for name in "fgh")
>>> rows = [PortGraph.from_diagram(diagram) for diagram in (f >> g >> h, f >> h)]
>>> [measures.layering.boxes for measures, _ in shared_layouts(rows, [[0, 1, 2], [0, 2]], {})]
[[1, 2, 3], [1, 3]]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.strings.fewest_crossings import arrange
from learning_diagrams.drawing.strings.lanes import straight_lanes
from learning_diagrams.drawing.strings.layering import Layering, Strand
from learning_diagrams.drawing.strings.measures import ROOM, Measures

Layout = tuple[Measures, dict[int, float]]  # the measures of a diagram in its layers, and the middle of each place


def shared_layouts(
    rows: Sequence[PortGraph], threads: Sequence[Sequence[int]], looks: Mapping[str, Look], upright: bool = False
) -> list[Layout]:
    """The measures of each diagram in its layers, and the middles of its places.

    threads : for each diagram the numbers of its boxes; boxes of one number are the same box.
    upright : bool, whether the diagrams run down or up.

    Raises `CycleError` where a box stands before another one in one diagram and behind it in another diagram.
    """
    layer_of = _layers(rows, threads)
    last = max(layer_of.values(), default=0) + 1
    layerings = [
        Layering.in_layers(graph, [layer_of[thread] for thread in own], last)
        for graph, own in zip(rows, threads, strict=True)
    ]
    keys = [_keys(*row) for row in zip(layerings, rows, threads, strict=True)]
    joint = _Joint.of_rows(layerings, keys)
    measures = [Measures(graph, looks, upright, inf, own) for graph, own in zip(rows, layerings, strict=True)]
    lanes = _lanes(joint, measures)
    order = {place: i for layer in joint.layers for i, place in enumerate(layer)}
    for layering, places in zip(layerings, joint.places, strict=True):
        rank = {node: order[place] for node, place in places.items()}
        layering.layers[:] = [sorted(layer, key=rank.__getitem__) for layer in layering.layers]
    middles = [{node: lanes[place] for node, place in places.items()} for places in joint.places]
    return list(zip(measures, middles, strict=True))


def _layers(rows: Sequence[PortGraph], threads: Sequence[Sequence[int]]) -> dict[int, int]:
    """The layer of each thread: behind all that it reads in any diagram; without inputs, before its first user."""
    sources: dict[int, set[int]] = {thread: set() for own in threads for thread in own}
    fed = set()
    for graph, own in zip(rows, threads, strict=True):
        makers = [-1] * len(graph.dom)
        for thread, (_, arguments, outputs) in zip(own, graph.applications(), strict=True):
            sources[thread] |= {makers[wire] for wire in arguments if makers[wire] >= 0}
            fed |= {thread} if arguments else set()
            makers += [thread] * len(outputs)
    layers: dict[int, int] = {}
    for thread in TopologicalSorter(sources).static_order():
        layers[thread] = 1 + max((layers[source] for source in sources[thread]), default=0)
    for thread in sources.keys() - fed:
        users = [layers[user] for user, own in sources.items() if thread in own]
        layers[thread] = min(users, default=2) - 1
    return layers


def _keys(layering: Layering, graph: PortGraph, own: Sequence[int]) -> dict[int, Hashable]:
    """A key for each place, so that places of one key in several diagrams are the same place."""
    count = len(graph.boxes)
    keys: dict[int, Hashable] = {place: ("box", thread) for place, thread in enumerate(own)}
    keys |= {count + port: ("in", port) for port in range(len(graph.dom))}
    keys |= {place: ("out", port) for port, place in enumerate(layering.layers[-1]) if place >= count}
    starts: dict[int, Hashable] = {}
    ends: dict[int, Hashable] = {}
    for strands in layering.strands:
        for strand in strands:
            if strand.target not in keys:  # a wire passes there, in a place of its own
                starts[strand.target] = starts.get(strand.source) or (keys[strand.source], strand.out_port)
    for strands in reversed(layering.strands):
        for strand in strands:
            if strand.source not in keys:
                ends[strand.source] = ends.get(strand.target) or (keys[strand.target], strand.in_port)
    layers = {place: i for i, layer in enumerate(layering.layers) for place in layer}
    return keys | {place: (start, ends[place], layers[place]) for place, start in starts.items()}


@dataclass
class _Joint(Layering):
    """The places of all diagrams in layers; strands cross where they do so in one diagram.

    Attributes
    ----------
    places : for each diagram its places, each with its number here.
    by_row : for each diagram its strands, those behind each layer but the last, between the places here.
    """

    places: list[dict[int, int]] = field(default_factory=list)
    by_row: list[list[list[Strand]]] = field(default_factory=list)

    @classmethod
    def of_rows(cls, layerings: Sequence[Layering], keys: Sequence[Mapping[int, Hashable]]) -> _Joint:
        numbers: dict[Hashable, int] = {}
        layers: list[list[int]] = [[] for _ in layerings[0].layers]
        joint = cls([], layers, [[] for _ in layerings[0].strands])
        for layering, own in zip(layerings, keys, strict=True):
            places: dict[int, int] = {}
            for layer, nodes in zip(layers, layering.layers, strict=True):
                for node in nodes:
                    if own[node] not in numbers:
                        numbers[own[node]] = len(numbers)
                        layer.append(numbers[own[node]])
                    places[node] = numbers[own[node]]
            moved = [
                [Strand(s.wire, places[s.source], s.out_port, places[s.target], s.in_port) for s in strands]
                for strands in layering.strands
            ]
            joint.places.append(places)
            joint.by_row.append(moved)
            for strands, more in zip(joint.strands, moved, strict=True):
                strands += more
        arrange(joint)
        return joint

    def bundles(self, layer: int) -> Sequence[Sequence[Strand]]:
        return [strands[layer] for strands in self.by_row]


def _lanes(joint: _Joint, rows: Sequence[Measures]) -> dict[int, float]:
    """The middle of each place. Places of a layer that stand in no diagram together may have one slot."""
    present: dict[int, set[int]] = defaultdict(set)
    for number, places in enumerate(joint.places):
        for place in places.values():
            present[place].add(number)
    slots: dict[int, int] = {}
    layers: list[list[int]] = []
    for layer in joint.layers:
        levels: dict[int, int] = {}
        for i, place in enumerate(layer):
            together = [levels[other] for other in layer[:i] if present[other] & present[place]]
            levels[place] = 1 + max(together, default=-1)
        first = sum(map(len, layers))
        slots |= {place: first + level for place, level in levels.items()}
        layers.append(list(range(first, first + 1 + max(levels.values(), default=-1))))
    halves: dict[int, float] = defaultdict(float)  # the room of each slot before and behind its middle
    reaches: dict[int, float] = defaultdict(float)  # the end of its last name
    starts: dict[int, float] = defaultdict(float)  # its first wire
    boxed: set[int] = set()
    offsets: list[tuple[float, float]] = []
    strands: list[list[Strand]] = [[] for _ in joint.strands]
    for row, places in zip(rows, joint.places, strict=True):
        for node, place in places.items():
            slot = slots[place]
            halves[slot] = max(halves[slot], row.half(node))
            reaches[slot] = max(reaches[slot], row.reach(node))
            starts[slot] = min(starts[slot], row.offset(node, 0, True))
            boxed |= set() if row.passes(node) else {slot}
        for behind, own in zip(strands, row.layering.strands, strict=True):
            for s in own:
                ends = slots[places[s.source]], s.out_port, slots[places[s.target]], s.in_port
                behind.append(Strand(len(offsets), *ends))
                offsets.append((row.port(s, True), row.port(s, False)))

    def distance(first: int, second: int) -> float:
        rooms = ROOM * sum(slot in boxed for slot in (first, second))
        return max(halves[first] + halves[second] + rooms, reaches[first] + ROOM - starts[second])

    middles = straight_lanes(
        Layering([], layers, strands), distance, lambda s, source: offsets[s.wire][not source], lambda s: s not in boxed
    )
    return {place: middles[slot] for place, slot in slots.items()}
