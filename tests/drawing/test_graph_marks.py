"""The marks of the learning graph: as many as the fields that they show, and where they belong."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.look import in_term, looks_of, plain_look
from learning_diagrams.drawing.graph import graph_picture
from learning_diagrams.drawing.graph.arrows import all_crossings
from learning_diagrams.drawing.graph.caption import Caption, caption_of
from learning_diagrams.drawing.graph.charts import chart
from learning_diagrams.drawing.graph.face import Face, _inset
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.places.walk import Boundary
from learning_diagrams.drawing.page.equations import equation_rows, rows_of
from learning_diagrams.drawing.page.marks import legend
from learning_diagrams.drawing.strings.pen import Pen
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.presentation.fields.constraint_field import MEANING, ConstraintField

NAMES = list(regimes.__all__)
x, y, number = ld.Ty("x"), ld.Ty("y"), ld.Ty("number")
rows = ld.SampleSpace("rows")
c, label = rows.column("c", x), rows.column("label", y)
f, g, h = ld.Box("f", x, y), ld.Box("g", y, x), ld.Kernel("h", x, y)


def text_of(scene):
    return "".join(scene.elements)


def faces_of(diagram, monkeypatch):
    """The faces of the graph that is drawn, and its arrows."""
    layouts = []
    original = graph_picture.framed
    monkeypatch.setattr(graph_picture, "framed", lambda *parts: layouts.append(parts) or original(*parts))
    learning_graph(diagram)
    return {face.caption.name: face for face in layouts[-1][2]}, layouts[-1][1]


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_two_strokes_for_each_end_and_strand_that_passes_no_gradient(name):
    diagram = getattr(regimes, name)()
    applied = [box for c in diagram.constraints for graph in c.reading.composite_graphs for box in graph.boxes
               if box.name in c.detach]  # fmt: skip
    sides = sum(side in c.detach for c in diagram.constraints for side in ("lhs", "rhs"))
    marks = text_of(equation_rows(rows_of(diagram), looks_of(diagram))).count("data-stop")
    assert marks == sides + sum(len(box.cod) or len(box.dom) for box in applied)
    assert ("no gradient passes" in text_of(legend(diagram, looks_of(diagram)))) == bool(marks)


@pytest.mark.parametrize(("detach", "along"), [("lhs", "13"), ("rhs", "-4")])
def test_the_strokes_are_at_the_end_that_gets_no_gradient(detach, along):
    constraint = ld.Constraint("told", c >> f, c >> h, detach=detach)
    graph = text_of(learning_graph(ld.LearningDiagram(constraint)))
    assert re.findall(r'translate\(0 (-?\d+)\) rotate\(90\)" data-stop', graph) == [along]


def test_the_strokes_of_a_box_are_in_its_chart_and_not_in_the_graph_of_all_terms():
    constraint = ld.Constraint("told", c >> f, label, detach=f)
    looks = looks_of(ld.LearningDiagram(constraint))
    alone = chart(constraint, caption_of(constraint), Boundary.of(constraint.reading), looks)
    wires = chart(constraint, caption_of(constraint), None, looks)
    assert text_of(alone).count("data-stop") == text_of(wires).count("data-stop") == 1
    assert "data-stop" not in text_of(learning_graph(ld.LearningDiagram(constraint)))


two, join, end = ld.Box("two", x, x @ x), ld.Box("join", x @ x, y), ld.Box("end", x @ x, ld.Ty())
drawn, made, keep = ld.Kernel("drawn", x, x), ld.Kernel("made", ld.Ty(), x), ld.Box("keep", x, y)


@pytest.mark.parametrize("direction", ["right", "down", "up"])
@pytest.mark.parametrize(
    ("term", "box", "number"),
    [
        (c >> f >> g >> f, g, 1),
        (c >> two >> join, two, 2),
        (c >> two >> join, join, 1),
        (c >> drawn >> f, drawn, 1),
        (c @ made >> join, made, 1),
        (c >> two >> keep @ ld.Discard(x), two, 2),
        (c >> two >> end, end, 2),
    ],
    ids=["one", "two outputs", "two inputs", "drawn", "no input", "discarded", "no output"],
)
def test_the_strokes_stand_behind_a_box_and_its_diamond_on_each_of_its_wires(term, box, number, direction, monkeypatch):
    places = {"stop": [], "diamond": [], box.name: []}
    for mark in ("stop", "diamond"):
        monkeypatch.setattr(Pen, mark, lambda pen, along, across, mark=mark: places[mark].append(along))
    monkeypatch.setattr(Pen, "plate", lambda pen, along, across, name, *how: places.get(name, []).append(along))
    looks = in_term({box.name: plain_look(box)}, {box.name})
    string_diagram(PortGraph.from_diagram(term), looks, direction=direction)
    (plate,), strokes = places[box.name], places["stop"]
    assert len(strokes) == number and all(along > plate for along in strokes) == bool(box.cod)
    assert all(along > diamond for along in strokes for diamond in places["diamond"])


def test_the_strokes_on_an_arrow_are_between_its_plate_and_its_head():
    constraint = ld.Constraint("told", c >> f >> g, c, detach=g)
    scene = chart(
        constraint, caption_of(constraint), Boundary.of(constraint.reading), looks_of(ld.LearningDiagram(constraint))
    )
    (text,) = [element for element in scene.elements if "data-stop" in element]
    along = float(re.search(r"translate\(([-\d.]+) [-\d.]+\)[^>]*data-stop", text)[1])
    name = next(element for element in scene.elements if 'data-box="g"' in element)
    assert float(re.search(r'<text[^>]* x="([-\d.]+)"', name)[1]) < along


def test_an_axiom_is_a_face_without_filling_and_with_a_dotted_edge(monkeypatch):
    diagram = ld.LearningDiagram(ld.Constraint("told", c >> f, label), axioms=[ld.Equation(h, f, "same")])
    graph = text_of(learning_graph(diagram))
    assert re.findall(r'class="(\w+)"[^>]*stroke-dasharray="1 4"[^>]*data-face="same"', graph) == ["line"]
    assert graph.count('data-axiom="same"') == 1 and graph.count('class="sand"') == 1
    assert re.search(r'font-size="18"[^>]*>=<', graph)
    assert set(faces_of(diagram, monkeypatch)[0]) == {"told", "same"}
    turns = text_of(learning_graph(regimes.equivariance()))
    assert "data-axiom" not in turns  # their ways come to one object four times, so they are rows only


def test_the_dotted_edge_is_inside_and_away_from_the_arrows():
    square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    for polygon in (square, square[::-1]):
        edge = _inset(polygon)
        assert {min(a, b, 100 - a, 100 - b) for a, b in edge} == {9.0}
        assert max(abs(a - b) for p, q in pairwise(edge) for a, b in zip(p, q, strict=True)) < 20


def test_faces_of_one_boundary_share_it_in_equal_parts_next_to_their_starts(monkeypatch):
    drawn, _ = faces_of(regimes.cycle_consistency(), monkeypatch)
    faces = {name: drawn[name] for name in ("painting_cycle", "photo_cycle")}
    sizes = [sum(end - start for spans in face.region.rows.values() for start, end in spans) for face in faces.values()]
    assert abs(sizes[0] - sizes[1]) < 0.02 * sizes[0]
    (left, right) = faces.values()
    assert left.start[0] < 0 < right.start[0] and (left.turn, right.turn) == (270, 90)  # both point to an object


def test_the_double_arrow_of_a_loop_leaves_the_object_where_the_prediction_is_the_identity(monkeypatch):
    sides = {"ends": (f >> g, ld.Id(x)), "leaves": (ld.Id(x), f >> g)}
    turns = {}
    for name, (lhs, rhs) in sides.items():
        faces, _ = faces_of(ld.LearningDiagram(ld.Constraint(name, lhs, rhs, over=c)), monkeypatch)
        turns[name] = faces[name].turn
    assert turns == {"ends": 270, "leaves": 90}


@pytest.mark.parametrize("name", NAMES)
def test_arrows_are_dotted_where_boxes_only_lead_to_the_test_points(name, monkeypatch):
    diagram = getattr(regimes, name)()
    if diagram.players:
        return
    _, arrows = faces_of(diagram, monkeypatch)
    sides = {box.name for c in diagram.constraints for side in (c.lhs, c.rhs) for box in side.boxes}
    sources = {box.name for c in diagram.constraints if c.over for box in c.over.boxes}
    unrolled = any("\1" in a.edge.source for a in arrows)  # then another arrow of a box may be on a side
    assert {a.edge.box.name for a in arrows if a.edge.dotted} <= (sources if unrolled else sources - sides)
    assert not {a.edge.box.name for a in arrows if not a.edge.dotted} & sources - sides


def test_a_chart_shows_the_way_from_the_sample_space_to_its_start():
    diagram = regimes.koopman_autoencoder()
    for constraint, plates in zip(diagram.constraints[:2], (["snapshot"], ["snapshot", "step"]), strict=True):
        boundary = Boundary.of(constraint.reading)
        drawn = text_of(chart(constraint, caption_of(constraint), boundary, looks_of(diagram)))
        assert [box.name for box in boundary.before] == plates
        assert drawn.count('stroke-dasharray="1 4"') == 1 and ">snapshots<" in drawn
        assert drawn.count('data-box="step"') == len(plates)  # one in the square


def test_in_law_stands_on_the_line_that_closes_a_face_and_in_a_chart():
    noise = ld.Kernel("noise", ld.Ty(), y)
    law = ld.Constraint("alike", noise >> g, rows.state >> c)
    assert text_of(learning_graph(ld.LearningDiagram(law))).count(">in law<") == 1
    assert text_of(learning_graph(regimes.cycle_consistency())).count(">in law<") == 2
    assert ">in law<" not in text_of(learning_graph(regimes.gan()))  # row by row


def test_a_weight_and_an_option_that_boxes_compute_are_small_plates():
    weight, option = ld.Box("w", ld.Ty(), number), ld.Box("temperature", ld.Ty(), number)
    exp = ld.Box("exp", number, number)
    softened = {"name": "kl", "temperature": option}
    told = ld.Constraint("told", c >> h, label, weight=weight >> exp, divergence=softened)
    graph = text_of(learning_graph(ld.LearningDiagram(told, frozen=[exp])))
    assert [graph.count(f'data-box="{box.name}"') for box in (weight, exp, option)] == [1, 1, 1]
    assert re.findall(r'font-size="12">([^<]*)<', graph) == ["w", "exp", " · KL, temperature ", "temperature"]


class Where(ConstraintField):
    name, default, shape, description = "where", "", str, "a condition on rows"

    def phrases(self, value):
        return [f"where {value}"] if value else []


@dataclass(frozen=True, repr=False)
class Masked(ld.Constraint):
    where: str = field(default="", kw_only=True, metadata={MEANING: Where()})


def test_what_a_further_field_says_is_a_further_line():
    masked = Masked("told", c >> f, label, weight=2, where="label is present")
    assert caption_of(masked).lines == ("weight 2", "where label is present")


def test_hard_cases(monkeypatch):
    faces, _ = faces_of(regimes.gan(), monkeypatch)
    assert set(faces) == {"fools"}
    critic = learning_graph(regimes.gan())
    assert text_of(critic).count('class="sand"') == 3  # both terms of the critic are faces, too
    faces, _ = faces_of(regimes.cycle_consistency(), monkeypatch)
    assert set(faces) == {"painting_cycle", "painting_law", "photo_cycle", "photo_law"}
    faces, arrows = faces_of(regimes.lens_laws(), monkeypatch)
    assert set(faces) == {"get_put", "put_get"} and all_crossings(arrows) == 0
    faces, arrows = faces_of(regimes.prototypical(), monkeypatch)
    assert set(faces) == {"character", "script"}
    assert set(faces_of(regimes.mean_teacher(), monkeypatch)[0]) == {"consistent", "supervised"}
    faces, _ = faces_of(regimes.koopman_autoencoder(), monkeypatch)
    assert set(faces) == {"linear_1", "linear_2", "reconstructed"}
    ends = [{(round(x), round(y)) for x, y in faces[name].polygon} for name in ("linear_1", "linear_2")]
    assert len(ends[0] & ends[1]) > 20  # the two squares share a side
    _, arrows = faces_of(regimes.prototypical(), monkeypatch)
    assert [arrow.edge.look.label for arrow in arrows if arrow.edge.look.label == "4 columns"] == ["4 columns"] * 2


def test_a_node_stands_in_the_graphs_of_all_players_in_one_place(monkeypatch):
    layouts = []
    original = graph_picture.framed
    monkeypatch.setattr(graph_picture, "framed", lambda *parts: layouts.append(parts) or original(*parts))
    learning_graph(regimes.gan())
    critic, generator = ({key: (n.x, n.y) for key, n in nodes.items()} for nodes, *_ in layouts[-2:])
    assert generator.items() < critic.items()


def test_the_legend_says_what_a_divergence_without_a_name_is():
    told, named = ld.Constraint("told", c >> f, label), ld.Constraint("told", c >> f, label, divergence="absolute")
    shown = ["divergence of the space" in text_of(legend(ld.LearningDiagram(each), {})) for each in (told, named)]
    assert shown == [True, False]


def test_a_loop_without_room_is_no_face():
    from learning_diagrams.drawing.graph.places.node import Node

    start = Node("x", False, -30.0, 0.0)
    loop = [(-30.0, 0.0), (0.0, -30.0), (30.0, 0.0), (0.0, 30.0)]
    assert Face.of_loop(Caption("a long name", ()), loop, start, [start], False, []) is None
