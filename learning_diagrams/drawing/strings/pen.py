"""The pen of a string diagram: wires, plates and marks, written in the order in which they cover one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.plates import Look, plate
from learning_diagrams.drawing.elements.svg import number

NAME = 12  # size of the name of a wire
TAG = 7  # radius of the tag of an open wire


class Pen:
    """The elements of one row, in the order in which they cover one another."""

    def __init__(self, down: float) -> None:
        self.down = down
        self.wires: list[str] = []
        self.plates: list[str] = []
        self.marks: list[str] = []
        self.lines: dict[tuple[float, float], float] = {}
        self.straight: defaultdict[float, list[tuple[float, float]]] = defaultdict(list)

    def line(self, x: float, y: float, end: float) -> None:
        if end > x:
            self.straight[y].append((x, end))

    def curve(self, x: float, y: float, end: float, level: float, over: bool) -> None:
        if y == level and not over:
            self.line(x, y, end)
            return
        a, b, half = y + self.down, level + self.down, (x + end) / 2
        data = (
            f"M{number(x)} {number(a)}C{number(half)} {number(a)} {number(half)} {number(b)} {number(end)} {number(b)}"
        )
        if over:
            self.wires.append(svg.path(_middle_piece(x, a, end, b), "halo", 7))
        self.wires.append(svg.path(data, "line", 1.5))

    def plate(self, x: float, y: float, name: str, look: Look, ports: int) -> None:
        self.plates.append(plate(x, y + self.down, name, look, ports))

    def name(self, x: float, y: float, name: str) -> None:
        self.marks.append(svg.text(x, y + self.down, name, NAME, "ink"))

    def dot(self, x: float, y: float) -> None:
        self.marks.append(svg.circle(x, y + self.down, 4, "ink"))

    def ring(self, x: float, y: float) -> None:
        self.marks += [svg.circle(x, y + self.down, 4.5, "paper"), svg.circle(x, y + self.down, 4.5, "line", 1.5)]

    def diamond(self, x: float, y: float) -> None:
        corner = f"M{number(x - 4.5)} {number(y + self.down)}l4.5 -4.5l4.5 4.5l-4.5 4.5Z"
        self.marks += [svg.path(corner, "paper"), svg.path(corner, "line", 1.5)]

    def tag(self, x: float, y: float, count: int) -> None:
        at = y + self.down
        self.marks += [svg.circle(x, at, TAG, "paper"), svg.circle(x, at, TAG, "soft", 1.25)]
        self.marks.append(svg.text(x, at + 3.5, str(count), 10, "muted", anchor="middle"))

    def elements(self) -> Iterator[str]:
        yield from self._lines()
        yield from self.wires
        yield from self.plates
        yield from self.marks

    def _lines(self) -> Iterator[str]:
        """The straight pieces, joined where one goes on another."""
        for y, pieces in sorted(self.straight.items()):
            start, end = sorted(pieces)[0]
            for x, other in sorted(pieces)[1:]:
                if x > end:
                    yield self._straight(start, end, y)
                    start = x
                end = max(end, other)
            yield self._straight(start, end, y)

    def _straight(self, start: float, end: float, y: float) -> str:
        return svg.path(f"M{number(start)} {number(y + self.down)}H{number(end)}", "line", 1.5)


def _middle_piece(x: float, y: float, end: float, level: float) -> str:
    """The middle of a cubic with horizontal ends: where it crosses others, and not where it leaves its port."""
    points = [(x, y), ((x + end) / 2, y), ((x + end) / 2, level), (end, level)]
    _, points = _cut(points, 0.25)
    points, _ = _cut(points, 2 / 3)
    (a, b), *rest = points
    return f"M{number(a)} {number(b)}C" + " ".join(f"{number(c)} {number(d)}" for c, d in rest)


Points = list[tuple[float, float]]


def _cut(points: Points, at: float) -> tuple[Points, Points]:
    """A cubic cut in two, by de Casteljau's construction."""
    levels = [points]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([((1 - at) * a + at * c, (1 - at) * b + at * d) for (a, b), (c, d) in pairwise(row)])
    return [row[0] for row in levels], [row[-1] for row in reversed(levels)]
