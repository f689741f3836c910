"""The legend shows the marks that occur: a picture is read back, and its marks are those of its legend."""

import re

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.elements.plates import _CRYSTAL
from learning_diagrams.drawing.graph.places.web import web_of

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
at, b = rows.column("at", x), rows.column("b", y)
f, g, h = ld.Box("f", x, y), ld.Box("g", x @ x, y), ld.Box("h", y, y)
k, coin, zero = ld.Kernel("k", x, x), ld.Kernel("coin", ld.Ty(), x), ld.Box("zero", ld.Ty(), y)
slow = ld.Kernel("slow", x, x)
copy, told = ld.Copy(x), ld.Constraint("told", at >> f, b)
MARKS = {  # what the legend says, and a pattern of the mark in the rest of the picture
    "sample space": r'class="data" d="[^"]*A',
    "column": r'class="data" d="[^"A]*"',
    "leads to where a constraint is tested": r'stroke-dasharray="1 4"[^>]*data-mark="tested"',
    "a draw": r'class="line" d="M[-\d. ]+l4\.5 -4\.5l4\.5 4\.5l-4\.5 4\.5Z"',
    "copy": r'<circle class="ink"[^>]* r="4"',
    "discard": r'<circle class="line"[^>]* r="4\.5"',
    "another draw": r">[^<]*[′″‴⁾][^<]*<",
    "only distributions are compared": r">in law<",
    "divergence of the space": r">[^<]*\bD\( ",
    "energy distance, or KL on a finite space": r">[^<]*\bD in law\( ",
    "trained": r'class="hue\d"',
    "frozen": re.escape(f'd="{_CRYSTAL}"'),
    "moving average": r'stroke-dasharray="5 3"',
    "no input": r'd="M[-\d.]+ [-\d.]+L[-\d.]+ [-\d.]+H',
    "no gradient passes": r"data-stop",
    "kernel (a distribution)": r'd="M[-\d. L]+H[-\d.]+A16 ',
    "axiom: holds by construction": r"data-axiom",
    "constraint: prediction ⇒ reference": r"data-constraint",
}


def both_parts(svg):
    """A picture without its legend, and the sentences of the legend."""
    start = svg.rindex('<g transform="translate(32 ')
    return svg[:start], re.findall(r'<text class="muted"[^>]*>([^<]*)</text>', svg[start:])


def differing(picture):
    """The marks that either the picture or its legend has."""
    drawn, legend = both_parts(re.sub(r"<(style|desc|title)>.*?</\1>", "", picture.svg, flags=re.DOTALL))
    occurring = {means for means, pattern in MARKS.items() if re.search(pattern, drawn)}
    return occurring ^ {means for means in legend if means in MARKS}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", regimes.__all__)
def test_the_legend_of_a_regime_shows_the_marks_that_occur(name):
    assert differing(getattr(regimes, name)().draw()) == set()


def constraint(lhs, rhs, **options):
    return ld.LearningDiagram(ld.Constraint("told", lhs, rhs, **options))


DIAGRAMS = {
    "plain": constraint(at >> f, b),
    "named": constraint(at >> f, b, divergence="absolute"),
    "two draws": constraint(at >> copy >> k @ k >> g, b),
    "one draw": constraint(at >> k >> copy >> g, b),
    "ends": constraint(at >> k, at),
    "shared draw": constraint(f, k >> f, over=at >> k),
    "over a draw": constraint(f, k >> f, over=coin),
    "over a constant of two wires": constraint(k @ k >> g, g, over=coin @ coin),
    "over a draw that a side applies": constraint(k @ coin >> g, copy >> g, over=coin),
    "two rows": constraint(at @ at >> g, b @ ld.Discard(rows.ty)),
    "discarded": constraint(at @ ld.Discard(rows.ty) >> f, b @ ld.Discard(rows.ty)),
    "in law by samples": constraint(rows.state >> b, coin >> f),
    "in law, named": constraint(rows.state >> b, coin >> f, divergence="energy_distance"),
    "in law by the space": constraint(coin, ld.Kernel("other", ld.Ty(), x)),
    "constants": constraint(zero >> h, zero),
    "detached": constraint(at >> f, b, detach="rhs"),
    "axioms": ld.LearningDiagram(axioms=[ld.Equation(h >> h, h, "idle")]),
    "axioms with draws": ld.LearningDiagram(axioms=[ld.Equation(k >> copy >> g, copy >> k @ k >> g, "same")]),
    "constraint and axiom": ld.LearningDiagram(told, axioms=[ld.Equation(k >> ld.Discard(x), ld.Discard(x), "total")]),
    "frozen": ld.LearningDiagram(told, frozen=[f]),
    "average": ld.LearningDiagram(ld.Constraint("alike", at >> k, at >> slow), ema={slow: (k, 0.9)}),
    "no room for the graph": ld.LearningDiagram(
        *(ld.Constraint(f"told {i}", at >> ld.Kernel(f"k{i}", x, x) >> f, b) for i in range(70))
    ),
}


@pytest.mark.parametrize("name", DIAGRAMS)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_the_legend_shows_the_marks_that_occur(name, direction):
    assert differing(DIAGRAMS[name].draw(direction=direction)) == set()


def test_each_mark_occurs_in_some_picture_and_not_in_all():
    shown = [set(both_parts(diagram.draw().svg)[1]) for diagram in DIAGRAMS.values()]
    assert set(MARKS) <= set.union(*shown) and not set(MARKS) & set.intersection(*shown)


def test_a_difference_has_no_loss_and_so_no_marks_of_a_loss():
    two, one = DIAGRAMS["two draws"], DIAGRAMS["one draw"]
    legend = both_parts(ld.difference(two, one).draw().svg)[1]
    assert "a draw" in legend and "copy" in legend
    assert "another draw" not in legend and "divergence of the space" not in legend


def test_a_box_that_no_constraint_trains_is_plain():
    alone, beside = ld.Equation(h >> h, h, "idle"), ld.LearningDiagram(told, axioms=[ld.Equation(h >> h, h, "idle")])
    picture = ld.LearningDiagram(axioms=[alone]).draw()
    assert "trained" not in picture.svg and "hue" not in re.sub(r"<style>.*?</style>", "", picture.svg, flags=re.DOTALL)
    drawn = beside.draw()
    assert "f is trained" in drawn.description and "h is trained" not in drawn.description


def test_a_box_that_only_over_applies_has_dotted_arrows():
    """A column, a kernel from I, and each strand of a box with two inputs; what a side applies is solid."""
    way = at @ coin >> ld.Box("join", x @ x, x)
    pictures = constraint(f, k >> f, over=way).draw(), constraint(way >> f, b).draw()
    assert [both_parts(picture.svg)[0].count('data-mark="tested"') for picture in pictures] == [5, 0]


def test_columns_of_one_arrow_are_dotted_only_where_no_side_applies_one():
    columns = [rows.column(f"column {i}", x) for i in range(4)]
    names = [column.name for column in columns]
    for dotted in (names, names[:3]):
        _, (arrow,) = web_of(columns, {}, {}, (), dotted)
        assert arrow.dotted == (len(dotted) == 4)


def test_a_draw_at_the_end_of_a_row_has_its_diamond():
    for length in range(5, 9):
        chain = ld.Id(x).then(*[ld.Kernel("a" * length, x, x)] * 30)
        assert len(re.findall(MARKS["a draw"], ld.draw(chain).svg)) == 29
