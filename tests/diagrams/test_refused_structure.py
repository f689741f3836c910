"""A Markov category has no daggers, rotated boxes, sums, bubbles and traces: every door refuses them by name."""

import pytest
from discopy import markov, pivotal

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.presentation.pasting import TwoCell, whisker
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.semantics.models.countermodel import find_countermodel

x = ld.Ty("x")
k = ld.Kernel("k", x, x)
plain = markov.Box("k", x, x)
turned = pivotal.Box("k", pivotal.Ty("x"), pivotal.Ty("x")).rotate()
STRUCTURE = {
    "dagger": (plain[::-1], r"k\[::-1\] is a dagger, .*; name the inverse as a box and state an axiom"),
    "rotated": (turned, r"k\.r is a rotated box, .*; name it as a box of its own"),
    "sum": (k + k, "Sum has no meaning"),
    "bubble": (k.bubble(), "Bubble has no meaning"),
    "trace": (ld.Kernel("k", x @ x, x @ x).trace(), "Trace has no meaning"),
}
DOORS = {
    "equal": lambda d: ld.equal(d, d),
    "equal in symmetric": lambda d: ld.equal(d, d, "symmetric"),
    "digest": ld.digest,
    "prove": lambda d: ld.prove(ld.Equation(d, d)),
    "prove from": lambda d: ld.prove(ld.Equation(k, k), [ld.Equation(d, d)]),
    "refute": lambda d: find_countermodel(ld.Equation(d, d)),
    "signature of a question": lambda d: ld.prove(ld.Equation(k, k), signature=d),
    "derivation": lambda d: Derivation(d, []).diagram,
    "functor": lambda d: FiniteFunctor({x: 2}, {k: [[1, 0], [0, 1]]})(d),
    "picture": ld.draw,
    "2-cell": lambda d: TwoCell("a", d, d),
    "whisker": lambda d: whisker(d, TwoCell("a", k, k), d),
    "graph": PortGraph.from_diagram,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", STRUCTURE)
def test_every_door_refuses_what_a_markov_category_does_not_have(name, door):
    diagram, message = STRUCTURE[name]
    # Bubbles and rotated boxes are no diagrams of DisCoPy's Markov kind, which two doors say first.
    with pytest.raises(ld.TypeMismatch, match=f"{message}|got the diagram"):
        DOORS[door](diagram)


@pytest.mark.parametrize(
    "make", [lambda: k[::-1], k.dagger, lambda: (k >> k)[::-1], lambda: ld.Box("k", x, x, is_dagger=True)]
)
def test_the_own_boxes_have_no_dagger(make):
    with pytest.raises(ld.TypeMismatch, match=STRUCTURE["dagger"][1]):
        make()
    assert ld.Swap(x, x)[::-1] == ld.Swap(x, x)


@pytest.mark.parametrize(
    "made",
    [
        lambda pair: ld.Box("f", pair, x),
        lambda pair: ld.Kernel("k", x, pair),
        lambda pair: ld.SampleSpace("rows").column("c", pair),
        ld.Copy,
        ld.Discard,
        lambda pair: ld.Swap(x, pair),
    ],
    ids=["domain", "codomain", "column", "copy", "discard", "swap"],
)
@pytest.mark.parametrize(("parts", "written"), [("ab", "a @ b"), ("a", "a")])
def test_a_type_of_types_is_refused_with_the_type_to_write(made, parts, written):
    nested = ld.Ty(*map(ld.Ty, parts))
    with pytest.raises(ld.TypeMismatch, match=rf"a type of types: write {written}$|must end in one object"):
        made(nested)
