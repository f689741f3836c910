"""A face: the region between the two walks of a constraint, filled, with its name and a double arrow in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.curve import Point
from learning_diagrams.drawing.graph.region import Box, Region

CELL = 38  # the length of a double arrow
_CELL = "M-2.6 19V-15.6M2.6 19V-15.6M-8 -9.5 0 -18.5 8 -9.5"


def double_arrow(x: float, y: float, turn: float) -> str:
    """A double arrow, 38 long, turned clockwise by degrees from pointing up."""
    place = f"translate({number(x)} {number(y)}) rotate({turn:g})"
    return svg.path(_CELL, "line", 1.6, stroke_linecap="round", stroke_linejoin="round", transform=place)


@dataclass(frozen=True)
class Caption:
    """The texts of a constraint: its name, and lines about weight, divergence and tests."""

    name: str
    lines: tuple[str, ...]
    is_axiom: bool = False

    @property
    def width(self) -> float:
        texts = [text_width(shown_label(self.name), 14, bold=True), *(text_width(line, 12) for line in self.lines)]
        return max(texts) + (22 if not self.is_axiom else 26)

    @property
    def height(self) -> float:
        return max(CELL, 18 + 17 * len(self.lines))

    def elements(self, x: float, y: float, turn: float = 0.0) -> list[str]:
        """The double arrow, turned by degrees from pointing up, and the texts right of it; (x, y) is their middle."""
        left = x - self.width / 2
        mark = svg.text(left, y + 6, "=", 18, "ink") if self.is_axiom else double_arrow(left + 8, y, turn)
        top = y - 17 * len(self.lines) / 2 + 5
        words = [svg.text(left + 22, top, self.name, 14, "ink", bold=True)]
        words += [
            svg.line_of_text(left + 22, top + 17 * i, line, 12, "ink") for i, line in enumerate(self.lines, start=1)
        ]
        return [mark, *words]


@dataclass(frozen=True)
class Face:
    """A polygon with the caption of its constraint."""

    caption: Caption
    polygon: tuple[Point, ...]
    region: Region
    place: Point
    turn: float

    @classmethod
    def of(
        cls, caption: Caption, prediction: Sequence[Point], reference: Sequence[Point], boxes: Sequence[Box]
    ) -> Face | None:
        """The face between two walks, given by their points; None if its caption has no room.

        boxes : rectangles that the caption must not meet: plates and nodes.
        """
        polygon = (*prediction, *reversed(reference))
        region = Region.of(polygon)
        place = region.without(boxes).room(caption.width, caption.height)
        if place is None:
            return None
        mean = [sum(y for _, y in side) / len(side) if side else place[1] for side in (prediction, reference)]
        return cls(caption, polygon, region, place, 0.0 if mean[1] <= mean[0] else 180.0)

    def filling(self) -> str:
        data = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in self.polygon) + "Z"
        if self.caption.is_axiom:
            return svg.path(data, "soft", 1.25, stroke_dasharray="1 4", stroke_linecap="round")
        return svg.path(data, "sand")

    def elements(self) -> str:
        return svg.group(self.caption.elements(*self.place, self.turn), data_constraint=self.caption.name)
