"""The dotted arrow from the plate of a box to that of its moving average: straight, or bowed round what is between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from learning_diagrams.drawing.elements.svg import CONTENT
from learning_diagrams.drawing.graph.arrows import BOWS, Arrow
from learning_diagrams.drawing.graph.charts import extent
from learning_diagrams.drawing.graph.closing import on_line
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import key_of
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.graph.plane.crossing import line_crossings
from learning_diagrams.drawing.graph.plane.curve import Cubic
from learning_diagrams.drawing.graph.plane.passing import meet, passes
from learning_diagrams.drawing.graph.plane.region import Box

BEFORE = 3  # pixels between the head and the plate of the average


@dataclass(frozen=True)
class Average:
    """The curve from a box to its moving average, and the words on it.

    met : int, how many nodes and plates it meets.
    """

    curve: Cubic
    words: str
    met: int

    def elements(self) -> list[str]:
        return [curve.dotted(self.curve), curve.head(self.curve, "muted"), *on_line(self.curve, self.words)[0]]

    @property
    def areas(self) -> list[Box]:
        """The rectangles of the line and of its words."""
        line = [(x - 6, y - 3, x + 6, y + 3) for x, y in curve.points(self.curve)]
        return [*line, on_line(self.curve, self.words)[1]]


def averages_of(
    averages: Mapping[str, tuple[str, object]], nodes: Mapping[str, Node], arrows: Sequence[Arrow]
) -> list[Average]:
    """An arrow for each moving average in a graph.

    averages : mapping from the name of each average to the name of its source, and the decay.
    """
    plates = {a.edge.name: nodes[key_of(a.edge.box)].area if a.edge.port else a.area for a in arrows}
    pairs = [(of, target, decay) for target, (of, decay) in averages.items() if {of, target} <= plates.keys()]
    return [_average(plates[of], plates[target], decay, nodes, arrows) for of, target, decay in pairs]


def _average(
    source: Box, target: Box, decay: object, nodes: Mapping[str, Node], arrows: Sequence[Arrow]
) -> Average:
    """The first way that meets nothing; otherwise the one that meets and crosses least."""
    words = f"EMA {decay:g}" if isinstance(decay, float) else f"EMA {decay}"
    boxes = [*(node.area for node in nodes.values()), *(arrow.area for arrow in arrows if not arrow.edge.port)]
    boxes = [box for box in boxes if box not in (source, target)]
    ways: list[tuple[int, int, Average]] = []
    left, _, right, _ = extent(nodes, arrows)
    for way in _ways(source, target):
        points, label = curve.points(way), on_line(way, words)[1]
        if max(right, label[2], *(x for x, _ in points)) - min(left, label[0], *(x for x, _ in points)) > CONTENT:
            continue
        met = sum(passes(points, box) or meet(label, box) for box in boxes)
        met += sum(passes(points[1:-1], box, 0) for box in (source, target))
        if not met and not ways:
            return Average(way, words, 0)
        crossings = sum(line_crossings(points, arrow.points) for arrow in arrows)
        ways.append((met, crossings, Average(way, words, met)))
    return min(ways, key=lambda each: each[:2])[2]


def _ways(source: Box, target: Box) -> Iterator[Cubic]:
    """The straight way, then those that bow to the left, to the right, upwards and downwards."""
    (left, top, right, low), (other_left, other_top, other_right, other_low) = source, target
    middles = (left + right) / 2, (other_left + other_right) / 2
    heights = (top + low) / 2, (other_top + other_low) / 2
    down = other_top > top
    end = other_top - BEFORE if down else other_low + BEFORE
    yield curve.line((middles[0], low if down else top), (middles[1], end))
    for bow in BOWS:
        for x, end, lift in ((left, other_left - BEFORE, -bow), (right, other_right + BEFORE, bow)):
            yield (x, heights[0]), (x + lift, heights[0]), (end + lift, heights[1]), (end, heights[1])
        for y, end, lift in ((top, other_top - BEFORE, -bow), (low, other_low + BEFORE, bow)):
            yield (middles[0], y), (middles[0], y + lift), (middles[1], end + lift), (middles[1], end)
