"""The caption of a constraint: a double arrow from prediction to reference, its name, and what its fields say."""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import PHRASE, shown_label, text_width
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.presentation.constraint import Constraint

CELL = 38  # the length of a double arrow
LYING = 26  # more pixels for one that lies
_CELL = "M-2.6 19V-15.6M2.6 19V-15.6M-8 -9.5 0 -18.5 8 -9.5"


def double_arrow(x: float, y: float, turn: float, dashed: bool = False) -> str:
    """A double arrow, 38 long, turned clockwise by degrees from pointing up."""
    place = f"translate({number(x)} {number(y)}) rotate({turn:g})"
    dashes = {"stroke_dasharray": "2 3"} if dashed else {}
    return svg.path(_CELL, "line", 1.6, stroke_linecap="round", stroke_linejoin="round", transform=place, **dashes)


@dataclass(frozen=True)
class Caption:
    """The texts of a constraint: its name, and a line for each phrase, such as "weight 0.5".

    Parameters
    ----------
    label : str, what stands in place of its name; "" for the name.
    """

    name: str
    lines: tuple[str, ...]
    label: str = ""

    @property
    def width(self) -> float:
        texts = [
            text_width(shown_label(self.label or self.name), 14, bold=True),
            *(text_width(shown_label(line, PHRASE), 12) for line in self.lines),
        ]
        return max(texts) + 22

    @property
    def height(self) -> float:
        return max(CELL, 18 + 17 * len(self.lines))

    def elements(self, x: float, y: float, turn: float = 0.0) -> list[str]:
        """The double arrow, turned by degrees from pointing up, and the texts right of it; (x, y) is their middle.

        An arrow that lies takes `LYING` more pixels.
        """
        more = LYING if turn % 180 else 0
        left = x - (self.width + more) / 2
        top = y - 17 * len(self.lines) / 2 + 5
        return [double_arrow(left + 8 + more / 2, y, turn, is_struck(self.label)), *self.words(left + more + 22, top)]

    def words(self, left: float, top: float) -> list[str]:
        """The texts, below one another from a line at `top`."""
        lines = enumerate(self.lines, start=1)
        return [
            svg.text(left, top, self.label or self.name, 14, "ink", bold=True),
            *(svg.text(left, top + 17 * i, line, 12, "ink", longest=PHRASE) for i, line in lines),
        ]


def caption_of(constraint: Constraint) -> Caption:
    """The caption that stands in the face or chart of a constraint."""
    weighed = " · ".join(filter(None, (constraint.factor, constraint.measure)))
    said = {constraint.measure, f"weight {constraint.factor}"}
    first = weighed if constraint.measure else f"weight {weighed}"
    return Caption(constraint.name, (*[first] * bool(weighed), *(p for p in constraint.phrases if p not in said)))
