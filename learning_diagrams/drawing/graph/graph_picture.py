"""The learning graph as a picture: nodes, arrows, faces, and under them the charts of all other constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.look import Looks, label_of, looks_of
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.graph.arrows import Arrow, all_crossings
from learning_diagrams.drawing.graph.averages import averages_of
from learning_diagrams.drawing.graph.caption import Caption, caption_of, is_in_law, with_plates
from learning_diagrams.drawing.graph.charts import chart, framed, joint_of
from learning_diagrams.drawing.graph.closing import Closing, closings_of
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.faces import faces_of
from learning_diagrams.drawing.graph.layouts import SMALL, Layout, layouts_of
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.unrolled import unroll
from learning_diagrams.drawing.graph.places.walk import Boundary
from learning_diagrams.drawing.graph.places.web import only_in_sources, web_of
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.presentation.reading import Reading

APART = 36  # pixels between charts
CROWD = 16  # arrows between two objects of a graph that is drawn
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
        return game(diagram, turns_of(diagram.players), looks, captions, direction)
    return _with_charts(diagram, looks, captions, direction, {})[0]


def _with_charts(
    diagram: Presentation,
    looks: Looks,
    captions: Callable[[Constraint], Caption],
    direction: Direction,
    kept: Mapping[str, Node],
) -> tuple[Scene, Mapping[str, Node]]:
    """The graph with the charts under it, and the places of its nodes."""
    boundaries = {c.name: Boundary.of(c.reading) for c in diagram.constraints}
    texts = {c.name: with_plates(captions(c), c, looks) for c in diagram.constraints}
    named = [(texts[name], boundary) for name, boundary in boundaries.items() if boundary]
    axioms = {axiom.name: Boundary.of(Reading(axiom)) for axiom in diagram.axioms}
    named += [
        (Caption(name, (), label_of(Symbol("axiom", name), looks), is_axiom=True), boundary)
        for name, boundary in axioms.items()
        if boundary is not None and boundary.is_simple
    ]
    drawn = _graph(diagram, looks, texts, named, kept)
    shown = {face.caption.name for face in drawn.faces if not face.caption.is_axiom} if drawn else set()
    parts = [drawn.scene] if drawn else []
    charts = [
        chart(c, texts[c.name], boundaries[c.name], looks, direction)
        for c in diagram.constraints
        if c.name not in shown
    ]
    return below([*parts, *in_rows(charts, APART)], APART, centred=True), drawn.places if drawn else {}


class Turn(NamedTuple):
    """What a player moves: its title, the names of its boxes and of its constraints."""

    title: str
    boxes: frozenset[str]
    terms: frozenset[str]


def turns_of(players: Sequence[Player]) -> list[Turn]:
    """The turns of players in their order."""
    titles = [f"{'then ' if i else ''}{player.name} lowers: {lowered(player)}" for i, player in enumerate(players)]
    moved = [(frozenset(player.boxes), frozenset(dict(player.terms))) for player in players]
    return [Turn(title, *sets) for title, sets in zip(titles, moved, strict=True)]


def lowered(player: Player) -> str:
    """What a player lowers, and how often."""
    return player.lowers + (f"  ×{player.steps}" if player.steps > 1 else "")


def game(
    diagram: Presentation,
    turns: Sequence[Turn],
    looks: Looks,
    captions: Callable[[Constraint], Caption] = caption_of,
    direction: Direction = "right",
) -> Scene:
    """A graph for each turn, with the nodes in the same places: what other players train rests."""
    parts, places = [], _with_charts(Presentation(*diagram.constraints), looks, captions, direction, {})[1]
    for turn in turns:
        others = {name: look for name, look in looks.items() if look.training == "trained" and name not in turn.boxes}
        rest = looks | {name: replace(look, training="resting") for name, look in others.items()}
        share = Presentation(*(c for c in diagram.constraints if c.name in turn.terms))
        title = svg.text(0, 12, turn.title, 14, "ink", longest=len(turn.title))
        parts += [Scene(text_width(turn.title, 14), 18, (title,))]
        parts += [_with_charts(share, rest, captions, direction, places)[0]]
    return below(parts, APART)


@dataclass(frozen=True)
class Drawn:
    """A graph that is drawn: what it is worth, its picture, its faces, and the places of its nodes."""

    worth: tuple[float, int]
    scene: Scene
    faces: Sequence[Face]
    places: Mapping[str, Node]


def _graph(
    diagram: Presentation,
    looks: Looks,
    texts: Mapping[str, Caption],
    named: Sequence[tuple[Caption, Boundary]],
    kept: Mapping[str, Node],
) -> Drawn | None:
    """The graph and its faces, in the layout with the most faces; None where it is empty, too large or too wide."""
    axioms = {caption.name for caption, _ in named if caption.is_axiom}
    graphs = [graph for c in diagram.constraints for graph in c.reading.composite_graphs]
    whole = bool(axioms) and not diagram.constraints  # a graph of axioms alone has all their boxes
    graphs += [graph for axiom in diagram.axioms if whole or axiom.name in axioms for graph in axiom.graphs]
    boxes = {(box.name, box.dom.name): box for graph in graphs for box in graph.boxes}
    times: dict[str, int] = {}
    for graph in graphs:
        times |= {name: max(count, times.get(name, 0)) for name, count in Counter(b.name for b in graph.boxes).items()}
    spaces = {space.name for space in diagram.sample_spaces}
    nodes, edges = web_of((boxes[key] for key in sorted(boxes)), looks, times, spaces, only_in_sources(diagram))
    beside = Counter(frozenset((edge.source, edge.target)) for edge in edges)
    if not 0 < len(edges) <= LARGEST or max(beside.values()) > CROWD:
        return None
    best = _best(diagram, named, layouts_of(named, nodes, edges, kept))
    small = len(edges) <= SMALL and sum(len(graph.boxes) for graph in graphs) <= LARGEST
    if small and (best is None or best.worth[0] < len(diagram.constraints)):
        joints = {c.name: (joint_of(c.reading), len(c.reading.source_form.boxes)) for c in diagram.constraints}
        values, arrows, paths = unroll(joints, looks, spaces)
        others = [(texts[name], path) for name, path in paths.items()]
        more = _best(diagram, others, layouts_of(others, values, arrows, {})) if len(values) > len(nodes) else None
        best = more if more and (best is None or more.worth > best.worth) else best
    return best


def _best(diagram: Presentation, named: Sequence[tuple[Caption, Boundary]], layouts: Iterable[Layout]) -> Drawn | None:
    """The picture with the most faces, then the fewest crossings, and of equal ones the plainest."""
    best: Drawn | None = None
    in_law = {constraint.name for constraint in diagram.constraints if is_in_law(constraint)}
    dearest = sum(_worth(caption) for caption, _ in named)
    for layout in layouts:
        arrows = layout.arrows
        averages = averages_of(diagram.ema, layout.nodes, arrows)
        areas = [area for average in averages for area in average.areas]
        closings = partial(_closings, layout.nodes, arrows, in_law)
        faces = [face for face, _ in faces_of(named, layout.nodes, arrows, layout.arcs, closings, areas)]
        met = sum(average.met > 0 for average in averages)  # each is as bad as a face less
        worth = sum(_worth(face.caption) for face in faces) - met, -all_crossings(arrows)
        if best is None or worth > best.worth:
            marks = [element for average in averages for element in average.elements()]
            best = Drawn(worth, framed(layout.nodes, arrows, faces, marks, areas), faces, layout.nodes)
        if best.worth >= (dearest, 0):
            break
    return best


def _worth(caption: Caption) -> float:
    """How much it is worth that a graph has a face: that of an axiom less, which is a row in any case."""
    return 0.1 if caption.is_axiom else 1.0


def _closings(
    nodes: Mapping[str, Node], arrows: Sequence[Arrow], in_law: Collection[str], caption: Caption, boundary: Boundary
) -> Iterator[Closing | None]:
    return closings_of(boundary, nodes, arrows, caption.name in in_law)
