"""Crowding: what the shapes of a commutative diagram cost, the more, the more their names and lines meet.

No cost is less than 0, so that a sum of some of them is a bound for the whole.

>>> from learning_diagrams.drawing.tex.shapes import Strand, shape_of
>>> strand = Strand((False, 0), (False, 1), (1.0, 0.2))
>>> low, high = (shape_of(strand, bend, bend > 0, 0.5, ((0, 0), (2, 0)), (0.3, 0.2)) for bend in (-2, 2))
>>> beside(low, high, False), beside(low, low, False)[0] > 100
((0.0, 0.0), True)
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from learning_diagrams.drawing.tex.loops import loop_of
from learning_diagrams.drawing.tex.meetings import Box, crossings, have_common_part, names_met, pieces_in, wider
from learning_diagrams.drawing.tex.shapes import STEP, Shape


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
