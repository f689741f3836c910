"""Nodes of the learning graph: objects are their names, sample spaces are drums, boxes with several inputs are plates.

>>> Node("image", is_space=False).width > 50
True
"""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.plates import HEIGHT, PORT, Look, plate, plate_size
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.graph.plane.region import Box

SIZE = 15
CLEAR = 8  # pixels round a name
BODY, LID = 42, 9  # of a drum
STRANDS = 14  # pixels between two strands at a plate


@dataclass(frozen=True)
class Node:
    """An object, a sample space or the plate of a box, with its middle in the picture.

    Parameters
    ----------
    look : Look or None, of a box.
    strands : int, the number of its inputs or outputs, whichever are more.
    turned : bool, whether its strands run from right to left, and upwards, as after half a turn.
    """

    name: str
    is_space: bool
    x: float = 0.0
    y: float = 0.0
    look: Look | None = None
    strands: int = 1
    turned: bool = False

    @property
    def width(self) -> float:
        if self.look:
            return plate_size(self.name, self.look, 1)[0]
        return text_width(shown_label(self.name), SIZE, bold=True) + (40 if self.is_space else 2 * CLEAR)

    @property
    def height(self) -> float:
        if self.look:
            return max(HEIGHT, STRANDS * (self.strands - 1) + 18)
        return BODY + 2 * LID if self.is_space else 32

    @property
    def area(self) -> Box:
        return self.x - self.width / 2, self.y - self.height / 2, self.x + self.width / 2, self.y + self.height / 2

    def port(self, place: int, count: int, side: int) -> Point:
        """The point where a strand enters (-1) or leaves (1) a plate: on its left and right, until it turns."""
        way = -1 if self.turned else 1
        return self.x + way * side * self.width / 2, self.y + way * STRANDS * (place - (count - 1) / 2)

    def border(self, towards: Point) -> Point:
        """The point of the edge of the node in the direction of another point."""
        dx, dy = towards[0] - self.x, towards[1] - self.y
        if not dx and not dy:
            return self.x, self.y
        across = self.width / 2 / abs(dx) if dx else float("inf")
        down = self.height / 2 / abs(dy) if dy else float("inf")
        share = min(across, down)
        return self.x + dx * share, self.y + dy * share

    def elements(self) -> list[str]:
        """The node on paper; a drum has a halo, which insets the faces beside it."""
        if self.look:
            return [plate(self.x, self.y, self.name, self.look, 1 + (self.height - HEIGHT) / PORT)]
        label = svg.text(self.x, self.y + 5.5, self.name, SIZE, "ink", bold=True, anchor="middle")
        if not self.is_space:
            return [svg.rectangle(self.x - self.width / 2, self.y - 16, self.width, 32, "paper", rx=8), label]
        half = self.width / 2
        left, right, top, low = self.x - half, self.x + half, self.y - BODY / 2, self.y + BODY / 2
        n = number
        body = f"M{n(left)} {n(top)}V{n(low)}A{n(half)} {LID} 0 0 0 {n(right)} {n(low)}V{n(top)}"
        lid = f"A{n(half)} {LID} 0 0 0 {n(left)} {n(top)}A{n(half)} {LID} 0 0 0 {n(right)} {n(top)}"
        return [
            svg.path(f"{body}{lid}", "halo", 13),
            svg.path(f"{body}{lid}Z", "data"),
            svg.path(f"{body}{lid}", "line", 1.5, **({"stroke_dasharray": "2 3"} if is_struck(self.name) else {})),
            label,
        ]
