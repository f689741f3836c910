"""Squares and pastings: cells on an axis-parallel grid, each there once, the cell in hand with its whiskers."""

import re
from xml.etree import ElementTree

import pytest

import learning_diagrams as ld
from learning_diagrams.drawing.cells.grid import LAW, Grid
from learning_diagrams.drawing.cells.grid_picture import GridPicture
from learning_diagrams.drawing.diagram_picture import html, pasting_picture
from learning_diagrams.drawing.graph.caption import LYING, Caption
from learning_diagrams.presentation.pasting import TwoCell, whisker

x, y = ld.Ty("x"), ld.Ty("y")
SIDES = (("top", "inner", "left", "middle"), ("top'", "right", "inner", "middle'"),
         ("middle", "inner'", "left'", "bottom"), ("middle'", "right'", "inner'", "bottom'"))  # fmt: skip
a, b, c, d = (ld.Square(*(ld.Box(side, x, x) for side in s), name=n) for n, s in zip("abcd", SIDES, strict=True))
BY_ROWS, BY_COLUMNS = a.beside(b).above(c.beside(d)), a.above(c).beside(b.above(d))


def placed(square):
    """The picture of a grid, its cells in order, and for each cell its corners."""
    grid = Grid()
    outer, cells = grid.lay(square)
    picture = GridPicture.of(grid, cells)

    corners = {}
    for cell in cells:
        ends = cell.left[0].source, cell.right[0].source, cell.left[-1].target, cell.right[-1].target
        corners[cell.name] = [(picture.nodes[vertex].x, picture.nodes[vertex].y) for vertex in ends]
    return picture, outer, corners


@pytest.mark.parametrize("square", [a, BY_ROWS, BY_COLUMNS])
def test_two_arrows_against_two_lie_on_an_axis_parallel_square(square):
    _, _, corners = placed(square)
    for (left, top), (right, top_), (left_, low), (right_, low_) in corners.values():
        assert (left, top, right, low) == (left_, top_, right_, low_) and right - left == low - top >= 160


def test_a_grid_looks_alike_by_rows_and_by_columns_and_its_layers_come_in_another_order():
    (_, _, rows), (_, _, columns) = placed(BY_ROWS), placed(BY_COLUMNS)
    assert rows == columns
    assert (list(rows), list(columns)) == (["c", "d", "a", "b"], ["c", "a", "d", "b"])
    for square in (BY_ROWS, BY_COLUMNS):
        order = [cell.name for cell in square.pasting.boxes]
        assert re.findall(r">\d  (\w)<", square.draw().svg) == order


def test_cells_share_the_edge_between_them():
    picture, _, _ = placed(BY_ROWS)
    assert len(picture.nodes) == 9 and len(picture.arrows) == 12
    whole = "".join(picture.scene().elements)
    assert all(whole.count(f'data-constraint="{name}"') == 1 for name in "abcd") and whole.count('class="sand"') == 4


def test_the_cell_in_hand_and_its_whiskers_are_at_full_strength_and_all_else_is_muted():
    svg = BY_ROWS.draw().svg
    steps = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
    quiet = [node for node in steps if node.get("class") == "quiet"]
    named = {name for node in quiet for inner in node.iter() if (name := inner.get("data-box"))}
    assert "top" in named and svg.count('data-box="top"') == 5  # the whole grid, and four layers
    layers = [layer.boxes_or_types for layer in BY_ROWS.pasting.inside]
    for before, cell, after in layers:
        strong = [one.name for one in (*before.inside, *cell.dom.inside, *cell.cod.inside, *after.inside)]
        picture, outer, _ = placed(BY_ROWS)
        path = outer.lhs
        for there in picture.cells:
            start = path.index(there.lhs[0])
            path = path[:start] + there.rhs + path[start + len(there.lhs) :]
            if there.name == cell.name:
                text = "\n".join(picture.scene(there, (*path, *there.lhs)).elements)
                muted = re.findall(r'<g class="quiet">\s*<g data-box="([^"]*)"', text)
                assert sorted([*muted, *strong]) == sorted({name for s in SIDES for name in s})
                assert text.count('class="sand"') == 1


def test_sides_that_are_written_differently_are_drawn_apart_with_an_equality():
    f, g = ld.Box("f", x, x), ld.Box("g", y, y)
    t, r, bottom = ld.Box("t", x, x @ y), ld.Box("r", x @ y, y), ld.Box("b", x, x @ y)
    first = ld.Square(t, f @ y >> x @ g, ld.Box("l", x, x), bottom, name="first")
    apart = first.beside(ld.Square(r, ld.Box("e", y, y), x @ g >> f @ y, r, name="next"))
    picture, _, _ = placed(apart)
    assert [cell.name for cell in picture.cells] == ["first", LAW, "next"]
    assert "".join(picture.scene().elements).count("data-constraint") == 2
    same = first.beside(ld.Square(r, ld.Box("e", y, y), f @ y >> x @ g, r, name="next"))
    assert [cell.name for cell in placed(same)[0].cells] == ["first", "next"]


def test_a_side_that_is_an_identity_is_a_double_line():
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    square = ld.Square(f, g, ld.Id(x), f >> g)
    picture, _, _ = placed(square)
    assert sum(isinstance(arrow, str) for arrow in picture.arrows.values()) == 1
    beside = square.beside(ld.Square(f, g, g, g, name="next")).above(ld.Square(f >> g >> g, g, ld.Id(x), f, name="low"))
    assert beside.draw().scene.width <= 1000


def test_the_caption_of_a_cell_meets_no_object_on_its_sides():
    wide = ld.Ty("an object with a long name")
    f, g = ld.Box("f", x, wide), ld.Box("g", wide, x)
    square = ld.Square(ld.Box("t", x, x), f >> g, f >> g, ld.Box("b", x, x), name="a square with a name")
    picture, _, corners = placed(square)
    (left, *_), right = corners["a square with a name"][0], corners["a square with a name"][1][0]
    inner = max(node.width for node in picture.nodes.values())
    assert right - left >= inner + Caption("a square with a name", ()).width + LYING


def test_uneven_tiles_share_an_edge():
    low = ld.Square(ld.Box("w", x, x), ld.Box("left'", x, x), ld.Box("v'", x, x), ld.Box("w'", x, x), name="low")
    high = ld.Square(ld.Box("u", x, x), ld.Box("left", x, x), ld.Box("v", x, x), ld.Box("w", x, x), name="high")
    sides = ld.Box("left", x, x) >> ld.Box("left'", x, x)
    tall = ld.Square(ld.Box("p", x, x), ld.Box("q", x, x), sides, ld.Box("r", x, x), name="tall")
    _, _, corners = placed(high.above(low).beside(tall))
    assert corners["tall"][0] == corners["high"][1] and corners["tall"][2] == corners["low"][3]


def test_what_is_too_wide_is_drawn_layer_by_layer_and_too_many_cells_are_a_typed_error():
    one = ld.Square(*(ld.Box(name, x, x) for name in ("step", "code", "code", "step")), name="one")
    row = one
    for _ in range(9):
        row = row.beside(one)
    picture = row.draw()
    assert picture.scene.width <= 1000 and picture.svg.count('data-constraint="one"') == 10
    for _ in range(5):
        row = row.beside(row)
    with pytest.raises(ld.LimitExceeded, match="at most 200 cells, and 'one"):
        row.draw()


def test_a_pasting_shows_each_layer_with_its_whiskers():
    e, f, g, h = (ld.Box(name, x, x) for name in "efgh")
    pasting = whisker(e, TwoCell("alpha", f, g >> h), e) >> whisker(e >> g, TwoCell("beta", h, ld.Id(x)), e)
    svg = pasting_picture(pasting).svg
    assert re.findall(r">(\d  \w+)<", svg) == ["1  alpha", "2  beta"]
    assert re.findall(r'data-box="(\w)"', svg).count("e") == 4
    assert svg == ld.draw(pasting).svg and svg in html(pasting)
    with pytest.raises(ld.TypeMismatch, match="there are none in"):
        pasting_picture(f >> g)
    with pytest.raises(ld.TypeMismatch, match="there are none in"):
        pasting_picture(ld.Id(x))


def test_names_are_escaped_and_bytes_are_the_same():
    square = ld.Square(*(ld.Box(name, x, x) for name in ("<script>", "&", '"', "\u202e")), name="<b>")
    ElementTree.fromstring(square.draw().svg)
    assert square.draw().svg == square.draw().svg and "<script>" not in square.draw().svg
