"""Renaming: new names for objects, boxes, sample spaces, columns, constraints and axioms."""

import pytest
from hypothesis import given

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from strategies import learning_diagrams


def regime(a="a", b="b", rows="rows", x="x", y="y", f="f", g="g", fit="fit", axiom="law", frozen=True):
    """One learning diagram, written with any names."""
    A, B, space = Ty(a), Ty(b), SampleSpace(rows)
    x, y = space.column(x, A), space.column(y, B)
    f, g = Kernel(f, A, B), Box(g, A, A)
    return LearningDiagram(
        Constraint(fit, x >> g >> f, y, weight=0.5, divergence={"name": "kl", "temperature": 4}),
        Constraint("law", space.state >> x >> f, space.state >> y),
        Constraint("over", g >> f, f, over=x),
        axioms={axiom: Equation(g >> g, Id(A))},
        frozen=[g] if frozen else [],
    )


d = regime()
rows = SampleSpace("rows")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, {}),
        ({"a": "c"}, {"a": "c"}),
        ({Ty("b"): "c"}, {"b": "c"}),
        ({"rows": "data"}, {"rows": "data"}),
        ({rows: "data"}, {"rows": "data"}),
        ({"rows.x": "pixels"}, {"x": "pixels"}),
        ({rows.column("x", Ty("a")): "pixels"}, {"x": "pixels"}),
        ({"f": "h"}, {"f": "h"}),
        ({Box("g", Ty("a"), Ty("a")): "h"}, {"g": "h"}),
        ({"fit": "other"}, {"fit": "other"}),
        ({"f": "g", "g": "f"}, {"f": "g", "g": "f"}),
        ({"a": "b", "b": "a"}, {"a": "b", "b": "a"}),
        ({"rows.x": "y", "rows.y": "x"}, {"x": "y", "y": "x"}),
        ({"a": "rows", "rows": "a"}, {"a": "rows", "rows": "a"}),
        ({"rows": "data", "rows.x": "pixels", "a": "c", "g": "any name", "fit": ""},
         {"rows": "data", "x": "pixels", "a": "c", "g": "any name", "fit": ""}),
        ({"g": "with.dots"}, {"g": "with.dots"}),
    ],
)  # fmt: skip
def test_a_renamed_diagram_is_the_one_written_with_the_new_names(names, expected):
    renamed, written = d.rename(names), regime(**expected)
    assert renamed == written
    assert {box.name for box in renamed.frozen} == {box.name for box in written.frozen}
    assert renamed.columns == written.columns and renamed.sample_spaces == written.sample_spaces


def test_renaming_there_and_back_is_the_identity():
    there = {"a": "A", "rows": "R", "rows.x": "X", "f": "F", "fit": "T"}
    back = {"A": "a", "R": "rows", "R.X": "x", "F": "f", "T": "fit"}
    assert d.rename(there).rename(back) == d != d.rename(there)


@given(learning_diagrams())
def test_renaming_everything_there_and_back(diagram):
    there = {box: f"new {box.name}" for box in diagram.boxes} | {ty: f"new {ty}" for ty in diagram.objects}
    renamed = diagram.rename(there)
    back = {box: box.name.removeprefix("new ") for box in renamed.boxes}
    back |= {ty: str(ty).removeprefix("new ") for ty in renamed.objects}
    assert renamed.rename(back) == diagram
    assert len(renamed.frozen) == len(diagram.frozen)


def test_data_of_a_box_is_kept():
    x = rows.column("x", Ty("a"))
    carrying = LearningDiagram(Constraint("c", x >> Box("g", Ty("a"), Ty("a"), data=(1, 2)), x))
    assert carrying.rename({"g": "h"}).box("h").data == (1, 2)


def test_an_axiom_without_a_name_is_renamed_like_one_written_with_the_new_names():
    def with_axiom(name):
        g = Box(name, Ty("a"), Ty("a"))
        return LearningDiagram(Constraint("c", g, g, over=rows.column("x", Ty("a"))), axioms=[Equation(g >> g, g)])

    assert with_axiom("g").rename({"g": "h"}) == with_axiom("h")


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ({"f": "g"}, DuplicateName),
        ({"a": "b"}, DuplicateName),
        ({"a": "rows"}, DuplicateName),
        ({"rows": "b"}, DuplicateName),
        ({"rows.x": "y"}, DuplicateName),
        ({"fit": "over"}, DuplicateName),
        ({"f": "h", Kernel("f", Ty("a"), Ty("b")): "k"}, DuplicateName),
        ({"law": "c"}, DuplicateName),  # a constraint and an axiom
        ({"nobody": "c"}, UnknownName),
        ({"x": "c"}, UnknownName),  # a column is "rows.x"
        ({Kernel("nobody", Ty(), Ty()): "c"}, UnknownName),
        ({SampleSpace("nothing"): "c"}, UnknownName),
        ({Ty("z"): "c"}, UnknownName),
        ({3: "c"}, TypeMismatch),
        ({"f": 3}, TypeMismatch),
        ({"f": Kernel("h", Ty("a"), Ty("b"))}, TypeMismatch),
    ],
)
def test_what_cannot_be_renamed_is_a_typed_error(names, error):
    with pytest.raises(error):
        d.rename(names)


def test_a_thing_stands_for_itself_where_its_name_is_shared():
    constraint = next(c for c in d.constraints if c.name == "law")
    assert {c.name for c in d.rename({constraint: "other"}).constraints} == {"fit", "other", "over"}
    assert d.rename({constraint: "other"}).axioms[0].name == "law"


def test_dots_in_the_names_of_sample_spaces_do_not_confuse_columns():
    a = Ty("a")
    dotted, plain = SampleSpace("s.t"), SampleSpace("s")
    two = LearningDiagram(
        Constraint("one", dotted.column("c", a), dotted.column("d", a)),
        Constraint("two", plain.column("e", a), plain.column("f", a)),
    )
    renamed = two.rename({dotted.column("c", a): "e"})
    assert [(column.space.name, column.name) for column in renamed.columns] == [
        ("s", "e"), ("s", "f"), ("s.t", "d"), ("s.t", "e")]  # fmt: skip


def test_two_columns_whose_full_names_agree_are_two_things():
    a = Ty("a")
    carrying, other = SampleSpace("s.t").column("c", a), SampleSpace("s").column("t.c", a)
    both = LearningDiagram(Constraint("one", carrying, carrying), Constraint("two", other, other))
    renamed = both.rename({carrying: "e"})
    assert [(column.space.name, column.name) for column in renamed.columns] == [("s", "t.c"), ("s.t", "e")]
    with pytest.raises(DuplicateName, match="names more than one symbol"):
        both.rename({"s.t.c": "e"})
