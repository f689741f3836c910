"""Pastings over several objects are drawn, also where a notebook shows them; an error of ours is not shown as text."""

import re
from itertools import pairwise
from types import SimpleNamespace

import pytest
from discopy import rigid
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.drawing import diagram_picture
from learning_diagrams.drawing.diagram_picture import html
from learning_diagrams.notebook import register
from learning_diagrams.presentation.pasting import Pasting, TwoCell, alongside, composite, rewriting, whisker, word

OBJECTS = [ld.Ty("x"), ld.Ty("y"), ld.Ty("z"), ld.Ty("x", "y")]
x, y, z, _ = OBJECTS


@st.composite
def paths(draw, dom, cod):
    """A path of at most three boxes from an object to another one."""
    through = draw(st.lists(st.sampled_from(OBJECTS), max_size=2))
    if dom == cod and not through and draw(st.booleans()):
        return ld.Id(dom)
    stops = [dom, *through, cod]
    name = draw(st.sampled_from("fgh"))
    boxes = (ld.Box(f"{name}{a.name}_{b.name}", a, b) for a, b in pairwise(stops))
    return ld.Id(dom).then(*boxes)


@st.composite
def pastings(draw):
    """Some layers e ; α ; h over several objects, alongside a wire or not."""
    ends = draw(st.sampled_from(OBJECTS)), draw(st.sampled_from(OBJECTS))
    pasting = Pasting.id(draw(paths(*ends)))
    for i in range(draw(st.integers(0, 3))):
        boxes = [cell.diagram for cell in pasting.cod.inside]
        start = draw(st.integers(0, len(boxes)))
        stop = draw(st.integers(start, len(boxes)))
        before, side, after = boxes[:start], boxes[start:stop], boxes[stop:]
        first = before[-1].cod if before else ends[0]
        lhs = ld.Id(first).then(*side)
        cell = TwoCell(f"α{i}", lhs, draw(paths(first, lhs.cod)))
        layer = whisker(ld.Id(ends[0]).then(*before), cell, ld.Id(lhs.cod).then(*after))
        pasting = pasting >> layer
    return alongside(z, pasting, ld.Ty()) if draw(st.booleans()) else pasting


@given(pastings())
def test_each_pasting_has_a_picture_with_all_its_cells(pasting):
    page = html(pasting)
    assert page is not None and ld.draw(pasting).svg in page
    for number, layer in enumerate(pasting.inside, start=1):
        assert re.search(rf">{number}  [^<]*{layer.boxes_or_types[1].name[-2:]}", page)


@given(pastings())
def test_units_and_composites_of_pastings(pasting):
    """id ; α = α = α ; id, and whiskers with identities change nothing."""
    assert Pasting.id(pasting.dom) >> pasting == pasting == pasting >> Pasting.id(pasting.cod)
    if pasting.objects is not None:
        dom, cod = pasting.objects
        lhs, rhs = composite(pasting.dom, dom), composite(pasting.cod, dom)
        assert (word(lhs), lhs.dom, rhs.cod) == (pasting.dom, dom, cod)
        assert Pasting.id(lhs) >> pasting == pasting == pasting >> Pasting.id(rhs)
        assert whisker(ld.Id(dom), pasting, ld.Id(cod)) == pasting


f, f2, g, g2 = ld.Box("f", x, y), ld.Box("f2", x, y), ld.Box("g", y, z), ld.Box("g2", y, z)


@pytest.fixture
def shown():
    core = pytest.importorskip("IPython.core.formatters")
    formatter = core.DisplayFormatter()
    register(SimpleNamespace(display_formatter=formatter))
    return lambda value: formatter.format(value)[0]


def test_a_notebook_draws_both_orders_the_pasting_of_squares_and_an_identity(shown):
    a, b = TwoCell("a", f, f2), TwoCell("b", g, g2)
    square = ld.Square(f, ld.Box("v", y, y), ld.Box("u", x, x), f2)
    beside = square.beside(ld.Square(g, ld.Box("w", z, z), ld.Box("v", y, y), g2))
    for pasting in (
        *(whisker(ld.Id(x), a, g) >> whisker(f2, b, ld.Id(z)), whisker(f, b, ld.Id(z)) >> whisker(ld.Id(x), a, g2)),
        *(beside.pasting, Pasting.id(f >> g), Pasting.id(ld.Id(x))),
    ):
        assert "<svg" in shown(pasting)["text/html"]
    assert {"f", "g"} <= set(re.findall(r'data-box="(\w)"', ld.draw(Pasting.id(f >> g)).svg))


def test_only_what_is_too_large_or_has_no_picture_is_shown_as_text(monkeypatch):
    assert html(3) is None and html(rigid.Cup(rigid.Ty('n'), rigid.Ty('n').r)) is None

    def fails(kind):
        def raising(*_):
            raise kind("of ours")

        monkeypatch.setattr(diagram_picture._Shown, "_drawing", raising)

    fails(ld.LimitExceeded)
    assert html(f >> g) is None
    fails(ld.TypeMismatch)
    with pytest.raises(ld.TypeMismatch, match="of ours"):
        html(f >> g)


class Broken(diagram_picture.Drawn):
    def __init__(self, kind):
        self.kind = kind

    def __str__(self):
        return "text"

    def _drawing(self, direction, notation):
        raise self.kind("of ours")


def test_a_value_that_draws_itself_does_not_hide_an_error_of_ours_either():
    assert Broken(ld.LimitExceeded)._repr_mimebundle_() == {"text/plain": "text"}
    with pytest.raises(ld.TypeMismatch, match="of ours"):
        Broken(ld.TypeMismatch)._repr_mimebundle_()


@pytest.mark.parametrize("value", [f, f >> g, ld.Id(x), ld.Copy(x), TwoCell("a", f, f2), Pasting.id(f)])
def test_a_path_for_the_drawing_of_discopy_names_the_function_that_takes_it(value):
    with pytest.raises(ld.TypeMismatch, match=r"learning_diagrams.draw\(diagram, path\)"):
        value.draw("picture.png")


IDENTITIES = TwoCell("at x", ld.Id(x), ld.Id(x)), TwoCell("at y", ld.Id(y), ld.Id(y))
REFUSED = {
    "these pastings do not compose by >>: at x : x → x, then at y : y → y": lambda: IDENTITIES[0] >> IDENTITIES[1],
    "these pastings do not compose by @: at x : x → x, then at y : y → y": lambda: IDENTITIES[0] @ IDENTITIES[1],
    "then a pasting from x to x, then y → z": lambda: whisker(f, IDENTITIES[0], g),
    "y → z, then a pasting from x to y": lambda: whisker(g, Pasting.id(f), g),
    "these do not compose: x → y, then a pasting from y to y, then x → y": lambda: whisker(f, Pasting.id(ld.Id(x)), f),
    "the sides of equation '=' are not parallel": lambda: rewriting(ld.Id(x), ld.Id(y)),
    "a wire of a pasting is a 1-cell, a diagram, and 'x' is an object; .* id takes a diagram": lambda: Pasting.id(x),
    "a 1-cell is a diagram, got 3": lambda: Pasting.id(3),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_runs_between_other_objects_does_not_compose(message):
    with pytest.raises(ld.TypeMismatch, match=message):
        REFUSED[message]()
