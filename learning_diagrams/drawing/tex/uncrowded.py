"""Uncrowded: places, bends and sides with which the names of a commutative diagram meet nothing else.

A cell of the grid is the unit of length: 128 pixels of quiver, 5 em of tikz-cd. From the arrangement of the learning
graph, one thing at a time is changed, as long as the change makes the diagram less crowded.

>>> sheet = sheet_of(((0, 0), (1, 0)), ((0.3, 0.2),) * 2, (Strand((False, 0), (False, 1), (2.0, 0.1)),))
>>> sheet.places, sheet.ways[0].bend
(((0, 0), (3, 0)), 0)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import copysign, hypot, inf

from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.loops import bends_of, loop_of
from learning_diagrams.drawing.tex.meetings import Box, Point, crossings, names_met, overlap, pieces_in, wider

STEP = 0.375  # how far the middle of an arc lies from the straight line, for a bend of 1
SLIDES = (0.5, 0.35, 0.65)  # where on its strand a name stands
STARTS = (2, 3, 4, 5)  # how far apart columns are to begin with, where the layout before meets something
SWEEPS, MOST = 6, 150_000  # passes over the diagram; comparisons of two strands
WAYS = ((0, -1), (0, 1), (-1, 0), (1, 0))
_SAMPLES = 10


@dataclass(frozen=True)
class Strand:
    """An arrow or a 2-cell: its ends, and the width and height of its name."""

    source: End
    target: End
    size: tuple[float, float]
    is_cell: bool = False


@dataclass(frozen=True)
class Way:
    """How a strand runs.

    bend : int, in steps, to the left of the way if < 0; that of a loop counts its places.
    right, slide : whether its name stands right of the way, and at which part of it.
    ends, name : the middles of its ends and of its name, in cells to the right and down.
    """

    bend: int
    right: bool
    slide: float
    ends: tuple[Point, Point]
    name: Point


@dataclass(frozen=True)
class Sheet:
    """Columns and rows of objects, the way of each strand, and the size of the whole in cells.

    met : int, how many names still meet something.
    """

    places: tuple[tuple[int, int], ...]
    ways: tuple[Way, ...]
    size: tuple[float, float]
    met: int


@dataclass(frozen=True)
class _Shape:
    points: tuple[Point, ...]
    name: Box
    around: Box
    middle: Point


@lru_cache(maxsize=64)  # a diagram is often written in several forms
def sheet_of(
    places: tuple[tuple[int, int], ...], sizes: tuple[tuple[float, float], ...], strands: tuple[Strand, ...]
) -> Sheet:
    """The sheet of a diagram: places of its objects to begin with, the sizes of their names, and its strands."""
    sheets = []
    for start in STARTS:
        layout = _Layout([(start * column, 2 * row) for column, row in places], sizes, strands)
        sheets.append((*(settled := layout.settled()), start, layout.sheet(settled[0])))
        if not settled[0]:
            break
    return min(sheets, key=lambda sheet: sheet[:3])[-1]


class _Layout:
    def __init__(self, places: list[tuple[int, int]], sizes: Sequence[Point], strands: Sequence[Strand]) -> None:
        self.places, self.sizes, self.strands = places, sizes, strands
        self.bends = [(1 if strand.is_cell else -1) * self._is_loop(strand) for strand in strands]
        self.rights = [False] * len(strands)
        self.slides = [SLIDES[0]] * len(strands)
        self.room = MOST
        self.hanging: dict[End, list[int]] = defaultdict(list)  # strands by their ends
        for k, strand in enumerate(strands):
            for end in {strand.source, strand.target}:
                self.hanging[end].append(k)
        self.shapes: list[_Shape] = []
        for k in range(len(strands)):
            self.shapes.append(self._shape(k))

    def settled(self) -> tuple[int, float]:
        """How many names meet something after all changes, and the cost."""
        for _ in range(SWEEPS):
            if not any([*self._spread(), *map(self._turn, range(len(self.strands))), *self._move()]):
                break
        boxes = list(map(self._box, range(len(self.places))))
        names = [shape.name for shape in self.shapes]
        met = sum(names_met(name, box) > 0 for i, name in enumerate(names) for box in (*boxes, *names[:i]))
        met += sum(pieces_in(shape.points, name) > 0 for shape in self.shapes for name in names)
        return met, sum(self._cost_of(k, boxes) for k in range(len(self.strands)))

    def sheet(self, met: int) -> Sheet:
        ends = [(shape.points[0], shape.points[-1]) for shape in self.shapes]
        names = [((s.name[0] + s.name[2]) / 2, (s.name[1] + s.name[3]) / 2) for s in self.shapes]
        low = [min((place[axis] for place in self.places), default=0) for axis in (0, 1)]
        steering = [  # TeX sees the points that steer an arc
            tuple(4 / 3 * m - (a + b) / 6 for m, a, b in zip(s.middle, s.points[0], s.points[-1], strict=True)) * 2
            for s in self.shapes
        ]
        bounds = [*map(self._box, range(len(self.places))), *(s.around for s in self.shapes), *steering] or [(0,) * 4]
        size = tuple(max(b[axis + 2] for b in bounds) - min(b[axis] for b in bounds) for axis in (0, 1))
        return Sheet(
            tuple((column - low[0], row - low[1]) for column, row in self.places),
            tuple(Way(*way) for way in zip(self.bends, self.rights, self.slides, ends, names, strict=True)),
            (size[0], size[1]),
            met,
        )

    def _turn(self, k: int) -> bool:
        """Take the best bend of a strand, and then the best place for its name."""
        strand, affected = self.strands[k], self._with_cells({k})
        bend = self.bends[k]
        if self._is_loop(strand):
            choices = bends_of(sum(self._is_loop(self.strands[j]) for j in self.hanging[strand.source]))
        else:
            choices = [bend, *(near for n in (1, 2, 4) for near in (bend + n, bend - n)), 0, -bend]

        def bent(choice: int) -> None:
            self.bends[k] = choice
            if choice and not self._is_loop(strand):  # the name of a loop is always outside
                self.rights[k] = choice > 0

        def named(choice: tuple[bool, float]) -> None:
            self.rights[k], self.slides[k] = choice

        is_bent = self._best(list(dict.fromkeys([bend, *choices])), bent, affected)
        here = self.rights[k], self.slides[k]
        names = [here] if self._is_loop(strand) else [here, *product((False, True), SLIDES)]
        return self._best(names, named, affected) or is_bent

    def _move(self) -> Iterator[bool]:
        """Move single objects to a free place near by."""
        for i, (column, row) in enumerate(self.places):
            affected = self._with_cells(set(self.hanging[False, i]))
            near = [(column + n * x, row + n * y) for n in (1, 2) for x, y in WAYS]
            free = [(column, row), *(place for place in near if place not in self.places)]

            def moved(choice: tuple[int, int], i: int = i) -> None:
                self.places[i] = choice

            yield self._best(free, moved, affected, i)

    def _spread(self) -> Iterator[bool]:
        """Put a column or a row in, or take an empty one out."""
        everything = list(range(len(self.strands)))
        for axis in (0, 1):
            for cut in sorted({place[axis] for place in self.places})[1:]:
                before = list(self.places)

                def shifted(by: int, axis: int = axis, cut: int = cut, before: list[tuple[int, int]] = before) -> None:
                    def moved(place: tuple[int, int]) -> tuple[int, int]:
                        step = by * (place[axis] >= cut)
                        return place[0] + step * (axis == 0), place[1] + step * (axis == 1)

                    self.places = [moved(place) for place in before]

                yield self._best([0, 1, -1, 2], shifted, everything, -1)

    def _best(
        self, choices: Sequence[object], take: Callable[..., None], affected: Sequence[int], moved: int | None = None
    ) -> bool:
        """Take the choice with the least cost; the first is what there is."""
        least, best = inf, 0
        for number, choice in enumerate(choices):
            if self.room < 0:
                break
            take(choice)
            cost = self._cost(affected, moved)
            if cost < least - 1e-9:
                least, best = cost, number
        take(choices[best])
        for k in affected:
            self.shapes[k] = self._shape(k)
        return best > 0

    # ---- shapes ------------------------------------------------------------------------------------------------------

    def _is_loop(self, strand: Strand) -> bool:
        return strand.source == strand.target

    def _with_cells(self, strands: set[int]) -> list[int]:
        """Strands and the 2-cells that hang on them, in order."""
        return sorted(strands | {cell for k in strands for cell in self.hanging[True, k]})

    def _at(self, end: End) -> Point:
        return self.shapes[end[1]].middle if end[0] else self.places[end[1]]

    def _box(self, i: int) -> Box:
        (x, y), (width, height) = self.places[i], self.sizes[i]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def _shape(self, k: int) -> _Shape:
        strand, (width, height) = self.strands[k], self.strands[k].size
        (x, y), last = self._at(strand.source), self._at(strand.target)
        points: tuple[Point, ...]
        normal: Point
        if self._is_loop(strand):
            loop, size = loop_of(self.bends[k]), (0.0, 0.0) if strand.source[0] else self.sizes[strand.source[1]]
            points = loop.line((x, y), size)
            normal, at = loop.direction, (middle := points[len(points) // 2])
        else:
            dx, dy = last[0] - x, last[1] - y
            length = hypot(dx, dy) or 1e-6
            left = dy / length, -dx / length
            far = -2 * STEP * self.bends[k]
            control = (x + last[0]) / 2 + far * left[0], (y + last[1]) / 2 + far * left[1]

            def point(t: float) -> Point:
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                return a * x + b * control[0] + c * last[0], a * y + b * control[1] + c * last[1]

            points = tuple(point(i / _SAMPLES) for i in range(_SAMPLES + 1))
            middle, at = points[_SAMPLES // 2], point(self.slides[k])
            before, after = point(self.slides[k] - 0.02), point(self.slides[k] + 0.02)
            step = hypot(after[0] - before[0], after[1] - before[1]) or 1e-6
            sign = -1 if self.rights[k] else 1
            normal = sign * (after[1] - before[1]) / step, -sign * (after[0] - before[0]) / step
        if self._is_loop(strand):  # a side or a corner of its name is at its tip
            aside = [copysign(side / 2, step) * (step != 0) for side, step in zip((width, height), normal, strict=True)]
        else:
            reach = abs(normal[0]) * width / 2 + abs(normal[1]) * height / 2
            aside = [step * reach for step in normal]
        cx, cy = (at[i] + 0.07 * normal[i] + aside[i] for i in (0, 1))
        name = cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2
        xs, ys = zip(*points, name[:2], name[2:], strict=True)
        return _Shape(points, name, (min(xs), min(ys), max(xs), max(ys)), middle)

    # ---- cost --------------------------------------------------------------------------------------------------------

    def _cost(self, affected: Sequence[int], moved: int | None) -> float:
        for k in affected:
            self.shapes[k] = self._shape(k)
        boxes = [self._box(i) for i in range(len(self.places))]
        cost = sum(self._cost_of(k, boxes) for k in affected)
        if moved is not None:
            for i in range(len(boxes)) if moved < 0 else [moved]:
                cost += sum(200 * (overlap(wider(boxes[i], 0.15), box) > 0) for j, box in enumerate(boxes) if i != j)
                cost += sum(self._passing(shape, boxes[i]) for k, shape in enumerate(self.shapes)
                            if moved >= 0 and k not in affected)  # fmt: skip
        return cost

    def _cost_of(self, k: int, boxes: Sequence[Box]) -> float:
        strand, shape = self.strands[k], self.shapes[k]
        first, last = shape.points[0], shape.points[-1]
        ends = {end[1] for end in (strand.source, strand.target) if not end[0]}
        cost = 0.0
        if not self._is_loop(strand):
            length = hypot(last[0] - first[0], last[1] - first[1])
            cost += 0.5 * length + (2.0 if strand.is_cell else 0.8) * abs(self.bends[k]) + 0.2 * (self.slides[k] != 0.5)
            room = sum(self.sizes[i][0] / 2 * abs(last[0] - first[0]) / (length or 1) for i in ends)
            cost += 60 * max(0.0, (0.8 if strand.is_cell else 1.2) + room - length - 0.4 * abs(self.bends[k]))
            cost += 8 * max(0.0, 2 * STEP * abs(self.bends[k]) / (length or 1) - 0.8)
            cost += not strand.is_cell and last[0] < first[0]
        else:
            cost += 0.3 * abs(self.bends[k]) + 4 * loop_of(self.bends[k]).ring
        for i, box in enumerate(boxes):
            if overlap(shape.around, box) > 0:
                cost += names_met(shape.name, box) if i in ends else self._passing(shape, box)
        cost += 20 * pieces_in(shape.points, shape.name)
        self.room -= len(self.shapes)
        for j, other in enumerate(self.shapes):
            if j == k or overlap(wider(shape.around, 0.2), other.around) <= 0:
                continue
            cost += names_met(shape.name, other.name)
            cost += 15 * pieces_in(shape.points, other.name)
            cost += 15 * pieces_in(other.points, shape.name)
            if (True, j) not in (strand.source, strand.target) and (True, k) not in (
                self.strands[j].source,
                self.strands[j].target,
            ):
                cost += 5 * crossings(shape.points, other.points)
                near = hypot(shape.middle[0] - other.middle[0], shape.middle[1] - other.middle[1])
                beside = self._is_loop(strand) and self._is_loop(self.strands[j]) and self.bends[j] != self.bends[k]
                cost += 100 * max(0.0, (0.3 if beside else 0.5) - near)
        return cost

    @staticmethod
    def _passing(shape: _Shape, box: Box) -> float:
        """The cost of a strand that passes an object."""
        return names_met(shape.name, box) + 24 * pieces_in(shape.points, wider(box, 0.06))
