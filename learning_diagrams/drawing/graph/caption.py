"""The caption of a constraint: a double arrow from prediction to reference, its name, and what its fields say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import PHRASE, shown_label, text_width
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.look import look_of, written
from learning_diagrams.drawing.elements.plates import Look, small_plate, stop
from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.drawing.graph.places.walk import walk_of
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.presentation.constraint import Constraint

CELL = 38  # the length of a double arrow
SIZE, LINE = 12, 17  # of a text, and between two lines
LYING = 26  # more pixels for one that lies
STOPS = {"lhs": 13, "rhs": -4}  # where its strokes are, along it
_CELL = "M-2.6 19V-15.6M2.6 19V-15.6M-8 -9.5 0 -18.5 8 -9.5"

Walk = tuple[tuple[str, Look], ...]


def double_arrow(x: float, y: float, turn: float, dashed: bool = False, stopped: Collection[str] = ()) -> str:
    """A double arrow, 38 long, turned clockwise by degrees from pointing up.

    stopped : "lhs" for two strokes where it begins, "rhs" for two strokes behind its head: no gradient goes there.
    """
    place = f"translate({number(x)} {number(y)}) rotate({turn:g})"
    dashes = {"stroke_dasharray": "2 3"} if dashed else {}
    arrow = svg.path(_CELL, "line", 1.6, stroke_linecap="round", stroke_linejoin="round", **dashes)
    strokes = [stop(0, along, 90) for side, along in STOPS.items() if side in stopped]
    return svg.group([arrow, *strokes], transform=place)


@dataclass(frozen=True)
class Caption:
    """The texts of a constraint: its name, and a line for each phrase, such as "weight 0.5".

    Parameters
    ----------
    label : str, what stands in place of its name; "" for the name.
    stopped : what passes no gradient: "lhs", "rhs", and names of boxes.
    is_axiom : bool, whether "=" stands in place of the double arrow.
    plates : pairs of a text in a line, such as a weight, and the boxes that stand for it as plates: names and looks.
    """

    name: str
    lines: tuple[str, ...]
    label: str = ""
    stopped: frozenset[str] = frozenset()
    is_axiom: bool = False
    plates: tuple[tuple[str, Walk], ...] = ()

    @property
    def width(self) -> float:
        return self.beside[0] + 22

    @property
    def beside(self) -> tuple[float, float]:
        """Width and height of the texts alone."""
        name = text_width(shown_label(self.label or self.name), 14, bold=True)
        return max([name, *(self._line(line, 0, 0)[1] for line in self.lines)]), 18 + LINE * len(self.lines)

    @property
    def height(self) -> float:
        return max(CELL, self.beside[1])

    def elements(self, x: float, y: float, turn: float = 0.0) -> list[str]:
        """The double arrow, turned by degrees from pointing up, and the texts right of it; (x, y) is their middle.

        An arrow that lies takes `LYING` more pixels.
        """
        more = LYING if turn % 180 else 0
        left = x - (self.width + more) / 2
        top = y - LINE * len(self.lines) / 2 + 5
        return self.parts((left + 8 + more / 2, y), turn, (left + more + 22, top))

    def parts(self, middle: Point, turn: float, start: Point) -> list[str]:
        """The double arrow round its middle, and the texts from the start of their first line."""
        return [self.arrow(*middle, turn), *self.words(*start)]

    def arrow(self, x: float, y: float, turn: float) -> str:
        """Its double arrow, turned by degrees from pointing up; "=" of an axiom."""
        if self.is_axiom:
            return svg.text(x, y + 6, "=", 18, "ink", anchor="middle")
        return double_arrow(x, y, turn, is_struck(self.label), self.stopped)

    def words(self, left: float, top: float) -> list[str]:
        """The texts, below one another from a line at `top`."""
        name = svg.text(left, top, self.label or self.name, 14, "ink", bold=True)
        lines = enumerate(self.lines, start=1)
        return [name, *(part for i, line in lines for part in self._line(line, left, top + LINE * i)[0])]

    def _line(self, line: str, x: float, y: float) -> tuple[list[str], float]:
        """The elements of a line that begins at (x, y), and where it ends; what is a box is a small plate."""
        walks = dict(self.plates)
        quantity = f"(?:^|(?<=[^,·] ))(?:{'|'.join(map(re.escape, walks))})(?=$|, | · | and )"  # after its name, if any
        match = re.search(quantity, line) if walks else None
        if match is None:
            return [svg.text(x, y, line, SIZE, "ink", longest=PHRASE)], x + text_width(shown_label(line, PHRASE), SIZE)
        before, behind, walk = line[: match.start()], line[match.end() :], walks[match.group()]
        elements, x = self._line(before, x, y) if before else ([], x)
        for name, look in walk:
            plate, width = small_plate(x + 3, y - 4.5, name, look)
            elements, x = [*elements, plate], x + width + 6
        rest, x = self._line(behind, x, y) if behind.strip() else ([], x)
        return [*elements, *rest], x


def caption_of(constraint: Constraint) -> Caption:
    """The caption that stands in the face or chart of a constraint."""
    weighed = " · ".join(filter(None, (constraint.factor, constraint.measure)))
    first_line = {constraint.measure, f"weight {constraint.factor}"}
    first = weighed if constraint.measure else f"weight {weighed}"
    lines = (*[first] * bool(weighed), *(phrase for phrase in constraint.phrases if phrase not in first_line))
    return Caption(constraint.name, lines, stopped=constraint.stopped)


def is_in_law(constraint: Constraint) -> bool:
    """Whether only the distributions of both sides are compared, and a side has one that is no point."""
    graphs = constraint.reading.graphs
    return constraint.tested == "in law" and not all(is_deterministic(box) for graph in graphs for box in graph.boxes)


def with_plates(caption: Caption, constraint: Constraint, looks: Mapping[str, Look]) -> Caption:
    """The caption of a constraint, with plates for the boxes of its weight and its options."""
    walks = [(str(q), walk_of(graph)) for q, graph in zip(constraint.quantities, constraint.numbers, strict=True)]
    plates = [(text, tuple((written(box), look_of(box, looks)) for box in walk)) for text, walk in walks if walk]
    return replace(caption, plates=tuple(plates))
