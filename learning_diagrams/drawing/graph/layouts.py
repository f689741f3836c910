"""The layouts that a learning graph may take: round a circle, round a square, or in lanes, the plainest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from learning_diagrams.drawing.elements.svg import CONTENT
from learning_diagrams.drawing.graph.arrows import Arrow, collide, route
from learning_diagrams.drawing.graph.caption import Caption
from learning_diagrams.drawing.graph.charts import extent
from learning_diagrams.drawing.graph.places.arrangement import BETWEEN, Edge, arrange, on_circle
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.shape import places_of
from learning_diagrams.drawing.graph.places.walk import Boundary
from learning_diagrams.drawing.graph.spreading import spread

ROOMS = [*((between, False) for between in BETWEEN), *((between, True) for between in BETWEEN[::2])]
SHARED = 50  # more pixels of a radius than of a caption, where faces share a disc
SMALL = 16  # edges of a graph of which more layouts are tried

Nodes = Mapping[str, Node]


@dataclass(frozen=True)
class Layout:
    """Nodes with their places, arrows with their curves, and the edges that are arcs of a circle."""

    nodes: Nodes
    arrows: Sequence[Arrow]
    arcs: Sequence[Edge] = ()


def layouts_of(
    named: Sequence[tuple[Caption, Boundary]], nodes: Nodes, edges: Sequence[Edge], kept: Nodes
) -> Iterator[Layout]:
    """The layouts that are not too wide, and in which nothing lies on a node or a plate.

    kept : the places that nodes have in another graph, where they stand in this one, too.
    """
    sides = [pair for _, b in named for pair in ((b.lhs, b.rhs), (b.rhs, b.lhs))]
    alone = {side[0].name for side, other in sides if len(side) == 1 < len(other)}
    bent = [edge for edge in edges if edge.name in alone]
    corners = {step for _, b in named if b.is_square for side in (b.lhs, b.rhs) for step in b.steps(side)}
    closed = {step for _, b in named if b.is_closed for side in (b.lhs, b.rhs) for step in b.steps(side)}
    upright = [edge for edge in edges if (edge.box, edge.source, edge.target) in corners]
    pairs = [{edge.source, edge.target} for edge in upright]
    beside = [edge for edge in edges if edge not in upright and {edge.source, edge.target} in pairs]
    loops = [edge for edge in beside if (edge.box, edge.source, edge.target) in closed]
    bends = [((), ()), *([(bent, ())] if bent else []), *([(beside, loops)] if beside else [])]
    if nodes.keys() <= kept.keys():
        places = {key: kept[key] for key in sorted(nodes)}
        yield from (layout for layout in (_routed(edges, places, bent=bows) for bows in ((), bent)) if layout)
    loop = next((b.lhs or b.rhs for _, b in named if b.is_closed and b.is_simple), ())
    starts = sorted(nodes.keys() - {edge.target for edge in edges}) if len(edges) <= SMALL else []
    for core, cycle in _cores(named, nodes, edges):
        ends = {*zip(cycle, (*cycle[1:], *cycle[:1]), strict=True)}
        arcs = [edge for edge in edges if (edge.source, edge.target) in ends and edge.box in loop]
        chords = [edge for edge in edges if edge not in arcs and {edge.source, edge.target} <= {*cycle}]
        turns = [(), *((key,) for key in starts if not core)]
        lowered = [(), *((edge,) for edge in _parallel(edges))]
        for turned, (bows, wide), low in product(turns, bends, lowered):
            if low and (turned or bows):  # one change at a time
                continue
            for between, raised in [(width, False) for width in BETWEEN[:3]] if turned else ROOMS:
                places = arrange(nodes, edges, core, between, turned, raised)
                if turned and places == arrange(nodes, edges, core, between):  # it stands on the spine
                    continue
                if layout := _routed(edges, places, arcs, [*chords, *bows], low, wide):
                    yield layout
                    break


def _parallel(edges: Sequence[Edge]) -> list[Edge]:
    """The arrows of a small graph that have another one beside them, from one node to one other."""
    counts = Counter((edge.source, edge.target) for edge in edges if not edge.port)
    beside = [edge for edge in edges if counts[edge.source, edge.target] > 1 and not edge.port]
    return [edge for edge in beside if edge.look.kind != "column"] if len(edges) <= SMALL else []


def _routed(
    edges: Sequence[Edge], places: Nodes, arcs: Sequence[Edge] = (), bent: Collection[Edge] = (),
    low: Collection[Edge] = (), wide: Collection[Edge] = (),
) -> Layout | None:  # fmt: skip
    """The layout with arrows between nodes in their places; None where it is too wide, or something meets a plate."""
    if _width(places, ()) > CONTENT:
        return None
    arrows = route(edges, places, arcs, bent, low, wide)
    if _width(places, arrows) > CONTENT or collide(arrows, places):
        return None
    arrows = spread(arrows, places, arcs)  # they meet no more plates than before
    return Layout(places, arrows, arcs) if _width(places, arrows) <= CONTENT else None


def _width(nodes: Nodes, arrows: Sequence[Arrow]) -> float:
    left, _, right, _ = extent(nodes, arrows)
    return right - left


def _cores(
    named: Sequence[tuple[Caption, Boundary]], nodes: Nodes, edges: Sequence[Edge]
) -> Iterator[tuple[Nodes, Sequence[str]]]:
    """The special boundaries that a graph may be built round, each with the keys of its circle; at last none."""
    for _, boundary in named:
        if boundary.is_closed and boundary.is_simple:
            cycle = max(boundary.keys(boundary.lhs), boundary.keys(boundary.rhs), key=len)[:-1]
            if len(cycle) > 1:
                loops = [c.beside[0] for c, b in named if b.is_closed and {*b.keys(b.lhs), *b.keys(b.rhs)} == {*cycle}]
                yield on_circle(nodes, edges, cycle, max(loops) + SHARED if len(loops) > 1 else 0.0), cycle
                break
    if squares := _squares(named, nodes, edges):
        yield squares, ()
    yield {}, ()


def _squares(named: Sequence[tuple[Caption, Boundary]], nodes: Nodes, edges: Sequence[Edge]) -> dict[str, Node]:
    """The nodes of the first square, and of all that go on from a side of it, in their places."""
    squares = [(c, [b.keys(side) for side in (b.lhs, b.rhs)]) for c, b in named if b.is_square]
    squares = [(c, walks) for c, walks in squares if len({key for walk in walks for key in walk}) == 4]
    shapes = [
        places_of({key: nodes[key] for walk in walks for key in walk}, edges, walks, c.width)[0] for c, walks in squares
    ]
    side = max((node.x for shape in shapes for node in shape.values()), default=0.0)
    places = dict[str, Node]()
    for shape in shapes * len(shapes):
        corners = {key: replace(node, x=side * (node.x > 0), y=side * (node.y > 0)) for key, node in shape.items()}
        moves = {(places[key].x - node.x, places[key].y - node.y) for key, node in corners.items() if key in places}
        if not places or (len(corners.keys() & places.keys()) in (2, 3) and len(moves) == 1):
            ((x, y),) = moves or {(0.0, 0.0)}
            moved = {key: replace(node, x=node.x + x, y=node.y + y) for key, node in corners.items()}
            taken = {(node.x, node.y) for node in places.values()}
            if not any((node.x, node.y) in taken for key, node in moved.items() if key not in places):
                places |= moved
    return places
