"""Loops: arrows and 2-cells that end where they begin, each in a direction of its own, of eight; then farther out.

Lengths are in cells of the grid, to the right and down. A loop is counted by its bend: -1, 1, -2, 2 and so on.

>>> [loop_of(bend).angle for bend in (-1, 1, -2, 2, -3)]
[90, 270, 180, 0, 135]
>>> x, y = loop_of(1).points((0, 0), (0.4, 0.2))[1]  # the second of the points that steer a loop below
>>> y > 0.1
True
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, inf, radians, sin

from learning_diagrams.drawing.tex.meetings import Point

ANGLES = (90, 270, 180, 0, 135, 45, 225, 315)  # as TikZ has them: above, below, left, right, then between
HALF = 18  # degrees between the direction of a loop and that in which it begins
TIMES = (0, 0.25, 0.5, 0.75, 1)  # at which a loop has the points of its line
REACH, FARTHER = 0.4, 0.45  # how far a loop goes out, and each one that is round it


@dataclass(frozen=True)
class Loop:
    """The direction of a loop in degrees, counterclockwise from the right, and how many loops it may be round."""

    angle: int
    ring: int

    @property
    def direction(self) -> Point:
        return _towards(self.angle)

    @property
    def distance(self) -> float:
        """How far from its ends the points are that steer it."""
        return (REACH + FARTHER * self.ring) / (0.75 * cos(radians(HALF)))

    def points(self, middle: Point, size: Point) -> tuple[Point, Point, Point, Point]:
        """The points of its cubic round the border of a rectangle, clockwise."""
        ways = _towards(self.angle + HALF), _towards(self.angle - HALF)
        first, last = (_moved(middle, way, border_of(size, way)) for way in ways)
        return first, _moved(first, ways[0], self.distance), _moved(last, ways[1], self.distance), last

    def line(self, middle: Point, size: Point) -> tuple[Point, ...]:
        """Points along its cubic, from the middle of its end and back to it."""
        p, q, r, s = self.points(middle, size)
        shares = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in TIMES]
        along = [tuple(a * p[i] + b * q[i] + c * r[i] + d * s[i] for i in (0, 1)) for a, b, c, d in shares]
        return middle, *((x, y) for x, y in along), middle


def loop_of(bend: int) -> Loop:
    """The loop of a bend that is not 0."""
    place = 2 * abs(bend) - 2 + (bend > 0)
    return Loop(ANGLES[place % len(ANGLES)], place // len(ANGLES))


def bends_of(count: int) -> list[int]:
    """The bends among which so many loops at one end are placed, the plainest first."""
    places = len(ANGLES) * (1 + (count + 2) // len(ANGLES))
    return [(place // 2 + 1) * (1 if place % 2 else -1) for place in range(places)]


def border_of(size: Point, direction: Point) -> float:
    """How far the border of a rectangle is from its middle."""
    sides = zip(size, direction, strict=True)
    return min((side / 2 / abs(step) if abs(step) > 1e-9 else inf for side, step in sides), default=0.0)


def _towards(angle: float) -> Point:
    return round(cos(radians(angle)), 9), round(-sin(radians(angle)), 9)


def _moved(point: Point, direction: Point, by: float) -> Point:
    return point[0] + by * direction[0], point[1] + by * direction[1]
