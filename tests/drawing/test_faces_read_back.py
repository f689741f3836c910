"""What a face or a chart draws is the stated equation: both sides are read back from the lines round the sand."""

import re
from itertools import pairwise, product
from math import cos, dist, radians, sin
from random import Random

import pytest

import learning_diagrams as ld
from learning_diagrams.drawing.graph import charts, graph_picture
from learning_diagrams.drawing.graph.graph_picture import learning_graph

x, y, z = ld.Ty("x"), ld.Ty("y"), ld.Ty("z")
rows = ld.SampleSpace("rows")
at = rows.column("at", x)
r, s, f, g = ld.Box("r", x, x), ld.Box("s", x, x), ld.Box("f", x, y), ld.Box("g", x, y)
h, k, back, c = ld.Box("h", y, z), ld.Box("k", z, z), ld.Box("back", y, x), ld.Kernel("c", x, y)
POOL = (r, s, f, g, c, h, k, back)


@pytest.fixture
def drawn(monkeypatch):
    """Nodes, arrows, faces and marks of each graph and each chart."""
    frames = {"graph": [], "chart": []}
    original = charts.framed
    for kind, module in (("graph", graph_picture), ("chart", charts)):
        record = frames[kind].append
        monkeypatch.setattr(module, "framed", lambda *parts, record=record: record(parts) or original(*parts))
    return frames


def routes_of(face, faces, nodes, arrows):
    """The names on the lines round a face: prediction and reference."""
    if face.start is not None:  # a closed way; several faces that end in the middle share its disc
        alike = [other for other in faces if other.start and other.polygon[-1] == face.polygon[-1] == (0.0, 0.0)]
        disc = {point for other in alike or [face] for point in other.polygon}
        ring = {arrow.edge.source: arrow.edge for arrow in arrows if arrow.points[12] in disc}
        key = first = min(ring, key=lambda key: dist((nodes[key].x, nodes[key].y), face.start))
        way = []
        while not way or key != first:
            way.append(ring[key].name)
            key = ring[key].target
        points_to = sin(radians(face.turn)), -cos(radians(face.turn))
        from_object = face.start[0] - nodes[first].x, face.start[1] - nodes[first].y
        leaves = sum(a * b for a, b in zip(points_to, from_object, strict=True)) > 0
        return ([], way) if leaves else (way, [])
    polygon, routes = list(face.polygon), ([], [])
    for arrow in arrows:
        for against, pair in enumerate((arrow.points[3:5], arrow.points[4:2:-1])):
            routes[against].extend((i, arrow.edge.name) for i in range(len(polygon)) if polygon[i : i + 2] == pair)
    return [name for _, name in sorted(routes[0])], [name for _, name in sorted(routes[1], reverse=True)]


def names(diagram):
    return [box.name for box in diagram.boxes]


def random_statement(random, count):
    """Two ways of at most five boxes from x to one object, often with the same ends."""
    while True:
        sides = []
        for _ in range(2):
            way = [ld.Id(x)]
            for _ in range(random.randrange(4)):
                way.append(random.choice([box for box in POOL if box.dom == way[-1].cod]))
            sides.append(way[1:])
        first, last = ([random.choice(POOL)] * random.randrange(2) for _ in range(2))
        lhs, rhs = (first + side + last for side in sides)
        fits = all(not way or (way[0].dom == x and all(a.cod == b.dom for a, b in pairwise(way))) for way in (lhs, rhs))
        ends = [way[-1].cod if way else x for way in (lhs, rhs)]
        if fits and ends[0] == ends[1] and lhs != rhs:
            lhs, rhs = (ld.Id(x).then(*way) for way in (lhs, rhs))
            name = f"law {count}"
            return ld.Equation(lhs, rhs, name) if random.random() < 0.2 else ld.Constraint(name, lhs, rhs, over=at)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(12, 300, 12))])
def test_both_sides_are_read_back_from_what_is_drawn(first, drawn):
    """In the graph without what both sides begin with; in a chart with it, as the plates of the dotted arrow."""
    seen = set()
    for seed in range(first, first + 12):
        random = Random(seed)
        statements = [random_statement(random, count) for count in range(random.randrange(1, 5))]
        axioms = [statement for statement in statements if isinstance(statement, ld.Equation)]
        diagram = ld.LearningDiagram(*(each for each in statements if each not in axioms), axioms=axioms)
        stated = {each.name: (names(each.lhs), names(each.rhs)) for each in diagram.equations}
        learning_graph(diagram)
        for kind, frames in drawn.items():
            for nodes, arrows, faces, *marks in frames:
                for face in faces:
                    lhs, rhs = stated[face.caption.name]
                    way, other = routes_of(face, faces, nodes, arrows)
                    before = lhs[: len(lhs) - len(way)]
                    assert (before + way, before + other) == (lhs, rhs), (seed, face.caption.name)
                    assert "c" not in before  # each side draws for itself
                    assert not {*before} & {*way, *other} or any("\1" in key for key in nodes) or kind == "chart"
                    if kind == "chart":
                        plates = re.findall(r'data-box="([^"]*)"', "".join(marks[0]))[::-1]
                        assert plates == ["at", *before]
                    seen.add((kind, not (way and other), way[-1:] == other[-1:] != []))
            frames.clear()
    if first == 0:
        assert {(kind, is_closed) for kind, is_closed, _ in seen} == {*product(drawn, (False, True))}
        assert {(kind, False, True) for kind in drawn} <= seen  # ways that end alike, in graphs and charts
