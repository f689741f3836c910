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
from itertools import chain, product
from math import inf

from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.loops import bends_of
from learning_diagrams.drawing.tex.meetings import Box, Point, have_common_part, names_met, pieces_in, wider
from learning_diagrams.drawing.tex.shapes import Shape, Strand, alone, beside, passing, shape_of

Pair = tuple[int, int, bool]  # two strands, and whether one hangs on the other
SLIDES = (0.5, 0.35, 0.65)  # where on its strand a name stands
STARTS = (2, 3, 4, 5)  # how far apart columns are to begin with, where the layout before meets something
SWEEPS, MOST = 6, 150_000  # passes over the diagram; comparisons of two strands, also those that are spared
WAYS = ((0, -1), (0, 1), (-1, 0), (1, 0))


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
        self.bends = [(1 if strand.is_cell else -1) * strand.is_loop for strand in strands]
        self.rights = [False] * len(strands)
        self.slides = [SLIDES[0]] * len(strands)
        self.room = MOST
        self.hanging: dict[End, list[int]] = defaultdict(list)  # strands by their ends
        for k, strand in enumerate(strands):
            for end in {strand.source, strand.target}:
                self.hanging[end].append(k)
        self.pairs: list[Pair] = [
            (i, j, (True, i) in (other.source, other.target) or (True, j) in (strand.source, strand.target))
            for j, other in enumerate(strands)
            for i, strand in enumerate(strands[:j])
        ]
        self.shape_of, self.beside = lru_cache(None)(shape_of), lru_cache(None)(beside)  # most choices come again
        self.shapes: list[Shape] = []
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
        return met, self._cost(range(len(self.strands)), None, self.pairs, inf)

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
        if strand.is_loop:
            choices = bends_of(sum(self.strands[j].is_loop for j in self.hanging[strand.source]))
        else:
            choices = [bend, *(near for n in (1, 2, 4) for near in (bend + n, bend - n)), 0, -bend]

        def bent(choice: int) -> None:
            self.bends[k] = choice
            if choice and not strand.is_loop:  # the name of a loop is always outside
                self.rights[k] = choice > 0

        def named(choice: tuple[bool, float]) -> None:
            self.rights[k], self.slides[k] = choice

        is_bent = self._best(list(dict.fromkeys([bend, *choices])), bent, affected)
        here = self.rights[k], self.slides[k]
        names = [here] if strand.is_loop else [here, *product((False, True), SLIDES)]
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
        everything = range(len(self.strands))
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
        pairs: list[Pair] = []
        if self.room >= 0:  # pairs that meet come first, so that a choice that leaves them so is soon given up
            pairs = [pair for pair in self.pairs if pair[0] in affected or pair[1] in affected]
            pairs.sort(key=lambda pair: self._beside(affected, pair), reverse=True)
        least, best = inf, 0
        for number, choice in enumerate(choices):
            if self.room < 0:
                break
            take(choice)
            cost = self._cost(affected, moved, pairs, least)
            if cost < least - 1e-9:
                least, best = cost, number
        take(choices[best])
        for k in affected:
            self.shapes[k] = self._shape(k)
        return best > 0

    # ---- shapes ------------------------------------------------------------------------------------------------------

    def _with_cells(self, strands: set[int]) -> list[int]:
        """Strands and the 2-cells that hang on them, in order."""
        return sorted(strands | {cell for k in strands for cell in self.hanging[True, k]})

    def _at(self, end: End) -> Point:
        return self.shapes[end[1]].middle if end[0] else self.places[end[1]]

    def _box(self, i: int) -> Box:
        (x, y), (width, height) = self.places[i], self.sizes[i]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def _shape(self, k: int) -> Shape:
        strand = self.strands[k]
        ends, size = (self._at(strand.source), self._at(strand.target)), (0.0, 0.0)
        if not strand.source[0]:
            size = self.sizes[strand.source[1]]
        return self.shape_of(strand, self.bends[k], self.rights[k], self.slides[k], ends, size)

    # ---- cost --------------------------------------------------------------------------------------------------------

    def _cost(self, affected: Sequence[int], moved: int | None, pairs: Sequence[Pair], least: float) -> float:
        """What some strands cost, or a part of it that is not less than the least so far."""
        for k in affected:
            self.shapes[k] = self._shape(k)
        self.room -= len(affected) * len(self.shapes)
        cost = 0.0
        for part in chain(self._apart(affected, moved), (self._beside(affected, pair) for pair in pairs)):
            cost += part
            if cost >= least:
                break
        return cost

    def _apart(self, affected: Sequence[int], moved: int | None) -> Iterator[float]:
        """The costs of some strands beside objects, and those of an object that has moved, or of all if < 0."""
        boxes = [self._box(i) for i in range(len(self.places))]
        for k in affected:
            shape, strand = self.shapes[k], self.strands[k]
            ends = {end[1] for end in (strand.source, strand.target) if not end[0]}
            yield alone(shape, [self.sizes[i][0] for i in ends])
            for i, box in enumerate(boxes):
                if have_common_part(shape.around, box):
                    yield names_met(shape.name, box) if i in ends else passing(shape, box)
        if moved is not None:
            for i in range(len(boxes)) if moved < 0 else [moved]:
                yield 200 * sum(have_common_part(wider(boxes[i], 0.15), box) for j, box in enumerate(boxes) if i != j)
                yield sum(passing(shape, boxes[i]) for k, shape in enumerate(self.shapes)
                          if moved >= 0 and k not in affected)  # fmt: skip

    def _beside(self, affected: Sequence[int], pair: Pair) -> float:
        """What those of two strands that are affected cost beside each other."""
        i, j, hangs = pair
        there, back = self.beside(self.shapes[i], self.shapes[j], hangs)
        return there * (i in affected) + back * (j in affected)
