"""The arrows of the learning graph: each takes the plainest curve that meets no node, no plate and few arrows.

Straight lines come first, then bows of 112 pixels and 64 more for each further one: upwards, and for columns downwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin, tan

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import SIZE, plate, plate_size
from learning_diagrams.drawing.graph import curve
from learning_diagrams.drawing.graph.arrangement import Edge
from learning_diagrams.drawing.graph.curve import Cubic, Point
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.graph.region import Box

BOWS = (112, 176, 240, 304, 368)
CLEAR = 6  # pixels between a plate and anything else


@dataclass(frozen=True)
class Arrow:
    """An edge with its curve; its plate stands at the middle of the curve."""

    edge: Edge
    curve: Cubic

    @property
    def size(self) -> tuple[float, float]:
        if self.edge.look.kind == "column":
            return text_width(self.edge.look.shown(self.edge.name), SIZE) + 24, 26
        return plate_size(self.edge.name, self.edge.look, 1)

    @property
    def area(self) -> Box:
        """The rectangle of the plate."""
        (x, y), (width, height) = curve.middle(self.curve), self.size
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def elements(self) -> list[str]:
        """The stroke and its head."""
        look = self.edge.look
        stroke, fill, width = {
            "trained": (f"hue{look.hue}", f"fill{look.hue}", 2.5),
            "frozen": ("soft", "muted", 1.5),
            "follower": ("soft", "muted", 1.5),
            "given": ("line", "ink", 1.5),
        }[look.training]
        dashed = {"stroke_dasharray": "5 3"} if look.training == "follower" else {}
        return [
            svg.path(curve.path_data(self.curve), stroke, width, **dashed),
            curve.head(self.curve, fill, 1.15 if width > 2 else 1),
        ]

    def label(self) -> str:
        """The plate; of a column only its name, on paper."""
        x, y = curve.middle(self.curve)
        if self.edge.look.kind != "column":
            return plate(x, y, self.edge.name, self.edge.look, 1)
        width, height = self.size
        name = svg.text(x, y + 5, self.edge.look.label or self.edge.name, SIZE, "ink", anchor="middle")
        return svg.group(
            [svg.rectangle(x - width / 2, y - height / 2, width, height, "paper", rx=13), name], data_box=self.edge.name
        )


def route(edges: Sequence[Edge], nodes: Mapping[str, Node], cycle: Sequence[str] = ()) -> list[Arrow]:
    """An arrow for each edge. The edges of a cycle are arcs of its circle."""
    order = sorted(
        edges,
        key=lambda e: (
            not _on(cycle, e),
            abs(nodes[e.source].y) + abs(nodes[e.target].y),
            e.look.training != "trained",
            e.look.kind == "column",
            e.name,
        ),
    )
    arrows: list[Arrow] = []
    for edge in order:
        if _on(cycle, edge):
            arrows.append(Arrow(edge, _arc(nodes[edge.source], nodes[edge.target])))
            continue
        candidates = [Arrow(edge, way) for way in _ways(edge, nodes)]
        costs = [_cost(arrow, arrows, nodes) + 6 * i for i, arrow in enumerate(candidates)]
        arrows.append(candidates[costs.index(min(costs))])
    return sorted(arrows, key=lambda arrow: arrow.edge.name)


def _on(cycle: Sequence[str], edge: Edge) -> bool:
    return any((edge.source, edge.target) == pair for pair in zip(cycle, [*cycle[1:], *cycle[:1]], strict=True))


def _arc(source: Node, target: Node) -> Cubic:
    """The arc of the circle round the origin from one node to the next, clockwise, as a cubic."""
    radius = hypot(source.x, source.y)
    start, end = atan2(source.y, source.x), atan2(target.y, target.x)
    while end <= start:
        end += 2 * pi
    inset = 26 / radius  # half the height of a name, and the room round it
    start, end = start + inset, end - inset - 4 / radius
    pull = 4 / 3 * tan((end - start) / 4) * radius
    a, d = (radius * cos(start), radius * sin(start)), (radius * cos(end), radius * sin(end))
    b = (a[0] - pull * sin(start), a[1] + pull * cos(start))
    c = (d[0] + pull * sin(end), d[1] - pull * cos(end))
    return a, b, c, d


def _ways(edge: Edge, nodes: Mapping[str, Node]) -> Iterator[Cubic]:
    """The curves that an edge may take, the plainest first."""
    source, target = nodes[edge.source], nodes[edge.target]
    signs = (1, -1) if edge.look.kind == "column" else (-1, 1)
    if edge.source == edge.target:
        for bow in BOWS:
            for sign in signs:
                edge_y = source.y + sign * source.height / 2
                top = edge_y + sign * bow
                spread = 30 + bow / 2
                for lean in (0, -bow, bow):
                    left, right = source.x - spread + lean, source.x + spread + lean
                    yield (source.x - 12, edge_y), (left, top), (right, top), (source.x + 12, edge_y + 2 * sign)
        return
    start, end = source.border((target.x, target.y)), target.border((source.x, source.y))
    yield curve.line(start, end)
    forward = 1 if target.x >= source.x else -1
    for bow in BOWS:
        for sign in signs:
            run = forward * min(20, source.width / 4)
            a = (source.x + run, source.y + sign * source.height / 2)
            d = (target.x - forward * min(16, target.width / 4), target.y + sign * target.height / 2)
            lift, inwards = sign * 4 / 3 * bow, 0.1 * (target.x - source.x)
            yield a, (a[0] + inwards, a[1] + lift), (d[0] - inwards, d[1] + lift), d


def _cost(arrow: Arrow, arrows: Sequence[Arrow], nodes: Mapping[str, Node]) -> float:
    """How bad a curve is: meeting a node or a plate is worse than crossing an arrow."""
    cost = 0.0
    mine, area = curve.points(arrow.curve), arrow.area
    for key, node in nodes.items():
        around = node.area
        cost += 1000 * _meet(area, around)
        if key not in (arrow.edge.source, arrow.edge.target):
            cost += 1000 * any(_inside(point, around) for point in mine)
    for other in arrows:
        cost += 1000 * _meet(area, other.area) + 700 * any(_inside(point, other.area) for point in mine)
        theirs = curve.points(other.curve)
        cost += 700 * any(_inside(point, area) for point in theirs)
        cost += 100 * _crossings(mine[1:-1], theirs[1:-1])
    return cost


def _meet(first: Box, second: Box) -> bool:
    return (
        first[0] - CLEAR < second[2]
        and second[0] - CLEAR < first[2]
        and first[1] - CLEAR < second[3]
        and second[1] - CLEAR < first[3]
    )


def _inside(point: Point, box: Box) -> bool:
    return box[0] - CLEAR < point[0] < box[2] + CLEAR and box[1] - CLEAR < point[1] < box[3] + CLEAR


def _crossings(first: Sequence[Point], second: Sequence[Point]) -> int:
    return sum(_cross(a, b, c, d) for a, b in pairwise(first) for c, d in pairwise(second))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
