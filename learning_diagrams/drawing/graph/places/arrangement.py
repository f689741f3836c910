"""The arrangement of the learning graph: where objects and sample spaces stand, before any arrow is drawn.

The longest way from a sample space is a straight line from left to right, the spine. A cycle that a constraint closes
stands on a circle instead. Everything else stands in the layer behind its sources, above and below the spine by turns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import cos, pi, sin

import networkx as nx
from discopy import markov

from learning_diagrams.drawing.elements.look import written
from learning_diagrams.drawing.elements.plates import Look, plate_size
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import key_of

BETWEEN = (150, 110, 84, 60, 40)  # pixels between a node and a plate, on both sides together; less in a wide graph
LANE = 150  # pixels between two lanes
ROUNDS = 4
RADIUS = 90  # of a circle, at least
TESTED = "tested"  # the mark of what leads to the points where constraints are tested


@dataclass(frozen=True)
class Edge:
    """A box with one input and one output as an arrow, or a strand of a box that is its plate.

    Parameters
    ----------
    port : pair of the place of the strand and how many there are on its side; None for an arrow that bears its plate.
    dotted : bool, whether it leads to the points where constraints are tested, and no more.
    """

    box: markov.Box
    source: str
    target: str
    look: Look
    port: tuple[int, int] | None = None
    dotted: bool = False

    @property
    def name(self) -> str:
        return written(self.box)

    @property
    def width(self) -> float:
        """The width of the plate that it bears."""
        return 0.0 if self.port else plate_size(self.name, self.look, 1)[0]

    @property
    def enters(self) -> bool:
        """Whether it is a strand that enters a plate."""
        return self.port is not None and self.target == key_of(self.box)


def arrange(
    nodes: Mapping[str, Node],
    edges: Sequence[Edge],
    core: Mapping[str, Node],
    between: float,
    turned: Collection[str] = (),
    raised: bool = False,
) -> dict[str, Node]:
    """The nodes with their places.

    Parameters
    ----------
    core : the nodes of a special boundary with their places; empty if there is none.
    between : float, the room between a node and a plate, on both sides together, in pixels.
    turned : the keys of nodes that stand below the spine in place of above, or above in place of below.
    raised : bool, whether sample spaces stand above and below what they lead to, in place of before it.
    """
    if core:
        return _round(nodes, edges, core, between)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(sorted(nodes))
    graph.add_edges_from((edge.source, edge.target) for edge in edges if edge.source != edge.target)
    ranks = _ranks(graph, nodes)
    beside = [key for key in sorted(nodes) if raised and nodes[key].is_space and graph.out_degree(key)]
    ranks |= {key: min(ranks[other] for other in graph.successors(key)) for key in beside}
    return _in_lanes(nodes, edges, ranks, _spine(graph, ranks, edges), between, turned, beside)


def _ranks(graph: nx.MultiDiGraph, nodes: Mapping[str, Node]) -> dict[str, int]:
    """The layer of each node: behind its sources; a sample space stands right before its first target."""
    acyclic = nx.DiGraph(graph)
    starts = sorted(nodes, key=lambda key: (not nodes[key].is_space, graph.in_degree(key), key))
    seen: set[str] = set()
    for start in starts:  # edges that lead back along a walk are left out
        stack, waiting = [start], {start: sorted(graph.successors(start), reverse=True)}
        on_way = {start}
        while stack and start not in seen:
            here = stack[-1]
            if waiting[here]:
                other = waiting[here].pop()
                if other in on_way:
                    if acyclic.has_edge(here, other):
                        acyclic.remove_edge(here, other)
                elif other not in seen:
                    stack.append(other)
                    on_way.add(other)
                    waiting[other] = sorted(graph.successors(other), reverse=True)
                continue
            seen.add(stack.pop())
            on_way.discard(here)
    ranks: dict[str, int] = {}
    for key in nx.lexicographical_topological_sort(acyclic):
        ranks[key] = max((ranks[other] + 1 for other in acyclic.predecessors(key)), default=0)
    for key in sorted(nodes):
        if not acyclic.in_degree(key) and acyclic.out_degree(key):
            ranks[key] = min(ranks[other] for other in acyclic.successors(key)) - 1
    return ranks


def _spine(graph: nx.MultiDiGraph, ranks: Mapping[str, int], edges: Sequence[Edge]) -> list[str]:
    """The longest way in the order of ranks; of equal ones that with the most trained boxes, then by name."""
    trained: dict[tuple[str, str], int] = defaultdict(int)
    for edge in edges:
        trained[edge.source, edge.target] |= edge.look.training == "trained"
    best: dict[str, tuple[int, int, list[str]]] = {}
    for key in sorted(ranks, key=lambda key: (-ranks[key], key)):
        ways = [
            (-best[other][0] - 1, -best[other][1] - trained[key, other], [key, *best[other][2]])
            for other in sorted(set(graph.successors(key)))
            if ranks[other] > ranks[key]
        ]
        length, count, way = min(ways, default=(0, 0, [key]))
        best[key] = -length, -count, way
    return min(best.values(), key=lambda way: (-way[0], -way[1], way[2]), default=(0, 0, []))[2]


def _in_lanes(
    nodes: Mapping[str, Node],
    edges: Sequence[Edge],
    ranks: Mapping[str, int],
    spine: Sequence[str],
    between: float,
    turned: Collection[str],
    beside: Collection[str],
) -> dict[str, Node]:
    layers: dict[int, list[str]] = defaultdict(list)
    for key in sorted(nodes, key=lambda key: (key not in spine, nodes[key].is_space, key)):
        layers[ranks[key]].append(key)
    lanes = _lanes(layers, edges, spine)
    x, places = 0.0, dict[str, Node]()
    previous = 0.0
    for rank in sorted(layers):
        widest = max(nodes[key].width for key in layers[rank] if key not in beside or len(layers[rank]) == 1)
        if places:
            plates = [edge.width for edge in edges if {ranks[edge.source], ranks[edge.target]} == {rank - 1, rank}]
            x += previous / 2 + between + max(plates, default=0) + widest / 2
        previous = widest
        for key in layers[rank]:
            places[key] = replace(nodes[key], x=x, y=lanes[key] * LANE * (-1 if key in turned else 1))
    return places


def _lanes(layers: Mapping[int, Sequence[str]], edges: Sequence[Edge], spine: Sequence[str]) -> dict[str, int]:
    """The lane of each node, 0 for the spine: close to the lanes of its neighbours, by exchanges within a layer."""
    lanes: dict[str, int] = {}
    for layer in layers.values():
        free = 0 if layer[0] in spine else 1  # the spine keeps its lane
        lanes.update((key, (i + 1) // 2 * (-1 if i % 2 else 1)) for i, key in enumerate(layer, start=free))
    beside: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        beside[edge.source].append(edge.target)
        beside[edge.target].append(edge.source)

    def bends(keys: Sequence[str]) -> float:
        pairs = [(lanes[key], lanes[other]) for key in keys for other in beside[key]]
        return sum(abs(a) / 8 + abs(a - b) + (a * b < 0) for a, b in pairs)

    for _ in range(ROUNDS):
        for layer in layers.values():
            for first, second in combinations([key for key in layer if key not in spine], 2):
                before = bends([first, second])
                lanes[first], lanes[second] = lanes[second], lanes[first]
                if bends([first, second]) >= before:
                    lanes[first], lanes[second] = lanes[second], lanes[first]
            for key in (key for key in layer if key not in spine):
                taken = {lanes[other] for other in layer if other != key} | ({0} if layer[0] in spine else set())
                costs: list[tuple[float, int, int]] = []
                for lane in sorted(set(range(-len(layer), len(layer) + 1)) - taken, key=lambda lane: (abs(lane), lane)):
                    lanes[key] = lane
                    costs.append((bends([key]), len(costs), lane))
                lanes[key] = min(costs)[2]
    return lanes


def _round(
    nodes: Mapping[str, Node], edges: Sequence[Edge], core: Mapping[str, Node], between: float
) -> dict[str, Node]:
    """Everything else outside of a core, beside its neighbour there."""
    places = dict(core)
    across = [node.x for node in core.values()]
    middle, low = (min(across) + max(across)) / 2, max(node.y for node in core.values())
    beside: dict[str, int] = defaultdict(int)
    while waiting := [key for key in sorted(nodes) if key not in places]:
        ways = [
            (key, other, edge)
            for key in waiting
            for edge in edges
            for other in {edge.source, edge.target} & places.keys()
            if key in (edge.source, edge.target)
        ]
        if not ways:  # nothing connects it with the circle
            places[waiting[0]] = replace(nodes[waiting[0]], x=0.0, y=low + LANE * (1 + len(beside)))
            beside[waiting[0]] += 1
            continue
        key, other, edge = min(ways, key=lambda w: (w[0], places[w[1]].x * (1 if w[2].source == w[0] else -1), w[1]))
        near, count = places[other], beside[other]
        side = -1 if near.x < middle else 1
        far = near.width / 2 + between + edge.width + nodes[key].width / 2
        y = near.y + (count + 1) // 2 * LANE * (-1 if count % 2 else 1)
        if edge.port and side == (-1 if edge.enters else 1):  # the strand leaves on the other side
            far, y = -(nodes[key].width / 2 + 20), low + LANE / 2 * (1 + count)
        places[key] = replace(nodes[key], x=near.x + side * far, y=y)
        beside[other] += 1
    return places


def on_circle(
    nodes: Mapping[str, Node], edges: Sequence[Edge], cycle: Sequence[str], room: float = 0.0
) -> dict[str, Node]:
    """The nodes of a cycle on a circle round the origin, clockwise from the left, with a least radius for its room.

    The plate of a box stands halfway between its neighbours, as plates on arrows do.
    """
    members = set(cycle)
    plates = [edge.width for edge in edges if {edge.source, edge.target} <= members]
    objects = sum(not nodes[key].look for key in cycle)
    radius = max(RADIUS, 36 * objects, max(plates, default=0) / 2 + 50)
    radius = max(radius + max(nodes[key].width for key in cycle) / 2, room)
    angles, before = {}, -1
    for key in cycle:
        is_plate = bool(nodes[key].look)
        before += not is_plate
        angles[key] = pi - 2 * pi * (before + is_plate / 2) / objects
    return {
        key: replace(nodes[key], x=radius * cos(a), y=-radius * sin(a), turned=bool(nodes[key].look) and sin(a) < -0.1)
        for key, a in angles.items()
    }
