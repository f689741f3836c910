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
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.look import written
from learning_diagrams.drawing.elements.plates import PORT, Look
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import PAGE, Scene
from learning_diagrams.drawing.strings.fewest_crossings import arrange
from learning_diagrams.drawing.strings.knots import MIDDLE, turns
from learning_diagrams.drawing.strings.lanes import straight_lanes
from learning_diagrams.drawing.strings.layering import Strand
from learning_diagrams.drawing.strings.measures import AHEAD, MARK, Measures
from learning_diagrams.drawing.strings.pen import TAG, Direction, Pen, Point, require_direction
from learning_diagrams.errors import LimitExceeded

CURVE, KNOT = 44, 72  # pixels in which a strand changes its lane, and in which three strands cross in turn
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
    require_direction(direction)
    upright = direction != "right"
    for share in SHARES:
        measures = Measures(graph, looks, upright, share * widest if upright else inf)
        needed = max(map(sum, map(measures.extent, measures.layering.layers))) if upright else 0.0
        if needed > widest:
            continue
        arrange(measures.layering)
        drawing = Drawing(measures, direction, widest)
        if upright and drawing.breadth > widest:
            drawing = Drawing(measures, direction, widest, straight=False)
        if not upright or (needed := drawing.breadth) <= widest:
            return drawing.scene()
    raise no_room(direction, needed, widest)


def no_room(direction: Direction, needed: float, widest: float) -> LimitExceeded:
    """The error for wires that run down or up beside one another and need more pixels than there are."""
    return LimitExceeded(
        f"a picture with direction={direction!r} needs {needed:,.0f} pixels for what lies beside each other, and there "
        f"is room for {widest:,.0f}; take direction='right'"
    )


class Drawing:
    """A string diagram while it is laid out: layers, lanes, rows."""

    def __init__(
        self,
        measures: Measures,
        direction: Direction,
        widest: float,
        straight: bool = True,
        middles: dict[int, float] | None = None,
    ) -> None:
        self.measures, self.direction, self.widest = measures, direction, widest
        self.graph, self.layering = measures.graph, measures.layering
        self.middles = middles or (
            straight_lanes(self.layering, measures.distance, measures.port, measures.passes)
            if straight
            else measures.narrow_lanes()
        )
        self.turning: dict[int, dict[Strand, float]] = {}  # of each layer where its strands turn
        self.sizes = [
            max((measures.sizes[p][0] for p in layer if not measures.passes(p)), default=0.0)
            for layer in self.layering.layers
        ]
        self.zones = [max(map(measures.zone, layer), default=0.0) for layer in self.layering.layers]
        self.begun: list[list[int]] = [[] for _ in self.layering.layers]  # the wires that begin at each layer
        for wire, (place, _) in enumerate(measures.starts):
            self.begun[0 if measures.passes(place) else self.layering.boxes[place]].append(wire)
        self.rows = self._rows()
        extents = [self._extent(row, []) for row in self.rows]
        self.breadth = max(high - low for low, high in extents)

    # ---- rows ------------------------------------------------------------------------------------------------------

    def _extent(self, layers: Sequence[int], tagged: Sequence[float]) -> tuple[float, float]:
        """The least and the greatest pixel across of some layers, and of wires with tags."""
        edges = [(y - PORT / 2, y + PORT / 2) for y in tagged]
        for place in (place for layer in layers for place in self.layering.layers[layer]):
            y, before, behind = self.middles[place], *self.measures.edges(place)
            edges.append((y - before - 4, y + behind + 4))
        return min((low for low, _ in edges), default=0.0), max((high for _, high in edges), default=PORT)

    def _gap(self, layer: int) -> float:
        """The room behind a layer: the names of wires that begin there, and the curves, if a wire bends."""
        steepest = max((abs(self._y(s, True) - self._y(s, False)) for s in self.layering.strands[layer]), default=0.0)
        curves = max(CURVE, min(0.5 * steepest, 160.0)) if steepest else 0.0
        if any(turn != MIDDLE for turn in self._turns(layer).values()):
            curves = max(curves, KNOT)
        return self.zones[layer] + curves + AHEAD

    def _turns(self, layer: int) -> dict[Strand, float]:
        """Where each strand behind a layer turns."""
        if layer not in self.turning:
            strands = self.layering.strands[layer]
            turning = turns([(self._y(s, True), self._y(s, False)) for s in strands])
            self.turning[layer] = dict(zip(strands, turning, strict=True))
        return self.turning[layer]

    def _rows(self) -> list[list[int]]:
        """The layers of each row: as many as there is room for, with the tags of the wires that go on."""
        longest = self.widest if self.direction == "right" else PAGE
        rows: list[list[int]] = [[]]
        length, last = 0.0, len(self.layering.layers) - 1
        for layer in range(last + 1):
            end = self.sizes[layer] + (self.zones[layer] + 2 * TAG if layer < last else 0.0)
            if rows[-1] and length + end > longest:
                rows.append([])
                length = 2 * TAG + AHEAD + self._gap(layer - 1) - self.zones[layer - 1]
            rows[-1].append(layer)
            length += self.sizes[layer] + (self._gap(layer) if layer < last else 0.0)
        return rows

    def _y(self, strand: Strand, source: bool) -> float:
        return self.middles[strand.source if source else strand.target] + self.measures.port(strand, source)

    def scene(self) -> tuple[Scene, list[Point]]:
        """All rows below one another, or beside one another where they run down or up; and where the outputs end."""
        rows = self._rows()
        parts = [self._row(row, rows[i - 1][-1] if i else None, i + 1 < len(rows)) for i, row in enumerate(rows)]
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
            taken = sum(other.width + BETWEEN_ROWS for other in groups[-1]) if groups else 0.0
            if not groups or taken + column.width > self.widest:  # there is a first group even in endless room
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

    def _row(self, row: list[int], before: int | None, goes_on: bool) -> tuple[Scene, list[Point]]:
        """One row: its plates, and the wires from the layer before it to its last layer; and where these end."""
        tagged = [] if before is None else self._open(before)
        low, high = self._extent(row, [y for _, y in tagged])
        pen = Pen(self.direction, -low)
        x = 0.0
        if before is not None:
            for tag, y in tagged:
                pen.tag(TAG, y, tag)
            x = 2 * TAG + self._behind(pen, before, 2 * TAG, names=False)
        for layer in row:
            self._plates(pen, layer, x)
            x += self.sizes[layer]
            if layer == row[-1] and goes_on:
                self._mark(pen, layer, x)
                x += self._named(pen, layer, x)
                for tag, y in self._open(layer):
                    pen.tag(x + TAG, y, tag)
                x += 2 * TAG
            elif layer < len(self.layering.layers) - 1:
                x += self._behind(pen, layer, x, names=True)
        scene = pen.scene(x, high - low)
        down = scene.height if self.direction == "up" else 0.0
        ends = [pen.at(x, self.middles[place]) for place in self.layering.layers[row[-1]]]
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
            if self.measures.looks[place].stopped and not box.cod:  # no wire behind it could bear the strokes
                for port in range(len(box.dom)):
                    pen.stop(middle - length / 2 - AHEAD / 2, y + self.measures.offset(place, port, False))

    def _named(self, pen: Pen, layer: int, x: float) -> float:
        """The straight pieces behind a layer, with the names of the wires that begin there; the room that they take."""
        for y in {self._y(s, True) for s in self.layering.strands[layer]}:
            pen.line(x, y, x + self.zones[layer])
        for wire in self.begun[layer]:
            y, used = self._wire_y(*self.measures.starts[wire]), self.measures.uses[wire]
            pen.name(x, y, self.measures.before_name(wire), self.measures.objects[wire], 7 if used else 10)
            if not used:
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
        over, turn = self._over(strands), self._turns(layer)
        for strand in strands:
            first, second = self._y(strand, True), self._y(strand, False)
            pen.curve(start, first, end, second, strand in over, turn[strand])
            pen.line(end, second, end + AHEAD)
        for (place, port), number_of in Counter((s.source, s.out_port) for s in strands).items():
            if number_of > 1:
                pen.dot(start, self._wire_y(place, port))
        if names:
            self._mark(pen, layer, x)
        return zone + end - start + AHEAD

    def _mark(self, pen: Pen, layer: int, x: float) -> None:
        """The draws that begin at a layer, and the strokes on the wires that pass no gradient back."""
        for wire in self.begun[layer]:
            (place, port), drawn = self.measures.starts[wire], self.measures.is_drawn(wire)
            if drawn:
                pen.diamond(x + AHEAD / 2, self._wire_y(place, port))
            if self.measures.is_stopped(wire):
                pen.stop(x + AHEAD / 2 + MARK * drawn, self._wire_y(place, port))

    def _over(self, strands: Sequence[Strand]) -> set[Strand]:
        """The strands that cross another one that goes down less, or right less."""
        over, least, waiting = set(), inf, list[float]()
        ends = sorted(((self._y(s, True), self._y(s, False), s) for s in strands), key=lambda end: -end[0])
        for i, (first, second, strand) in enumerate(ends):
            if i and first < ends[i - 1][0]:  # those that begin at one point do not cross
                least, waiting = min([least, *waiting]), []
            if least < second:
                over.add(strand)
            waiting.append(second)
        return over

    def _wire_y(self, place: int, port: int) -> float:
        return self.middles[place] + self.measures.offset(place, port, True)
