"""A pasting of any width is drawn: on a grid where it fits there, and otherwise in string diagrams, which fold."""

import re
from collections import Counter
from itertools import pairwise

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.symbol import boxes_of
from learning_diagrams.presentation.pasting import Pasting, TwoCell, alongside, composite, rewriting, whisker

theta, sample, stat, coarse = (ld.Ty(name) for name in ("theta", "sample", "stat", "coarse"))
model, summary = ld.Kernel("model", theta, sample), ld.Box("summary", sample, stat)
coarsen, recover = ld.Box("coarsen", stat, coarse), ld.Kernel("recover", coarse, stat)
AGAIN = TwoCell(
    "again",
    model >> summary >> ld.Copy(stat) >> coarsen @ stat,
    model >> summary >> coarsen >> ld.Copy(coarse) >> coarse @ recover,
)
a, b = ld.Ty("apple"), ld.Ty("bread")
f = ld.Box("f", a, b)
LETTERS = {a: "A", b: "B"}


def path(*names):
    return ld.Id(a).then(*(ld.Box(name, a, a) for name in names))


def words(picture):
    """How often each word stands in a text that is seen, in a picture of any width."""
    texts = re.findall("<text.*?</text>", picture.svg, re.DOTALL)
    return Counter(re.findall(r"\w+", " ".join(re.sub("<title>.*?</title>|<.*?>", "", text) for text in texts)))


def expected(pasting):
    """How often each box stands in the layers of a pasting: in both sides of a cell, before it and behind it."""
    names = Counter()
    for layer in pasting.inside:
        before, cell, after = layer.boxes_or_types
        lhs, rhs = cell.equation.diagrams
        parts = [composite(before, lhs.dom), lhs, rhs, composite(after, rhs.cod)]
        names.update(box.name for box in boxes_of(parts) if not isinstance(box, markov.Copy | markov.Swap))
    return names


@st.composite
def diagrams(draw, most=6):
    """A path of layers a → a or a ⊗ a → a ⊗ a, of which some have two boxes, with short and long names."""
    steps = draw(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([1, 8, 20])), max_size=most))
    return path(*(f"{'step'[: min(length, 4)]}{number}{'m' * (length - 4)}" for number, length in steps))


@st.composite
def wide_pastings(draw):
    """Up to three cells one after another, with whiskers, and wires beside them."""
    sides = draw(st.lists(diagrams(), min_size=2, max_size=4))
    pasting = Pasting.id(sides[0])
    for number, (lhs, rhs) in enumerate(pairwise(sides)):
        pasting = pasting >> TwoCell(f"cell{number}", lhs, rhs)
    pasting = whisker(draw(diagrams(3)), pasting, draw(diagrams(3)))
    beside = st.sampled_from([ld.Ty(), b, b @ ld.Ty("a long name of wires")])
    return alongside(draw(beside), pasting, draw(beside))


@given(wide_pastings())
def test_each_box_of_each_layer_is_seen_as_often_as_it_stands_there(pasting):
    picture = ld.draw(pasting)
    assert picture.scene.width <= 1000
    shown, wanted = words(picture), expected(pasting)
    assert {name: shown[name] for name in wanted} == wanted


@given(diagrams(9), st.sampled_from([ld.Ty(), b]))
def test_an_identity_shows_each_box_of_its_path(diagram, beside):
    shown = words(ld.draw(Pasting.id(beside @ diagram)))
    wanted = Counter(box.name for box in diagram.boxes)
    assert {name: shown[name] for name in wanted} == wanted


def test_a_pasting_that_no_grid_holds_has_both_sides_as_string_diagrams():
    picture = ld.draw(AGAIN)
    assert picture.scene.width <= 1000 and {"1", "again"} <= set(words(picture))
    assert re.findall(r'data-box="(\w+)"', picture.svg) == [
        *("model", "summary", "coarsen"),
        *("model", "summary", "coarsen", "recover"),
    ]
    assert picture.svg.count('data-constraint="again"') == 1 and 'data-constraint=""' not in picture.svg
    narrow = ld.draw(AGAIN, width=400).svg
    assert narrow.count("data-box") == 7 and 'width="400"' in narrow


def test_three_cells_one_after_another_beside_wires():
    first, second, third, last = (path(*(f"{name}{i}" for i in range(5))) for name in ("one", "two", "three", "four"))
    pasting = TwoCell("c1", first, second) >> TwoCell("c2", second, third) >> TwoCell("c3", third, last)
    for shown in (pasting, alongside(b @ b, pasting, b), whisker(path("start"), pasting, path("end"))):
        assert expected(shown).items() <= words(ld.draw(shown)).items()


def test_a_layer_that_no_grid_holds_says_what_stands_before_the_cell_and_behind_it():
    long = whisker(path(*(f"b{i}" for i in range(7))), TwoCell("cell", path("old"), path("new")), path("c1", "c2"))
    svg = ld.draw(long).svg
    before, behind = svg.index(">before it<"), svg.index(">behind it<")
    boxes = {name: svg.index(f'data-box="{name}"') for name in ("b0", "b6", "old", "new", "c1", "c2")}
    assert before < boxes["b0"] < boxes["b6"] < boxes["old"] < boxes["new"] < behind < boxes["c1"] < boxes["c2"]
    assert ">before it<" not in ld.draw(AGAIN).svg


def test_a_text_of_several_boxes_or_objects_is_not_cut():
    wires = b @ ld.Ty("a long name of wires")
    wide = TwoCell("wide", path("old") @ wires, path("new") @ wires)
    assert "…" not in ld.draw(wide).svg
    square = ld.Square(*(path(name) @ b @ b @ b @ b for name in "trlb"), name="square")
    assert {"t", "r", "l", "b"} <= set(words(square.draw())) and "square.pasting" not in square.draw().svg
    long = TwoCell("alone", path("a name of more than 24 letters"), path("new"))
    assert ld.draw(long).svg.count("a name of more than 24 …") == 1  # one box alone keeps its place on the grid


def test_string_diagrams_of_a_pasting_run_in_its_direction_and_a_grid_has_none():
    right, down, up = (ld.draw(AGAIN, direction=direction) for direction in ("right", "down", "up"))
    assert len({right.svg, down.svg, up.svg}) == 3 and words(right) == words(down) == words(up)
    grid = TwoCell("cell", path("old"), path("new"))
    assert ld.draw(grid).svg == ld.draw(grid, direction="down").svg
    behind = whisker(path(*(f"b{i}" for i in range(9))), grid, ld.Id(a))
    assert ld.draw(behind).svg.count('d="M0 22H') > 0 == ld.draw(behind, direction="down").svg.count('d="M0 22H')
    identity = Pasting.id(path(*(f"step{i}" for i in range(12))))
    assert ld.draw(identity).svg != ld.draw(identity, direction="up").svg
    row = ld.Square(*(path(name) for name in ("top", "right", "left", "bottom")), name="one")
    tall = ld.Square(path(*(f"s{i}" for i in range(20))), path("r"), path("l"), path("b"), name="tall")
    assert row.draw().svg == row.draw(direction="down").svg and tall.draw().svg != tall.draw(direction="down").svg
    with pytest.raises(ld.LimitExceeded, match="take direction='right'"):
        side = ld.Id(ld.Ty()).tensor(*(path(f"box{i}") for i in range(40)))
        ld.draw(TwoCell("beside", side, side), direction="down")


def test_a_rewriting_that_no_grid_holds_is_an_equality_without_a_double_arrow():
    steps = path(*(f"step{i}" for i in range(6)))
    pasting = rewriting(steps @ a >> a @ steps, a @ steps >> steps @ a)
    svg = ld.draw(pasting).svg
    assert ">=<" in svg and "data-constraint" not in svg and "by the laws of the theory" in svg
    assert expected(pasting).items() <= words(ld.draw(pasting)).items()


def test_titles_of_the_library_are_not_cut():
    svg = ld.draw(rewriting(f @ a >> b @ f, a @ f >> f @ b)).svg
    assert ">1  by the laws of the theory<" in svg and "…" not in svg


@pytest.mark.parametrize("form", ["tikz", "tex"])
def test_wide_pastings_in_tex(form, tmp_path):
    ld.draw(AGAIN, tmp_path / f"again.{form}", notation={stat: r"\sigma"})
    text = (tmp_path / f"again.{form}").read_text()
    assert text.count("summary") >= 2 and text.count("recover") >= 1 and r"\sigma" in text


def test_copies_discards_and_swaps_have_corners_and_the_symbols_of_the_author():
    natural = TwoCell("natural", f >> ld.Copy(b), ld.Copy(a) >> f @ f)
    swapped = TwoCell("swapped", f @ f >> ld.Swap(b, b), ld.Swap(a, a) >> f @ f)
    forgotten = TwoCell("forgotten", f >> ld.Discard(b), ld.Discard(a))
    thrice = TwoCell("thrice", f >> ld.Copy(b, 3), ld.Copy(a, 3) >> f @ f @ f)
    beside = TwoCell("beside", f @ b >> ld.Copy(b) @ b, f @ ld.Copy(b) >> ld.Swap(b, b) @ b)
    kernel = TwoCell("random", ld.Kernel("k", a, b), f)
    rounded = re.compile(r'd="[^"]*A16 16')
    assert rounded.search(ld.draw(kernel).svg)
    seen = []
    for pasting in (natural, swapped, forgotten, thrice, beside):
        svg = ld.draw(pasting, notation=LETTERS).svg
        assert not rounded.search(svg)
        assert not {"apple", "bread"} & set(words(ld.draw(pasting, notation=LETTERS)))
        assert {"apple", "bread"} & set(words(ld.draw(pasting)))
        texts = (re.sub("<.*?>", "", text) for text in re.findall("<text.*?</text>", svg, re.DOTALL))
        seen += [text for text in texts if "(" in text]
    layers = ("Copy(A)", "Copy(A, 0)", "Copy(A, 3)", "Copy(B)", "Copy(B) @ B", "Copy(B, 0)", "Copy(B, 3)")
    assert set(seen) == {*layers, "B @ Copy(B)", "Swap(A, A)", "Swap(B, B)", "Swap(B, B) @ B"}


def test_wires_beside_a_cell_have_the_symbols_of_the_author_in_titles_and_captions():
    shown = words(ld.draw(alongside(a, TwoCell("cell", f, f), b), notation=LETTERS))
    assert shown["cell"] == 2 and not {"apple", "bread"} & set(shown)


def test_a_pasting_of_more_than_a_hundred_layers_says_how_to_draw_the_others():
    there, back = TwoCell("there", path("old"), path("new")), TwoCell("back", path("new"), path("old"))
    pasting = Pasting.id(path("old")).then(*[there, back] * 51)
    svg = ld.draw(pasting).svg
    assert svg.count("data-constraint") == 100 and "… 2 more layers: ld.draw(pasting[100:]) draws them" in svg
    assert ld.draw(pasting[100:]).svg.count("data-constraint") == 2
    assert "more layer" not in ld.draw(pasting[:100]).svg
    row = square = ld.Square(*(path(name) for name in ("step", "code", "code", "step")), name="one")
    for _ in range(13):
        row = row.above(square)
    assert "… 2 more layers: ld.draw(square.pasting) draws each layer" in row.draw().svg
    assert ld.draw(row.pasting).svg.count('data-constraint="one"') == 14
