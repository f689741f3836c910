"""Regions of the plane: a polygon as intervals in rows, so that overlaps and room for a label are found quickly.

>>> square = Region.of([(0, 0), (100, 0), (100, 100), (0, 100)])
>>> square.overlaps(Region.of([(90, 0), (200, 0), (200, 100), (90, 100)])), square.room(40, 20)
(True, (50.0, 46.0))
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STEP = 4  # pixels between two rows
MARGIN = 12  # pixels between a label and the edge of its region
BESIDE = 2  # pixels from the edge of a region, by rounding

Point = tuple[float, float]
Interval = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Region:
    """The inside of a polygon; `rows` maps multiples of the step to intervals, by the rule of even and odd."""

    rows: dict[int, tuple[Interval, ...]]

    @classmethod
    def of(cls, polygon: Sequence[Point]) -> Region:
        """The inside of a closed polygon."""
        edges = [*pairwise(polygon), (polygon[-1], polygon[0])]
        low, high = (pick(y for _, y in polygon) for pick in (min, max))
        rows = {}
        for row in range(int(low // STEP), int(high // STEP) + 1):
            y = row * STEP + 0.01  # no corner lies there
            cuts = sorted(a + (y - b) * (c - a) / (d - b) for (a, b), (c, d) in edges if (b <= y) != (d <= y))
            if cuts:
                rows[row] = tuple(zip(cuts[::2], cuts[1::2], strict=True))
        return cls(rows)

    def overlaps(self, other: Region, more: float = 60.0) -> bool:
        """Whether two regions share more than so many square pixels."""
        shared = sum(
            max(0.0, min(end, other_end) - max(start, other_start))
            for row in self.rows.keys() & other.rows.keys()
            for start, end in self.rows[row]
            for other_start, other_end in other.rows[row]
        )
        return shared * STEP > more

    def without(self, boxes: Sequence[Box]) -> Region:
        """The region outside of some rectangles."""
        rows = dict(self.rows)
        for left, top, right, bottom in boxes:
            for row in range(int(top // STEP), int(bottom // STEP) + 1):
                parts = [
                    part
                    for start, end in rows.get(row, ())
                    for part in ((start, min(end, left)), (max(start, right), end))
                ]
                rows[row] = tuple((start, end) for start, end in parts if end > start)
        return Region({row: spans for row, spans in rows.items() if spans})

    def contains(self, point: Point) -> bool:
        return any(start < point[0] < end for start, end in self.rows.get(int(point[1] // STEP), ()))

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside, and not just beside the edge: the rows above and below it have it, too."""
        x, row = point[0], int(point[1] // STEP)
        return all(
            any(start + BESIDE < x < end - BESIDE for start, end in self.rows.get(each, ())) for each in (row, row + 1)
        )

    def room(self, width: float, height: float) -> Point | None:
        """The middle of a rectangle of this size well inside the region, as far from the edge as can be; or None."""
        best: tuple[float, Point] | None = None
        need = int((height + MARGIN) // STEP) + 1
        order = sorted(self.rows)

        def rows_in(start: int, end: int) -> int:
            return bisect_left(order, end) - bisect_left(order, start)

        for first in order:
            spans = [self.rows.get(row, ()) for row in range(first, first + need + 1)]
            for start, end in _shared(spans):
                slack = (end - start - width) / 2 - MARGIN
                if slack < 0:
                    continue
                middle, last = first + need / 2, first + need + 1
                near = rows_in(first - 8, first) + rows_in(last, last + 8)
                balance = min(slack, 60) + 4 * near - abs(rows_in(first - 40, first) - rows_in(last, last + 40))
                if best is None or balance > best[0]:
                    best = balance, ((start + end) / 2, middle * STEP)
        return None if best is None else best[1]


def _shared(spans: Sequence[Sequence[Interval]]) -> list[Interval]:
    """The intervals that all rows share."""
    shared = list(spans[0])
    for row in spans[1:]:
        shared = [
            (max(start, other), min(end, stop))
            for start, end in shared
            for other, stop in row
            if max(start, other) < min(end, stop)
        ]
    return shared
