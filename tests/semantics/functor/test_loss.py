"""The loss functor: the axioms of a functor of sesquicategories, squares, and the failure of interchange.

The model is exact: a 1-cell is an affine map of the rationals, a distribution a list of points, and a 2-cell measures
the mean squared difference of its sides.
"""

from fractions import Fraction

import pytest
from discopy import monoidal
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.presentation.pasting import Pasting, TwoCell, composite, whisker, word
from learning_diagrams.semantics.functor.loss import LossFunctor

n = ld.Ty("n")
NAMES = "abcdefgh"
slopes = {name: (Fraction(3 + 2 * i, 7), Fraction(i, 5)) for i, name in enumerate(NAMES)}
cells = {name: ld.Box(name, n, n) for name in NAMES}


def push(points, diagram):
    for box in diagram.boxes:
        slope, shift = slopes[box.name]
        points = [slope * p + shift for p in points]
    return points


def value(cell, points):
    sides = (push(points, cell.equation.lhs), push(points, cell.equation.rhs))
    return sum((a - b) ** 2 for a, b in zip(*sides, strict=True)) / len(points)


L = LossFunctor(value, push)
distributions = st.lists(st.fractions(-3, 3, max_denominator=9), min_size=1, max_size=4)
paths = st.lists(st.sampled_from(NAMES), max_size=3).map(lambda names: ld.Id(n).then(*(cells[a] for a in names)))


@st.composite
def pastings(draw, dom=None, max_size=3):
    """Layers e ; α ; h, each of which starts from the word in which the one before has ended."""
    here = draw(paths) if dom is None else dom
    pasting = Pasting.id(word(here))
    for i in range(draw(st.integers(0, max_size))):
        boxes = [cells[ob.name] for ob in pasting.cod.inside]
        start = draw(st.integers(0, len(boxes)))
        stop = draw(st.integers(start, len(boxes)))
        before, side, after = (ld.Id(n).then(*part) for part in (boxes[:start], boxes[start:stop], boxes[stop:]))
        pasting = pasting >> whisker(before, TwoCell(f"α{i}", side, draw(paths)), after)
    return pasting


@given(paths, distributions)
def test_an_identity_has_no_loss(path, p):
    assert L(Pasting.id(word(path)))(p) == 0


@given(st.data(), distributions)
def test_losses_of_a_sequence_add(data, p):
    first = data.draw(pastings())
    second = data.draw(pastings(dom=composite(first.cod, n)))
    assert L(first >> second)(p) == L(first)(p) + L(second)(p)


@given(paths, pastings(), paths, distributions)
def test_a_whiskered_cell_is_measured_where_it_stands(before, pasting, after, p):
    assert L(whisker(before, pasting, after))(p) == L(pasting)(push(p, before))


@given(paths, paths, paths, paths, distributions)
def test_interchange_fails_by_what_the_first_cell_moves(f, f_, g, g_, p):
    """L((f ; b) >> (a ; g′)) against L((a ; g) >> (f′ ; b)): they differ by L_b(p ≫ f′) − L_b(p ≫ f)."""
    a, b, identity = TwoCell("a", f, f_), TwoCell("b", g, g_), ld.Id(n)
    first = L(whisker(identity, a, g) >> whisker(f_, b, identity))(p)
    second = L(whisker(f, b, identity) >> whisker(identity, a, g_))(p)
    assert first - second == L(b)(push(p, f_)) - L(b)(push(p, f))


def test_interchange_in_numbers():
    """x = 1, f = 2, f′ = 3, g = 1, g′ = 2 as multiplications: 10 and 5."""
    times = {"f": 2, "f_": 3, "g": 1, "g_": 2}
    f, f_, g, g_ = (ld.Box(name, n, n) for name in times)

    def multiply(p, diagram):
        for box in diagram.boxes:
            p = times[box.name] * p
        return p

    functor = LossFunctor(lambda c, p: (multiply(p, c.equation.lhs) - multiply(p, c.equation.rhs)) ** 2, multiply)
    a, b, identity = TwoCell("a", f, f_), TwoCell("b", g, g_), ld.Id(n)
    assert functor(whisker(identity, a, g) >> whisker(f_, b, identity))(1) == 10
    assert functor(whisker(f, b, identity) >> whisker(identity, a, g_))(1) == 5


def square(name, top, right, left, bottom):
    return ld.Square(*(cells[side] for side in (top, right, left, bottom)), name=name)


@given(distributions)
def test_squares_beside_each_other(p):
    """L(left)(p) + L(right)(p ≫ top)."""
    left, right = square("left", "a", "b", "c", "d"), square("right", "e", "f", "b", "g")
    both = left.beside(right)
    assert L(both.pasting)(p) == L(left.pasting)(p) + L(right.pasting)(push(p, cells["a"]))
    assert both.outer.equation == ld.Equation(
        cells["c"] >> cells["d"] >> cells["g"], cells["a"] >> cells["e"] >> cells["f"]
    )


@given(distributions)
def test_squares_above_each_other(p):
    """L(upper)(p) + L(lower)(p ≫ left)."""
    upper, lower = square("upper", "a", "b", "c", "d"), square("lower", "d", "e", "f", "g")
    both = upper.above(lower)
    assert L(both.pasting)(p) == L(upper.pasting)(p) + L(lower.pasting)(push(p, cells["c"]))
    assert both.outer.equation == ld.Equation(
        cells["c"] >> cells["f"] >> cells["g"], cells["a"] >> cells["b"] >> cells["e"]
    )


@given(distributions)
def test_a_grid_of_squares_may_be_pasted_by_rows_or_by_columns_for_another_loss_at_equal_boundary(p):
    """The boundary is one; the losses are those of the squares where each way of pasting puts them."""
    nw, ne = square("nw", "a", "b", "c", "d"), square("ne", "e", "f", "b", "g")
    sw, se = square("sw", "d", "h", "a", "b"), square("se", "g", "c", "h", "e")
    rows = nw.beside(ne).above(sw.beside(se))
    columns = nw.above(sw).beside(ne.above(se))
    assert rows.outer.equation == columns.outer.equation
    at_left, at_top = push(p, cells["c"]), push(p, cells["a"])
    shared = L(nw.pasting)(p) + L(ne.pasting)(at_top) + L(sw.pasting)(at_left)
    assert L(rows.pasting)(p) == shared + L(se.pasting)(push(at_left, cells["d"]))
    assert L(columns.pasting)(p) == shared + L(se.pasting)(push(at_top, cells["b"]))


def test_the_oracle_of_two_squares_beside_each_other():
    """x = 1: left defect .4, right .67 at f₁(1) = 2, outer 1.23 = 1.4 · .4 + .67; here as absolute differences."""
    times = {"f1": 2.0, "f2": 1.5, "g1": 1.8, "g2": 1.4, "u": 1.0, "v": 1.1, "w": 1.25}
    boxes = {name: ld.Box(name, n, n) for name in times}

    def multiply(p, diagram):
        for box in diagram.boxes:
            p = times[box.name] * p
        return p

    functor = LossFunctor(lambda c, p: abs(multiply(p, c.equation.lhs) - multiply(p, c.equation.rhs)), multiply)
    left = ld.Square(boxes["f1"], boxes["v"], boxes["u"], boxes["g1"], name="left")
    right = ld.Square(boxes["f2"], boxes["w"], boxes["v"], boxes["g2"], name="right")
    assert functor(left.pasting)(1.0) == pytest.approx(0.4)
    assert functor(right.pasting)(2.0) == pytest.approx(0.67)
    both = left.beside(right)
    assert functor(both.pasting)(1.0) == pytest.approx(1.07)
    assert functor(both.outer.pasting)(1.0) == pytest.approx(1.23) == pytest.approx(1.4 * 0.4 + 0.67)


def test_the_learning_diagram_of_squares_tests_each_where_it_stands():
    rows = ld.SampleSpace("rows").column("x", n)
    both = square("left", "a", "b", "c", "d").beside(square("right", "e", "f", "b", "g"))
    diagram = both.learning_diagram(over=rows, frozen=["a"])
    left, right = diagram.constraints
    assert (left.name, right.name) == ("left", "right") and diagram.frozen == {cells["a"]}
    assert ld.equal(left.over, rows) and ld.equal(right.over, rows >> cells["a"])


ERRORS = {
    "do not compose": lambda: whisker(ld.Box("f", n, ld.Ty("m")), TwoCell("a", cells["a"], cells["b"]), ld.Id(n)),
    "a pasting is made of 2-cells": lambda: L(monoidal.Box("b", n, n)),
    "a 1-cell is a diagram": lambda: word(n),
    "not parallel": lambda: TwoCell("a", cells["a"], ld.Box("f", n, n @ n)),
    "top of square 'square' ends in m": lambda: ld.Square(ld.Box("f", n, ld.Ty("m")), *[cells["a"]] * 3),
    "pasted along an equal side": lambda: square("one", *"abcd").beside(square("two", *"abcd")),
}


@pytest.mark.parametrize("message", ERRORS)
def test_bad_input_is_a_typed_error(message):
    with pytest.raises(ld.TypeMismatch, match=message):
        ERRORS[message]()
