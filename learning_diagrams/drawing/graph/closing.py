"""The dotted line that closes a face whose sides start apart: straight, or bowed round what stands between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.graph.arrows import BOWS, Arrow, bowed, is_free
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import Boundary
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.graph.plane.curve import Cubic, Point
from learning_diagrams.drawing.graph.plane.region import Box

IN_LAW = "in law"


@dataclass(frozen=True)
class Closing:
    """The curve from the start of a prediction to that of its reference, and what stands on it."""

    curve: Cubic
    words: str

    @property
    def areas(self) -> list[Box]:
        """The rectangle of its words."""
        return [on_line(self.curve, self.words)[1]] if self.words else []

    @property
    def points(self) -> list[Point]:
        return curve.points(self.curve)

    def elements(self) -> list[str]:
        return [curve.dotted(self.curve), *(on_line(self.curve, self.words)[0] if self.words else [])]


def closings_of(
    boundary: Boundary, nodes: Mapping[str, Node], arrows: Sequence[Arrow], in_law: bool
) -> Iterator[Closing | None]:
    """The lines that may close a face, the plainest first, each clear of nodes, plates and arrows."""
    if boundary.start == boundary.other:
        yield None
    elif {boundary.start, boundary.other} <= nodes.keys():
        first, second = nodes[boundary.start], nodes[boundary.other]
        straight = curve.line(first.border((second.x, second.y)), second.border((first.x, first.y)))
        ways = [straight, *(bowed(first, second, bow, sign) for bow in BOWS for sign in (-1, 1))]
        ends = (boundary.start, boundary.other)
        yield from (Closing(way, IN_LAW * in_law) for way in ways if is_free(way, ends, nodes, arrows))


def on_line(way: Cubic, words: str) -> tuple[list[str], Box]:
    """Words on paper at the middle of a line, and their rectangle."""
    (x, y), width = curve.middle(way), text_width(words, 12) + 12
    label = svg.line_of_text(x, y + 4, words, 12, "muted", anchor="middle")
    box = x - width / 2, y - 10, x + width / 2, y + 10
    return [svg.rectangle(*box[:2], width, 20, "paper", rx=10), label], box
