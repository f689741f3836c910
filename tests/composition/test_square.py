"""Squares paste along sides that are equal, however they are written, and not along sides that only print alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.presentation.pasting import OneCell, Rewriting, TwoCell, composite, rewriting, whisker, word
from learning_diagrams.semantics.functor.loss import LossFunctor
from strategies import diagrams, equal_pairs

some = settings(max_examples=12)
x, y = ld.Ty("x"), ld.Ty("y")
f, g = ld.Box("f", x, x), ld.Box("g", y, y)
one, other = f @ y >> x @ g, x @ g >> f @ y


def between(name, dom, cod):
    return ld.Box(name, dom, cod)


def beside_sides(side, other):
    """Two squares that share a side, which each of them writes in its own way."""
    first = ld.Square(between("t1", x, side.dom), side, between("l", x, y), between("b1", y, side.cod), name="first")
    second = ld.Square(between("t2", other.dom, x), between("r", x, y), other, between("b2", other.cod, y), name="next")
    return first, second


def above_sides(side, other):
    first = ld.Square(between("t", x, x), between("r1", x, side.cod), between("l1", x, side.dom), side, name="first")
    second = ld.Square(other, between("r2", other.cod, y), between("l2", other.dom, y), between("b", y, y), name="next")
    return first, second


@some
@given(equal_pairs())
def test_equal_sides_paste_however_they_are_written(pair):
    for make, paste in ((beside_sides, ld.Square.beside), (above_sides, ld.Square.above)):
        first, second = make(*pair)
        pasted = paste(first, second)
        assert ld.equal(composite(pasted.pasting.dom, x), pasted.left >> pasted.bottom)
        assert ld.equal(composite(pasted.pasting.cod, x), pasted.top >> pasted.right)
        losses = [cell.name for cell in pasted.pasting.boxes if not isinstance(cell, Rewriting)]
        assert sorted(losses) == ["first", "next"]
        same = paste(first, make(pair[0], pair[0])[1])
        assert not any(isinstance(cell, Rewriting) for cell in same.pasting.boxes)


def test_another_way_to_write_a_side_adds_no_loss_and_no_constraint():
    rows = ld.SampleSpace("rows").column("x", x)
    for make, paste in ((beside_sides, ld.Square.beside), (above_sides, ld.Square.above)):
        same, differs = (paste(*make(one, side)) for side in (one, other))
        assert any(isinstance(cell, Rewriting) for cell in differs.pasting.boxes)
        assert same.learning_diagram(over=rows) == differs.learning_diagram(over=rows)
        assert len(differs.learning_diagram(over=rows).constraints) == 2
        count = LossFunctor(lambda cell, p: 1, lambda p, cells: p)
        assert count(same.pasting)(0) == count(differs.pasting)(0) == 2


def test_a_row_pastes_onto_a_square_that_has_the_whole_side_as_one_box_or_as_wires():
    """The boundary of a pasting may be cut in other places than the side that it meets."""
    b1, b2 = between("b1", x @ y, x @ y), between("b2", x @ y, x @ y)
    row = ld.Square(between("t1", x, x), between("m", x, x @ y), between("l", x, x @ y), b1, name="a").beside(
        ld.Square(between("t2", x, x), between("r", x, x @ y), between("m", x, x @ y), b2 >> one, name="b")
    )
    sides = between("r2", x @ y, y), between("l2", x @ y, y), between("b3", y, y)
    below = ld.Square(b1 >> b2 >> other, *sides, name="c")
    grid = row.above(below)
    assert sorted(cell.name for cell in grid.pasting.boxes) == ["=", "a", "b", "c"]
    assert len(grid.learning_diagram(over=ld.SampleSpace("rows").column("x", x)).constraints) == 3


ALIKE = [
    (f, ld.Kernel("f", x, x), ld.TypeMismatch, r"f \(f : Box x → x\), and .* is f \(f : Kernel x → x\)"),
    (f, ld.Box("f", x, x, data=3), ld.TypeMismatch, "with the data 3"),
    (f >> f, f >> ld.Kernel("f", x, x), ld.TypeMismatch, "f >> f"),
    (ld.Box("p", y, x), ld.SampleSpace("y").column("p", x), ld.TypeMismatch, "p : Box y → x"),
    (ld.Id(y), ld.Id(ld.SampleSpace("y").ty), ld.DuplicateName, "'y' names an object and a sample space"),
    (f, f >> f, ld.TypeMismatch, "pasted along an equal side: the .* of 'first' is f, and the .* of 'next' is f >> f$"),
]


@pytest.mark.parametrize(("side", "alike", "error", "message"), ALIKE)
def test_sides_that_only_print_alike_do_not_paste(side, alike, error, message):
    for make, paste in ((beside_sides, ld.Square.beside), (above_sides, ld.Square.above)):
        with pytest.raises(error, match=message):
            paste(*make(side, alike))


@pytest.mark.parametrize("alike", [ld.Kernel("f", x, x), ld.Box("f", x, x, data=3)])
def test_pastings_compose_by_what_their_cells_are(alike):
    first, second = TwoCell("first", ld.Box("p", x, x), f), TwoCell("second", alike, ld.Box("q", x, x))
    assert str(first.cod) == str(second.dom) and OneCell(f) != OneCell(alike)
    with pytest.raises(ld.TypeMismatch, match="rewriting"):
        first >> second
    with pytest.raises(ld.TypeMismatch, match="rewriting"):
        whisker(ld.Id(x), first, ld.Id(x)) >> whisker(ld.Id(x), second, ld.Id(x))


@some
@given(st.data())
def test_words_respect_composition(data):
    d = data.draw(diagrams(max_size=4))
    e = data.draw(diagrams(dom=d.cod, max_size=4))
    assert word(d >> e) == word(d) @ word(e) and composite(word(d), d.dom) == d


@some
@given(equal_pairs())
def test_equal_diagrams_are_one_cell_and_rewrite_into_each_other(pair):
    assert OneCell(pair[0]) == OneCell(pair[1]) and hash(OneCell(pair[0])) == hash(OneCell(pair[1]))
    there = rewriting(*pair)
    assert (there.dom, there.cod) == (word(pair[0]), word(pair[1]))


def test_only_equal_diagrams_are_rewritten():
    with pytest.raises(ld.TypeMismatch, match="only equal diagrams"):
        Rewriting(f, f >> f)


def test_a_square_that_is_pasted_twice_needs_a_second_name():
    step, read = between("step", x, x), between("read", x, x)
    square, over = ld.Square(step, read, read, step, name="now"), ld.SampleSpace("rows").column("x", x)
    for paste in (ld.Square.beside, ld.Square.above):
        twice = paste(square, square)
        with pytest.raises(ld.DuplicateName, match=r"two squares of .* are named 'now', .*\*square\.sides, name="):
            twice.learning_diagram(over=over)
        named = paste(square, ld.Square(*square.sides, name="again")).learning_diagram(over=over)
        assert {constraint.name for constraint in named.constraints} == {"now", "again"}
