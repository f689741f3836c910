"""Cells on a grid: vertices, arrows that run across or down, and rectangles between them.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> grid = Grid()
>>> cell = grid.cell("square", (f, g, f, g))
>>> len(grid.types), [segment.cell.name for segment in cell.lhs]
(4, ['f', 'g'])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.presentation.pasting import word

LAW = "="  # the name of a cell that holds by the laws of the theory


@dataclass(frozen=True)
class Segment:
    """An arrow from a vertex to a vertex; without a 1-cell it is an identity."""

    source: int
    target: int
    cell: Diagram | None = field(default=None, compare=False)


Line = tuple[Segment, ...]


@dataclass(frozen=True)
class Cell:
    """A 2-cell left >> bottom ⇒ top >> right, or the boundary of several.

    label : str, what stands in place of its name; "" for the name.
    """

    name: str
    top: Line
    right: Line
    left: Line
    bottom: Line
    label: str = ""

    @property
    def lhs(self) -> Line:
        return self.left + self.bottom

    @property
    def rhs(self) -> Line:
        return self.top + self.right


Sides = tuple[Diagram, Diagram, Diagram, Diagram]
TOP, RIGHT, LEFT, BOTTOM = range(4)


class Tile(Protocol):
    """A square, or two tiles beside or above each other."""

    @property
    def name(self) -> str: ...
    @property
    def sides(self) -> Sides: ...
    @property
    def parts(self) -> tuple[str, Any, Any] | None: ...


@dataclass
class Grid:
    """Vertices with their types, and lines of arrows that run across or down."""

    types: list[Ty] = field(default_factory=list)
    across: list[Line] = field(default_factory=list)
    down: list[Line] = field(default_factory=list)

    def vertex(self, ty: Ty) -> int:
        """A new vertex."""
        self.types.append(ty)
        return len(self.types) - 1

    def line(self, diagram: Diagram, start: int, end: int | None = None) -> Line:
        """The 1-cells of a diagram between two vertices, by default to a new one."""
        cells = [cell.diagram for cell in word(diagram).inside] or [None]
        segments: list[Segment] = []
        for number, cell in enumerate(cells, start=1):
            known = end if number == len(cells) else None
            target = self.vertex(diagram.cod if cell is None else cell.cod) if known is None else known
            segments.append(Segment(segments[-1].target if segments else start, target, cell))
        return tuple(segments)

    def cell(self, name: str, sides: Sides, left: Line = (), top: Line = (), label: str = "") -> Cell:
        """A cell; its left side or its top may be lines that are there already."""
        start = (left or top)[0].source if left or top else self.vertex(sides[0].dom)
        left, top = left or self.line(sides[2], start), top or self.line(sides[0], start)
        right = self.line(sides[1], top[-1].target)
        bottom = self.line(sides[3], left[-1].target, right[-1].target)
        return self._kept(Cell(name, top, right, left, bottom, label))

    def lay(self, tile: Tile, left: Line = (), top: Line = ()) -> tuple[Cell, list[Cell]]:
        """The boundary of a tile, and its cells in the order in which a pasting uses them.

        left, top : lines that are there already, on which the tile is laid.
        """
        if tile.parts is None:
            cell = self.cell(tile.name, tile.sides, left, top)
            return cell, [cell]
        way, first, second = tile.parts
        if way == "beside":
            cut = len(word(first.sides[0]))
            near, cells = self.lay(first, left, top[:cut])
            shared = _share(way, first, second)
            far, more = self.lay(second, near.right if shared else (), top[cut:] if shared else ())
            law = None if shared else self._beside(near, far)
            upper, lower = (law.top, law.bottom) if law else ((), ())
            outer = Cell(tile.name, near.top + upper + far.top, far.right, near.left, near.bottom + lower + far.bottom)
            return outer, [*cells, *([law] if law else []), *more]
        cut = len(word(first.sides[2]))
        near, cells = self.lay(first, left[:cut], top)
        shared = _share(way, first, second)
        far, more = self.lay(second, left[cut:] if shared else (), near.bottom if shared else ())
        law = None if shared else self._above(near, far)
        before, behind = (law.left, law.right) if law else ((), ())
        outer = Cell(tile.name, near.top, near.right + behind + far.right, near.left + before + far.left, far.bottom)
        return outer, [*more, *([law] if law else []), *cells]

    def _beside(self, near: Cell, far: Cell) -> Cell:
        top, bottom = _ends(near.right, far.left)
        return self._kept(Cell(LAW, top, far.left, near.right, bottom))

    def _above(self, near: Cell, far: Cell) -> Cell:
        left, right = _ends(near.bottom, far.top)
        return self._kept(Cell(LAW, near.bottom, right, left, far.top))

    def _kept(self, cell: Cell) -> Cell:
        self.across += [cell.top, cell.bottom]
        self.down += [cell.left, cell.right]
        return cell


def _ends(line: Line, other: Line) -> tuple[Line, Line]:
    """The identities from the start of a line to the start of another one, and from end to end."""
    return (Segment(line[0].source, other[0].source),), (Segment(line[-1].target, other[-1].target),)


def _share(way: str, first: Tile, second: Tile) -> bool:
    """Whether two tiles are drawn along one line, because both write the side between them as the same 1-cells."""
    here, there = (RIGHT, LEFT) if way == "beside" else (BOTTOM, TOP)
    same = word(first.sides[here]) == word(second.sides[there])
    return same and _is_one_line(first, here) and _is_one_line(second, there)


def _is_one_line(tile: Tile, side: int) -> bool:
    """Whether a side of a tile is a line without identities between its parts."""
    if tile.parts is None:
        return True
    way, first, second = tile.parts
    if (way == "beside") == (side in (LEFT, RIGHT)):  # only one part has this side
        return _is_one_line(first if side in (LEFT, TOP) else second, side)
    ends = [part for part in (first, second) if len(word(part.sides[side])) and _is_one_line(part, side)]
    return len(ends) == 2 and _share(way, first, second)
