"""Charts: constraints that are no faces of the graph, each drawn alone.

Two walks stand as a square, a circle, or a line and what bows away from it. All other sides are one string diagram, in
which both read the same data, with the constraint between their ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.look import in_term, label_of, look_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph.arrows import Arrow, collide, route
from learning_diagrams.drawing.graph.caption import CELL, LINE, LYING, Caption, is_in_law
from learning_diagrams.drawing.graph.closing import IN_LAW
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.places.arrangement import TESTED, Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.shape import places_of
from learning_diagrams.drawing.graph.places.walk import Boundary, Walk
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.graph.plane.region import Box
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import with_ends
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.reading import Reading

SLIM = 40  # pixels of sand round a double arrow alone
AHEAD = 24  # pixels before and behind each plate of a dotted arrow
GAP = 10  # pixels between the ends of wires and the sand


def chart(
    constraint: Constraint,
    caption: Caption,
    boundary: Boundary | None,
    looks: Mapping[str, Look],
    direction: Direction = "right",
) -> Scene:
    """The picture of one constraint; a string diagram runs in the direction."""
    looks = in_term(looks, caption.stopped)
    if is_in_law(constraint):
        caption = replace(caption, lines=(*caption.lines, IN_LAW))
    spaces = {ob.name for ob in constraint.source.dom.inside}
    scene = None if boundary is None else _walks(boundary, caption, looks, spaces)
    return scene or _wires(constraint, caption, looks, direction)


def _walks(boundary: Boundary, caption: Caption, looks: Mapping[str, Look], spaces: set[str]) -> Scene | None:
    """Two walks with the face between them; None if they start apart, are too long, or leave it no room."""
    if boundary.start != boundary.other or "\0" in boundary.start or not boundary.is_plain:
        return None
    edges, sides = [], []
    for side in (boundary.lhs, boundary.rhs):
        keys = _keys(boundary, side)
        sides.append(list(pairwise(keys)))
        edges += [Edge(box, a, b, look_of(box, looks)) for box, (a, b) in zip(side, pairwise(keys), strict=True)]
    names = {key: key.partition(" ")[2] for edge in edges for key in (edge.source, edge.target)}
    kinds = {key: "sample space" if name in spaces else "object" for key, name in names.items()}
    nodes = {key: Node(label_of(Symbol(kinds[key], name), looks), name in spaces) for key, name in names.items()}
    walks = [_keys(boundary, side) for side in (boundary.lhs, boundary.rhs)]
    places, cycle = places_of(nodes, edges, walks, caption.width)
    across, down = (max(ends) - min(ends) for ends in zip(*((node.x, node.y) for node in places.values()), strict=True))
    if max(across, down) > CONTENT:  # before any arrow is sought
        return None
    arrows = route(edges, places, edges if cycle else ())
    if collide(arrows, places):
        return None
    by_ends = {(arrow.edge.source, arrow.edge.target, arrow.edge.name): arrow for arrow in arrows}
    lines = [
        [p for box, (a, b) in zip(side, ends, strict=True) for p in _through(places, by_ends[a, b, written(box)])]
        for side, ends in zip((boundary.lhs, boundary.rhs), sides, strict=True)
    ]
    boxes = [*(node.area for node in places.values()), *(arrow.area for arrow in arrows)]
    start = places[walks[0][0]]
    if cycle:
        face = Face.of_loop(caption, lines[0] or lines[1], start, [start], not boundary.lhs, boxes)
    else:
        face = Face.of(caption, lines[0], lines[1], boxes)
    if face is None:
        return None
    drums, marks = _source(boundary, start, looks, spaces)
    scenes = (framed(places | nodes, arrows, [face], elements) for nodes, elements in ((drums, marks), ({}, [])))
    return next((scene for scene in scenes if max(scene.width, scene.height) <= CONTENT), None)


def _source(
    boundary: Boundary, start: Node, looks: Mapping[str, Look], spaces: set[str]
) -> tuple[dict[str, Node], list[str]]:
    """What both walks begin with: the node of the sample space, and a dotted arrow with its plates to the start."""
    x, labels = start.x - start.width / 2, list[str]()
    for box in reversed(boundary.before):
        look = look_of(box, looks)
        plate = Arrow(Edge(box, "", "", look), curve.line((x, start.y), (x, start.y)))
        middle = x - AHEAD - plate.size[0] / 2
        labels.append(replace(plate, curve=curve.line((middle, start.y), (middle, start.y))).label())
        x = middle - plate.size[0] / 2
    if not labels or not boundary.before[0].dom:
        return {}, labels
    name = boundary.before[0].dom.inside[0].name
    kind = "sample space" if name in spaces else "object"
    drum = Node(label_of(Symbol(kind, name), looks), name in spaces)
    drum = replace(drum, x=x - AHEAD - drum.width / 2, y=start.y)
    way = curve.line((drum.x + drum.width / 2, start.y), (start.x - start.width / 2, start.y))
    return {f"from {name}": drum}, [curve.dotted(way, data_mark=TESTED), curve.head(way, "muted"), *labels]


def _keys(boundary: Boundary, side: Walk) -> list[str]:
    """A key for each node of a walk: the start and the end are shared, and each key ends in the name of the node."""
    ends = boundary.lhs or boundary.rhs
    start = f"start {boundary.start}"
    last = start if boundary.is_closed else f"end {ends[-1].cod.inside[0].name}"
    which = "lhs" if side is boundary.lhs else "rhs"
    between = [f"{which}{i} {box.cod.inside[0].name}" for i, box in enumerate(side[:-1])]
    return [start, *between, last] if side else [start]


def _through(nodes: Mapping[str, Node], arrow: Arrow) -> list[curve.Point]:
    source, target = nodes[arrow.edge.source], nodes[arrow.edge.target]
    return [(source.x, source.y), *arrow.points, (target.x, target.y)]


def framed(
    nodes: Mapping[str, Node], arrows: Sequence[Arrow], faces: Sequence[Face], marks: Sequence[str] = (),
    areas: Sequence[Box] = (),
) -> Scene:  # fmt: skip
    """Faces, arrows and nodes in the order in which they cover one another, in a rectangle from (0, 0).

    areas : rectangles of the marks.
    """
    points = [point for face in faces for point in face.polygon]
    left, top, right, low = extent(nodes, arrows, [*points, *(p for area in areas for p in (area[:2], area[2:]))])
    halos = [svg.path(curve.path_data(arrow.curve), "halo", 13) for arrow in arrows]
    elements = [
        *(face.filling() for face in faces), *halos, *(arrow.stroke() for arrow in arrows),
        *(mark for arrow in arrows for mark in arrow.marks()),
        *(element for key in sorted(nodes) for element in nodes[key].elements()),
        *(part for face in faces if face.closing for part in face.closing.elements()), *marks,
        *(arrow.label() for arrow in arrows), *(face.elements() for face in faces),
    ]  # fmt: skip
    return Scene(right - left, low - top, (Scene(0, 0, tuple(elements)).at(-left, -top),))


def extent(
    nodes: Mapping[str, Node], arrows: Sequence[Arrow], points: Sequence[curve.Point] = ()
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of nodes, arrows and further points."""
    areas = [*(node.area for node in nodes.values()), *(arrow.area for arrow in arrows)]
    areas += [(x, y, x, y) for line in (points, *(arrow.points for arrow in arrows)) for x, y in line]
    left, top, right, low = zip(*areas, strict=True)
    return min(left) - 2, min(top) - 2, max(right) + 2, max(low) + 2


def _wires(constraint: Constraint, caption: Caption, looks: Mapping[str, Look], direction: Direction) -> Scene:
    """Both sides as one string diagram, and the caption on sand between the ends of prediction and reference."""
    upright, height = direction != "right", caption.height + 24
    width = caption.width + 24 + (LYING if upright else 0)
    room = CONTENT if upright else CONTENT - width - GAP
    scene, ends = with_ends(both_sides(constraint.reading), looks, room, direction)
    slim = scene.width > room  # then only the double arrow stands between the ends, and its texts below
    if slim:
        width, height = SLIM, CELL + 24
        scene, ends = with_ends(both_sides(constraint.reading), looks, CONTENT - width - GAP, direction)
    across = [x if upright else y for x, y in ends]
    half = len(ends) // 2
    middle = (sum(across[:half]) / half + sum(across[half:]) / half) / 2
    reach = (width if upright else height) / 2
    first, last = min(min(across) - 16, middle - reach), max(max(across) + 16, middle + reach)
    lead = max(0.0, -first)
    if upright:
        up = height + GAP if direction == "up" else 0.0
        sand, left, top = (first + lead, 0.0 if up else scene.height + GAP, last - first, height), lead, up
        place, edge = (middle + lead, sand[1] + height / 2), (0.0 if up else scene.height)
    else:
        sand, left, top = (scene.width + GAP, first + lead, width, last - first), 0.0, lead
        place, edge = (sand[0] + width / 2, middle + lead), scene.width
    folded = [(x, y) for x, y in ends if (y if upright else x) != edge]
    way = f"V{svg.number(edge + top)}" if upright else f"H{svg.number(edge)}"
    elements = [
        svg.rectangle(*sand, "paper" if is_struck(caption.label) else "sand", rx=12),
        scene.at(left, top),
        *(svg.path(f"M{svg.number(x + left)} {svg.number(y + top)}{way}", "line", 1.5) for x, y in folded),
    ]
    right, low = max(sand[0] + sand[2], left + scene.width), max(sand[1] + sand[3], top + scene.height)
    if slim:
        elements += caption.parts(place, 180, (right - caption.width + 22, low + 22))
        low += 14 + LINE * (1 + len(caption.lines))
    else:
        elements += caption.elements(*place, 90 if upright else 180)
    return Scene(right, low, (svg.group(elements, data_constraint=constraint.name),))


def both_sides(reading: Reading) -> PortGraph:
    """The normal form of prediction and reference beside each other, after the source that they share."""
    joined = joint_of(reading)
    return normalise(joined) if all(map(is_deterministic, reading.source_form.boxes)) else joined


def joint_of(reading: Reading) -> PortGraph:
    """Prediction and reference beside each other, after the source that they share, whose boxes come first."""
    source = reading.source_form
    builder = PortGraphBuilder(source.dom)
    points = builder.paste(source, builder.inputs)
    ends = [wire for side in reading.sides for wire in builder.paste(side, points)]
    cod = reading.equation.lhs.cod
    return builder.build(cod @ cod, ends)
