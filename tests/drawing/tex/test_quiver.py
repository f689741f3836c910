"""Links to quiver: format 0 of its JSON, in which every equation between paths of arrows is a 2-cell."""

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.tex.commutative import commutative_diagram
from learning_diagrams.drawing.tex.lines import in_lines
from learning_diagrams.drawing.tex.quiver import ADDRESS, decoded, quiver_data

NAMES = [name for name in regimes.__all__ if name != "regimes"]
LARGE = ("dino", "prototypical", "wgan_gp")  # their layouts take seconds
x, y = ld.Ty("x"), ld.Ty("y")


def is_colour(value):
    return len(value) == 4 and all(isinstance(n, int) for n in value[:3]) and value[0] <= 360 and max(value[1:3]) <= 100


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", [*NAMES[:6], *(pytest.param(name, marks=pytest.mark.thorough) for name in NAMES[6:])])
def test_a_link_is_read_as_quiver_reads_it(name):
    """The checks of quiver's own reader: kinds, ranges, places that are free, ends that come before."""
    diagram = getattr(regimes, name)()
    assert diagram.to_quiver().startswith(ADDRESS) and decoded(diagram.to_quiver()) == quiver_data(diagram)
    version, count, *cells = decoded(diagram.to_quiver())
    objects, arrows = cells[:count], cells[count:]
    assert version == 0 and len({tuple(place[:2]) for place in objects}) == count
    assert all(column >= 0 and row >= 0 and isinstance(label, str) for column, row, label in objects)
    for i, (source, target, label, alignment, options, *colour) in enumerate(arrows, start=count):
        assert min(source, target) >= 0 and max(source, target) < i and isinstance(label, str) and alignment in range(4)
        assert all(isinstance(options.get(key, 0), int) for key in ("curve", "offset", "angle", "level"))
        assert all(is_colour(value) for value in (*colour, *([options["colour"]] if "colour" in options else [])))


@pytest.mark.sampled(7)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in LARGE)) for name in NAMES]
)
def test_each_equation_is_a_cell_or_is_said_to_be_missing(name):
    diagram = getattr(regimes, name)()
    drawn = commutative_diagram(diagram)
    missing = [
        text.split(":")[0].split(" ", 1)[1] for text in drawn.missing if text.startswith(("constraint", "axiom"))
    ]
    named = [*diagram.constraints, *diagram.axioms]
    assert sorted([cell.name for cell in drawn.cells] + missing) == sorted(statement.name for statement in named)
    places = [(place.column, place.row) for place in drawn.objects]
    assert len(set(places)) == len(places)
    assert drawn.met == 0


def test_a_cell_runs_from_the_prediction_to_the_reference_with_name_and_weight():
    f, g, h = ld.Box("f", x, y), ld.Box("g", y, x), ld.Box("h", x, x)
    data = ld.SampleSpace("s").column("c", x)
    diagram = ld.LearningDiagram(ld.Constraint("law", data >> f >> g, data >> h, weight=0.5))
    _, _, *cells = quiver_data(diagram)
    (source, target, label, _, options), names = cells[-1], [cell[2] for cell in cells]
    assert names[source] == "y" and names[target] == "h" and options["level"] == 2
    assert "law" in label and "weight 0.5" in label


def test_axioms_have_no_head_and_round_trips_leave_room_for_two_cells():
    f, g = ld.Box("f", x, y), ld.Box("g", y, x)
    axioms = {"left": ld.Equation(f >> g, ld.Id(x)), "right": ld.Equation(g >> f, ld.Id(y))}
    drawn = commutative_diagram(ld.LearningDiagram(axioms=axioms))
    ends = [(arrow.source, arrow.target) for arrow in drawn.arrows] + [(c.source[1], c.target[1]) for c in drawn.cells]
    strands = zip((*drawn.arrows, *drawn.cells), ends, strict=True)
    assert len({strand.way.bend * (1 if end[0] < end[1] else -1) for strand, end in strands}) == 4
    assert all(
        cell[4]["style"] == {"head": {"name": "none"}} for cell in quiver_data(ld.LearningDiagram(axioms=axioms))[-2:]
    )


def test_an_arrow_bends_round_the_objects_on_its_way():
    drawn = commutative_diagram(regimes.supervised())
    places, bends = [(place.column, place.row) for place in drawn.objects], {b.name: b.way.bend for b in drawn.arrows}
    assert len({row for _, row in places}) > 1 or bends["label"] != 0


def test_a_long_label_has_lines_and_the_objects_stand_as_far_apart_as_the_name_between_them_is_wide():
    name = "a_box_with_a_name_of_about_forty_letters"
    drawn = commutative_diagram(ld.LearningDiagram(axioms={"law": ld.Equation(ld.Box(name, x, y), ld.Box("g", x, y))}))
    (first, last), (bow, _) = drawn.objects, drawn.arrows
    assert abs(first.column - last.column) + abs(first.row - last.row) >= 3 or bow.way.bend
    assert in_lines("a @ b >> c " * 20) != in_lines("a @ b")
