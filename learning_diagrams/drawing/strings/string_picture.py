"""String diagrams: a port graph as a picture, from left to right, and folded where it is too wide.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> scene = string_diagram(PortGraph.from_diagram(Box("f", x, x) >> Box("g", x, x)), {})
>>> scene.width <= 1000, sum("data-box" in element for element in scene.elements)
(True, 2)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.look import look_of, written
from learning_diagrams.drawing.elements.plates import PORT, Look, plate_size
from learning_diagrams.drawing.elements.svg import PAGE, Scene
from learning_diagrams.drawing.strings.lanes import straight_lanes
from learning_diagrams.drawing.strings.layering import Layering, Strand
from learning_diagrams.drawing.strings.pen import NAME, TAG, Pen

CURVE = 44  # pixels in which a strand changes its lane
AHEAD = 12  # straight pixels before and behind a plate
LEAST = 32  # pixels for the name of a wire
ROOM = 8  # more pixels between plates than between wires
BETWEEN_ROWS = 40


def string_diagram(graph: PortGraph, looks: Mapping[str, Look], widest: float = PAGE) -> Scene:
    """The picture of a graph.

    Parameters
    ----------
    looks : mapping from names of boxes to looks; other boxes have the look of their kind.
    widest : float, in pixels; a wider picture goes on in a further row, and its open wires have numbered tags.
    """
    return with_ends(graph, looks, widest)[0]


def with_ends(graph: PortGraph, looks: Mapping[str, Look], widest: float = PAGE) -> tuple[Scene, float, list[float]]:
    """The picture, and the ends of its output wires: their distance from the left, and from the top."""
    drawing = Drawing(graph, looks, widest)
    scene = drawing.scene()
    return scene, drawing.last_width, [drawing.middles[p] + drawing.last_shift for p in drawing.layering.layers[-1]]


@dataclass
class _Row:
    """The layers of one row, and where it starts."""

    layers: list[int] = field(default_factory=list)
    width: float = 0.0


class Drawing:
    """A string diagram while it is laid out: columns of layers, lanes, rows."""

    def __init__(
        self,
        graph: PortGraph,
        looks: Mapping[str, Look],
        widest: float,
        layering: Layering | None = None,
        middles: dict[int, float] | None = None,
    ) -> None:
        self.graph, self.widest = graph, widest
        self.layering = layering or Layering.of(graph)
        self.looks = [look_of(box, looks) for box in graph.boxes]
        self.ports = [max(len(box.dom), len(box.cod), 1) for box in graph.boxes]
        self.count = len(graph.boxes)
        self.sizes = [
            plate_size(written(box), look, n) for box, look, n in zip(graph.boxes, self.looks, self.ports, strict=True)
        ]
        self.middles = middles or straight_lanes(self.layering, self._distance, self._port, self._passes)
        self.objects = [ob.name for ob in graph.wire_objects]
        self.starts = self._wire_starts()
        self.fed = Counter(wire for arguments in graph.arguments for wire in arguments)
        self.uses = self.fed + Counter(graph.outputs)
        self.layer_widths = [
            max((self.sizes[p][0] for p in layer if p < self.count), default=0.0) for layer in self.layering.layers
        ]
        self.name_zones = [0.0] * len(self.layering.layers)
        self.begun: list[list[int]] = [[] for _ in self.layering.layers]  # the wires that begin at each layer
        for wire, (place, _) in enumerate(self.starts):
            layer = self._layer_of(place)
            self.begun[layer].append(wire)
            self.name_zones[layer] = max(self.name_zones[layer], AHEAD + self._name_width(wire), LEAST)

    # ---- measures --------------------------------------------------------------------------------------------------

    def _lanes_of(self, place: int) -> int:
        return self.ports[place] if place < self.count else 1

    def _distance(self, first: int, second: int) -> float:
        rooms = sum(ROOM for place in (first, second) if place < self.count)
        return PORT * (self._lanes_of(first) + self._lanes_of(second)) / 2 + rooms

    def _passes(self, place: int) -> bool:
        return place >= self.count

    def _port(self, strand: Strand, source: bool) -> float:
        place, port = (strand.source, strand.out_port) if source else (strand.target, strand.in_port)
        if place >= self.count:
            return 0.0
        box = self.graph.boxes[place]
        return PORT * (port - (len(box.cod if source else box.dom) - 1) / 2)

    def _wire_starts(self) -> list[tuple[int, int]]:
        """For each wire the place and the port where it begins."""
        starts = [(self.count + i, 0) for i in range(len(self.graph.dom))]
        for place, box in enumerate(self.graph.boxes):
            starts += [(place, port) for port in range(len(box.cod))]
        return starts

    def _name_width(self, wire: int) -> float:
        return text_width(shown_label(self.objects[wire]), NAME) + (19 if self._is_drawn(wire) else 10)

    def _layer_of(self, place: int) -> int:
        return self.layering.boxes[place] if place < self.count else 0

    # ---- rows ------------------------------------------------------------------------------------------------------

    def _gap(self, layer: int) -> float:
        """The room behind a layer: the names of wires that begin there, and the curves, if a wire bends."""
        steepest = max((abs(self._y(s, True) - self._y(s, False)) for s in self.layering.strands[layer]), default=0.0)
        curves = max(CURVE, min(0.5 * steepest, 160.0)) if steepest else 0.0
        return self.name_zones[layer] + curves + AHEAD

    def _rows(self) -> list[_Row]:
        rows, last = [_Row()], len(self.layering.layers) - 1
        for layer in range(last + 1):
            width = self.layer_widths[layer] + (self._gap(layer) if layer < last else 0.0)
            tags = 4 * TAG if len(rows) > 1 else 0
            if rows[-1].layers and tags + rows[-1].width + width + 2 * TAG > self.widest:
                rows.append(_Row())
            rows[-1].layers.append(layer)
            rows[-1].width += width
        return rows

    def _y(self, strand: Strand, source: bool) -> float:
        return self.middles[strand.source if source else strand.target] + self._port(strand, source)

    def scene(self) -> Scene:
        """All rows below one another."""
        elements: list[str] = []
        rows, top, widest = self._rows(), 0.0, 0.0
        self.last_shift = self.last_width = 0.0
        for i, row in enumerate(rows):
            part = self._row(row, rows[i - 1].layers[-1] if i else None, i + 1 < len(rows))
            elements.append(part.at(0, top)) if len(rows) > 1 else elements.extend(part.elements)
            self.last_shift += top
            self.last_width = part.width
            top += part.height + BETWEEN_ROWS
            widest = max(widest, part.width)
        return Scene(widest, top - BETWEEN_ROWS, tuple(elements))

    def _row(self, row: _Row, before: int | None, goes_on: bool) -> Scene:
        """One row: its plates, and the wires from the layer before it to its last layer."""
        layers = self.layering.layers
        shown = [place for layer in row.layers for place in layers[layer]]
        tagged = [] if before is None else self._open(before)
        ys = [self.middles[place] for place in shown] + [y for _, y in tagged]
        spread = [self._lanes_of(place) * PORT / 2 + 4 for place in shown] + [PORT / 2] * len(tagged)
        low = min((y - s for y, s in zip(ys, spread, strict=True)), default=0.0)
        high = max((y + s for y, s in zip(ys, spread, strict=True)), default=PORT)
        pen = Pen(-low)
        self.last_shift = -low
        x = 0.0
        if before is not None:
            for tag, y in tagged:
                pen.tag(TAG, y, tag)
            x = 2 * TAG + self._behind(pen, before, 2 * TAG, names=False)
        for layer in row.layers:
            middle = x + self.layer_widths[layer] / 2
            self._plates(pen, layer, x, middle)
            x += self.layer_widths[layer]
            if layer == row.layers[-1] and goes_on:
                x += self._named(pen, layer, x)
                for tag, y in self._open(layer):
                    pen.tag(x + TAG, y, tag)
                x += 2 * TAG
            elif layer < len(layers) - 1:
                x += self._behind(pen, layer, x, names=True)
        return Scene(x, high - low, tuple(pen.elements()))

    def _open(self, layer: int) -> list[tuple[int, float]]:
        """The wires that go on behind a layer, each with the number of its tag and its lane."""
        ends = {(self._y(s, True), s.wire) for s in self.layering.strands[layer]}
        return [(number, y) for number, (y, _) in enumerate(sorted(ends), start=1)]

    # ---- pieces ----------------------------------------------------------------------------------------------------

    def _plates(self, pen: Pen, layer: int, x: float, middle: float) -> None:
        end = x + self.layer_widths[layer]
        for place in self.layering.layers[layer]:
            y = self.middles[place]
            if place >= self.count:
                if end > x:
                    pen.line(x, y, end)
                continue
            box, (width, _) = self.graph.boxes[place], self.sizes[place]
            for port in range(len(box.dom)):
                at = y + PORT * (port - (len(box.dom) - 1) / 2)
                pen.line(x, at, middle - width / 2)
            for port in range(len(box.cod)):
                at = y + PORT * (port - (len(box.cod) - 1) / 2)
                pen.line(middle + width / 2, at, end)
            pen.plate(middle, y, written(box), self.looks[place], self.ports[place])

    def _named(self, pen: Pen, layer: int, x: float) -> float:
        """The straight pieces behind a layer, with the names of the wires that begin there; the room that they take."""
        zone = self.name_zones[layer]
        ends = {self._y(s, True) for s in self.layering.strands[layer]}
        for y in ends:
            pen.line(x, y, x + zone)
        for wire in self.begun[layer]:
            y = self._wire_y(*self.starts[wire])
            pen.name(x + (14 if self._is_drawn(wire) else 5), y - 7, self.objects[wire])
            if not self.uses[wire]:
                pen.line(x, y, x + 20)
                pen.ring(x + 20, y)
        return zone

    def _behind(self, pen: Pen, layer: int, x: float, names: bool) -> float:
        """All between a layer and the next one; the room that it takes."""
        zone = self._named(pen, layer, x) if names else AHEAD
        if not names:
            for y in {self._y(s, True) for s in self.layering.strands[layer]}:
                pen.line(x, y, x + zone)
        start, end = x + zone, x + zone + self._gap(layer) - self.name_zones[layer] - AHEAD
        strands = sorted(self.layering.strands[layer], key=lambda s: self._y(s, False) - self._y(s, True))
        for strand in strands:  # a strand that goes down runs over the others
            first, second = self._y(strand, True), self._y(strand, False)
            pen.curve(start, first, end, second, over=self._runs_over(strand, strands))
            pen.line(end, second, end + AHEAD)
        for (place, port), number_of in self._branchings(layer).items():
            if number_of > 1:
                pen.dot(start, self._wire_y(place, port))
        begun = {(s.source, s.out_port) for s in strands if self._is_drawn(s.wire) and self._begins(s)}
        for place, port in sorted(begun) if names else ():
            pen.diamond(x + AHEAD / 2, self._wire_y(place, port))
        return zone + end - start + AHEAD

    def _branchings(self, layer: int) -> Counter[tuple[int, int]]:
        return Counter((s.source, s.out_port) for s in self.layering.strands[layer])

    def _begins(self, strand: Strand) -> bool:
        return self.starts[strand.wire] == (strand.source, strand.out_port)

    def _is_drawn(self, wire: int) -> bool:
        """Whether a wire is the output of a kernel that feeds a box."""
        place, _ = self.starts[wire]
        kernel = place < self.count and not is_deterministic(self.graph.boxes[place])
        return kernel and wire in self.fed

    def _runs_over(self, strand: Strand, others: Sequence[Strand]) -> bool:
        """Whether a strand crosses another one that goes down less."""
        first, second = self._y(strand, True), self._y(strand, False)
        return any(self._y(other, True) > first and self._y(other, False) < second for other in others)

    def _wire_y(self, place: int, port: int) -> float:
        if place >= self.count:
            return self.middles[place]
        return self.middles[place] + PORT * (port - (len(self.graph.boxes[place].cod) - 1) / 2)
