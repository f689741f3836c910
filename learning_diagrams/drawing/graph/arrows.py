"""The arrows of the learning graph: each takes the plainest curve that meets no node, no plate and few arrows.

Straight lines come first, then bows of 112 pixels and 64 more for each further one: upwards, and for columns downwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import atan2, cos, degrees, hypot, inf, pi, sin, tan

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import SIZE, plate, plate_size, stop
from learning_diagrams.drawing.graph.places.arrangement import TESTED, Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.graph.plane.crossing import line_crossings
from learning_diagrams.drawing.graph.plane.curve import Cubic, Point
from learning_diagrams.drawing.graph.plane.passing import holds, meet, passes
from learning_diagrams.drawing.graph.plane.region import Box

BOWS = (112, 176, 240, 304, 368)
COLLISION = 10_000  # the cost of meeting a node or a plate: more than that of any crossings
STRAIGHT = 250  # the cost of a straight line where a bow is wanted: more than that of two crossings
PLAINER = 6  # the cost of each way that is less plain than the one before
STEEP = 75  # pixels between the heights of a plate and an object that its arrow comes to from above or below
ROUNDS = 2


@dataclass(frozen=True)
class Arrow:
    """An edge with its curve; its plate stands at the middle of the curve."""

    edge: Edge
    curve: Cubic

    @property
    def size(self) -> tuple[float, float]:
        if self.edge.port:
            return 0.0, 0.0
        if self.edge.look.kind == "column":
            return text_width(self.edge.look.shown(self.edge.name), SIZE) + 24, 26
        return plate_size(self.edge.name, self.edge.look, 1)

    @cached_property
    def points(self) -> list[Point]:
        return curve.points(self.curve)

    @cached_property
    def bounds(self) -> Box:
        """The rectangle of its points."""
        across, down = zip(*self.points, strict=True)
        return min(across), min(down), max(across), max(down)

    @cached_property
    def area(self) -> Box:
        """The rectangle of the plate."""
        (x, y), (width, height) = curve.middle(self.curve), self.size
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    @cached_property
    def reach(self) -> Box:
        """The rectangle of its points and its plate."""
        (left, top, right, low), area = self.bounds, self.area
        return min(left, area[0]), min(top, area[1]), max(right, area[2]), max(low, area[3])

    def stroke(self) -> str:
        """The line."""
        if self.edge.dotted:
            return curve.dotted(self.curve, data_mark=TESTED)
        stroke, _, width = self._ink
        return svg.path(curve.path_data(self.curve), stroke, width, **self.edge.look.dashes)

    def marks(self) -> list[str]:
        """The head, and the strokes where no gradient passes."""
        _, fill, width = self._ink
        fill = "muted" if self.edge.dotted else fill
        heads = [] if self.edge.enters else [curve.head(self.curve, fill, 1.15 if width > 2 else 1)]
        return [*heads, *([self._stop()] if self.edge.look.stopped and not self.edge.port else [])]

    @property
    def _ink(self) -> tuple[str, str, float]:
        """The colours of the line and of its head, and how wide the line is."""
        hue = self.edge.look.hue
        inks = {"trained": (f"hue{hue}", f"fill{hue}", 2.5), "given": ("line", "ink", 1.5)}
        return inks.get(self.edge.look.training, ("soft", "muted", 1.5))

    def _stop(self) -> str:
        """The strokes behind its plate, where no gradient passes back."""
        behind = [point for point in self.points[len(self.points) // 2 :] if not holds(self.area, point, 4)]
        (x, y), (a, b) = behind[:2]
        return stop(x, y, degrees(atan2(b - y, a - x)))

    def label(self) -> str:
        """The plate; of a column only its name, on paper; of a strand nothing."""
        if self.edge.port:
            return ""
        x, y = curve.middle(self.curve)
        if self.edge.look.kind != "column":
            return plate(x, y, self.edge.name, self.edge.look, 1)
        width, height = self.size
        name = svg.text(x, y + 5, self.edge.look.label or self.edge.name, SIZE, "ink", anchor="middle")
        return svg.group(
            [svg.rectangle(x - width / 2, y - height / 2, width, height, "paper", rx=13), name], data_box=self.edge.name
        )


def route(
    edges: Sequence[Edge],
    nodes: Mapping[str, Node],
    cycle: Sequence[Edge] = (),
    bent: Collection[Edge] = (),
    low: Collection[Edge] = (),
    wide: Collection[Edge] = (),
) -> list[Arrow]:
    """An arrow for each edge.

    cycle : edges that are arcs of a circle round the origin.
    bent : edges whose arrows bow, so that there is room between them and another walk.
    low : edges whose arrows bow downwards first, as columns do.
    wide : edges whose arrows bow far, where they bow, so that there is room between them and a straight arrow.
    """
    order = sorted(
        edges,
        key=lambda e: (
            e not in cycle,
            abs(nodes[e.source].y) + abs(nodes[e.target].y),
            e.look.training != "trained",
            e.look.kind == "column",
            e.name,
        ),
    )
    arrows = {edge: Arrow(edge, _arc(edge, nodes[edge.source], nodes[edge.target])) for edge in order if edge in cycle}
    free = [edge for edge in order if edge not in arrows]
    known: dict[Edge, list[Arrow]] = {}
    for edge in free * ROUNDS:  # in the second round each arrow knows all others
        others = [arrow for other, arrow in arrows.items() if other is not edge]
        if known.get(edge) == others:
            continue
        known[edge], least = others, inf
        for i, way in enumerate(_ways(edge, nodes, edge in low, edge in wide)):
            if least <= PLAINER * i:
                break
            wanted = STRAIGHT if i == 0 and edge in bent and edge.source != edge.target else 0
            plainness = PLAINER * i + wanted
            cost = cost_of(arrow := Arrow(edge, way), others, nodes, least - plainness) + plainness
            if cost < least:
                least, arrows[edge] = cost, arrow
    return sorted(arrows.values(), key=lambda arrow: arrow.edge.name)


def _arc(edge: Edge, source: Node, target: Node) -> Cubic:
    """The arc of the circle round the origin from one node to the next, clockwise, as a cubic."""
    radius = hypot(source.x, source.y)
    if edge.source == edge.target:  # the arc would be a whole circle, for which a cubic is too little
        x, half = source.x, source.height / 2
        return (x, -half), (x + 8 / 3 * radius, -3.4 * radius), (x + 8 / 3 * radius, 3.4 * radius), (x, half)
    start, end = atan2(source.y, source.x), atan2(target.y, target.x)
    while end <= start:
        end += 2 * pi
    insets = [(node.width / 2 if node.look else 26) / radius for node in (source, target)]  # half a name, and its room
    start, end = start + insets[0], end - insets[1] - 4 / radius
    pull = 4 / 3 * tan((end - start) / 4) * radius
    a, d = (radius * cos(start), radius * sin(start)), (radius * cos(end), radius * sin(end))
    if edge.port and source.look:
        a = source.port(*edge.port, 1)
    if edge.port and target.look:
        d = target.port(*edge.port, -1)
    b = (a[0] - pull * sin(start), a[1] + pull * cos(start))
    c = (d[0] + pull * sin(end), d[1] - pull * cos(end))
    return a, b, c, d


def _ways(edge: Edge, nodes: Mapping[str, Node], low: bool, wide: bool) -> Iterator[Cubic]:
    """The curves that an edge may take, the plainest first."""
    source, target = nodes[edge.source], nodes[edge.target]
    if edge.port:
        yield from _strands(edge, source, target)
        return
    signs = (1, -1) if low or edge.look.kind == "column" else (-1, 1)
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
    yield from (bowed(source, target, bow, sign) for bow in BOWS[2 * wide :] for sign in signs)


def bowed(source: Node, target: Node, bow: float, sign: int) -> Cubic:
    """The curve between two nodes that bows upwards (-1) or downwards (1), or left or right, by so many pixels."""
    if 2 * abs(target.x - source.x) < abs(target.y - source.y):  # one above the other: then it bows to the side
        down = 1 if target.y >= source.y else -1
        ends = (source, down), (target, -down)
        a, d = ((node.x + sign * node.width / 2, node.y + end * node.height / 2.2) for node, end in ends)
        lift, inwards = sign * 4 / 3 * bow, 0.25 * (target.y - source.y)
        return a, (a[0] + lift, a[1] + inwards), (d[0] + lift, d[1] - inwards), d
    forward = 1 if target.x >= source.x else -1
    run = forward * min(20, source.width / 4)
    a = (source.x + run, source.y + sign * source.height / 2)
    d = (target.x - forward * min(16, target.width / 4), target.y + sign * target.height / 2)
    lift, inwards = sign * 4 / 3 * bow, 0.1 * (target.x - source.x)
    return a, (a[0] + inwards, a[1] + lift), (d[0] - inwards, d[1] + lift), d


def _strands(edge: Edge, source: Node, target: Node) -> Iterator[Cubic]:
    """The curves between a plate and another node: they leave the plate at their port, to the left or to the right."""
    assert edge.port is not None
    box, other, side = (target, source, -1) if edge.enters else (source, target, 1)
    start = box.port(*edge.port, side)
    side = -side if box.turned else side
    ways = []
    far = side * (other.x - start[0]) - other.width / 2
    if far > 0 and not edge.enters and abs(other.y - start[1]) > STEEP:  # apart from the heads that come from the left
        sign = 1 if start[1] > other.y else -1
        end = (other.x - side * min(16, other.width / 4), other.y + sign * other.height / 2)
        ways.append((start, (end[0] - side * far / 3, start[1]), (end[0], start[1] + 0.4 * (end[1] - start[1])), end))
    if far > 0:
        end = (other.x - side * other.width / 2, other.y)
        ways.append((start, (start[0] + side * far / 2, start[1]), (end[0] - side * far / 2, end[1]), end))
    first = 1 if edge.enters else -1
    halves = (first, -first) if far <= 0 else (0,)  # of the name of the object, where the strand goes round its plate
    for bow in BOWS:
        for sign, turn in product((-1, 1), halves):
            end, lift = (other.x + 12 * side * turn, other.y + sign * other.height / 2), sign * bow * 4 / 3
            out, back = (0.3 * far, -0.1 * far) if far > 0 else (60 + bow / 2, bow / 4)
            away = (start[0] + side * out, start[1] + lift / (2 if far > 0 else 4))
            ways.append((start, away, (end[0] + side * back, end[1] + lift), end))
    yield from (way[::-1] if edge.enters else way for way in ways)


def collide(arrows: Sequence[Arrow], nodes: Mapping[str, Node]) -> bool:
    """Whether nodes or plates meet, or an arrow runs under one."""
    if any(meet(first.area, second.area) for first, second in combinations(nodes.values(), 2)):
        return True
    return any(cost_of(arrow, arrows[:i], nodes, COLLISION) >= COLLISION for i, arrow in enumerate(arrows))


def is_free(way: Cubic, ends: Collection[str], nodes: Mapping[str, Node], arrows: Sequence[Arrow]) -> bool:
    """Whether a line between two nodes meets no other node, no plate and no arrow."""
    points = curve.points(way)
    boxes = [node.area for key, node in nodes.items() if key not in ends]
    boxes += [arrow.area for arrow in arrows if not arrow.edge.port]
    met = any(passes(points, box) for box in boxes)
    return not met and not any(line_crossings(points[1:-1], arrow.points) for arrow in arrows)


def cost_of(
    arrow: Arrow, arrows: Sequence[Arrow], nodes: Mapping[str, Node], most: float, to_ends: bool = False
) -> float:
    """How bad a curve is, or a part of that which is too much: to meet a node or a plate is worse than to cross.

    to_ends : bool, whether crossings next to an end that two arrows share count; before ends are spread they do not.
    """
    cost = 0.0
    mine, area, bounds, reach = arrow.points, arrow.area, arrow.bounds, arrow.reach
    for key, node in nodes.items():
        around = node.area
        cost += COLLISION * meet(area, around)
        if key not in (arrow.edge.source, arrow.edge.target):
            cost += 2 * COLLISION * (meet(bounds, around) and passes(mine, around))
        elif arrow.edge.port and node.look:
            cost += COLLISION * passes(mine[2:-2], around, 0)
    for other in arrows:
        if cost >= most:
            break
        if not meet(reach, other.reach):
            continue
        plates = not arrow.edge.port, not other.edge.port  # a strand bears none
        cost += COLLISION * (all(plates) and meet(area, other.area))
        cost += COLLISION * (plates[1] and passes(mine, other.area))
        cost += COLLISION * (plates[0] and passes(other.points, area))
        if cost >= most:
            break
        cost += 100 * (line_crossings(mine, other.points) if to_ends else _crossings(arrow, other))
    return cost


def all_crossings(arrows: Sequence[Arrow]) -> int:
    """How often arrows cross."""
    return sum(line_crossings(a.points, b.points) for a, b in combinations(arrows, 2) if meet(a.bounds, b.bounds))


def _crossings(arrow: Arrow, other: Arrow) -> int:
    """How often two arrows cross, but for the ends that they share."""
    trim = bool({arrow.edge.source, arrow.edge.target} & {other.edge.source, other.edge.target})
    first, second = (part.points[trim : len(part.points) - trim] for part in (arrow, other))
    return line_crossings(first, second)
