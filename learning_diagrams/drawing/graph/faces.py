"""Which constraints are faces of a graph: in order of name, each that overlaps no face and holds no node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import hypot

from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.drawing.graph.arrows import Arrow
from learning_diagrams.drawing.graph.caption import Caption
from learning_diagrams.drawing.graph.closing import Closing
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import Boundary, Walk
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.graph.plane.passing import holds, meet
from learning_diagrams.drawing.graph.plane.region import Box
from learning_diagrams.drawing.graph.spreading import are_apart

FINE = 3  # pixels between the points of an arrow that must lie outside of a face
WIDE = 2  # pixels on each side of a strand that no caption may meet


def faces_of(
    boundaries: Sequence[tuple[Caption, Boundary]],
    nodes: Mapping[str, Node],
    arrows: Sequence[Arrow],
    arcs: Collection[Edge],
    closings: Callable[[Caption, Boundary], Iterable[Closing | None]],
    marks: Sequence[Box] = (),
) -> list[tuple[Face, Boundary]]:
    """The faces with their boundaries.

    arcs : the edges that are arcs of a circle; a closed walk is a face only if it is that circle.
    closings : function that gives the lines which may close a face, the plainest first; None for a face without one.
    marks : further rectangles that no caption may meet.
    """
    faces: list[tuple[Face, Boundary]] = []
    boxes = [*(node.area for node in nodes.values()), *(arrow.area for arrow in arrows), *marks]
    fitting = [pair for pair in boundaries if _fits(pair[1], nodes, arcs)]
    starts = [nodes[key] for key in sorted({boundary.start for _, boundary in fitting if boundary.is_closed})]
    for caption, boundary in fitting:
        lhs, rhs = (_ways(boundary, side, arrows) for side in (boundary.lhs, boundary.rhs))
        if lhs is None or rhs is None or not are_apart([*lhs, *rhs], nodes):
            continue
        sides = [_points(lhs, nodes), _points(rhs, nodes)]
        on_way = {key for side in (boundary.lhs, boundary.rhs) for key in boundary.keys(side)}
        strands = [a for a in arrows if a.edge.port and a.edge.box in (*boundary.lhs, *boundary.rhs)]
        foreign = [arrow for arrow in arrows if arrow not in (*lhs, *rhs, *strands)]
        crossing = [_round(point) for a in strands if a not in (*lhs, *rhs) for point in _fine(a.points)]
        outside = [(node.x, node.y) for key, node in nodes.items() if key not in on_way]
        for closing in closings(caption, boundary):
            taken = [*boxes, *(closing.areas if closing else ())]
            covered = [*taken, *crossing]
            if boundary.is_closed:
                start, loop = nodes[boundary.start], sides[0] or sides[1]
                near = starts if arcs else [start]
                face = Face.of_loop(caption, loop, start, near, not boundary.lhs, covered)
            else:
                face = Face.of(caption, sides[0], sides[1], covered, closing)
            if face is None or any(face.region.overlaps(other.region) for other, _ in faces):
                continue
            crossed = any(_crosses(arrow, face, nodes) for arrow in foreign)
            if not crossed and not any(map(face.region.contains, outside)):
                faces.append((face, boundary))
                boxes = taken
                break
    return faces


def _crosses(arrow: Arrow, face: Face, nodes: Mapping[str, Node]) -> bool:
    """Whether an arrow comes into a face, also close to the node where both end: it may only do so under its name."""
    if not meet(arrow.bounds, face.bounds):
        return False
    ends = [nodes[key].area for key in (arrow.edge.source, arrow.edge.target)]
    inside = (point for point in _fine(arrow.points) if face.region.holds(point))
    return any(not any(holds(area, point, 0) for area in ends) for point in inside)


def _fine(points: Sequence[Point]) -> Iterator[Point]:
    """Points along a line of points, so many pixels apart at most."""
    for (a, b), (c, d) in pairwise(points):
        pieces = 1 + int(hypot(c - a, d - b) / FINE)
        yield from ((a + (c - a) * i / pieces, b + (d - b) * i / pieces) for i in range(pieces))
    yield points[-1]


def _round(point: Point) -> Box:
    """The square round a point of a strand."""
    return point[0] - WIDE, point[1] - WIDE, point[0] + WIDE, point[1] + WIDE


def _fits(boundary: Boundary, nodes: Mapping[str, Node], arcs: Collection[Edge]) -> bool:
    """Whether its sides part and meet only at its ends, and stand as its shape wants.

    A closed walk is the circle, and two arrows against two are a square.
    """
    keys = [boundary.keys(side) for side in (boundary.lhs, boundary.rhs)]
    if not all(key in nodes for side in keys for key in side):
        return False
    if not boundary.is_simple:
        return False
    if boundary.is_closed:
        way = {step for side in (boundary.lhs, boundary.rhs) for step in boundary.steps(side)}
        return way == {(arc.box, arc.source, arc.target) for arc in arcs} or (len(way) == 2 and not arcs)
    if boundary.is_square:
        ends = [(nodes[a], nodes[b]) for side in keys for a, b in pairwise(side)]
        steps = [(round(a.x - b.x, 3), round(a.y - b.y, 3)) for a, b in ends]
        return all(0 in step for step in steps) and len({abs(a + b) for a, b in steps}) == 1
    return True


def _ways(boundary: Boundary, side: Walk, arrows: Sequence[Arrow]) -> list[Arrow] | None:
    """The arrows along a walk; None where one is not drawn, or it comes to a node twice and bounds no disc."""
    keys = boundary.keys(side)
    if len(set(keys)) < len(keys) - (boundary.is_closed and bool(side)):
        return None
    ways = []
    for box, source, target in boundary.steps(side):
        between = [a for a in arrows if (a.edge.source, a.edge.target) == (source, target)]
        arrow = next((a for a in between if a.edge.box == box), None)
        if arrow is None and not boundary.is_plain:  # its column is folded into another one, as those of its copies are
            arrow = next((a for a in between if isinstance(a.edge.box, Column)), None)
        if arrow is None:
            return None
        ways.append(arrow)
    return ways


def _points(ways: Sequence[Arrow], nodes: Mapping[str, Node]) -> list[Point]:
    """The points along arrows, from node to node."""
    ends = [(nodes[arrow.edge.source], arrow.points, nodes[arrow.edge.target]) for arrow in ways]
    return [point for a, points, b in ends for point in ((a.x, a.y), *points, (b.x, b.y))]
