"""Where the double arrow of a loop stands: in its face, at the object where the loop starts.

It lies on a line from the object, mostly towards the middle of the loop. Where that leads out of the face, it turns
round the object, or stands a little farther away.

>>> from learning_diagrams.drawing.graph.places.node import Node
>>> x = Node("x", is_space=False)
>>> middle, turn = at_start([(0, -100), (200, -100), (200, 100), (0, 100)], x, 0, 270, [x.area])
>>> round(middle[0] - x.width / 2), middle[1], turn
(27, 0.0, 270)
>>> at_start([(0, 0), (100, -20), (200, 0), (100, 0)], x, 0, 270, [x.area]) is None
True
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import cos, radians, sin

from learning_diagrams.drawing.graph.caption import CELL
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane.crossing import line_crossings
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.graph.plane.passing import passes
from learning_diagrams.drawing.graph.plane.region import Box

APART = 8  # pixels between the object and the arrow, at least
FARTHER = (0, 12, 24, 36)  # pixels more
ASIDE = (0, 15, -15, 30, -30, 45, -45, 60, -60, 75, -75, 90, -90)  # degrees away from the middle of the loop
OUTLINE = ((0.0, -21.0), (12.0, -9.0), (6.0, 21.0), (-6.0, 21.0), (-12.0, -9.0))  # of the arrow, and 3 pixels round it
HALF = 10  # pixels from the middle of the arrow to what may stand beside it


def at_start(
    polygon: Sequence[Point], start: Node, towards: float, turn: float, boxes: Sequence[Box]
) -> tuple[Point, float] | None:
    """The middle of the double arrow, and its turn from pointing up, in degrees; None where it has no room.

    towards : the direction from the object to the middle of the loop, in degrees from pointing right.
    turn : 90 where the arrow points away from the object, 270 where it points to it.
    boxes : rectangles that it must not meet.
    """
    edge = [*polygon, polygon[0]]
    for far, aside in sorted(product(FARTHER, ASIDE), key=lambda way: 2 * way[0] + abs(way[1])):
        angle = radians(towards + aside)
        x, y = start.border((start.x + cos(angle), start.y + sin(angle)))
        away = APART + CELL / 2 + far
        middle, turned = (x + away * cos(angle), y + away * sin(angle)), (round(towards) + aside + turn) % 360
        outline = [_moved(point, middle, turned) for point in (*OUTLINE, OUTLINE[0])]
        if not _lies_in(outline, edge) or any(passes(outline, box, 0) for box in boxes):
            continue
        return middle, turned
    return None


def around(middle: Point, turn: float) -> Box:
    """The rectangle of a double arrow that is turned by degrees from pointing up."""
    along, across = abs(cos(radians(turn))), abs(sin(radians(turn)))
    width, height = HALF * along + CELL / 2 * across, CELL / 2 * along + HALF * across
    return middle[0] - width, middle[1] - height, middle[0] + width, middle[1] + height


def _moved(point: Point, middle: Point, turn: float) -> Point:
    (x, y), a, b = point, cos(radians(turn)), sin(radians(turn))
    return middle[0] + x * a - y * b, middle[1] + x * b + y * a


def _lies_in(outline: Sequence[Point], edge: Sequence[Point]) -> bool:
    """Whether a closed line of points lies in another one."""
    (x, y), below = outline[0], False
    for (a, b), (c, d) in pairwise(edge):
        if (b <= y) != (d <= y) and x < a + (y - b) * (c - a) / (d - b):
            below = not below
    return below and not line_crossings(outline, edge)
