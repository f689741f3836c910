"""Patches of sand: the hull of some plates, 10 pixels out and 12 pixels round.

>>> hull([(0, 0, 10, 10), (20, 0, 30, 10), (5, 2, 8, 4)])
[(0, 0), (30, 0), (30, 10), (0, 10)]

Source of the hull: Andrew, *Another efficient algorithm for convex hulls in two dimensions* (1979).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import hypot

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.plane.region import Box, Point, Region

OUT, ROUND, ISLAND = 10, 12, 5


def hull(boxes: Iterable[Box]) -> list[Point]:
    """The convex hull of some rectangles, clockwise from the left."""
    corners = sorted({(x, y) for left, top, right, low in boxes for x in (left, right) for y in (top, low)})

    def half(points: Sequence[Point]) -> list[Point]:
        chain: list[Point] = []
        for x, y in points:
            while len(chain) > 1 and (chain[-1][0] - chain[-2][0]) * (y - chain[-2][1]) <= (
                chain[-1][1] - chain[-2][1]
            ) * (x - chain[-2][0]):
                chain.pop()
            chain.append((x, y))
        return chain[:-1]

    return [*half(corners), *half(corners[::-1])]


@dataclass(frozen=True)
class Patch:
    """The sand under some rectangles of a step that stands above the patch, or below it.

    upright : bool, whether the step stands left of the patch, or right of it.
    """

    boxes: tuple[Box, ...]
    above: bool
    upright: bool = False

    @cached_property
    def outline(self) -> str:
        """The edge as the data of a path: the hull moved out, with round corners."""
        inset = ROUND - OUT
        points = hull((left + inset, top + inset, right - inset, low - inset) for left, top, right, low in self.boxes)
        edges = list(zip(points, [*points[1:], points[0]], strict=True))
        sides = []
        for (x, y), (x_, y_) in edges:
            length = hypot(x_ - x, y_ - y)
            across, down = ROUND * (y_ - y) / length, ROUND * (x - x_) / length
            sides.append(f"{x + across:.1f} {y + down:.1f}L{x_ + across:.1f} {y_ + down:.1f}")
        return "M" + f"A{ROUND} {ROUND} 0 0 1 ".join([*sides, sides[0].partition("L")[0]]) + "Z"

    def covers(self, box: Box) -> bool:
        """Whether a rectangle lies partly on the sand."""
        return self._region.overlaps(_region(box), 0)

    def bar(self) -> str:
        """A bar at the edge, on the side of the step."""
        side, first, last = (2 * (not self.above) + (not self.upright), int(self.upright), int(self.upright) + 2)
        edges = [box[side] + (-OUT if self.above else OUT) for box in self.boxes]
        edge = min(edges) if self.above else max(edges)
        flush = [box for box, end in zip(self.boxes, edges, strict=True) if end == edge]
        start, end = min(box[first] for box in flush), max(box[last] for box in flush)
        ends = f"M{number(edge)} {number(start)}V" if self.upright else f"M{number(start)} {number(edge)}H"
        return svg.path(f"{ends}{number(end)}", "soft", 2.5)

    @cached_property
    def _region(self) -> Region:
        return Region.of(hull((left - OUT, top - OUT, right + OUT, low + OUT) for left, top, right, low in self.boxes))


def sand(patches: Sequence[Patch], others: Iterable[Box]) -> list[str]:
    """Some patches with their edges and bars; other rectangles that lie on them stand on paper."""
    elements = [svg.path(patch.outline, "sand") for patch in patches]
    for box in others:
        if any(patch.covers(box) for patch in patches):
            left, top, right, low = box
            around = left - ISLAND, top - ISLAND, right - left + 2 * ISLAND, low - top + 2 * ISLAND
            elements.append(svg.rectangle(*around, "paper", rx=8))
    elements += [svg.path(patch.outline, "rule", 1) for patch in patches]
    return elements + [patch.bar() for patch in patches]


def _region(box: Box) -> Region:
    left, top, right, low = box
    return Region.of([(left, top), (right, top), (right, low), (left, low)])
