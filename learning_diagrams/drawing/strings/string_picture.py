"""String diagrams: a port graph as a picture that runs right, down or up, and is folded where it is too long.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> graph = PortGraph.from_diagram(Box("f", x, x) >> Box("g", x, x))
>>> for direction in ("right", "down", "up"):
...     scene = string_diagram(graph, {}, direction=direction)
...     print(scene.width <= 1000, sum("data-box" in element for element in scene.elements))
True 2
True 2
True 1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.look import written
from learning_diagrams.drawing.elements.plates import PORT, Look
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import PAGE, Scene
from learning_diagrams.drawing.strings.lanes import straight_lanes
from learning_diagrams.drawing.strings.layering import Layering, Strand
from learning_diagrams.drawing.strings.measures import AHEAD, Measures
from learning_diagrams.drawing.strings.pen import DIRECTIONS, TAG, Direction, Pen, Point
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief

CURVE = 44  # pixels in which a strand changes its lane
BETWEEN_ROWS = 40
SHARES = (1.0, 0.6, 0.3, 0.0)  # of the width, which the plates of a layer may fill when a picture is too wide


def string_diagram(
    graph: PortGraph, looks: Mapping[str, Look], widest: float = PAGE, direction: Direction = "right"
) -> Scene:
    """The picture of a graph.

    Parameters
    ----------
    looks : mapping from names of boxes to looks; other boxes have the look of their kind.
    widest : float, in pixels; a longer picture goes on in a further row, and its open wires have numbered tags.
    direction : "right", "down" or "up". What runs down or up is folded into columns of at most 1,000 pixels.

    Raises
    ------
    TypeMismatch : another direction.
    LimitExceeded : wires that run down or up beside one another have no room in `widest`.
    """
    return with_ends(graph, looks, widest, direction)[0]


def with_ends(
    graph: PortGraph, looks: Mapping[str, Look], widest: float = PAGE, direction: Direction = "right"
) -> tuple[Scene, list[Point]]:
    """The picture, and the points where its output wires end."""
    if direction not in DIRECTIONS:
        raise TypeMismatch(f"direction= of a picture is 'right', 'down' or 'up', got {brief(direction)}")
    for share in SHARES:
        drawing = Drawing(graph, looks, widest, direction, share)
        if direction == "right" or drawing.breadth <= widest:
            return drawing.scene()
    raise LimitExceeded(
        f"a picture with direction={direction!r} needs {drawing.breadth:,.0f} pixels for wires beside one another, and "
        f"there is room for {widest:,.0f}; take direction='right'"
    )


Layout = tuple[Layering, dict[int, float]]  # layers, and the middle of each place


@dataclass
class _Row:
    """The layers of one row, and its pixels along the wires."""

    layers: list[int] = field(default_factory=list)
    length: float = 0.0


class Drawing:
    """A string diagram while it is laid out: layers, lanes, rows."""

    def __init__(
        self,
        graph: PortGraph,
        looks: Mapping[str, Look],
        widest: float,
        direction: Direction = "right",
        share: float = 1.0,
        layout: Layout | None = None,
    ) -> None:
        self.graph, self.direction, self.widest = graph, direction, widest
        most = inf if direction == "right" else share * widest
        self.measures = Measures(graph, looks, direction != "right", most, layout and layout[0])
        self.layering = self.measures.layering
        lanes = self.layering, self.measures.distance, self.measures.port, self.measures.passes
        self.middles = layout[1] if layout else straight_lanes(*lanes)
        self.sizes = [
            max((self.measures.sizes[p][0] for p in layer if not self.measures.passes(p)), default=0.0)
            for layer in self.layering.layers
        ]
        self.zones = [max(map(self.measures.zone, layer), default=0.0) for layer in self.layering.layers]
        self.begun: list[list[int]] = [[] for _ in self.layering.layers]  # the wires that begin at each layer
        for wire, (place, _) in enumerate(self.measures.starts):
            self.begun[0 if self.measures.passes(place) else self.layering.boxes[place]].append(wire)
        low, high = self._extent(range(len(self.layering.layers)), [])
        self.breadth = high - low

    # ---- rows ------------------------------------------------------------------------------------------------------

    def _extent(self, layers: Sequence[int], tagged: Sequence[float]) -> tuple[float, float]:
        """The least and the greatest pixel across of some layers, and of wires with tags."""
        shown = [place for layer in layers for place in self.layering.layers[layer]]
        halves = [(self.middles[p], self.measures.half(p) + 4, self.measures.reach(p) + 4) for p in shown]
        low = min([y - half for y, half, _ in halves] + [y - PORT / 2 for y in tagged], default=0.0)
        high = max([y + max(half, reach) for y, half, reach in halves] + [y + PORT / 2 for y in tagged], default=PORT)
        return low, high

    def _gap(self, layer: int) -> float:
        """The room behind a layer: the names of wires that begin there, and the curves, if a wire bends."""
        steepest = max((abs(self._y(s, True) - self._y(s, False)) for s in self.layering.strands[layer]), default=0.0)
        curves = max(CURVE, min(0.5 * steepest, 160.0)) if steepest else 0.0
        return self.zones[layer] + curves + AHEAD

    def _rows(self) -> list[_Row]:
        rows, last = [_Row()], len(self.layering.layers) - 1
        longest = self.widest if self.direction == "right" else PAGE
        for layer in range(last + 1):
            length = self.sizes[layer] + (self._gap(layer) if layer < last else 0.0)
            tags = 4 * TAG if len(rows) > 1 else 0
            if rows[-1].layers and tags + rows[-1].length + length + 2 * TAG > longest:
                rows.append(_Row())
            rows[-1].layers.append(layer)
            rows[-1].length += length
        return rows

    def _y(self, strand: Strand, source: bool) -> float:
        return self.middles[strand.source if source else strand.target] + self.measures.port(strand, source)

    def scene(self) -> tuple[Scene, list[Point]]:
        """All rows below one another, or beside one another where they run down or up; and where the outputs end."""
        rows = self._rows()
        parts = [self._row(row, rows[i - 1].layers[-1] if i else None, i + 1 < len(rows)) for i, row in enumerate(rows)]
        ends = parts[-1][1]
        scenes = [part for part, _ in parts]
        if len(scenes) == 1:
            return scenes[0], ends
        if self.direction == "right":
            scene = below(scenes, BETWEEN_ROWS)
            return scene, [(x, y + scene.height - scenes[-1].height) for x, y in ends]
        bands = self._bands(scenes)
        left = bands[-1].width - scenes[-1].width
        if self.direction == "up":
            return below(bands[::-1], BETWEEN_ROWS), [(x + left, y) for x, y in ends]
        scene = below(bands, BETWEEN_ROWS)
        return scene, [(x + left, y + scene.height - bands[-1].height) for x, y in ends]

    def _bands(self, columns: Sequence[Scene]) -> list[Scene]:
        """Columns beside one another, as many as there is room for, and the others in further bands."""
        groups: list[list[Scene]] = []
        for column in columns:
            room = sum(other.width + BETWEEN_ROWS for other in groups[-1]) if groups else inf
            if room + column.width > self.widest:
                groups.append([])
            groups[-1].append(column)
        bands = []
        for group in groups:
            x, height, elements = 0.0, max(column.height for column in group), []
            for column in group:
                elements.append(column.at(x, height - column.height if self.direction == "up" else 0.0))
                x += column.width + BETWEEN_ROWS
            bands.append(Scene(x - BETWEEN_ROWS, height, tuple(elements)))
        return bands

    def _row(self, row: _Row, before: int | None, goes_on: bool) -> tuple[Scene, list[Point]]:
        """One row: its plates, and the wires from the layer before it to its last layer; and where these end."""
        tagged = [] if before is None else self._open(before)
        low, high = self._extent(row.layers, [y for _, y in tagged])
        pen = Pen(self.direction, -low)
        x = 0.0
        if before is not None:
            for tag, y in tagged:
                pen.tag(TAG, y, tag)
            x = 2 * TAG + self._behind(pen, before, 2 * TAG, names=False)
        for layer in row.layers:
            self._plates(pen, layer, x)
            x += self.sizes[layer]
            if layer == row.layers[-1] and goes_on:
                x += self._named(pen, layer, x)
                for tag, y in self._open(layer):
                    pen.tag(x + TAG, y, tag)
                x += 2 * TAG
            elif layer < len(self.layering.layers) - 1:
                x += self._behind(pen, layer, x, names=True)
        scene = pen.scene(x, high - low)
        down = scene.height if self.direction == "up" else 0.0
        ends = [pen.at(x, self.middles[place]) for place in self.layering.layers[row.layers[-1]]]
        return scene, [(a, b + down) for a, b in ends]

    def _open(self, layer: int) -> list[tuple[int, float]]:
        """The wires that go on behind a layer, each with the number of its tag and its lane."""
        ends = {(self._y(s, True), s.wire) for s in self.layering.strands[layer]}
        return [(number, y) for number, (y, _) in enumerate(sorted(ends), start=1)]

    # ---- pieces ----------------------------------------------------------------------------------------------------

    def _plates(self, pen: Pen, layer: int, x: float) -> None:
        end, middle = x + self.sizes[layer], x + self.sizes[layer] / 2
        for place in self.layering.layers[layer]:
            y = self.middles[place]
            if self.measures.passes(place):
                pen.line(x, y, end)
                continue
            box, (length, breadth) = self.graph.boxes[place], self.measures.sizes[place]
            for port in range(len(box.dom)):
                pen.line(x, y + self.measures.offset(place, port, False), middle - length / 2)
            for port in range(len(box.cod)):
                pen.line(middle + length / 2, y + self.measures.offset(place, port, True), end)
            ports, width = (1, breadth) if self.measures.upright else (max(len(box.dom), len(box.cod)), length)
            pen.plate(middle, y, written(box), self.measures.looks[place], ports, width)

    def _named(self, pen: Pen, layer: int, x: float) -> float:
        """The straight pieces behind a layer, with the names of the wires that begin there; the room that they take."""
        for y in {self._y(s, True) for s in self.layering.strands[layer]}:
            pen.line(x, y, x + self.zones[layer])
        for wire in self.begun[layer]:
            y = self._wire_y(*self.measures.starts[wire])
            pen.name(x, y, self.measures.before_name(wire), self.measures.objects[wire])
            if not self.measures.uses[wire]:
                pen.line(x, y, x + 20)
                pen.ring(x + 20, y)
        return self.zones[layer]

    def _behind(self, pen: Pen, layer: int, x: float, names: bool) -> float:
        """All between a layer and the next one; the room that it takes."""
        zone = self._named(pen, layer, x) if names else AHEAD
        if not names:
            for y in {self._y(s, True) for s in self.layering.strands[layer]}:
                pen.line(x, y, x + zone)
        start, end = x + zone, x + zone + self._gap(layer) - self.zones[layer] - AHEAD
        strands = sorted(self.layering.strands[layer], key=lambda s: self._y(s, False) - self._y(s, True))
        for strand in strands:  # a strand that goes down, or right, runs over the others
            first, second = self._y(strand, True), self._y(strand, False)
            pen.curve(start, first, end, second, over=self._runs_over(strand, strands))
            pen.line(end, second, end + AHEAD)
        for (place, port), number_of in Counter((s.source, s.out_port) for s in strands).items():
            if number_of > 1:
                pen.dot(start, self._wire_y(place, port))
        starts = self.measures.starts
        begun = {starts[s.wire] for s in strands if self.measures.is_drawn(s.wire)} & {
            (s.source, s.out_port) for s in strands
        }
        for place, port in sorted(begun) if names else ():
            pen.diamond(x + AHEAD / 2, self._wire_y(place, port))
        return zone + end - start + AHEAD

    def _runs_over(self, strand: Strand, others: Sequence[Strand]) -> bool:
        """Whether a strand crosses another one that goes down less."""
        first, second = self._y(strand, True), self._y(strand, False)
        return any(self._y(other, True) > first and self._y(other, False) < second for other in others)

    def _wire_y(self, place: int, port: int) -> float:
        return self.middles[place] + self.measures.offset(place, port, True)
