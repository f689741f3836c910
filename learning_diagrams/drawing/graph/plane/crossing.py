"""Where lines of points cross, and whether a polygon crosses itself.

>>> line_crossings([(0, 0), (10, 10)], [(0, 10), (10, 0)])
1
>>> is_simple([(0, 0), (10, 0), (10, 10), (0, 10)]), is_simple([(0, 0), (10, 10), (10, 0), (0, 10)])
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from learning_diagrams.drawing.graph.plane.curve import Point


def line_crossings(first: Sequence[Point], second: Sequence[Point]) -> int:
    """How often two lines of points cross."""
    pieces = [(c, d, *_span(c[0], d[0]), *_span(c[1], d[1])) for c, d in pairwise(second)]
    return sum(
        _cross(a, b, c, d)
        for a, b in pairwise(first)
        for (from_x, to_x), (from_y, to_y) in [(_span(a[0], b[0]), _span(a[1], b[1]))]
        for c, d, left, right, top, low in pieces
        if left <= to_x and from_x <= right and top <= to_y and from_y <= low
    )


def is_simple(polygon: Sequence[Point]) -> bool:
    """Whether no edge of a closed polygon crosses another one."""
    edges = sorted(
        (*_span(a[0], b[0]), *_span(a[1], b[1]), a, b) for a, b in pairwise([*polygon, polygon[0]]) if a != b
    )
    for i, (_, right, top, low, a, b) in enumerate(edges):
        for left, _, other_top, other_low, c, d in edges[i + 1 :]:
            if left > right:
                break
            if other_top <= low and top <= other_low and _cross(a, b, c, d):
                return False
    return True


def _span(first: float, second: float) -> tuple[float, float]:
    """Two numbers in order."""
    return (first, second) if first <= second else (second, first)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
