"""Arcs of TikZ: how TikZ runs an arrow between the borders of its ends, through the middle that the layout has.

The layout runs an arc from the middle of an object to the middle of another. TikZ draws the part between their borders,
and measures from there where a label stands.

Lengths are in em, to the right and down.

>>> straight = arc_of((0, 0), (10, 0), 0, ((2, 1), (2, 1)))
>>> straight.at(0.5), straight.options
((5.0, 0.0), ())
>>> arc_of((0, 0), (10, 0), -1, ((2, 1), (2, 1))).options
('controls={+(22:3.23em) and +(158:3.23em)}',)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot

from learning_diagrams.drawing.tex.loops import HALF, Loop, border_of
from learning_diagrams.drawing.tex.meetings import Point

LEAST = 0.3  # em, from the middle of an end to the point that steers the arc


@dataclass(frozen=True)
class Arc:
    """A cubic Bézier curve, and the options of TikZ that give it."""

    points: tuple[Point, Point, Point, Point]
    options: tuple[str, ...]

    def at(self, time: float) -> Point:
        """The point at a time from 0 to 1; there TikZ sets a label with this `pos`."""
        shares = (1 - time) ** 3, 3 * time * (1 - time) ** 2, 3 * time**2 * (1 - time), time**3
        across, down = (sum(s * p[axis] for s, p in zip(shares, self.points, strict=True)) for axis in (0, 1))
        return across, down


def arc_of(first: Point, last: Point, height: float, sizes: tuple[Point, Point]) -> Arc:
    """The arc between the borders of two rectangles.

    Parameters
    ----------
    first, last : the middles of the rectangles.
    height : how far the middle of the arc lies from the straight line, left of the way if < 0.
    sizes : width and height of either rectangle; zeros for a point.
    """
    across, down = last[0] - first[0], last[1] - first[1]
    length = max(hypot(across, down), 1e-6)
    ahead = across / length, down / length
    right = -ahead[1], ahead[0]
    slant = hypot(length / 2, 2 * height)
    along, aside = length / 2 / slant, 2 * height / slant  # the direction in which the arc begins
    out = along * ahead[0] + aside * right[0], along * ahead[1] + aside * right[1]
    back = -along * ahead[0] + aside * right[0], -along * ahead[1] + aside * right[1]
    borders = border_of(sizes[0], out), border_of(sizes[1], back)
    starts = [_moved(first, out, borders[0]), _moved(last, back, borders[1])]
    if not height:
        thirds = [(starts[0][axis] * 2 + starts[1][axis]) / 3 for axis in (0, 1)]
        others = [(starts[0][axis] + starts[1][axis] * 2) / 3 for axis in (0, 1)]
        return Arc((starts[0], (thirds[0], thirds[1]), (others[0], others[1]), starts[1]), ())
    # The borders are nearer than the ends of the layout: a third of that keeps the middle of the arc where it is.
    far = [max(2 / 3 * slant - border / 3, LEAST) for border in borders]
    steering = _moved(first, out, far[0]), _moved(last, back, far[1])
    angles = (f"+({degrees(atan2(-y, x)) % 360:.0f}:{by:.2f}em)" for (x, y), by in zip((out, back), far, strict=True))
    return Arc((starts[0], *steering, starts[1]), (f"controls={{{' and '.join(angles)}}}",))


def loop_arc(middle: Point, loop: Loop, size: Point, em: float) -> Arc:
    """The arc of a loop at a rectangle; `em` is the length of a cell of the grid."""
    x, y, width, height = (length / em for length in (*middle, *size))
    first, second, third, last = ((em * a, em * b) for a, b in loop.points((x, y), (width, height)))
    turns = f"out={(loop.angle + HALF) % 360}", f"in={(loop.angle - HALF) % 360}"
    return Arc((first, second, third, last), ("loop", *turns, f"distance={em * loop.distance:.2f}em"))


def _moved(point: Point, direction: Point, by: float) -> Point:
    return point[0] + by * direction[0], point[1] + by * direction[1]
