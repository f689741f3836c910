"""The laws of colimits: the universal property, gluing along nothing and along everything, in any order."""

import itertools

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import GENERATORS
from strategies import glue_or_reject, gluings, learning_diagrams, small_learning_diagrams

some = settings(max_examples=12)


@st.composite
def glued(draw, labels="ab"):
    diagrams = {at: draw(small_learning_diagrams()) for at in labels}
    gluing = draw(gluings(diagrams))
    return diagrams, gluing, glue_or_reject(diagrams, gluing)


def says_nothing_twice(diagram):
    contents = [str(c.canonical[1:]) for c in diagram.constraints]
    return len(contents) == len(set(contents))


# The universal property.


@some
@given(st.data(), glued())
def test_cocones_factor_uniquely(data, given_):
    """For each morphism m out of a colimit, the mediator of the cocone injections >> m is m."""
    _, _, result = given_
    further = data.draw(gluings({"q": result.diagram}))
    m = glue_or_reject({"q": result.diagram}, further).injections["q"]
    legs = {at: injection >> m for at, injection in result.injections.items()}
    u = result.mediator(legs)
    assert u == m
    assert {at: injection >> u for at, injection in result.injections.items()} == legs


@some
@given(glued())
def test_injections_are_jointly_surjective_so_that_mediators_are_unique(given_):
    _, _, result = given_
    reached = {image for injection in result.injections.values() for image in injection.images.values()}
    assert reached == set(support(result.diagram))


@some
@given(glued())
def test_glued_things_go_to_one_thing(given_):
    _, gluing, result = given_
    for (at, thing), (at_, thing_) in gluing:
        assert result.injections[at](thing) == result.injections[at_](thing_)


@some
@given(small_learning_diagrams())
def test_the_codiagonal(d):
    """d ⊔ d → d folds both copies, and is split by both injections."""
    result = ld.colimit({"a": d, "b": d})
    identity = ld.Morphism.identity(d)
    fold = result.mediator({"a": identity, "b": identity})
    assert result.injections["a"] >> fold == identity == result.injections["b"] >> fold


@some
@given(glued())
def test_a_coproduct_is_universal_for_any_two_morphisms(given_):
    """Legs that share nothing but their end: those into a gluing of the same diagrams."""
    diagrams, _, result = given_
    apart = ld.colimit(diagrams)
    u = apart.mediator(result.injections)
    assert all(apart.injections[at] >> u == leg for at, leg in result.injections.items())


@some
@given(small_learning_diagrams())
def test_nothing_is_initial(d):
    assert dict(ld.Morphism(ld.LearningDiagram(), d).images) == {}
    assert ld.colimit({}).diagram == ld.LearningDiagram()
    assert ld.coproduct(d, ld.LearningDiagram()) == d == ld.coproduct(ld.LearningDiagram(), d)


# Gluing along everything, along nothing, in several steps, in another order.


def everything(d):
    return {thing: thing for thing in support(d) if thing.kind in GENERATORS}


@some
@given(small_learning_diagrams())
def test_the_pushout_along_the_identity_is_the_same(d):
    assert ld.pushout(d, d, along=everything(d)) == d


@some
@given(learning_diagrams())
def test_the_pushout_along_the_identity_of_any_learning_diagram(d):
    assert ld.pushout(d, d, along=everything(d)) == d


@some
@given(small_learning_diagrams(), small_learning_diagrams())
def test_the_pushout_along_nothing_is_the_coproduct(a, b):
    assert ld.pushout(a, b, along={}) == ld.coproduct(a, b)
    assert len(ld.coproduct(a, b).constraints) == len(a.constraints) + len(b.constraints)


@some
@given(st.data(), *[small_learning_diagrams()] * 3)
def test_gluing_is_associative_up_to_renaming(data, a, b, c):
    """Gluing a with b, and then with c, is gluing all three."""
    assume(all(map(says_nothing_twice, (a, b, c))))
    first, then = data.draw(gluings({"a": a, "b": b})), data.draw(gluings({"b": b, "c": c}))
    p = glue_or_reject({"a": a, "b": b}, first)
    moved = [[("p", p.injections["b"](t)) if at == "b" else (at, t) for at, t in entry] for entry in then]
    try:
        q = glue_or_reject({"p": p.diagram, "c": c}, moved)
        r = glue_or_reject({"a": a, "b": b, "c": c}, first + then)
    except ld.TypeMismatch:  # both gluings together make two objects of one diagram one
        assume(False)
    legs = {at: p.injections[at] >> q.injections["p"] for at in "ab"} | {"c": q.injections["c"]}
    u = r.mediator(legs)
    assert u >> u.inverse() == ld.Morphism.identity(r.diagram)
    assert u.inverse() >> u == ld.Morphism.identity(q.diagram)


@some
@given(st.data(), glued())
def test_the_order_of_gluing_never_changes_the_digest(data, given_):
    diagrams, gluing, result = given_
    again = [list(data.draw(st.permutations(entry))) for entry in data.draw(st.permutations(gluing))]
    assert ld.colimit(diagrams, again).diagram.digest() == result.diagram.digest()


# a + b


def united(*diagrams):
    try:
        total = ld.LearningDiagram()
        for diagram in diagrams:
            total = total + diagram
    except ld.DuplicateName:
        return None
    return total


@some
@given(*[small_learning_diagrams()] * 3)
def test_addition_is_a_commutative_idempotent_monoid(a, b, c):
    assert a + a == a == a + ld.LearningDiagram() == ld.LearningDiagram() + a
    assert len({united(*order) for order in itertools.permutations((a, b, c))}) == 1
    if united(a, b, c) is not None:
        assert (a + b) + c == a + (b + c)


@some
@given(small_learning_diagrams("c"), small_learning_diagrams("de"))
def test_addition_is_the_colimit_by_equal_names(a, b):
    """Where no two constraints or players of different names say the same."""
    total = united(a, b)
    assume(total is not None)
    shared = [{"a": t, "b": t} for t in support(a) if t.kind in GENERATORS and t in support(b)]
    result = ld.colimit({"a": a, "b": b}, shared)
    contents = [c.canonical[1:] for c in (*a.constraints, *b.constraints)]
    assume(all(contents.count(content) == 1 for content in contents) and not (a.players and b.players))
    assert total == result.diagram
    u = result.mediator({"a": ld.Morphism(a, total), "b": ld.Morphism(b, total)})
    assert u == ld.Morphism(result.diagram, total) == u.inverse()
