"""Arrows that lie on each other where they come to a node, or leave it: there they are spread along its edge.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.drawing.elements.plates import Look
>>> from learning_diagrams.drawing.graph.arrows import bowed
>>> edges = [Edge(Box(name, Ty(name), Ty("end")), name, "end", Look("function")) for name in "ab"]
>>> nodes = {"a": Node("a", False, x=-300), "b": Node("b", False, x=-450), "end": Node("end", False)}
>>> arrows = [Arrow(edge, bowed(nodes[edge.source], nodes["end"], 200, -1)) for edge in edges]
>>> apart = spread(arrows, nodes)
>>> are_apart(arrows, nodes), are_apart(apart, nodes)
(False, True)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import hypot, inf

from learning_diagrams.drawing.graph.arrows import Arrow, cost_of
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane.curve import Point

NEAR = 40  # pixels from the end of an arrow: from there on it is apart from others
LEAST = 6  # pixels between two arrows there, at least
SLOT = 14  # pixels between the ends of two arrows that are spread
HEAD = 2  # pixels between the head of a loop and a node, at most
EDGE = 6  # pixels between the end of an arrow and the corner of a node, at least


@dataclass(frozen=True)
class _End:
    """One end of an arrow: `leaves` says whether it is its start."""

    arrow: Arrow
    leaves: bool

    @property
    def key(self) -> str:
        return self.arrow.edge.source if self.leaves else self.arrow.edge.target

    @property
    def points(self) -> list[Point]:
        """The points of the arrow, from this end on."""
        return self.arrow.points if self.leaves else self.arrow.points[::-1]

    @property
    def is_of_loop(self) -> bool:
        return self.arrow.edge.source == self.arrow.edge.target

    @property
    def origin(self) -> float:
        """Where the arrow comes from, from left to right; that of a loop nearer, before it turns back."""
        return self.after(NEAR if self.is_of_loop else 3 * NEAR)[0]

    def after(self, far: float) -> Point:
        """The point of the arrow that is so far from this end."""
        start = self.points[0]
        for (a, b), (c, d) in pairwise(self.points):
            before, behind = hypot(a - start[0], b - start[1]), hypot(c - start[0], d - start[1])
            if behind >= far:
                share = (far - before) / (behind - before)
                return a + share * (c - a), b + share * (d - b)
        return self.points[-1]

    def moved(self, x: float) -> Arrow:
        """The arrow with this end at another place from left to right, in the same direction."""
        a, b, c, d = self.arrow.curve
        by = x - (a if self.leaves else d)[0]
        a, b = ((p + by * self.leaves, q) for p, q in (a, b))
        c, d = ((p + by * (not self.leaves), q) for p, q in (c, d))
        return replace(self.arrow, curve=(a, b, c, d))


def are_apart(arrows: Sequence[Arrow], nodes: Mapping[str, Node]) -> bool:
    """Whether no two of the arrows lie on each other where they come to a node, or leave it."""
    return not any(_lie(first, second) for ends in _ends(arrows, nodes) for first, second in combinations(ends, 2))


def spread(arrows: Sequence[Arrow], nodes: Mapping[str, Node], kept: Collection[Edge] = ()) -> list[Arrow]:
    """The arrows, with ends apart that would lie on each other at the top or at the bottom of a node.

    kept : edges whose arrows stay as they are.
    """
    now = {arrow.edge: arrow for arrow in arrows}
    for group in _ends(arrows, nodes):
        for ends in _heaps(group, nodes, kept):
            here = [replace(end, arrow=now[end.arrow.edge]) for end in ends]
            moved = dict[Edge, Arrow]()
            for end, x in _slots(here, nodes[here[0].key], kept):  # a loop may move with both ends
                moved[end.arrow.edge] = replace(end, arrow=moved.get(end.arrow.edge, end.arrow)).moved(x)
            if _cost(changed := now | moved, moved, nodes) <= _cost(now, moved, nodes):
                now = changed
    return [now[arrow.edge] for arrow in arrows]


def _ends(arrows: Sequence[Arrow], nodes: Mapping[str, Node]) -> Iterator[list[_End]]:
    """The ends of arrows at each node; strands have their own places at a plate."""
    ends: dict[str, list[_End]] = defaultdict(list)
    for arrow in arrows:
        for end in (_End(arrow, leaves=True), _End(arrow, leaves=False)):
            if not nodes[end.key].look:
                ends[end.key].append(end)
    yield from (group for group in ends.values() if len(group) > 1)


def _lie(first: _End, second: _End) -> bool:
    (a, b), (c, d) = first.points[0], second.points[0]
    if hypot(a - c, b - d) > SLOT:
        return False
    (a, b), (c, d) = first.after(NEAR), second.after(NEAR)
    return hypot(a - c, b - d) < LEAST


def _change_places(first: _End, second: _End) -> bool:
    """Whether the left one of two ends comes from the right of the other, so that the arrows cross just there."""
    return (first.points[0][0] - second.points[0][0]) * (first.origin - second.origin) < 0


def _heaps(group: Sequence[_End], nodes: Mapping[str, Node], kept: Collection[Edge]) -> Iterator[list[_End]]:
    """The ends at the top or the bottom of a node that lie on each other or change places, from left to right."""
    for side in (-1, 1):
        ends = [end for end in group if _is_at(end, nodes[end.key], side, end.arrow.edge in kept)]
        pairs = [
            (first, second)
            for first, second in combinations(ends, 2)
            if first.arrow is not second.arrow
            and not (first.arrow.edge in kept and second.arrow.edge in kept)
            and (_lie(first, second) or _change_places(first, second))
        ]
        places = [end.points[0][0] for pair in pairs for end in pair]
        heap = [end for end in ends if any(abs(end.points[0][0] - place) < SLOT for place in places)]
        heap += [end for end in ends if end not in heap and any(end.arrow is other.arrow for other in heap)]
        if heap:
            yield sorted(heap, key=lambda end: (end.origin, end.arrow.edge.name))


def _is_at(end: _End, node: Node, side: int, is_kept: bool) -> bool:
    """Whether an arrow ends at the top (-1) or the bottom (1) of a node, and comes from there; an arc ends near it.

    A loop ends there, however far it leans.
    """
    (x, y), (a, b) = end.points[0], end.after(NEAR)
    off = side * (y - node.y) - node.height / 2
    if end.is_of_loop and not is_kept:
        return abs(off) <= HEAD
    return (0 <= off < NEAR if is_kept else abs(off) < 1) and side * (b - y) > abs(a - x)


def _slots(ends: Sequence[_End], node: Node, kept: Collection[Edge]) -> Iterator[tuple[_End, float]]:
    """The ends that are not kept, with their places along the edge of the node, from left to right."""
    left, right = node.x - node.width / 2 + EDGE, node.x + node.width / 2 - EDGE
    run: list[_End] = []
    for end in ends:
        if end.arrow.edge not in kept:
            run.append(end)
            continue
        place = end.points[0][0]
        yield from _places(run, left, min(right, place - SLOT))
        run, left = [], max(left, place + SLOT)
    yield from _places(run, left, right)


def _places(ends: Sequence[_End], left: float, right: float) -> Iterator[tuple[_End, float]]:
    """Places for some ends between two limits, near to where they are."""
    if not ends:
        return
    room = max(right - left, 0.0)
    between = min(SLOT, room / max(len(ends) - 1, 1))
    middle, reach = sum(end.points[0][0] for end in ends) / len(ends), between * (len(ends) - 1) / 2
    middle = min(max(middle, left + reach), max(right - reach, left + reach))
    yield from ((end, middle - reach + between * i) for i, end in enumerate(ends))


def _cost(arrows: Mapping[Edge, Arrow], some: Collection[Edge], nodes: Mapping[str, Node]) -> float:
    """What some of the arrows cost among all."""
    return sum(
        cost_of(arrows[edge], [arrow for other, arrow in arrows.items() if other is not edge], nodes, inf, to_ends=True)
        for edge in some
    )
