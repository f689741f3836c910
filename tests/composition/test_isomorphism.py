"""Isomorphic learning diagrams: found under every renaming, refused after every change, and colimits up to it."""

import itertools
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import Symbol, symbols
from learning_diagrams.editing.symbol_map import SymbolMap
from strategies import glue_or_reject, gluings, learning_diagrams, small_learning_diagrams

some = settings(max_examples=12)
x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
col, label = rows.column("col", x), rows.column("label", y)
f, g, k = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, y)


def renamings(d):
    """Other names for every symbol of a learning diagram, in another order."""
    there = symbols(d)
    atoms = [symbol for symbol in there if symbol.kind in ("object", "sample space")]
    places = {symbol: i for part in (atoms, [s for s in there if s not in atoms]) for i, symbol in enumerate(part)}

    def renamed(orders):
        of_atom, of_other = orders
        new = {s: s._replace(name=f"n{(of_atom if s in atoms else of_other)[places[s]]}") for s in there}
        return SymbolMap(
            {s: image._replace(space=new[space_of(s)].name if s.space else "") for s, image in new.items()}
        )

    return st.tuples(*(st.permutations(range(n)) for n in (len(atoms), len(there) - len(atoms)))).map(renamed)


def space_of(column):
    return Symbol("sample space", column.space)


def is_isomorphism(m, a, b):
    return (m.dom, m.cod) == (a, b) and m >> m.inverse() == ld.Morphism.identity(a)


@pytest.mark.parametrize("of", [learning_diagrams(), small_learning_diagrams()], ids=["any", "small"])
def test_a_renamed_learning_diagram_is_isomorphic(of):
    @some
    @given(st.data(), of)
    def property_(data, d):
        other = d.map(data.draw(renamings(d)))
        assert is_isomorphism(ld.isomorphic(d, other), d, other)
        assert is_isomorphism(ld.isomorphic(other, d), other, d)

    property_()


@some
@given(small_learning_diagrams())
def test_a_learning_diagram_is_isomorphic_to_itself_by_the_identity(d):
    assert ld.isomorphic(d, d) == ld.Morphism.identity(d)


def heavier(d, constraint):
    return d.reweight({constraint.name: constraint.weight + 1})


@some
@given(st.data(), small_learning_diagrams())
def test_a_changed_learning_diagram_is_not_isomorphic(data, d):
    """Each change changes how many symbols say one thing, so that no renaming undoes it."""
    assume(d.constraints)
    constraint = data.draw(st.sampled_from(d.constraints))
    live = [symbol.name for symbol in support(d) if symbol.kind == "box" and symbol.name not in d.ema]
    changes = [
        heavier(d, constraint),
        d.edited([*d.constraints, ld.Constraint("more", col, col)]),
        d.edited(axioms=[*d.axioms, ld.Equation(f >> f, f)]),
        d.without(constraint.name),
    ]
    if live:
        name = data.draw(st.sampled_from(live))
        changes.append(d.unfreeze(name) if d.box(name) in d.frozen else d.freeze(name))
    if d.ema:
        changes.append(d.edited(ema={target: (source, 0.123) for target, (source, _) in d.ema.items()}))
    if d.players:
        changes.append(d.edited(players=[replace(p, steps=9) for p in d.players]))
    for changed in changes:
        assert ld.isomorphic(d, changed) is None and ld.isomorphic(changed, d) is None


# Every part that a learning diagram states, one at a time.

BASE = {"over": col, "weight": 0.5, "divergence": "kl"}


def regime(lhs=f >> k, rhs=g >> k, boxes=(), **options):
    c = ld.Constraint(
        "c", lhs, rhs, **{**BASE, **{key: options.pop(key) for key in (*BASE, "detach") if key in options}}
    )
    return ld.LearningDiagram(c, ld.Constraint("fit", col >> f >> k, label), *boxes, **options)


PLAYER = {"p": {"terms": ["fit"], "boxes": [f]}}
DIFFERENT = [
    {"lhs": f >> f >> k},
    {"lhs": g >> k, "rhs": f >> k},  # prediction and reference, of which "fit" trains one
    {"weight": 1.0},
    {"divergence": {"name": "kl", "temperature": 2.0}},
    {"divergence": None},
    {"over": col >> f},
    {"detach": "lhs"},
    {"detach": "rhs"},
    {"detach": [g]},
    {"frozen": [f]},
    {"frozen": [g]},
    {"ema": {g: (f, 0.5)}},
    {"axioms": [ld.Equation(f >> f, f)]},
    {"axioms": [ld.Equation(g >> g, g)]},
    {"players": PLAYER},
    {"players": {"p": {"terms": {"fit": 2.0}, "boxes": [f]}}},
    {"players": {"p": {"terms": ["fit"], "boxes": [f], "optimizer": "sgd"}}},
    {"players": {"p": {"terms": ["fit"], "boxes": [f], "steps": 2}}},
    {"players": {"p": {"terms": ["fit", "c"], "boxes": [f]}}},
    {"players": {"p": {"terms": ["fit"], "boxes": [f, k]}}},
]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("stated", DIFFERENT, ids=str)
def test_what_is_stated_counts(stated):
    alike = [other for other in [{}, *DIFFERENT] if ld.isomorphic(regime(**stated), regime(**other)) is not None]
    assert alike == [stated]


def test_names_do_not_count():
    a = regime(players=PLAYER, axioms={"law": ld.Equation(f >> f, f)}, ema={g: (f, 0.5)}, name="title", detach=[k])
    names = {"f": "g", "g": "f", "k": "K", "x": "X", "rows": "R", "rows.label": "col", "rows.col": "label", "c": "z"}
    b = a.rename(names | {"law": "other law"})
    again = b.edited(name="", players=[replace(b.players[0], name="q")])
    m = ld.isomorphic(a, again)
    assert m(Symbol("box", "f")) == Symbol("box", "g") and m(Symbol("player", "p")) == Symbol("player", "q")
    assert m(Symbol("column", "label", "rows")) == Symbol("column", "col", "R")


def test_a_box_that_no_output_needs_counts_where_something_is_said_of_it():
    def lazy(*idle, **options):
        side = f
        for name in ("p", "q"):
            box = ld.Box(name, x, y)
            side = side >> ld.Copy(x) >> x @ (box >> ld.Discard(y))
        return ld.LearningDiagram(ld.Constraint("c", side, g, over=col, detach=idle), **options)

    assert ld.isomorphic(lazy(), ld.LearningDiagram(ld.Constraint("c", g, f, over=col))) is not None
    assert ld.isomorphic(lazy("p"), lazy("q"))(Symbol("box", "p")) == Symbol("box", "q")
    assert ld.isomorphic(lazy("p", "q", frozen=["p"]), lazy("p", "q", frozen=["q"])) is not None
    assert ld.isomorphic(lazy("p", "q", frozen=["p"]), lazy("p", "q")) is None
    assert ld.isomorphic(lazy("p"), lazy("p", "q")) is None


triples = st.lists(st.tuples(*[st.integers(0, 3)] * 3), max_size=4)


def tables(entries):
    """The learning diagram of some equations i ≫ j = k between four boxes."""
    boxes = [ld.Box(f"b{i}", x, x) for i in range(4)]
    return ld.LearningDiagram(
        *(ld.Constraint(str(n), boxes[i] >> boxes[j], boxes[k], over=col) for n, (i, j, k) in enumerate(entries))
    )


@given(triples, triples, st.permutations(range(4)), st.booleans())
def test_trying_all_bijections_decides_the_same(entries, others, new, near):
    if near:
        others = [tuple(new[i] for i in entry) for entry in entries[1:]] + others[:1]
    bijections = (Counter(tuple(p[i] for i in entry) for entry in entries) for p in itertools.permutations(range(4)))
    assert (ld.isomorphic(tables(entries), tables(others)) is not None) == (Counter(others) in bijections)


# Colimits are unique up to isomorphism.


def iso(a, b):
    m = ld.isomorphic(a, b)
    return m is not None and is_isomorphism(m, a, b)


@settings(max_examples=8)
@given(*[small_learning_diagrams()] * 3)
def test_the_coproduct_is_associative_and_commutative_and_has_a_unit(a, b, c):
    assert iso(ld.coproduct(a, b), ld.coproduct(b, a))
    assert iso(ld.coproduct(ld.coproduct(a, b), c), ld.coproduct(a, ld.coproduct(b, c)))
    assert iso(ld.coproduct(a, ld.LearningDiagram()), a) and iso(ld.coproduct(ld.LearningDiagram(), a), a)


@some
@given(st.data(), small_learning_diagrams(), small_learning_diagrams())
def test_a_pushout_is_symmetric(data, a, b):
    glued = data.draw(gluings({"a": a, "b": b}))
    across = [entry for entry in glued if {at for at, _ in entry} == {"a", "b"}]
    result = glue_or_reject({"a": a, "b": b}, across).diagram
    turned = glue_or_reject({"b": b, "a": a}, across).diagram
    assert iso(result, turned)


@some
@given(st.data(), small_learning_diagrams(), small_learning_diagrams())
def test_a_colimit_depends_on_its_diagrams_up_to_isomorphism(data, a, b):
    to = {"a": data.draw(renamings(a)), "b": data.draw(renamings(b))}
    gluing = data.draw(gluings({"a": a, "b": b}))
    moved = [[(at, to[at].symbols[symbol]) for at, symbol in entry] for entry in gluing]
    result = glue_or_reject({"a": a, "b": b}, gluing).diagram
    assert iso(result, glue_or_reject({"a": a.map(to["a"]), "b": b.map(to["b"])}, moved).diagram)


# Symmetric learning diagrams, and what is no learning diagram.


def ring(name, *sizes):
    """Boxes in rings, each followed by the next."""
    made = []
    for at, size in enumerate(sizes):
        boxes = [ld.Box(f"{name}{at}.{i}", x, x) for i in range(size)]
        made += [ld.Constraint(f"{name}{at}.{i}", boxes[i] >> boxes[i - 1], f, over=col) for i in range(size)]
    return ld.LearningDiagram(*made)


def test_symmetric_learning_diagrams_are_quick():
    start = time.process_time()
    assert iso(ring("b", 4, 3, 4), ring("c", 4, 4, 3))
    assert ld.isomorphic(ring("b", *[3] * 8), ring("c", *[6] * 4)) is None
    assert iso(ring("b", 40), ring("c", 40))
    assert time.process_time() - start < 10


def test_only_learning_diagrams_are_isomorphic():
    with pytest.raises(ld.TypeMismatch, match="between learning diagrams, got 'd'"):
        ld.isomorphic(ring("b", 3), "d")
