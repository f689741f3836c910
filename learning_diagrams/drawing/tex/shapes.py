"""Shapes: where an arrow or a 2-cell of a commutative diagram runs, with the box of its name, and what that costs.

It costs the more, the more names and lines meet. No cost is less than 0, so that a sum of some of them is a bound for
the whole.

>>> strand = Strand((False, 0), (False, 1), (1.0, 0.2))
>>> low, high = (shape_of(strand, bend, bend > 0, 0.5, ((0, 0), (2, 0)), (0.3, 0.2)) for bend in (-2, 2))
>>> low.middle, beside(low, high, False), beside(low, low, False)[0] > 100
((1.0, -0.75), (0.0, 0.0), True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import copysign, hypot

from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.loops import loop_of
from learning_diagrams.drawing.tex.meetings import (
    Box,
    Point,
    bounds,
    crossings,
    have_common_part,
    names_met,
    pieces_in,
    wider,
)

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


def alone(shape: Shape, widths: Iterable[float]) -> float:
    """The cost of a strand by itself; `widths` are those of the objects at its ends."""
    bend, is_cell = abs(shape.bend), shape.strand.is_cell
    cost = 20.0 * _pieces(shape, shape.name)
    if shape.strand.is_loop:
        return cost + 0.3 * bend + 4 * loop_of(shape.bend).ring
    first, last = shape.points[0], shape.points[-1]
    length = hypot(last[0] - first[0], last[1] - first[1])
    cost += 0.5 * length + (2.0 if is_cell else 0.8) * bend + 0.2 * (shape.slide != 0.5)
    room = sum(width / 2 * abs(last[0] - first[0]) / (length or 1) for width in widths)
    cost += 60 * max(0.0, (0.8 if is_cell else 1.2) + room - length - 0.4 * bend)
    cost += 8 * max(0.0, 2 * STEP * bend / (length or 1) - 0.8)
    return cost + (not is_cell and last[0] < first[0])


def passing(shape: Shape, box: Box) -> float:
    """The cost of a strand that passes an object."""
    return names_met(shape.name, box) + 24 * _pieces(shape, wider(box, 0.06))


def beside(shape: Shape, other: Shape, hangs: bool) -> tuple[float, float]:
    """The costs of a strand beside another and of the other beside it; `hangs` says that one ends at the other."""
    if not have_common_part(wider(shape.around, 0.2), other.around):
        return 0.0, 0.0
    cost = 15.0 * (_pieces(shape, other.name) + _pieces(other, shape.name))
    if not hangs:
        cost += 5 * crossings(shape.points, other.points)
        near = hypot(shape.middle[0] - other.middle[0], shape.middle[1] - other.middle[1])
        are_apart = shape.strand.is_loop and other.strand.is_loop and shape.bend != other.bend
        cost += 100 * max(0.0, (0.3 if are_apart else 0.5) - near)
    return cost + names_met(shape.name, other.name), cost + names_met(other.name, shape.name)


def _pieces(shape: Shape, box: Box) -> int:
    """How many pieces of its line have a part in a box; most lines are seen to be elsewhere as a whole."""
    return pieces_in(shape.points, box) if have_common_part(shape.line, box) else 0
