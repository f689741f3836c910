"""Substitution: a functor that is the identity on all but some boxes."""

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty, is_deterministic
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.editing.substitution import substitute
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import TypeMismatch, UnknownName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from strategies import diagrams, equal_pairs, learning_diagrams, small_learning_diagrams, steps_of

x, y = Ty("x"), Ty("y")
f, g, h = Box("f", x, x), Box("g", x, y), Box("h", y, x)
k, point = Kernel("k", x, x), Kernel("point", Ty(), x)
rows = SampleSpace("rows")
column = rows.column("x", x)


def generators(diagram):
    return {box.name: box for _, box in steps_of(diagram) if not isinstance(box, markov.Copy | markov.Swap)}


@st.composite
def replacements(draw, *those):
    """A parallel diagram for some of the boxes of some diagrams."""
    chosen = {name: box for d in those for name, box in generators(d).items() if draw(st.booleans())}
    return {
        box: draw(diagrams(dom=box.dom, cod=box.cod, max_size=3, kinds="f" if isinstance(box, Box) else "fkp"))
        for box in chosen.values()
    }


@given(st.data())
def test_substitution_is_a_functor(data):
    d = data.draw(diagrams(max_size=4))
    e, beside = data.draw(diagrams(dom=d.cod, max_size=4)), data.draw(diagrams(max_size=4))
    new = data.draw(replacements(d, e, beside))
    assert (substitute(d, new).dom, substitute(d, new).cod) == (d.dom, d.cod)
    assert digest(substitute(d >> e, new)) == digest(substitute(d, new) >> substitute(e, new))
    assert digest(substitute(d @ beside, new)) == digest(substitute(d, new) @ substitute(beside, new))


@given(st.data())
def test_equal_diagrams_stay_equal(data):
    left, right = data.draw(equal_pairs())
    new = data.draw(replacements(left))
    assert digest(substitute(left, new)) == digest(substitute(right, new))


@given(diagrams())
def test_substituting_nothing_and_boxes_for_themselves_is_the_identity(d):
    assert substitute(d, {}) == d
    assert substitute(d, {box: box for box in generators(d).values()}) == d


def test_foliated_layers_are_substituted():
    wide = (f @ f @ k).foliation()
    assert substitute(wide, {f: g >> h}) == substitute(f @ f @ k, {f: g >> h})


def test_boxes_are_replaced_all_at_once():
    swapped = substitute(f >> Box("e", x, x), {f: Box("e", x, x), Box("e", x, x): f})
    assert swapped == Box("e", x, x) >> f
    assert substitute(f, {f: f >> f}) == f >> f


def test_replacements_of_any_shape():
    right = Box("two", x @ y, y @ x)
    assert substitute(right, {right: Swap(x, y)}) == Swap(x, y)
    assert substitute(k >> k, {k: Id(x)}) == Id(x)
    assert digest(substitute(k @ k, {k: Discard(x) >> point})) == digest(Discard(x @ x) >> point @ point)
    assert substitute(Copy(x) >> x @ Discard(x), {point: point}).cod == x


@pytest.mark.parametrize(
    ("box", "diagram", "message"),
    [
        (f, g, "cannot be replaced by a diagram x → y"),
        (f, Discard(x), "x → I"),
        (f, k, "because of the kernel 'k'"),
        (f, Copy(x) >> f @ (k >> Discard(x)), "kernel 'k'"),
        (f, markov.Box("p", x, x), "kernel 'p'"),
        (f, markov.Box("f", x, x).dagger(), "is a dagger"),
        (f, "g", "only be replaced by a diagram"),
        (f, x, "only be replaced by a diagram"),
    ],
)
def test_what_cannot_be_substituted_says_why(box, diagram, message):
    with pytest.raises(TypeMismatch, match=message):
        substitute(f >> f, {box: diagram})


# Substitution in learning diagrams.


def regime(term, **options):
    return LearningDiagram(Constraint("c", column >> term, column), axioms={"a": Equation(term, term)}, **options)


def test_a_learning_diagram_is_substituted_everywhere():
    over = Constraint("o", f >> f, f, over=column >> f)
    new = LearningDiagram(over, name="kept").substitute({f: g >> h})
    assert new.name == "kept"
    assert new == LearningDiagram(Constraint("o", g >> h >> g >> h, g >> h, over=column >> g >> h))
    assert regime(f).substitute({"f": g >> h}) == regime(g >> h)


def test_what_is_new_in_place_of_a_frozen_box_is_frozen():
    frozen = regime(f >> g >> h, frozen=[f])
    assert frozen.substitute({f: g >> Box("new", y, x)}).frozen == {Box("new", y, x)}
    assert frozen.substitute({f: f >> f}).frozen == {f}
    assert frozen.substitute({f: Id(x)}).frozen == frozenset()
    assert frozen.substitute({g: Box("new", x, y)}).frozen == {f}


def test_a_frozen_box_that_another_replacement_brings_back_stays_frozen():
    assert regime(f >> g >> h, frozen=[f]).substitute({h: h >> f}).frozen == {f}


def test_a_box_that_gives_its_place_away_takes_what_is_said_of_the_other_place():
    e, new = Box("e", x, x), Box("new", x, x)
    frozen = regime(f >> e, frozen=[f])
    assert frozen.substitute({f: e, e: f}).frozen == {e}
    assert frozen.substitute({f: e, e: new}).frozen == {e}
    assert frozen.substitute({f: e, e: f >> f}).frozen == {e}
    assert frozen.substitute({f: e}).frozen == frozen.substitute({f: e, e: e}).frozen == frozenset()
    assert frozen.substitute({f: e, e: e >> e}).frozen == frozenset()
    game = LearningDiagram(
        Constraint("c", column >> f >> e >> k, column, detach=e),
        Constraint("d", column >> e, column),
        players={"p": {"terms": ["c"], "boxes": [f]}, "q": {"terms": ["d"], "boxes": [e], "steps": 2}},
    )
    swapped = game.substitute({f: e, e: f})
    assert [player.boxes for player in swapped.players] == [("e",), ("f",)] and swapped.constraints[0].detach == ("f",)
    assert swapped.substitute({f: e, e: f}) == game


@pytest.mark.parametrize("of", [learning_diagrams(), small_learning_diagrams()], ids=["any", "small"])
def test_a_permutation_of_boxes_and_then_its_inverse_is_the_identity(of):
    @given(st.data(), of)
    def property_(data, d):
        alike = {}
        for box in d.boxes:
            alike.setdefault(str((is_deterministic(box), box.dom, box.cod)), []).append(box)
        there = {a: b for part in alike.values() for a, b in zip(part, data.draw(st.permutations(part)), strict=True)}
        moved = d.substitute(there)
        assert moved.substitute({b: a for a, b in there.items()}) == d
        assert moved.frozen == {there[box] for box in d.frozen}
        assert moved.ema == {there_name(there, t): (there_name(there, s), a) for t, (s, a) in d.ema.items()}
        assert [set(player.boxes) for player in moved.players] == [
            {there_name(there, box) for box in player.boxes} for player in d.players
        ]

    property_()


def there_name(there, name):
    return next(image.name for box, image in there.items() if box.name == name)


@pytest.mark.parametrize("key", [Kernel("z", x, x), "z", column])
def test_unknown_boxes_are_refused(key):
    with pytest.raises(UnknownName):
        regime(f).substitute({key: Id(x)})


def test_only_a_box_alone_takes_part_in_a_moving_average():
    a, b, c, u = (Box(name, x @ x, x @ x) for name in "abcu")
    d = LearningDiagram(Constraint("c", column @ column >> a, column @ column >> b), ema={b: (a, 0.9)})
    using = Box("using", x @ x, x @ x, uses=[u])
    assert (d.substitute({a: using}).ema, d.substitute({b: using}).ema) == (
        {"b": ("using", 0.9)},
        {"using": ("a", 0.9)},
    )
    for composite in (c >> c, Swap(x, x) >> c, Id(x @ x)):
        with pytest.raises(TypeMismatch, match="can only be replaced by one box"):
            d.substitute({a: composite})
