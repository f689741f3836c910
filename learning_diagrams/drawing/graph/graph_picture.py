"""The learning graph as a picture: nodes, arrows, faces, and under them the charts of all other constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.look import Looks, looks_of
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph import curve
from learning_diagrams.drawing.graph.arrangement import BETWEEN, Edge, arrange, on_circle
from learning_diagrams.drawing.graph.arrows import Arrow, collide, route
from learning_diagrams.drawing.graph.caption import Caption, caption_of
from learning_diagrams.drawing.graph.charts import chart, extent, framed
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.faces import faces_of
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.graph.region import Box
from learning_diagrams.drawing.graph.shape import places_of
from learning_diagrams.drawing.graph.walk import Boundary
from learning_diagrams.drawing.graph.web import web_of
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

APART = 36  # pixels between charts
LARGEST = 60  # edges of a graph that is drawn; where there are more, each constraint has its chart


def learning_graph(
    diagram: Presentation,
    looks: Looks | None = None,
    captions: Callable[[Constraint], Caption] = caption_of,
    direction: Direction = "right",
) -> Scene:
    """The graph with its faces, and a chart for each constraint that is no face; at most 936 pixels wide.

    looks : mapping from names of boxes to looks; by default trained boxes have colours.
    captions : function from a constraint to what stands in its face or chart.
    direction : of the charts that are string diagrams.
    """
    looks = looks_of(diagram) if looks is None else looks
    if diagram.players:
        return _game(diagram, looks, captions, direction)
    boundaries = {c.name: Boundary.of(c.reading) for c in diagram.constraints}
    texts = {c.name: captions(c) for c in diagram.constraints}
    drawn = _graph(diagram, looks, [(texts[name], boundary) for name, boundary in boundaries.items() if boundary])
    shown = {face.caption.name for face in drawn[1]} if drawn else set()
    parts = [drawn[0]] if drawn else []
    charts = [
        chart(c, texts[c.name], boundaries[c.name], looks, direction)
        for c in diagram.constraints
        if c.name not in shown
    ]
    return below([*parts, *in_rows(charts, APART)], APART, centred=True)


def _game(
    diagram: Presentation,
    looks: Looks,
    captions: Callable[[Constraint], Caption],
    direction: Direction,
) -> Scene:
    """A graph for each player: what the player moves has its colour, all else rests."""
    parts = []
    for i, player in enumerate(diagram.players):
        moved = set(player.boxes)
        rest = looks | {name: replace(look, training="resting") for name, look in looks.items() if name not in moved}
        share = Presentation(*(c for c in diagram.constraints if c.name in dict(player.terms)))
        turns = f"  ×{player.steps}" if player.steps > 1 else ""
        words = f"{'then ' if i else ''}{player.name} lowers: {player.lowers}{turns}"
        title = svg.line_of_text(0, 12, words, 14, "ink")
        parts += [Scene(text_width(words, 14), 18, (title,)), learning_graph(share, rest, captions, direction)]
    return below(parts, APART)


def _graph(
    diagram: Presentation, looks: Mapping[str, Look], named: Sequence[tuple[Caption, Boundary]]
) -> tuple[Scene, list[Face]] | None:
    """The graph and its faces, in the layout with the most faces; None where it is empty, too large or too wide."""
    graphs = [graph for c in diagram.constraints for graph in c.reading.composite_graphs]
    boxes = {(box.name, box.dom.name): box for graph in graphs for box in graph.boxes}
    counts = [Counter(box.name for box in graph.boxes) for graph in graphs]
    times = {name: max(count[name] for count in counts) for name, _ in boxes}
    spaces = {space.name for space in diagram.sample_spaces}
    nodes, edges = web_of((boxes[key] for key in sorted(boxes)), looks, times, spaces)
    if not 0 < len(edges) <= LARGEST:
        return None
    sides = [pair for _, b in named for pair in ((b.lhs, b.rhs), (b.rhs, b.lhs))]
    bent = {side[0].name for side, other in sides if len(side) == 1 < len(other)}
    best: tuple[int, Scene, list[Face]] | None = None
    for core, cycle in _cores(named, nodes, edges):
        for bows in ((), bent) if bent else ((),):
            for between in BETWEEN:
                places = arrange(nodes, edges, core, between)
                if _width(places, ()) > CONTENT:
                    continue
                arrows = route(edges, places, cycle, bows)
                if _width(places, arrows) <= CONTENT and not collide(arrows, places):
                    break
            else:
                continue
            averages = [_average(arrows, of, target, decay) for target, (of, decay) in diagram.ema.items()]
            faces = faces_of(named, places, arrows, cycle, [area for _, areas in averages for area in areas])
            if best is None or len(faces) > best[0]:
                marks = [mark for _, boundary in faces for mark in _closing(boundary, places)]
                marks += [element for elements, _ in averages for element in elements]
                drawn = [face for face, _ in faces]
                best = len(faces), framed(places, arrows, drawn, marks), drawn
    return best and best[1:]


def _width(nodes: Mapping[str, Node], arrows: Sequence[Arrow]) -> float:
    left, _, right, _ = extent(nodes, arrows)
    return right - left


def _cores(
    named: Sequence[tuple[Caption, Boundary]], nodes: Mapping[str, Node], edges: Sequence[Edge]
) -> Iterator[tuple[Mapping[str, Node], Sequence[str]]]:
    """The special boundaries that a graph may be built round, each with the keys of its circle; at last none."""
    for _, boundary in named:
        walks = [boundary.keys(side) for side in (boundary.lhs, boundary.rhs)]
        if boundary.is_closed:
            cycle = max(walks, key=len)[:-1]
            if len(set(cycle)) == len(cycle) > 1:
                yield on_circle(nodes, edges, cycle), cycle
                break
    for caption, boundary in named:
        walks = [boundary.keys(side) for side in (boundary.lhs, boundary.rhs)]
        keys = {key for walk in walks for key in walk}
        if len(boundary.lhs) == len(boundary.rhs) == 2 and len(keys) == 4 and boundary.start == boundary.other:
            places, _ = places_of({key: nodes[key] for key in keys}, edges, walks, caption.width)
            yield places, ()
            break
    yield {}, ()


def _closing(boundary: Boundary, nodes: Mapping[str, Node]) -> list[str]:
    """The dotted line that closes a face whose sides start apart."""
    if boundary.start == boundary.other:
        return []
    first, second = nodes[boundary.start], nodes[boundary.other]
    way = curve.line(first.border((second.x, second.y)), second.border((first.x, first.y)))
    return [svg.path(curve.path_data(way), "soft", 1.5, stroke_dasharray="1 4", stroke_linecap="round")]


def _average(arrows: list[Arrow], source: str, target: str, decay: object) -> tuple[list[str], list[Box]]:
    """A dotted arrow from the plate of a box to that of its moving average, and the rectangles that it takes."""
    ends = {arrow.edge.name: arrow.area for arrow in arrows}
    if source not in ends or target not in ends:
        return [], []
    (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = ends[source], ends[target]
    down = other_top > top
    start = ((left + right) / 2, bottom if down else top)
    end = ((other_left + other_right) / 2, other_top - 3 if down else other_bottom + 3)
    way = curve.line(start, end)
    x, y = curve.middle(way)
    words = f"EMA {decay:g}" if isinstance(decay, float) else f"EMA {decay}"
    width = text_width(words, 12) + 12
    label = svg.line_of_text(x, y + 4, words, 12, "muted", anchor="middle")
    line = [(px - 6, py - 3, px + 6, py + 3) for px, py in curve.points(way)]
    return [
        svg.path(curve.path_data(way), "soft", 1.5, stroke_dasharray="1 4", stroke_linecap="round"),
        curve.head(way, "muted"),
        svg.rectangle(x - width / 2, y - 10, width, 20, "paper", rx=10),
        label,
    ], [*line, (x - width / 2, y - 10, x + width / 2, y + 10)]
