"""The learning graph: every constraint is one face or one chart, no face lies on another, its caption lies inside."""

import re
from itertools import combinations

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.elements.look import look_of
from learning_diagrams.drawing.graph import graph_picture
from learning_diagrams.drawing.graph.caption import Caption
from learning_diagrams.drawing.graph.charts import chart
from learning_diagrams.drawing.graph.face import Face
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.places.arrangement import Edge, on_circle
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.shape import places_of
from learning_diagrams.drawing.graph.places.walk import Boundary
from learning_diagrams.drawing.graph.plane.region import Region

NAMES = [name for name in regimes.__all__ if name not in ("regimes",)]
x = ld.Ty("x")


def diagram_of(name):
    return getattr(regimes, name)()


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_every_constraint_is_one_face_or_one_chart(name):
    diagram = diagram_of(name)
    scene = learning_graph(diagram)
    shown = re.findall(r'data-constraint="([^"]*)"', "".join(scene.elements))
    games = [term for player in diagram.players for term, _ in player.terms]
    assert sorted(shown) == sorted(games or [constraint.name for constraint in diagram.constraints])
    assert scene.width <= 936


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_faces_do_not_overlap_and_hold_their_captions(name, monkeypatch):
    faces = []
    original = graph_picture.faces_of
    monkeypatch.setattr(graph_picture, "faces_of", lambda *arguments: faces.append(original(*arguments)) or faces[-1])
    learning_graph(diagram_of(name))
    for pairs in faces:
        drawn = [face for face, _ in pairs]
        for face in drawn:
            (a, b), (width, height) = face.place, face.size
            corners = [(a + s * width / 2, b + t * height / 2) for s in (-1, 1) for t in (-1, 1)]
            assert all(face.region.contains(corner) for corner in corners)
        for first, second in combinations(drawn, 2):
            points = [(row * 7 + 1.5, column * 7 + 1.5) for row in range(140) for column in range(90)]
            shared = sum(first.region.contains(point) and second.region.contains(point) for point in points)
            assert 49 * shared < 200  # square pixels, along a shared arrow


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_the_same_bytes_each_time(name):
    assert diagram_of(name).draw().svg == diagram_of(name).draw().svg


def nodes_and_edges(boundary):
    from learning_diagrams.drawing.graph.charts import _keys

    edges, walks = [], []
    for side in (boundary.lhs, boundary.rhs):
        keys = _keys(boundary, side)
        walks.append(keys)
        edges += [Edge(box, a, b, look_of(box, {})) for box, a, b in zip(side, keys, keys[1:], strict=False)]
    nodes = {key: Node(key.partition(" ")[2], False) for edge in edges for key in (edge.source, edge.target)}
    return nodes, edges, walks


def test_two_arrows_against_two_stand_on_a_square():
    (constraint,) = (c for c in diagram_of("koopman_autoencoder").constraints if c.name == "linear_1")
    nodes, edges, walks = nodes_and_edges(Boundary.of(constraint.reading))
    places, _ = places_of(nodes, edges, walks, 80.0)
    start, left, end, right = (places[key] for key in (walks[0][0], walks[0][1], walks[0][2], walks[1][1]))
    side = end.x - start.x
    assert side >= 160 and abs(side - (end.y - start.y)) < 1
    assert (left.x, left.y, right.x, right.y) == (start.x, end.y, end.x, start.y)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_a_closed_path_stands_on_a_circle(n):
    objects = [ld.Ty(f"o{i}") for i in range(n)]
    boxes = [ld.Box(f"f{i}", objects[i], objects[(i + 1) % n]) for i in range(n)]
    data = ld.SampleSpace("s").column("c", objects[0])
    constraint = ld.Constraint("cycle", ld.Id(objects[0]).then(*boxes), ld.Id(objects[0]), over=data)
    nodes, edges, walks = nodes_and_edges(Boundary.of(constraint.reading))
    places, cycle = places_of(nodes, edges, walks, 80.0)
    radii = [(node.x**2 + node.y**2) ** 0.5 for node in places.values()]
    assert len(cycle) == n and min(radii) >= max(90, 36 * n) and max(radii) - min(radii) < 1


def test_what_both_sides_begin_with_is_no_part_of_the_face_and_what_they_end_with_is():
    f, g, h, k = (ld.Box(name, x, x) for name in "fghk")
    column = ld.SampleSpace("s").column("c", x)
    boundary = Boundary.of(ld.Constraint("c", column >> f >> g >> k, column >> f >> h >> k).reading)
    assert [[box.name for box in walk] for walk in (boundary.before, boundary.lhs, boundary.rhs)] == [
        ["c", "f"],
        ["g", "k"],
        ["h", "k"],
    ]
    draw = ld.Kernel("draw", x, x)
    apart = Boundary.of(ld.Constraint("c", column >> draw >> g, column >> draw >> h).reading)
    assert [box.name for box in apart.before] == ["c"]  # each side draws for itself


def test_invariances_of_one_box_are_ways_that_both_end_in_it():
    """`r >> c = c` is no loop r at x, which would say that r is the identity, beside a law of `r >> r` too."""
    r, s, c = ld.Box("r", x, x), ld.Box("s", x, x), ld.Kernel("c", x, ld.Ty("y"))
    at = ld.SampleSpace("rows").column("at", x)
    laws = [ld.Constraint(f"invariant {box.name}", box >> c, c, over=at) for box in (r, s)]
    for more in ([], [ld.Constraint("undone", r >> r, ld.Id(x), over=at)]):
        text = "".join(learning_graph(ld.LearningDiagram(*laws, *more)).elements)
        assert text.count('data-box="c"') == 4 and text.count('data-face="invariant') == 2


def test_a_caption_without_room_makes_no_face():
    line = [(0, 0), (10, 0)], [(0, 0), (5, 5), (10, 0)]
    assert Face.of(Caption("a long name", ("weight 0.5",)), *line, []) is None


def test_regions_are_those_of_the_polygon():
    ring = Region.of([(0, 0), (100, 0), (100, 100), (0, 100)])
    inside = [(a, b) for a in range(-20, 120, 7) for b in range(-20, 120, 7) if ring.contains((a, b))]
    assert inside == [(a, b) for a in range(-20, 120, 7) for b in range(-20, 120, 7) if 0 < a < 100 and 0 < b < 100]
    assert not ring.without([(20, 20, 80, 80)]).contains((50, 50))
    assert ring.without([(20, 20, 80, 80)]).contains((10, 50))
    assert ring.room(300, 10) is None


def test_charts_are_drawn_where_boxes_have_many_wires():
    for constraint in diagram_of("lens_laws").constraints:
        scene = chart(constraint, Caption(constraint.name, ()), Boundary.of(constraint.reading), {})
        assert constraint.name in "".join(scene.elements) and scene.width <= 936


def test_work_on_a_circle_is_linear_in_its_nodes():
    """Counted in comparisons of names, not in seconds."""
    compared = []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

    for n in (50, 100):
        names = [Name(f"x{i}") for i in range(n)]
        on_circle({name: Node(name, False) for name in names}, [], names)
        compared.append(None)
    first = compared.index(None)
    assert len(compared) - first <= 2.1 * first + 10


def test_a_graph_of_many_applications_is_not_unrolled(monkeypatch):
    """Unrolling compares pairs of applications, so that it is for small graphs."""
    x, rows = ld.Ty("x"), ld.SampleSpace("rows")
    column, f = rows.column("column", x), ld.Kernel("f", x, x)
    unrolled = []
    monkeypatch.setattr(graph_picture, "unroll", lambda *web: unrolled.append(web) or ({}, [], {}))
    for count in (3, 200):
        chain = column.then(*[f] * count)
        ld.LearningDiagram(ld.Constraint("repeated", chain, column), ld.Constraint("other", chain, chain >> f)).draw()
        unrolled.append(None)
    assert unrolled[0] is not None and unrolled[-2:] == [None, None]


def test_the_graph_of_axioms_alone_has_all_their_boxes():
    """The unit law is a face; the box of the other law is an arrow too."""
    y = ld.Ty("y")
    unit, m = ld.Box("unit", ld.Ty(), x), ld.Box("times", x @ x, x)
    there, back = ld.Box("there", x, y), ld.Box("back", y, x)
    laws = {"undo": ld.Equation(there >> back, ld.Id(x)), "unit law": ld.Equation(unit @ x >> m, ld.Id(x))}
    text = "".join(learning_graph(ld.LearningDiagram(axioms=laws)).elements)
    assert [name for name in ("unit", "times", "there", "back") if f">{name}<" not in text] == []
