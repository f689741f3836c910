"""The learning graph as a picture: nodes, arrows, faces, and under them the charts of all other constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.look import Looks, label_of, looks_of
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph import curve
from learning_diagrams.drawing.graph.arrangement import BETWEEN, Edge, arrange, on_circle
from learning_diagrams.drawing.graph.arrows import Arrow, all_crossings, collide, route
from learning_diagrams.drawing.graph.caption import Caption, caption_of, is_in_law, with_plates
from learning_diagrams.drawing.graph.charts import chart, extent, framed
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.faces import faces_of
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.graph.region import Box
from learning_diagrams.drawing.graph.shape import places_of
from learning_diagrams.drawing.graph.walk import Boundary
from learning_diagrams.drawing.graph.web import only_in_sources, web_of
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.presentation.reading import Reading

APART = 36  # pixels between charts
ROOMS = [*((between, False) for between in BETWEEN), *((between, True) for between in BETWEEN[::2])]
SHARED = 50  # more pixels of a radius than of a caption, where faces share a disc
SMALL = 16  # edges of a graph whose nodes without sources are tried on the other side of the spine
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
    texts = {c.name: with_plates(captions(c), c, looks) for c in diagram.constraints}
    named = [(texts[name], boundary) for name, boundary in boundaries.items() if boundary]
    axioms = {axiom.name: Boundary.of(Reading(axiom)) for axiom in diagram.axioms}
    named += [
        (Caption(name, (), label_of(Symbol("axiom", name), looks), is_axiom=True), boundary)
        for name, boundary in axioms.items()
        if boundary is not None and boundary.is_simple
    ]
    drawn = _graph(diagram, looks, named)
    shown = {face.caption.name for face in drawn[1] if not face.caption.is_axiom} if drawn else set()
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
    axioms = {caption.name for caption, _ in named if caption.is_axiom}
    graphs = [graph for c in diagram.constraints for graph in c.reading.composite_graphs]
    graphs += [graph for axiom in diagram.axioms if axiom.name in axioms for graph in axiom.graphs]
    boxes = {(box.name, box.dom.name): box for graph in graphs for box in graph.boxes}
    times: dict[str, int] = {}
    for graph in graphs:
        times |= {name: max(count, times.get(name, 0)) for name, count in Counter(b.name for b in graph.boxes).items()}
    spaces = {space.name for space in diagram.sample_spaces}
    nodes, edges = web_of((boxes[key] for key in sorted(boxes)), looks, times, spaces, only_in_sources(diagram))
    if not 0 < len(edges) <= LARGEST:
        return None
    sides = [pair for _, b in named for pair in ((b.lhs, b.rhs), (b.rhs, b.lhs))]
    bent = {side[0].name for side, other in sides if len(side) == 1 < len(other)}
    best: tuple[tuple[float, int], Scene, list[Face]] | None = None
    loop = next((b.lhs or b.rhs for _, b in named if b.is_closed and b.is_simple), ())
    in_law = {constraint.name for constraint in diagram.constraints if is_in_law(constraint)}
    dearest = sum(_worth(caption) for caption, _ in named)
    starts = sorted(nodes.keys() - {edge.target for edge in edges}) if len(edges) <= SMALL else []
    for core, cycle in _cores(named, nodes, edges):
        arcs = [edge for edge in edges if cycle and edge.box in loop]
        chords = {edge.name for edge in edges if edge not in arcs and {edge.source, edge.target} <= {*cycle}}
        turns = [(), *((key,) for key in starts if not core)]
        for turned, bows in product(turns, ((), bent) if bent else ((),)):
            if best is not None and best[0] >= (dearest, 0):
                break
            for between, raised in [(width, False) for width in BETWEEN[:3]] if turned else ROOMS:
                places = arrange(nodes, edges, core, between, turned, raised)
                if turned and places == arrange(nodes, edges, core, between):  # it stands on the spine
                    continue
                if _width(places, ()) > CONTENT:
                    continue
                arrows = route(edges, places, arcs, chords.union(bows))
                if _width(places, arrows) <= CONTENT and not collide(arrows, places):
                    break
            else:
                continue
            averages = [_average(arrows, of, target, decay) for target, (of, decay) in diagram.ema.items()]
            closings = {c.name: _closing(b, places, c.name in in_law) for c, b in named}
            areas = [area for _, areas in (*averages, *closings.values()) for area in areas]
            faces = faces_of(named, places, arrows, cycle, areas)
            worth = sum(_worth(face.caption) for face, _ in faces), -all_crossings(arrows)
            if best is None or worth > best[0]:
                marks = [mark for face, _ in faces for mark in closings[face.caption.name][0]]
                marks += [element for elements, _ in averages for element in elements]
                drawn = [face for face, _ in faces]
                best = worth, framed(places, arrows, drawn, marks), drawn
    return best and best[1:]


def _worth(caption: Caption) -> float:
    """How much it is worth that a graph has a face: that of an axiom less, which is a row in any case."""
    return 0.1 if caption.is_axiom else 1.0


def _width(nodes: Mapping[str, Node], arrows: Sequence[Arrow]) -> float:
    left, _, right, _ = extent(nodes, arrows)
    return right - left


def _cores(
    named: Sequence[tuple[Caption, Boundary]], nodes: Mapping[str, Node], edges: Sequence[Edge]
) -> Iterator[tuple[Mapping[str, Node], Sequence[str]]]:
    """The special boundaries that a graph may be built round, each with the keys of its circle; at last none."""
    for _, boundary in named:
        if boundary.is_closed and boundary.is_simple:
            cycle = max(boundary.keys(boundary.lhs), boundary.keys(boundary.rhs), key=len)[:-1]
            if len(cycle) > 1:
                loops = [c.beside[0] for c, b in named if b.is_closed and {*b.keys(b.lhs), *b.keys(b.rhs)} == {*cycle}]
                yield on_circle(nodes, edges, cycle, max(loops) + SHARED if len(loops) > 1 else 0.0), cycle
                break
    for caption, boundary in named:
        walks = [boundary.keys(side) for side in (boundary.lhs, boundary.rhs)]
        keys = {key for walk in walks for key in walk}
        if len(boundary.lhs) == len(boundary.rhs) == 2 and len(keys) == 4 and boundary.start == boundary.other:
            places, _ = places_of({key: nodes[key] for key in keys}, edges, walks, caption.width)
            yield places, ()
            break
    yield {}, ()


def _closing(boundary: Boundary, nodes: Mapping[str, Node], in_law: bool) -> tuple[list[str], list[Box]]:
    """The dotted line that closes a face whose sides start apart, and its words, with the rectangles of the words."""
    if boundary.start == boundary.other:
        return [], []
    first, second = nodes[boundary.start], nodes[boundary.other]
    way = curve.line(first.border((second.x, second.y)), second.border((first.x, first.y)))
    label, area = _on_line(way, "in law") if in_law else ([], None)
    return [curve.dotted(way), *label], [area] if area else []


def _on_line(way: curve.Cubic, words: str) -> tuple[list[str], Box]:
    """Words on paper at the middle of a line, and their rectangle."""
    (x, y), width = curve.middle(way), text_width(words, 12) + 12
    label = svg.line_of_text(x, y + 4, words, 12, "muted", anchor="middle")
    box = x - width / 2, y - 10, x + width / 2, y + 10
    return [svg.rectangle(*box[:2], width, 20, "paper", rx=10), label], box


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
    label, area = _on_line(way, f"EMA {decay:g}" if isinstance(decay, float) else f"EMA {decay}")
    line = [(px - 6, py - 3, px + 6, py + 3) for px, py in curve.points(way)]
    return [curve.dotted(way), curve.head(way, "muted"), *label], [*line, area]
