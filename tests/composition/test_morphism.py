"""Strict morphisms of learning diagrams: a category, what is kept, and what is refused."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import Symbol
from strategies import gluings, learning_diagrams, small_learning_diagrams

some = settings(max_examples=12)
a, b, c = ld.Ty("a"), ld.Ty("b"), ld.Ty("c")
rows, other = ld.SampleSpace("rows"), ld.SampleSpace("other")
x, y = rows.column("x", a), rows.column("y", b)
f, g, k = ld.Box("f", a, b), ld.Box("g", a, b), ld.Kernel("k", a, b)
fit = ld.LearningDiagram(ld.Constraint("fit", x >> f, y))
both = ld.LearningDiagram(ld.Constraint("fit", x >> g, y), ld.Constraint("agree", x >> f, x >> g, weight=0.5))


@st.composite
def morphisms(draw, dom):
    """What gluing some things of a learning diagram, and adding another one beside it, does to it."""
    beside = draw(small_learning_diagrams())
    diagrams = {"a": dom, "b": beside}
    try:
        return ld.colimit(diagrams, draw(gluings(diagrams))).injections["a"]
    except ld.DuplicateName:
        return ld.Morphism.identity(dom)


@some
@given(st.data(), small_learning_diagrams())
def test_morphisms_form_a_category(data, d):
    m = data.draw(morphisms(d))
    n = data.draw(morphisms(m.cod))
    o = data.draw(morphisms(n.cod))
    assert (m >> n) >> o == m >> (n >> o)
    assert ld.Morphism.identity(m.dom) >> m == m == m >> ld.Morphism.identity(m.cod)
    assert hash(m >> n) == hash(ld.Morphism(m.dom, n.cod, {thing: n(m(thing)) for thing in m.images}))


@some
@given(learning_diagrams())
def test_a_renaming_is_an_isomorphism(d):
    renamed = d.rename({box: f"new {box.name}" for box in d.boxes} | {ty: f"new {ty}" for ty in d.objects})
    m = ld.Morphism(d, renamed, {box: f"new {box.name}" for box in d.boxes} | {t: f"new {t}" for t in d.objects})
    assert m.inverse() >> m == ld.Morphism.identity(renamed)
    assert m >> m.inverse() == ld.Morphism.identity(d)


@some
@given(st.data(), small_learning_diagrams())
def test_a_morphism_sends_sides_to_sides(data, d):
    m = data.draw(morphisms(d))
    there = {constraint.name: constraint for constraint in m.cod.constraints}
    for constraint in m.dom.constraints:
        image = there[m(Symbol("constraint", constraint.name)).name]
        assert ld.equal(m(constraint.lhs), image.lhs) and ld.equal(m(constraint.rhs), image.rhs)


def test_the_default_is_by_name_and_types_follow():
    m = ld.Morphism(fit, both, {f: "g"})
    assert m(Symbol("box", "f")) == Symbol("box", "g") and m(Symbol("object", "b")) == Symbol("object", "b")
    assert ld.Morphism(fit, fit) == ld.Morphism.identity(fit) == ld.Morphism(fit, fit.reweight({"fit": 1.0}))
    renamed = fit.rename({"a": "A", "rows": "R", "f": "F", "fit": "match"})
    forced = ld.Morphism(fit, renamed, {"f": "F", "rows": "R", fit.constraints[0]: renamed.constraints[0]})
    assert forced(Symbol("object", "a")).name == "A" and forced(Symbol("column", "x", "rows")).space == "R"
    assert "box 'f' ↦ 'F'" in str(forced) and repr(forced).startswith("<Morphism")
    assert pickle.loads(pickle.dumps(forced)) == forced == copy.deepcopy(forced)
    assert forced != m and forced != 3


def test_equal_learning_diagrams_have_equal_morphisms():
    """A box whose output nobody needs is no part of a learning diagram, nor of a morphism."""
    idle = ld.Box("idle", b, c)
    lazy = ld.LearningDiagram(ld.Constraint("fit", x >> f >> ld.Copy(b) >> b @ (idle >> ld.Discard(c)), y))
    assert lazy == fit and support(lazy) == support(fit)
    assert ld.Morphism(lazy, fit) == ld.Morphism(fit, lazy) == ld.Morphism.identity(fit)
    assert lazy + fit.rename({"f": "idle"}).rename({"fit": "more"}) == fit + fit.rename({"f": "idle", "fit": "more"})


def test_axioms_go_to_those_that_say_the_same():
    law = ld.Equation(x >> f, y)
    one = ld.LearningDiagram(axioms={"one": law})
    other = ld.LearningDiagram(axioms={"two": law})
    assert ld.Morphism(one, other) == ld.Morphism.identity(one)
    with pytest.raises(ld.TypeMismatch, match=r"axiom 'one' goes to no axiom.*x >> f = y"):
        ld.Morphism(one, ld.LearningDiagram(axioms={"one": ld.Equation(y, x >> f)}))


def renamed(morphism):
    return str(morphism).splitlines()[1:-1]


def test_axioms_that_get_another_name_are_printed():
    h = ld.Box("h", a, a)
    first, second = ld.Equation(h >> h, h), ld.Equation(x >> f, y)
    one, two = ld.LearningDiagram(axioms={"p": first}), ld.LearningDiagram(axioms={"q": first, "p": second})
    injections = ld.colimit({"l": one, "m": two}, [{"l": "h", "m": "h"}]).injections
    assert renamed(injections["l"]) == []
    assert renamed(injections["m"]) == ["  axiom 'p' ↦ 'm.p'", "  axiom 'q' ↦ 'p'"]
    exchanged = ld.LearningDiagram(axioms={"p": first, "q": second})
    assert renamed(ld.isomorphic(two, exchanged)) == ["  axiom 'p' ↦ 'q'", "  axiom 'q' ↦ 'p'"]
    assert renamed(ld.isomorphic(two, two)) == []


def test_of_axioms_that_say_the_same_each_keeps_its_name_or_takes_a_free_one():
    law = ld.Equation(x >> f, y)
    one, two, three = (ld.LearningDiagram(axioms=dict.fromkeys(names, law)) for names in ("pq", "ap", "p"))
    assert renamed(ld.Morphism(one, two)) == ["  axiom 'q' ↦ 'a'"]
    assert renamed(ld.Morphism(one, three)) == ["  axiom 'q' ↦ 'p'"]


slow = ld.LearningDiagram(ld.Constraint("agree", x >> f, x >> g), ema={g: (f, 0.9)})
played = ld.LearningDiagram(*fit.constraints, players={"p": {"terms": ["fit"], "boxes": [f]}})

BAD = [
    (lambda: ld.Morphism(fit, both, {f: k}), ld.UnknownName, "no box named 'k' in the codomain"),
    (lambda: ld.Morphism(both, fit), ld.UnknownName, "box 'g' has no image: the codomain has no box 'g'.*known: 'f'"),
    (lambda: ld.Morphism(fit, fit.rename({"f": "F"})), ld.UnknownName, "give its image"),
    (lambda: ld.Morphism(fit, both.rename({"fit": "match"}), {f: g}), ld.UnknownName, "constraint 'fit' has no image"),
    (lambda: ld.Morphism(fit, both), ld.TypeMismatch, "constraint 'fit' cannot go to constraint 'fit', which says"),
    (lambda: ld.Morphism(fit, fit.reweight({"fit": 2})), ld.TypeMismatch, "says something else: .*weight=2"),
    (lambda: ld.Morphism(fit, fit.freeze("f")), ld.TypeMismatch, "box 'f' is trained, and cannot go to box 'f', which"),
    (lambda: ld.Morphism(ld.LearningDiagram(*slow.constraints), slow), ld.TypeMismatch, "which follows another"),
    (lambda: ld.Morphism(slow, ld.LearningDiagram(*slow.constraints, ld.Constraint("h", x >> ld.Box("h", a, b), y),
                                                  ema={"g": ("h", 0.9)})), ld.TypeMismatch, "and box 'g' follows 'h'"),
    (lambda: ld.Morphism(played, fit), ld.UnknownName, "player 'p' has no image"),
    (lambda: ld.Morphism(played, ld.LearningDiagram(*fit.constraints, players={
        "p": {"terms": ["fit"], "boxes": [f], "steps": 2}})), ld.TypeMismatch, "player 'p' cannot go to player 'p'"),
    (lambda: ld.Morphism(fit, ld.LearningDiagram(ld.Constraint("fit", x >> k, y)), {f: k}), ld.TypeMismatch,
     "box 'f' : Box a → b cannot go to box 'k' : Kernel a → b"),
    (lambda: ld.Morphism(fit, ld.LearningDiagram(ld.Constraint("fit", x >> ld.Copy(a) >> ld.Box("f", a @ a, b), y))),
     ld.TypeMismatch, "Box a → b cannot go to box 'f' : Box a @ a → b"),
    (lambda: ld.Morphism(fit, fit, {a: b}), ld.TypeMismatch, "object 'a' would go to object 'b' and to object 'a'"),
    (lambda: ld.Morphism(fit, fit, {rows: a}), ld.TypeMismatch, "sample space 'rows' cannot go to object 'a'"),
    (lambda: ld.Morphism(fit, fit, {"g": "f"}), ld.UnknownName, "in the domain"),
    (lambda: ld.Morphism(fit, fit, {3: "f"}), ld.TypeMismatch, "got 3"),
    (lambda: ld.Morphism(fit, fit, "f"), ld.TypeMismatch, "given by a mapping"),
    (lambda: ld.Morphism(fit, "d"), ld.TypeMismatch, "between learning diagrams, got 'd'"),
    (lambda: ld.Morphism.identity(fit) >> ld.Morphism.identity(both), ld.TypeMismatch, "do not compose"),
    (lambda: ld.Morphism.identity(fit) >> 3, ld.TypeMismatch, "composes with another one, got 3"),
    (lambda: ld.Morphism(fit, both, {f: g}).inverse(), ld.UnknownName, "no image"),
    (lambda: ld.Morphism.identity(fit)(Symbol("box", "h")), ld.UnknownName, "no box 'h' in the domain"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "error", "message"), BAD)
def test_what_is_no_morphism_says_why(wrong, error, message):
    with pytest.raises(error, match=message) as caught:
        wrong()
    assert type(caught.value) is error


def test_there_is_no_inverse_of_what_makes_two_things_one():
    d = ld.LearningDiagram(ld.Constraint("agree", x >> f, x >> g))
    m = ld.colimit({"d": d}, [[("d", f), ("d", g)]]).injections["d"]
    with pytest.raises(ld.TypeMismatch, match=r"there is no inverse: box 'g' and box 'f' both go to box 'f'"):
        m.inverse()
