"""A face: the region between the two walks of a constraint, filled, with the caption of the constraint in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.caption import Caption
from learning_diagrams.drawing.graph.curve import Point
from learning_diagrams.drawing.graph.region import Box, Region


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
        return svg.path(data, "paper" if is_struck(self.caption.label) else "sand", data_face=self.caption.name)

    def elements(self) -> str:
        return svg.group(self.caption.elements(*self.place, self.turn), data_constraint=self.caption.name)
