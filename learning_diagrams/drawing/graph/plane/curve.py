"""Curves: cubics from one node of a picture to another, and the points on them.

>>> middle(((0, 0), (0, -40), (100, -40), (100, 0)))
(50.0, -30.0)
"""

from __future__ import annotations

from math import hypot

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.svg import number

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]
PIECES = 24


def at(curve: Cubic, t: float) -> Point:
    """The point of a cubic at a parameter from 0 to 1."""
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    p, q, r, s = curve
    return a * p[0] + b * q[0] + c * r[0] + d * s[0], a * p[1] + b * q[1] + c * r[1] + d * s[1]


def middle(curve: Cubic) -> Point:
    return at(curve, 0.5)


def points(curve: Cubic) -> list[Point]:
    """Points along a curve, from its start to its end."""
    return [at(curve, i / PIECES) for i in range(PIECES + 1)]


def line(start: Point, end: Point) -> Cubic:
    """A straight line as a cubic."""
    (a, b), (c, d) = start, end
    return start, (a + (c - a) / 3, b + (d - b) / 3), (a + 2 * (c - a) / 3, b + 2 * (d - b) / 3), end


def path_data(curve: Cubic) -> str:
    (a, b), *rest = curve
    return f"M{number(a)} {number(b)}C" + " ".join(f"{number(x)} {number(y)}" for x, y in rest)


def dotted(curve: Cubic, **more: str) -> str:
    """A dotted line along a curve."""
    return svg.path(path_data(curve), "soft", 1.5, stroke_dasharray="1 4", stroke_linecap="round", **more)


def head(curve: Cubic, look: str, scale: float = 1.0) -> str:
    """The arrow head at the end of a curve: 9 by 9 pixels, with a notch of 2."""
    end = curve[3]
    before = at(curve, 0.94)
    length = hypot(end[0] - before[0], end[1] - before[1]) or 1.0
    x, y = (end[0] - before[0]) / length * scale, (end[1] - before[1]) / length * scale
    corners = [(0, 0), (-9, 4.5), (-7, 0), (-9, -4.5)]
    moved = [(end[0] + a * x - b * y, end[1] + a * y + b * x) for a, b in corners]
    return svg.path("M" + "L".join(f"{p:.1f} {q:.1f}" for p, q in moved) + "Z", look)
