"""The pen of a string diagram: wires, plates and marks, written in the order in which they cover one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.plates import Look, plate, stop
from learning_diagrams.drawing.elements.svg import Scene, number
from learning_diagrams.errors import TypeMismatch, brief

Direction = Literal["right", "down", "up"]
DIRECTIONS = ("right", "down", "up")
NAME = 12  # size of the name of a wire
TAG = 9  # radius of the tag of an open wire


def require_direction(direction: object) -> None:
    """Raise `TypeMismatch` for what is no direction."""
    if direction not in DIRECTIONS:
        raise TypeMismatch(f"direction= of a picture is 'right', 'down' or 'up', got {brief(direction)}")


def copy_disc(x: float, y: float) -> list[str]:
    """The mark of a copy."""
    return [svg.circle(x, y, 4, "ink", data_mark="copy")]


def discard_ring(x: float, y: float) -> list[str]:
    """The mark of a discard."""
    return [svg.circle(x, y, 4.5, "paper"), svg.circle(x, y, 4.5, "line", 1.5, data_mark="discard")]


def draw_diamond(x: float, y: float) -> list[str]:
    """The mark of a draw."""
    corner = f"M{number(x - 4.5)} {number(y)}l4.5 -4.5l4.5 4.5l-4.5 4.5Z"
    return [svg.path(corner, "paper"), svg.path(corner, "line", 1.5, data_mark="draw")]


class Pen:
    """The elements of one row, in the order in which they cover one another.

    Its methods take pixels along the wires and across them, so that a row can run right, down or up.

    Parameters
    ----------
    shift : float, the pixels that are added across.
    """

    def __init__(self, direction: Direction, shift: float) -> None:
        self.direction, self.shift = direction, shift
        self.wires: list[str] = []
        self.plates: list[str] = []
        self.marks: list[str] = []
        self.straight: defaultdict[float, list[tuple[float, float]]] = defaultdict(list)

    def at(self, along: float, across: float) -> Point:
        """A point of the picture; a row that runs up ends at y = -length."""
        across += self.shift
        return (along, across) if self.direction == "right" else (across, along if self.direction == "down" else -along)

    def line(self, start: float, across: float, end: float) -> None:
        if end > start:
            self.straight[across].append((start, end))

    def curve(self, start: float, across: float, end: float, other: float, over: bool, turn: float = 0.5) -> None:
        if across == other and not over:
            self.line(start, across, end)
            return
        half = start + turn * (end - start)
        points = [self.at(start, across), self.at(half, across), self.at(half, other), self.at(end, other)]
        if over:  # the middle of the curve, where it crosses others, and not where it leaves its port
            self.wires.append(svg.path(_cubic(_cut(_cut(points, 0.25)[1], 2 / 3)[0]), "halo", 7))
        self.wires.append(svg.path(_cubic(points), "line", 1.5))

    def plate(self, along: float, across: float, name: str, look: Look, ports: int, width: float) -> None:
        self.plates.append(plate(*self.at(along, across), name, look, ports, width))

    def name(self, along: float, across: float, before: float, name: str, above: float = 7) -> None:
        """The name of a wire that begins there: above a wire that runs right, beside one that runs down or up."""
        x, y = self.at(along, across)
        if self.direction == "right":
            x, y = x + before, y - above
        else:
            x, y = x + before, y + (16 if self.direction == "down" else -7)
        self.marks.append(svg.text(x, y, name, NAME, "ink"))

    def dot(self, along: float, across: float) -> None:
        self.marks += copy_disc(*self.at(along, across))

    def ring(self, along: float, across: float) -> None:
        self.marks += discard_ring(*self.at(along, across))

    def diamond(self, along: float, across: float) -> None:
        self.marks += draw_diamond(*self.at(along, across))

    def stop(self, along: float, across: float) -> None:
        self.marks.append(stop(*self.at(along, across), 0 if self.direction == "right" else 90))

    def tag(self, along: float, across: float, count: int) -> None:
        x, y = self.at(along, across)
        self.marks += [svg.circle(x, y, TAG, "paper"), svg.circle(x, y, TAG, "soft", 1.25)]
        self.marks.append(svg.text(x, y + 4.5, str(count), NAME, "muted", anchor="middle"))

    def scene(self, length: float, breadth: float) -> Scene:
        elements = tuple(self._elements())
        if self.direction == "up":
            elements = (Scene(0, 0, elements).at(0, length),)
        return Scene(length, breadth, elements) if self.direction == "right" else Scene(breadth, length, elements)

    def _elements(self) -> Iterator[str]:
        yield from self._lines()
        yield from self.wires
        yield from self.plates
        yield from self.marks

    def _lines(self) -> Iterator[str]:
        """The straight pieces, joined where one goes on another."""
        for across, pieces in sorted(self.straight.items()):
            start, end = sorted(pieces)[0]
            for other_start, other_end in sorted(pieces)[1:]:
                if other_start > end:
                    yield self.straight_line(start, across, end)
                    start = other_start
                end = max(end, other_end)
            yield self.straight_line(start, across, end)

    def straight_line(self, start: float, across: float, end: float) -> str:
        (x, y), last = self.at(start, across), self.at(end, across)
        way = f"H{number(last[0])}" if self.direction == "right" else f"V{number(last[1])}"
        return svg.path(f"M{number(x)} {number(y)}{way}", "line", 1.5)


Point = tuple[float, float]
Points = list[Point]


def _cubic(points: Points) -> str:
    (x, y), *rest = points
    return f"M{number(x)} {number(y)}C" + " ".join(f"{number(a)} {number(b)}" for a, b in rest)


def _cut(points: Points, at: float) -> tuple[Points, Points]:
    """A cubic cut in two, by de Casteljau's construction."""
    levels = [points]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([((1 - at) * a + at * c, (1 - at) * b + at * d) for (a, b), (c, d) in pairwise(row)])
    return [row[0] for row in levels], [row[-1] for row in reversed(levels)]
