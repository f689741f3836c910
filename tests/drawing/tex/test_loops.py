"""Loops at one end have different places, in tikz-cd and in quiver, and the layout sees where their names meet."""

import re

import pytest

import learning_diagrams as ld
from learning_diagrams.drawing.tex.commutative import commutative_diagram
from learning_diagrams.drawing.tex.lines import LETTER, label, size_of
from learning_diagrams.drawing.tex.loops import bends_of, loop_of
from learning_diagrams.drawing.tex.quiver import quiver_data
from learning_diagrams.drawing.tex.shapes import Strand
from learning_diagrams.drawing.tex.term_symbols import in_symbols
from learning_diagrams.drawing.tex.tikz_arcs import loop_arc
from learning_diagrams.drawing.tex.uncrowded import _Layout
from learning_diagrams.interchange import from_quiver, from_tikz_cd

x = ld.Ty("x")
a, b, c = (ld.Box(name, x, x) for name in "abc")
LAWS = {
    "a twice": ld.Equation(a >> a, ld.Id(x)),
    "b twice": ld.Equation(b >> b, ld.Id(x)),
    "c twice": ld.Equation(c >> c, ld.Id(x)),
    "braid": ld.Equation(a >> b >> a >> b, b >> a >> b >> a),
    "commute": ld.Equation(a >> c, c >> a),
}


def involutions(names):
    return {name: ld.Equation(box >> box, ld.Id(x)) for name in names for box in [ld.Box(name, x, x)]}


@pytest.mark.parametrize("laws", [dict(list(LAWS.items())[:n]) for n in (2, 3, 5)], ids=[2, 3, 5])
def test_axioms_at_one_object_are_loops_apart_and_come_back(laws):
    diagram = ld.LearningDiagram(axioms=laws)
    drawn = commutative_diagram(diagram)
    assert drawn.met == 0
    _, count, *cells = quiver_data(diagram)
    angles = [(cell[4]["angle"], cell[4].get("radius")) for cell in cells[count:]]
    assert len(set(angles)) == len(angles) == len(diagram.boxes) + len(laws)
    assert all(angle % 45 == 0 and -180 < angle <= 180 and radius in (None, 5) for angle, radius in angles)
    ways = [strand.way for strand in (*drawn.arrows, *drawn.cells)]
    assert [(90 - angle) % 360 for angle, _ in angles] == [loop_of(way.bend).angle for way in ways]
    text = diagram.to_tikz_cd()
    turns = re.findall(r"\bloop, out=(\d+), in=(\d+), distance=([\d.]+)em", text)
    assert len(set(turns)) == len(turns) == len(angles)
    assert from_quiver(diagram.to_quiver()) == from_tikz_cd(text) == diagram


def test_where_more_loops_than_directions_are_at_one_object_some_are_round_others():
    diagram = ld.LearningDiagram(axioms=involutions("abcde"))
    _, count, *cells = quiver_data(diagram)
    places = [(cell[4]["angle"], cell[4].get("radius", 3)) for cell in cells[count:]]
    assert len(set(places)) == len(places) == 10 and {radius for _, radius in places} == {3, 5}
    assert commutative_diagram(diagram).met == 0
    assert from_quiver(diagram.to_quiver()) == from_tikz_cd(diagram.to_tikz_cd()) == diagram


def test_loops_in_one_place_are_seen_to_meet():
    """The names of two loops in one place meet each other, and the layout takes them apart."""
    cell = Strand((False, 0), (False, 0), (1.5, 0.3), is_cell=True)
    layout = _Layout([(0, 0)], [(0.4, 0.3)], [cell, cell])
    layout.room = -1  # no change is tried
    assert layout.settled()[0] == 1
    assert _Layout([(0, 0)], [(0.4, 0.3)], [cell, cell]).settled()[0] == 0


def test_each_letter_of_a_name_takes_room_and_commands_take_that_of_a_letter():
    for text in ("rotate_mask >> rotate_mask", "a{b}", "x^2", "100%", "f[u] @ id(x)"):
        assert size_of(label("law", [in_symbols(text, {}, {})]))[0] == pytest.approx(LETTER * max(3, len(text)))


def test_bends_are_places_and_a_loop_round_another_goes_farther_out():
    places = [loop_of(bend) for bend in bends_of(20)]
    assert len({(loop.angle, loop.ring) for loop in places}) == len(places) >= 20
    assert [len(bends_of(count)) for count in (1, 5, 6, 14)] == [8, 8, 16, 24]
    for near, far in zip(places, places[8:], strict=False):
        tips = [max(abs(p) for point in loop.line((0, 0), (0.4, 0.3)) for p in point) for loop in (near, far)]
        assert near.angle == far.angle and tips[0] < tips[1]


@pytest.mark.parametrize("bend", bends_of(1))
def test_tikz_runs_a_loop_where_the_layout_has_it(bend):
    loop = loop_of(bend)
    arc = loop_arc((5.0, -10.0), loop, (2.0, 1.5), 5.0)
    line = loop.line((1.0, -2.0), (0.4, 0.3))
    assert arc.at(0.5) == pytest.approx([5 * length for length in line[len(line) // 2]])
