"""Tables: exact entries, what is left out is said, wide tables fold, and the entries that differ lie on sand."""

import xml.etree.ElementTree as ElementTree
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import CONTENT, document
from learning_diagrams.drawing.tables.separation import difference_line, separation_scene, side_tables
from learning_diagrams.drawing.tables.table import Table, table_of, table_scene
from learning_diagrams.errors import LimitExceeded

half = Fraction(1, 2)


def texts(scene):
    root = ElementTree.fromstring(document(scene, "table", "table"))
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_small_table_shows_all_rows_and_columns():
    table = table_of("f", "x → y", (2,), (3,), {(0,): {(0,): half, (2,): half}, (1,): {(1,): 1}}.__getitem__)
    assert table.entries == (("1/2", "·", "1/2"), ("·", "1", "·")) and table.notes == ()
    assert (table.inputs, table.outcomes) == (("0", "1"), ("0", "1", "2"))
    assert texts(table_scene(table))[:2] == ["f", "x → y"]


def test_a_wide_table_shows_the_listed_rows_and_the_outcomes_that_are_reached():
    rows = {(i,): {(i, i): 1} for i in range(4)}
    table = table_of("f", "", (4,), (4, 4), rows.__getitem__, listed=[(1,), (3,)], rest="the rest stays")
    assert table.inputs == ("1", "3") and table.outcomes == ("(1, 1)", "(3, 3)")
    assert table.notes == ("and 14 more outcomes of weight 0", "the rest stays")
    whole = table_of("f", "", (4,), (4, 3), {(i,): {(i, 0): 1} for i in range(4)}.__getitem__, listed=[(1,)], rest="no")
    assert len(whole.inputs) == 4 and len(whole.outcomes) == 12 and whole.notes == ()


def test_long_tables_say_what_they_leave_out_and_keep_the_marked_entry():
    table = table_of("f", "", (500,), (500,), lambda i: {((7 * i[0]) % 500,): 1}, marked=((400,), (3,)))
    assert len(table.inputs) == 30 and table.inputs[-1] == "400" and "3" in table.outcomes
    assert "and 470 more inputs" in table.notes
    assert table.inputs[table.marked[0]] == "400" and table.outcomes[table.marked[1]] == "3"


@given(st.lists(st.text(max_size=40), min_size=1, max_size=40), st.text(max_size=40))
def test_any_table_is_well_formed_and_no_wider_than_a_page(names, name):
    entries = tuple(tuple("1/2" for _ in names) for _ in names[:5])
    scene = table_scene(Table(name, name, tuple(names[:5]), tuple(names), entries, Look("kernel"), (name[:9],), (0, 0)))
    assert scene.width <= CONTENT
    assert texts(scene).count("1/2") == len(names) * len(names[:5])


def test_both_sides_show_the_same_outcomes_and_one_entry_each_lies_on_sand():
    sides = [lambda line: {(line[0], 0): 1}, lambda line: {(line[0], 1 if line[0] == 2 else 0): 1}]
    lhs, rhs = side_tables((5,), (5, 5), sides, ((2,), (2, 1)))
    assert lhs.inputs == rhs.inputs == ("2",) and lhs.outcomes == rhs.outcomes == ("(2, 0)", "(2, 1)")
    assert (lhs.entries, rhs.entries) == ((("1", "·"),), (("·", "1"),))
    assert lhs.notes[-1] == "the sides agree at all other inputs"
    scene = separation_scene([], [], {}, sides=[lhs, rhs], difference=difference_line("2", "(2, 1)", (0, 1)))
    assert document(scene, "sides", "sides").count('class="sand"') == 4  # two entries, and both weights of the line


def test_sides_that_are_too_large_to_compute_have_no_table():
    def too_large(line):
        raise LimitExceeded("too large")

    assert side_tables((2,), (2,), [too_large, too_large], ((0,), (0,))) == []
    assert len(side_tables((10**6,), (2,), [lambda line: {(0,): 1}] * 2, ((0,), (0,)))[0].inputs) == 1


def test_empty_sets_have_tables():
    assert table_of("f", "", (0,), (2,), lambda line: {}).entries == ()
    assert texts(table_scene(table_of("f", "", (0,), (0,), lambda line: {}))) == ["f"]
