"""The learning graph as a picture: nodes, arrows, faces, and under them the charts of all other constraints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.look import look_of, looks_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph import curve
from learning_diagrams.drawing.graph.arrangement import BETWEEN, Edge, arrange
from learning_diagrams.drawing.graph.arrows import Arrow, route
from learning_diagrams.drawing.graph.caption import caption_of
from learning_diagrams.drawing.graph.charts import chart, extent, framed
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.graph.walk import Boundary, Walk
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.presentation.presentation import Presentation

APART = 36  # pixels between charts


def learning_graph(
    diagram: Presentation, looks: Mapping[str, Look] | None = None, direction: Direction = "right"
) -> Scene:
    """The graph with its faces, and a chart for each constraint that is no face; at most 936 pixels wide.

    direction : of the charts that are string diagrams.
    looks : mapping from names of boxes to looks; by default trained boxes have colours.
    """
    looks = looks_of(diagram) if looks is None else looks
    if diagram.players:
        return _game(diagram, looks, direction)
    boundaries = {c.name: Boundary.of(c.reading) for c in diagram.constraints}
    drawn = _graph(diagram, looks, boundaries)
    shown = {face.caption.name for face in drawn[1]} if drawn else set()
    parts = [drawn[0]] if drawn else []
    charts = [
        chart(c, caption_of(c), boundaries[c.name], looks, direction)
        for c in diagram.constraints
        if c.name not in shown
    ]
    return below([*parts, *in_rows(charts, APART)], APART)


def _game(diagram: Presentation, looks: Mapping[str, Look], direction: Direction) -> Scene:
    """A graph for each player: what the player moves has its colour, all else is as it is."""
    parts = []
    for i, player in enumerate(diagram.players):
        own = {name: look if name in player.boxes else replace(look, training="given") for name, look in looks.items()}
        terms = [c for c in diagram.constraints if c.name in dict(player.terms)]
        share = Presentation(*terms)
        lowers = " + ".join(name if factor == 1 else f"{factor:g} · {name}" for name, factor in player.terms)
        turns = f"  ×{player.steps}" if player.steps > 1 else ""
        words = f"{'then ' if i else ''}{player.name} lowers: {lowers}{turns}"
        title = svg.line_of_text(0, 12, words, 14, "ink")
        parts += [Scene(text_width(words, 14), 18, (title,)), learning_graph(share, own, direction)]
    return below(parts, APART)


def _graph(
    diagram: Presentation, looks: Mapping[str, Look], boundaries: Mapping[str, Boundary | None]
) -> tuple[Scene, list[Face]] | None:
    """The graph and its faces; None where a box has several inputs or outputs, or the graph is too wide."""
    boxes = [*diagram.boxes, *diagram.columns]
    if not diagram.constraints or any(len(box.dom) != 1 or len(box.cod) != 1 for box in boxes):
        return None
    spaces = {space.name for space in diagram.sample_spaces}
    nodes = {name: Node(name, is_space=True) for name in spaces}
    nodes |= {ty.inside[0].name: Node(ty.inside[0].name, is_space=False) for ty in diagram.objects}
    edges = [Edge(box, box.dom.inside[0].name, box.cod.inside[0].name, look_of(box, looks)) for box in boxes]
    cycles = [_nodes_of(b, side) for b in boundaries.values() if b for side in (b.lhs, b.rhs) if _is_closed(b, side)]
    cycle = next((cycle for cycle in cycles if len(set(cycle)) == len(cycle) > 1), [])
    for between in BETWEEN:
        places = arrange(nodes, edges, cycle, between)
        arrows = route(edges, places, cycle)
        left, _, right, _ = extent(places, arrows)
        if right - left <= CONTENT:
            break
    else:
        return None
    faces = _faces(diagram, boundaries, {_key(arrow.edge): arrow for arrow in arrows}, places)
    follow = [_average(arrows, source, target, decay) for target, (source, decay) in diagram.ema.items()]
    return framed(places, arrows, faces, [mark for marks in follow for mark in marks]), faces


def _average(arrows: list[Arrow], source: str, target: str, decay: object) -> list[str]:
    """A dotted arrow from the plate of a box to the plate of its moving average."""
    ends = {arrow.edge.name: arrow.area for arrow in arrows}
    if source not in ends or target not in ends:
        return []
    (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = ends[source], ends[target]
    down = other_top > top
    start = ((left + right) / 2, bottom if down else top)
    end = ((other_left + other_right) / 2, other_top - 3 if down else other_bottom + 3)
    way = curve.line(start, end)
    x, y = curve.middle(way)
    words = f"EMA {decay:g}" if isinstance(decay, float) else f"EMA {decay}"
    label = svg.line_of_text(x + 6, y + 4, words, 12, "muted")
    return [
        svg.path(curve.path_data(way), "soft", 1.5, stroke_dasharray="1 4", stroke_linecap="round"),
        curve.head(way, "muted"),
        label,
    ]


def _key(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.name


def _is_closed(boundary: Boundary, side: Walk) -> bool:
    return bool(side) and not (boundary.lhs and boundary.rhs)


def _nodes_of(boundary: Boundary, side: Walk) -> list[str]:
    return [boundary.start, *(box.cod.inside[0].name for box in side[:-1])]


def _faces(
    diagram: Presentation,
    boundaries: Mapping[str, Boundary | None],
    arrows: Mapping[tuple[str, str], Arrow],
    nodes: Mapping[str, Node],
) -> list[Face]:
    """The constraints that are faces: in order of name, each that overlaps no face and holds no node."""
    faces: list[Face] = []
    for constraint in diagram.constraints:
        boundary = boundaries[constraint.name]
        if boundary is None or (not (boundary.lhs and boundary.rhs) and len(boundary.lhs + boundary.rhs) < 2):
            continue
        sides = [_points(side, arrows, nodes) for side in (boundary.lhs, boundary.rhs)]
        if sides[0] is None or sides[1] is None or len(boundary.lhs) == len(boundary.rhs) == 2:
            continue
        boxes = [*(node.area for node in nodes.values()), *(arrow.area for arrow in arrows.values())]
        face = Face.of(caption_of(constraint), sides[0], sides[1], boxes)
        if face is None or any(face.region.overlaps(other.region) for other in faces):
            continue
        onway = {
            name
            for side in (boundary.lhs, boundary.rhs)
            for box in side
            for name in (box.dom.inside[0].name, box.cod.inside[0].name)
        }
        plates = [curve.middle(a.curve) for a in arrows.values() if a.edge.box not in (*boundary.lhs, *boundary.rhs)]
        outside = [(node.x, node.y) for key, node in nodes.items() if key not in onway]
        if not any(face.region.contains(point) for point in (*outside, *plates)):
            faces.append(face)
    return faces


def _points(
    side: Walk, arrows: Mapping[tuple[str, str], Arrow], nodes: Mapping[str, Node]
) -> list[tuple[float, float]] | None:
    """The points along a walk; None if it takes an arrow twice."""
    if len({box.name for box in side}) < len(side):
        return None
    points = []
    for box in side:
        source, target = nodes[box.dom.inside[0].name], nodes[box.cod.inside[0].name]
        points += [(source.x, source.y), *curve.points(arrows[source.name, written(box)].curve), (target.x, target.y)]
    return points
