"""Pastings: whiskers before, after and alongside, refused tensors, and each proof as a pasting."""

import pytest

import learning_diagrams as ld
from learning_diagrams.presentation.pasting import (
    Alongside,
    Pasting,
    TwoCell,
    alongside,
    composite,
    rewriting,
    whisker,
    word,
)

x, y = ld.Ty("x"), ld.Ty("y")
f, f_, g, h = (ld.Box(name, x, x) for name in ("f", "f_", "g", "h"))
out = ld.Box("out", x, y)
a, b = TwoCell("a", f, f_), TwoCell("b", f_, g >> h)


def test_alongside_keeps_sequences_whiskers_and_identities():
    plan = whisker(g, a, out) >> whisker(g, b, out)
    beside = alongside(y, plan, x)
    assert beside == alongside(y, whisker(g, a, out), x) >> alongside(y, whisker(g, b, out), x)
    assert beside == whisker(y @ g @ x, alongside(y, a, x), y @ out @ x) >> alongside(y, whisker(g, b, out), x)
    assert (beside.dom, beside.cod) == (word(y @ (g >> f >> out) @ x), word(y @ (g >> g >> h >> out) @ x))
    assert alongside(y, Pasting.id(word(g)), x) == Pasting.id(word(y @ g @ x))
    assert alongside(x, alongside(y, plan, x), y) == alongside(x @ y, plan, x @ y)
    assert alongside(ld.Ty(), plan, ld.Ty()) is plan
    assert str(alongside(y, a, x)) == "y ⊗ a ⊗ x"


def test_alongside_keeps_what_holds_by_the_laws():
    laws = rewriting(g @ x >> x @ h, x @ h >> g @ x)
    (beside,) = alongside(y, laws, x).boxes
    assert not isinstance(beside, Alongside) and beside.equation.lhs.dom == y @ x @ x @ x


def pasting_of(proof):
    """The pasting of a proof: each step is before ; (bypass ⊗ equation) ; after, with the laws in between."""
    equations = {**proof.axioms, **{name: lemma.statement for name, lemma in proof.lemmas.items()}}
    here = proof.statement.lhs
    pasting = Pasting.id(word(here))
    for step in proof.steps:
        lhs, rhs = equations[step.name].diagrams[:: -1 if step.backwards else 1]
        before, after = step.before.to_diagram(), step.after.to_diagram()
        bypass = before.cod[: len(before.cod) - len(lhs.dom)]
        layer = whisker(before, alongside(bypass, TwoCell(step.name, lhs, rhs), ld.Ty()), after)
        pasting = pasting >> rewriting(here, composite(layer.dom, here.dom)) >> layer
        here = composite(layer.cod, here.dom)
    return pasting >> rewriting(here, proof.statement.rhs)


def test_a_proof_is_a_pasting_of_its_axioms_also_where_wires_bypass_a_step():
    times, unit = ld.Box("times", x @ x, x), ld.Box("unit", ld.Ty(), x)
    axioms = [
        ld.Equation(times @ x >> times, x @ times >> times, "associative"),
        ld.Equation(unit @ x >> times, ld.Id(x), "unit"),
        ld.Equation(times >> f, f @ f >> times, "homomorphism"),
    ]
    goal = ld.Equation(x @ unit @ x >> x @ times >> times >> f, f @ f >> times)
    proof = ld.prove(goal, axioms)
    pasting = pasting_of(proof)
    assert (pasting.dom, pasting.cod) == (word(goal.lhs), word(goal.rhs))
    steps = [cell for cell in pasting.boxes if type(cell).__name__ != "Rewriting"]
    assert len(steps) == len(proof.steps) >= 2 and any(isinstance(cell, Alongside) for cell in steps)


REFUSED = {
    "alongside.x, pasting, y. is x ⊗ pasting ⊗ y": [
        lambda: y @ a,
        lambda: a @ y,
        lambda: y @ (whisker(g, a, g) >> whisker(g, b, g)),
        lambda: whisker(g, y @ a, g),
    ],
    "these 1-cells do not compose: out ends in y, and f starts from x": [lambda: TwoCell("o", out, out) @ a],
    "a 1-cell is a diagram": [lambda: whisker(x, a, g), lambda: whisker(g, a, None)],
    "a pasting is made of 2-cells": [
        lambda: whisker(g, ld.Equation(f, f_), g),
        lambda: whisker(g, f, g),
        lambda: alongside(x, f, y),
        lambda: alongside(x, None, y),
        lambda: a @ f,
        lambda: a >> f,
        lambda: whisker(g, a, g) >> f,
        lambda: whisker(g, a, g) @ (f >> f),
    ],
    "the first pasting ends in f_, and the next starts from f": [lambda: a >> a],
    "diagrams and types stand side by side": [lambda: f @ a, lambda: (f >> f) @ a],
    "the left side ends in x, the right side starts from f": [lambda: f >> a],
    "a pasting stands beside wires": [lambda: alongside(g, a, y), lambda: alongside(x, a, None)],
}


@pytest.mark.parametrize(("message", "case"), [(message, case) for message, cases in REFUSED.items() for case in cases])
def test_what_does_not_compose_is_refused_by_name(message, case):
    with pytest.raises(ld.TypeMismatch, match=message):
        case()


def test_a_rewriting_takes_the_ends_of_pastings():
    first, second = TwoCell("first", g @ x, x @ g >> g @ x), TwoCell("second", x @ g >> g @ x, g @ x)
    assert rewriting(first.cod, second.dom) == rewriting(x @ g >> g @ x, x @ g >> g @ x)
    joined = first >> rewriting(first.cod, composite(first.cod, x @ x))
    assert joined.cod == first.cod
    for side in (x, ld.Ty(), 3):
        with pytest.raises(ld.TypeMismatch, match="a 1-cell is a diagram"):
            rewriting(side, g)
    with pytest.raises(ld.TypeMismatch, match=r"composite\(word, dom\) is the diagram"):
        word(first.cod)
