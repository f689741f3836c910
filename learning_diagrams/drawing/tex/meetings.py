"""Meetings: where lines of straight pieces cross, and how far boxes lie in each other, on a page whose rows go down.

>>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), crossings([(0, 0), (2, 2)], [(0, 2), (2, 0)])
(1, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def wider(box: Box, by: float) -> Box:
    """A box with a margin."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def bounds(points: Sequence[Point]) -> Box:
    """The least box round points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def have_common_part(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def overlap(a: Box, b: Box) -> float:
    """How far two boxes lie in each other; not more than 0 where they do not."""
    return min(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))


def names_met(a: Box, b: Box) -> float:
    """The cost of two names that meet."""
    depth = overlap(wider(a, 0.1), b)
    return 15 + 40 * depth if depth > 0 else 0.0


def pieces_in(points: Sequence[Point], box: Box) -> int:
    """How many pieces of a line have a part in a box."""
    left, top, right, low = box
    count = 0
    for a, b in pairwise(points):
        if a[0] <= left >= b[0] or a[0] >= right <= b[0] or a[1] <= top >= b[1] or a[1] >= low <= b[1]:
            continue
        sides = [_side(a, b, corner) for corner in ((left, top), (right, top), (left, low), (right, low))]
        count += min(sides) < 0 < max(sides)
    return count


def crossings(first: Sequence[Point], second: Sequence[Point]) -> int:
    """How often two lines cross; where they share an end, they do not cross there."""
    count = 0
    ends = {first[0], first[-1]} & {second[0], second[-1]}
    near = _near(second, first)
    for a, b in _near(first, list(chain(*near))) if near else ():
        left, right = (a[0], b[0]) if a[0] < b[0] else (b[0], a[0])
        top, low = (a[1], b[1]) if a[1] < b[1] else (b[1], a[1])
        for c, d in near:
            if (c[0] < left and d[0] < left) or (c[0] > right and d[0] > right):
                continue
            if (c[1] < top and d[1] < top) or (c[1] > low and d[1] > low) or (ends and {a, b} & {c, d} & ends):
                continue
            count += _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0
    return count


def _near(line: Sequence[Point], other: Sequence[Point]) -> list[tuple[Point, Point]]:
    """The pieces of a line that come into the bounds of another."""
    left, top, right, low = bounds(other)
    return [
        (a, b) for a, b in pairwise(line)
        if (a[0] >= left or b[0] >= left) and (a[0] <= right or b[0] <= right)
        and (a[1] >= top or b[1] >= top) and (a[1] <= low or b[1] <= low)
    ]  # fmt: skip


def _side(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
