"""A face: the region between the two walks of an equation, with its caption in it.

The face of a constraint is filled. That of an axiom is empty, and has a dotted edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, hypot, pi, sin

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.arrow_of_loop import around, at_start
from learning_diagrams.drawing.graph.caption import LYING, Caption
from learning_diagrams.drawing.graph.closing import Closing
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane.crossing import is_simple
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.graph.plane.region import Box, Region

INSET = 9  # pixels between the arrows round an axiom and its dotted edge
PIECES = 16  # of a long side of a polygon
DIVIDE = 10  # pixels of paper between two faces that share a boundary


@dataclass(frozen=True)
class Face:
    """A polygon with the caption of its equation.

    Parameters
    ----------
    place : the middle of the caption; of a loop that of its words.
    turn : float, by which the double arrow is turned, in degrees from pointing up.
    start : the middle of the double arrow of a loop; None for another face.
    closing : the dotted line from the end of the polygon to its beginning, where the sides start apart.
    """

    caption: Caption
    polygon: tuple[Point, ...]
    region: Region
    place: Point
    turn: float
    start: Point | None = None
    closing: Closing | None = None

    @classmethod
    def of(
        cls, caption: Caption, prediction: Sequence[Point], reference: Sequence[Point], boxes: Sequence[Box],
        closing: Closing | None = None,
    ) -> Face | None:  # fmt: skip
        """The face between two walks, given by their points; None if they cross, or its caption has no room.

        boxes : rectangles that the caption must not meet: plates and nodes.
        """
        polygon = (*prediction, *reversed(reference), *reversed(closing.points if closing else ()))
        if not is_simple(polygon):
            return None
        region = Region.of(polygon)
        free = region.without(boxes)
        near = free.without([_far(polygon, reference)])
        size = caption.width + LYING, caption.height
        lying = (near.room(*size) or free.room(*size)) if closing else None
        if lying is not None and (turn := _towards(lying, prediction, reference)) % 180:
            return cls(caption, polygon, region, lying, turn, closing=closing)
        place = free.room(caption.width, caption.height)
        if place is None:
            return None
        mean = [sum(y for _, y in side) / len(side) if side else place[1] for side in (prediction, reference)]
        return cls(caption, polygon, region, place, 0.0 if mean[1] <= mean[0] else 180.0, closing=closing)

    @classmethod
    def of_loop(
        cls, caption: Caption, loop: Sequence[Point], start: Node, starts: Sequence[Node], leaves: bool,
        boxes: Sequence[Box],
    ) -> Face | None:  # fmt: skip
        """The face of a loop, mostly round the origin; its double arrow stands at the object where the loop starts.

        starts : where the loops start that share the boundary: each has the part of the disc next to its start.
        leaves : bool, whether the double arrow points away from the object, because that is the prediction.
        """
        (left, right), (top, low) = ((min(ends), max(ends)) for ends in zip(*loop, strict=True))
        is_round = len(starts) > 1 or (left < 0 < right and top < 0 < low)
        centre = (0.0, 0.0) if is_round else ((left + right) / 2, (top + low) / 2)
        polygon = tuple(loop) if len(starts) == 1 else (*_part(loop, start, starts), (0.0, 0.0))
        towards = degrees(atan2(centre[1] - start.y, centre[0] - start.x))
        found = at_start(polygon, start, towards, 90 if leaves else 270, boxes)
        if found is None or not is_simple(polygon):
            return None
        middle, turn = found
        region = Region.of(polygon)
        place = region.without([*boxes, around(middle, turn)]).room(*caption.beside)
        return place and cls(caption, polygon, region, place, turn, middle)

    @property
    def bounds(self) -> Box:
        """The rectangle of its polygon."""
        across, down = zip(*self.polygon, strict=True)
        return min(across), min(down), max(across), max(down)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of what stands at its place."""
        more = LYING if self.turn % 180 else 0
        return (self.caption.width + more, self.caption.height) if self.start is None else self.caption.beside

    def filling(self) -> str:
        if self.caption.is_axiom:
            edge = _inset(self.polygon)
            return svg.path(_closed(edge), "line", 1.25, stroke_dasharray="1 4", stroke_linecap="round",
                            data_face=self.caption.name)  # fmt: skip
        sand = svg.path(
            _closed(self.polygon), "paper" if is_struck(self.caption.label) else "sand", data_face=self.caption.name
        )
        if self.polygon[-1] != (0.0, 0.0):
            return sand
        ends = "".join(f"M0 0L{number(x)} {number(y)}" for x, y in (self.polygon[0], self.polygon[-2]))
        return sand + svg.path(ends, "halo", DIVIDE)

    def elements(self) -> str:
        named = {"data_axiom" if self.caption.is_axiom else "data_constraint": self.caption.name}
        if self.start is None:
            return svg.group(self.caption.elements(*self.place, self.turn), **named)
        x, y = self.place
        width, height = self.size
        start = x - width / 2, y - height / 2 + 13
        return svg.group(self.caption.parts(self.start, self.turn, start), **named)


def _far(polygon: Sequence[Point], reference: Sequence[Point]) -> Box:
    """The half of a polygon, left or right, that is farther from the reference."""
    (left, right), (top, low) = ((min(ends), max(ends)) for ends in zip(*polygon, strict=True))
    middle = (left + right) / 2
    ahead = sum(x for x, _ in reference) > middle * len(reference)
    return (left, top, middle, low) if ahead else (middle, top, right, low)


def _towards(place: Point, prediction: Sequence[Point], reference: Sequence[Point]) -> float:
    """The turn of a double arrow from what is nearest of the prediction to what is nearest of the reference."""
    ends = (min(side, key=lambda p: hypot(p[0] - place[0], p[1] - place[1])) for side in (prediction, reference))
    (a, b), (x, y) = ends
    if abs(x - a) > abs(y - b):
        return 90.0 if x > a else 270.0
    return 0.0 if y <= b else 180.0


def _part(loop: Sequence[Point], start: Node, starts: Sequence[Node]) -> list[Point]:
    """The points of a circle round the origin that are as close to a start as to any other one, in order."""

    def turn(x: float, y: float) -> float:
        return (atan2(y, x) - atan2(start.y, start.x)) % (2 * pi)

    others = [turn(node.x, node.y) for node in starts if node is not start]
    ends = min(others) / 2, (max(others) + 2 * pi) / 2
    radius, first = hypot(start.x, start.y), atan2(start.y, start.x)
    last, begin = ((radius * cos(first + end), radius * sin(first + end)) for end in ends)
    near = [point for point in loop if not ends[0] < turn(*point) < ends[1]]
    return [begin, *sorted(near, key=lambda point: (turn(*point) + pi) % (2 * pi)), last]


def _closed(polygon: Sequence[Point]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in polygon) + "Z"


def _inset(polygon: Sequence[Point]) -> list[Point]:
    """The points inside of a polygon that are as far from it as the dotted edge of an axiom."""
    corners = [
        (a + (c - a) * i / PIECES, b + (d - b) * i / PIECES)
        for (a, b), (c, d) in pairwise([*polygon, polygon[0]])
        for i in range(PIECES if hypot(c - a, d - b) > INSET else 1)
    ]
    edges = [(a, b) for a, b in pairwise([*corners, corners[0]]) if a != b]
    side = 1 if sum(a[0] * b[1] - b[0] * a[1] for a, b in edges) > 0 else -1
    points = []
    for (ax, ay), (bx, by) in edges:
        share = side * INSET / hypot(bx - ax, by - ay)
        dx, dy = (ay - by) * share, (bx - ax) * share
        points += [(ax + dx, ay + dy), (bx + dx, by + dy)]
    return [point for point in points if min(_distance(point, *edge) for edge in edges) > INSET - 0.5]


def _distance(point: Point, start: Point, end: Point) -> float:
    """The distance of a point from a line between two points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    return hypot(point[0] - start[0] - along * dx, point[1] - start[1] - along * dy)
