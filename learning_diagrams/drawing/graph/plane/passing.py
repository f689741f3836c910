"""Whether a line of points passes through a rectangle, also between two points that are far apart.

>>> passes([(0, 0), (100, 100)], (40, 40, 60, 60)), passes([(0, 0), (100, 100)], (60, 0, 90, 30))
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.graph.plane.region import Box

CLEAR = 6  # pixels between a plate and anything else


def passes(points: Sequence[Point], box: Box, clear: float = CLEAR) -> bool:
    """Whether a point comes nearer to a rectangle than so many pixels, or the line between two comes half as near."""
    near = clear / 2  # so that a line may cut the corner of the room round a rectangle
    left, top, right, low = box[0] - near, box[1] - near, box[2] + near, box[3] + near
    if any(holds(box, point, clear) for point in points):
        return True
    for (ax, ay), (bx, by) in pairwise(points):
        if (ax <= left and bx <= left) or (ax >= right and bx >= right):
            continue
        if (ay <= top and by <= top) or (ay >= low and by >= low):
            continue
        dx, dy = bx - ax, by - ay
        sides = [(x - ax) * dy - (y - ay) * dx for x in (left, right) for y in (top, low)]
        if min(sides) < 0 < max(sides):
            return True
    return False


def meet(first: Box, second: Box) -> bool:
    """Whether two rectangles come nearer to each other than the room round a plate."""
    return (
        first[0] - CLEAR < second[2]
        and second[0] - CLEAR < first[2]
        and first[1] - CLEAR < second[3]
        and second[1] - CLEAR < first[3]
    )


def holds(box: Box, point: Point, clear: float = CLEAR) -> bool:
    """Whether a point comes nearer to a rectangle than so many pixels."""
    return box[0] - clear < point[0] < box[2] + clear and box[1] - clear < point[1] < box[3] + clear
