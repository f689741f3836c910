"""Grids of cells as pictures: all cells, or the cell in hand with its whiskers and all else muted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeGuard

import networkx as nx
from discopy import markov
from networkx.utils import UnionFind

from learning_diagrams.diagrams.box import Box, Diagram, Kernel
from learning_diagrams.diagrams.port_graph import first_kernel
from learning_diagrams.diagrams.sample_space import is_sample_space
from learning_diagrams.drawing.cells.grid import LAW, Cell, Grid, Segment
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import LONGEST
from learning_diagrams.drawing.elements.look import diagram_text, is_structure, look_of, plain_look, type_text, written
from learning_diagrams.drawing.elements.plates import HEIGHT, Look, plate_size
from learning_diagrams.drawing.elements.svg import CONTENT, Scene, number
from learning_diagrams.drawing.graph.arrows import Arrow
from learning_diagrams.drawing.graph.caption import CELL, LYING, Caption
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane import curve

SIDE, ALONE = 160, 220  # pixels of an arrow of a square, at least; more for one alone
SEEN = 52  # pixels of an arrow that neither its plate nor its ends hide
EQUAL = 44  # pixels of an identity
PAIR = 2.5  # pixels from the middle of a double line to each of its lines
TURN = 45  # of a double arrow, from the lower left to the upper right


@dataclass(frozen=True)
class GridPicture:
    """A grid with the places of its vertices, and the looks of its arrows."""

    grid: Grid
    cells: tuple[Cell, ...]
    nodes: Mapping[int, Node]
    looks: Mapping[str, Look]

    @classmethod
    def of(
        cls, grid: Grid, cells: Sequence[Cell], looks: Mapping[str, Look] = MappingProxyType({})
    ) -> GridPicture | None:
        """The cells as squares of one size, or, where that is too wide, as narrow as can be; None if too wide still."""
        plates = {(s.source, s.target): _plate(s.cell, looks) for s in _segments(grid) if s.cell is not None}
        nodes = [Node(type_text(ty, looks), is_sample_space(ty)) for ty in grid.types]
        widths = [plate.width for plate in plates.values()]
        names = [_caption(cell).width + LYING for cell in cells]
        most = max([node.width for node in nodes]), max([node.height for node in nodes])
        least = SIDE if len(cells) > 1 else ALONE
        unit = max([least, *(width + SEEN + most[0] for width in widths), most[1] + HEIGHT + SEEN])
        unit = max([unit, *(name + max(widths, default=0) + SEEN for name in names)])
        for length in (unit, 0.0):
            xs = _places(grid, nodes, cells, plates, length, across=True)
            ys = _places(grid, nodes, cells, plates, length, across=False)
            places = {i: replace(node, x=xs[i], y=ys[i]) for i, node in enumerate(nodes)}
            picture = cls(grid, tuple(cells), places, looks)
            left, _, right, _ = picture.extent
            if right - left <= CONTENT:
                return picture
        return None

    @cached_property
    def arrows(self) -> dict[tuple[int, int], Arrow | str]:
        """For the ends of each segment its arrow, or the double line of an identity."""
        return {(s.source, s.target): self._arrow(s) for s in _segments(self.grid)}

    @property
    def is_whole(self) -> bool:
        """Whether no text is cut that has several boxes or objects: a cut text would hide some of them."""
        slices = [s.cell for s in _segments(self.grid) if s.cell is not None and not _is_generator(s.cell)]
        products = [self.nodes[i].name for i, ty in enumerate(self.grid.types) if len(ty) > 1]
        return all(len(text) <= LONGEST for text in (*(_plate(c, self.looks).look.label for c in slices), *products))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        plates = [arrow.area for arrow in self.arrows.values() if isinstance(arrow, Arrow)]
        boxes = [*plates, *(node.area for node in self.nodes.values())]
        left, top, right, low = zip(*boxes, strict=True)
        return min(left) - 2, min(top) - 2, max(right) + 2, max(low) + 2

    def scene(self, hand: Cell | None = None, path: Iterable[Segment] = ()) -> Scene:
        """All cells on sand; or, with a cell in hand, that cell alone, and all that is not on a path muted."""
        strong = {(s.source, s.target) for s in path}
        ends = {end for pair in strong for end in pair}
        real = [(key, arrow) for key, arrow in self.arrows.items() if isinstance(arrow, Arrow)]

        def shown(is_strong: bool, elements: Iterable[str]) -> str:
            return svg.group(elements) if is_strong or hand is None else svg.group(elements, **{"class": "quiet"})

        elements = [self._filling(cell) for cell in self.cells if cell.name != LAW and hand in (None, cell)]
        elements += [svg.path(curve.path_data(arrow.curve), "halo", 13) for _, arrow in real]
        elements += [
            shown(key in strong, [arrow] if isinstance(arrow, str) else [arrow.stroke(), *arrow.marks()])
            for key, arrow in self.arrows.items()
        ]
        elements += [shown(key in ends, node.elements()) for key, node in self.nodes.items()]
        elements += [shown(key in strong, [arrow.label()]) for key, arrow in real]
        elements += [shown(cell == hand, [self._named(cell)]) for cell in self.cells]
        left, top, right, low = self.extent
        return Scene(right - left, low - top, (Scene(0, 0, tuple(elements)).at(-left, -top),))

    def _arrow(self, segment: Segment) -> Arrow | str:
        source, target = self.nodes[segment.source], self.nodes[segment.target]
        start, end = source.border((target.x, target.y)), target.border((source.x, source.y))
        if segment.cell is None:
            (x, y), (x_, y_) = start, end
            dx, dy = (0.0, PAIR) if y == y_ else (PAIR, 0.0)
            lines = [((x + s * dx, y + s * dy), (x_ + s * dx, y_ + s * dy)) for s in (-1, 1)]
            data = "".join(f"M{number(a)} {number(b)}L{number(c)} {number(d)}" for (a, b), (c, d) in lines)
            return svg.path(data, "line", 1.25)
        plate = _plate(segment.cell, self.looks)
        return Arrow(Edge(plate.box, str(segment.source), str(segment.target), plate.look), curve.line(start, end))

    def _filling(self, cell: Cell) -> str:
        corners = [cell.left[0].source, cell.left[-1].target, cell.right[-1].target, cell.right[0].source]
        ends = [f"{number(self.nodes[i].x)} {number(self.nodes[i].y)}" for i in corners]
        return svg.path(f"M{'L'.join(ends)}Z", "sand")

    def _named(self, cell: Cell) -> str:
        """The double arrow and the name in the middle of a cell."""
        first, last = self.nodes[cell.left[0].source], self.nodes[cell.right[-1].target]
        x, y = (first.x + last.x) / 2, (first.y + last.y) / 2
        if cell.name == LAW:
            return svg.text(x, y + 6, LAW, 18, "ink", anchor="middle")
        return svg.group(_caption(cell).elements(x, y, TURN), data_constraint=cell.name)


def _caption(cell: Cell) -> Caption:
    return Caption(cell.name, (), cell.label)


def _segments(grid: Grid) -> list[Segment]:
    unique = {(s.source, s.target): s for s in chain.from_iterable([*grid.across, *grid.down])}
    return list(unique.values())


class _Plate(NamedTuple):
    """The box of a 1-cell, and its look."""

    box: markov.Box
    look: Look

    @property
    def width(self) -> float:
        return plate_size(written(self.box), self.look, 1)[0]


def _plate(cell: Diagram, looks: Mapping[str, Look]) -> _Plate:
    """The plate of a 1-cell; a layer with wires beside its box is one box that is written as the layer.

    So is a copy, a discard or a swap alone, which is deterministic although it is no `Box` of ours.
    """
    if _is_generator(cell):
        return _Plate(cell, look_of(cell, looks))
    box = (Kernel if first_kernel(cell) else Box)(str(cell), cell.dom, cell.cod)
    return _Plate(box, replace(plain_look(box), label=diagram_text(cell, looks)))


def _is_generator(cell: Diagram) -> TypeGuard[markov.Box]:
    return isinstance(cell, markov.Box) and not is_structure(cell)


def _places(
    grid: Grid,
    nodes: Sequence[Node],
    cells: Sequence[Cell],
    plates: Mapping[tuple[int, int], _Plate],
    least: float,
    across: bool,
) -> list[float]:
    """The x of each vertex, or the y: vertices of a line down share their x, and those of a line across their y."""
    alike = UnionFind(range(len(nodes)))
    for line in grid.down if across else grid.across:
        alike.union(line[0].source, *(segment.target for segment in line))
    order = nx.DiGraph()
    order.add_nodes_from(alike[i] for i in range(len(nodes)))

    def apart(first: int, second: int, length: float) -> None:
        before = order.get_edge_data(alike[first], alike[second], {"length": 0.0})["length"]
        order.add_edge(alike[first], alike[second], length=max(length, before))

    for segment in chain.from_iterable(grid.across if across else grid.down):
        first, second = nodes[segment.source], nodes[segment.target]
        ends = (first.width + second.width) / 2 if across else (first.height + second.height) / 2
        plate = plates.get((segment.source, segment.target))
        size = HEIGHT if plate is None or not across else plate.width
        length = ends + EQUAL if plate is None else max(least, ends + size + SEEN)
        apart(segment.source, segment.target, length)
    for cell in cells:
        sides = (cell.left, cell.right) if across else (cell.top, cell.bottom)
        own = [plates[s.source, s.target].width for side in sides for s in side if s.cell is not None]
        beside = [nodes[s.target].width for side in sides for s in side[:-1]]
        widest = max([0.0, *beside, *own])
        room = _caption(cell).width + LYING + widest + 30 if across else CELL + HEIGHT + 40
        apart(sides[0][0].source, sides[1][0].source, 0.0 if cell.name == LAW else room)
    at: dict[int, float] = {}
    for vertex in nx.lexicographical_topological_sort(order):
        at[vertex] = max((at[v] + order[v][vertex]["length"] for v in order.predecessors(vertex)), default=0.0)
    return [at[alike[i]] for i in range(len(nodes))]
