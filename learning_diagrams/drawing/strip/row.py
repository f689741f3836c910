"""A row of a strip: a string diagram in a layout that it shares with other rows, on patches of sand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from learning_diagrams.diagrams.port_graph import Wire
from learning_diagrams.drawing.elements.stacking import below, beside
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph.plane.region import Box
from learning_diagrams.drawing.strings.pen import Direction, Pen
from learning_diagrams.drawing.strings.string_picture import BETWEEN_ROWS, Drawing
from learning_diagrams.drawing.strip.change import Change
from learning_diagrams.drawing.strip.joint_layout import Layout
from learning_diagrams.drawing.strip.patch import OUT, Patch, sand

THIN = 12  # half the height, and the least half width, of a patch on a wire
Areas = list[tuple[int, Box]]  # rectangles, each in a line of a folded row


class Row(Drawing):
    """A diagram with given lanes. Rows that share their measures have their columns in the same places."""

    tops: Sequence[float] = ()  # of each line the least pixel across
    gaps: Sequence[float] = ()

    def __init__(self, layout: Layout, direction: Direction = "right") -> None:
        super().__init__(layout[0], direction, CONTENT, middles=layout[1])
        self.gaps = [Drawing._gap(self, layer) for layer in range(len(self.layering.strands))]
        self.columns: dict[int, tuple[int, float]] = {}  # of each layer the line and the middle
        self.line = 0
        self.parts: list[Scene] = []

    @staticmethod
    def share(rows: Sequence[Row]) -> None:
        """Give some rows the measures of the widest, column by column, and the same top, line by line."""

        def widest(name: str) -> None:
            shared = [max(column) for column in zip(*(getattr(row, name) for row in rows), strict=True)]
            for row in rows:
                setattr(row, name, shared)

        widest("sizes")
        widest("zones")
        for row in rows:
            row.gaps = [Drawing._gap(row, layer) for layer in range(len(row.gaps))]
        widest("gaps")
        for row in rows:
            row.tops = row._own_tops()
        tops = [min(line) for line in zip(*(row.tops for row in rows), strict=True)]
        if rows[0].direction != "right":  # columns that became narrower would only let a strip grow longer
            tops = [min(tops)] * len(tops)
        for row in rows:
            row.tops, lines = tops, row._rows()
            for row.line, line in enumerate(lines):
                before = lines[row.line - 1][-1] if row.line else None
                row.parts.append(row._row(line, before, row.line + 1 < len(lines))[0])
            if row.direction != "right":
                row.breadth = sum(part.width + BETWEEN_ROWS for part in row.parts) - BETWEEN_ROWS

    @property
    def length(self) -> float:
        """The width in pixels, were it not folded."""
        return sum(self.sizes) + sum(self.gaps)

    def _gap(self, layer: int) -> float:
        return self.gaps[layer] if self.gaps else super()._gap(layer)

    def _extent(self, layers: Sequence[int], tagged: Sequence[float]) -> tuple[float, float]:
        low, high = super()._extent(layers, tagged)
        return self.tops[self.line] if self.tops else low, high

    def _own_tops(self) -> list[float]:
        """The least pixel across of each line, were there no other row: of its layers, and of the tags before them."""
        lines = self._rows()
        tags = [[], *([y for _, y in self._open(line[-1])] for line in lines[:-1])]
        return [self._extent(line, tagged)[0] for line, tagged in zip(lines, tags, strict=True)]

    def _plates(self, pen: Pen, layer: int, x: float) -> None:
        self.columns[layer] = self.line, x + self.sizes[layer] / 2
        super()._plates(pen, layer, x)

    # ---- sand ------------------------------------------------------------------------------------------------------

    def area(self, box: int) -> tuple[int, Box]:
        """The line and the rectangle of a plate."""
        line, along = self.columns[self.layering.boxes[box]]
        length, breadth = self.measures.sizes[box]
        return line, self._box(line, along, self.middles[box], length / 2, breadth / 2)

    def _box(self, line: int, along: float, across: float, length: float, breadth: float) -> Box:
        """A rectangle round a point, by half its pixels along the wires and half its pixels across."""
        across -= self.tops[line]
        if self.direction == "right":
            return along - length, across - breadth, along + length, across + breadth
        y = along if self.direction == "down" else self.parts[line].height - along
        return across - breadth, y - length, across + breadth, y + length

    def lit(self, change: Change, after: bool, other: Row) -> Areas:
        """What a step rewrites: its plates, or the pieces of wires in their place in the other row."""
        if change.lit[after]:
            return [self.area(box) for box in sorted(change.lit[after])]
        entering, theirs = change.entering[after], change.lit[not after]
        layers = {other.layering.boxes[box] for box in theirs} or {self._first_layer(entering)}
        pieces = [piece for layer in sorted(layers) for piece in self._pieces(layer, entering)]
        return pieces or [other.area(box) for box in sorted(theirs)]

    def _first_layer(self, wires: Iterable[Wire]) -> int:
        """The first layer behind the starts of some wires."""
        starts = [self.measures.starts[wire][0] for wire in wires]
        behind = max((self.layering.boxes[place] for place in starts if place < len(self.graph.boxes)), default=0)
        return min(behind + 1, len(self.layering.layers) - 1)

    def _pieces(self, layer: int, wires: frozenset[Wire]) -> Areas:
        line, along = self.columns[layer]
        half = max(self.sizes[layer] / 2, THIN)
        passing = {s.target for s in self.layering.strands[layer - 1] if s.wire in wires}
        lanes = sorted(self.middles[place] for place in passing if self.measures.passes(place))
        return [(line, self._box(line, along, across, half, THIN)) for across in lanes]

    def with_sand(self, patches: Sequence[tuple[Areas, bool]], lit: frozenset[int]) -> Scene:
        """The row, with a patch under each list of rectangles, whose step stands above it or below it.

        lit : the boxes that may lie on sand; any other box stands on paper.
        """
        others = [self.area(box) for box in range(len(self.graph.boxes)) if box not in lit]
        scenes = []
        for line, part in enumerate(self.parts):
            here = [(tuple(box for at, box in areas if at == line), above) for areas, above in patches]
            strangers = [box for at, box in others if at == line]
            upright = self.direction != "right"
            ground = sand([Patch(boxes, above, upright) for boxes, above in here if boxes], strangers)
            low = max([part.height, *(box[3] + OUT for boxes, _ in here for box in boxes)])
            scenes.append(Scene(part.width, low, (*ground, *part.elements)))
        return below(scenes, BETWEEN_ROWS) if self.direction == "right" else beside(scenes, BETWEEN_ROWS)
