"""Shapes: the line on which an arrow or a 2-cell of a commutative diagram runs, and the box of its name.

>>> shape = shape_of(Strand((False, 0), (False, 1), (1.0, 0.2)), 0, False, 0.5, ((0, 0), (2, 0)), (0.3, 0.2))
>>> shape.line, shape.middle
((0.0, 0.0, 2.0, 0.0), (1.0, 0.0))
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, hypot

from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.loops import loop_of
from learning_diagrams.drawing.tex.meetings import Box, Point, bounds

STEP = 0.375  # how far the middle of an arc lies from the straight line, for a bend of 1
_SAMPLES = 10


@dataclass(frozen=True)
class Strand:
    """An arrow or a 2-cell: its ends, and the width and height of its name."""

    source: End
    target: End
    size: tuple[float, float]
    is_cell: bool = False

    @property
    def is_loop(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True, eq=False)  # told apart by identity, which is quick where what two of them cost is looked up
class Shape:
    """Where a strand runs.

    bend, slide : how far it is bent, in steps, and at which part of it its name stands.
    points, middle : points along its line, and the one at half of it.
    name, line, around : the boxes of its name, of its line and of both.
    """

    strand: Strand
    bend: int
    slide: float
    points: tuple[Point, ...]
    middle: Point
    name: Box
    line: Box
    around: Box


def shape_of(strand: Strand, bend: int, right: bool, slide: float, ends: tuple[Point, Point], size: Point) -> Shape:
    """The shape of a strand between the middles of its ends; `size` is that of the object at which a loop begins."""
    ((x, y), last), (width, height) = ends, strand.size
    points: tuple[Point, ...]
    normal: Point
    if strand.is_loop:
        loop = loop_of(bend)
        points = loop.line((x, y), size)
        normal, at = loop.direction, (middle := points[len(points) // 2])
    else:
        dx, dy = last[0] - x, last[1] - y
        length = hypot(dx, dy) or 1e-6
        left = dy / length, -dx / length
        far = -2 * STEP * bend
        control = (x + last[0]) / 2 + far * left[0], (y + last[1]) / 2 + far * left[1]

        def point(t: float) -> Point:
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            return a * x + b * control[0] + c * last[0], a * y + b * control[1] + c * last[1]

        points = tuple(point(i / _SAMPLES) for i in range(_SAMPLES + 1))
        middle, at = points[_SAMPLES // 2], point(slide)
        before, after = point(slide - 0.02), point(slide + 0.02)
        step = hypot(after[0] - before[0], after[1] - before[1]) or 1e-6
        sign = -1 if right else 1
        normal = sign * (after[1] - before[1]) / step, -sign * (after[0] - before[0]) / step
    if strand.is_loop:  # a side or a corner of its name is at its tip
        aside = [copysign(side / 2, step) * (step != 0) for side, step in zip((width, height), normal, strict=True)]
    else:
        reach = abs(normal[0]) * width / 2 + abs(normal[1]) * height / 2
        aside = [step * reach for step in normal]
    cx, cy = (at[i] + 0.07 * normal[i] + aside[i] for i in (0, 1))
    name = cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2
    around = bounds((*points, name[:2], name[2:]))
    return Shape(strand, bend, slide, points, middle, name, bounds(points), around)
