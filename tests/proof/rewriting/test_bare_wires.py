"""Axioms with bare wires in the theory "symmetric": a bare wire of an axiom runs beside the boxes of the axiom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.proving import derive

x, a, c, unit = ld.Ty("x"), ld.Ty("a"), ld.Ty("c"), ld.Ty()
E = ld.Equation
e, f, h, g = ld.Box("e", x, x), ld.Box("f", x, x), ld.Box("h", a, c), ld.Box("g", c, a)
m, u, d = ld.Box("m", x @ x, x), ld.Box("u", unit, x), ld.Box("d", x, x @ x)
PAIR = ld.Id(x @ x)

# In the PROP of permutations with a free monoid on e as its arrows x → x, e @ x is the identity and e >> e is not e.
NOT_PROVED = {
    "an axiom is not used along one wire": (E(e >> e, e), [E(e @ x, PAIR)]),
    "another box is not replaced": (E(f >> e, f), [E(e @ x, PAIR)]),
    "no box behind the wire": (E(f >> f >> e, f), [E(f @ e, PAIR)]),
    "none before the wire": (E(f >> e, f >> f >> e), [E(f @ e, PAIR)]),
    "an idempotent scalar": (E(e >> e >> e, e >> e), [E(e @ e, x @ e), E(e @ x, x @ e)]),
    "the same, turned": (E(e >> e >> e, e >> e), [E(e @ x, x @ e), E(e @ e, e @ x)]),
    "a swap": (E(h >> g >> h >> g, h >> g), [E(h @ c >> c @ g, ld.Swap(a, c))]),
}
PROVED = {
    "beside another box": (E(e @ f, x @ f), [E(e @ x, PAIR)]),
    "beside a box before and after": (E(f @ f >> e @ f, f @ (f >> f)), [E(e @ x, PAIR)]),
    "across other wires": (E(x @ f @ e, x @ f @ x), [E(e @ x, PAIR)]),
    "a scalar wanders": (E((e >> f) @ x, (x @ e) >> (f @ x)), [E(e @ x, x @ e)]),
    "inside a larger box": (E(d >> e @ x >> m, d >> m), [E(e @ x, PAIR)]),
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_a_bare_wire_is_not_a_wire_before_or_after_the_boxes(name):
    goal, axioms = NOT_PROVED[name]
    assert not isinstance(ld.prove(goal, axioms, "symmetric", 500), Proof)


@pytest.mark.parametrize("name", PROVED)
def test_a_bare_wire_is_any_wire_beside_the_boxes(name):
    goal, axioms = PROVED[name]
    assert ld.check(ld.prove(goal, axioms, "symmetric", 500), goal, axioms)


def test_a_derivation_by_hand_offers_no_step_along_one_wire():
    dies = {"dies": E(e @ x, PAIR)}
    assert Derivation(e >> e, dies, "symmetric").options("dies") == []
    assert [str(option) for option in Derivation(e @ f, dies, "symmetric").options("dies")] == ["x @ f"]
    # With copies and discards, the wire after the box is discarded, and the step is one.
    assert ld.check(Derivation(e >> e, dies, "markov").rewrite("dies").proof())


LAYERS = {
    1: [e, f, d, u @ x, x @ u],
    2: [e @ x, x @ e, f @ x, x @ f, m, ld.Swap(x, x)],
    3: [m @ x, x @ m, x @ x @ e, f @ x @ x, ld.Swap(x, x) @ x],
}


@st.composite
def linear(draw, wires, most=4):
    """A diagram of a few boxes on some wires, which it leaves on as many wires."""
    diagram = ld.Id(x**wires)
    for _ in range(draw(st.integers(0, most))):
        width = len(diagram.cod)
        diagram >>= draw(st.sampled_from([layer for layer in LAYERS[width] if len(layer.cod) <= 3]))
    while len(diagram.cod) > wires:
        diagram >>= m @ x ** (len(diagram.cod) - 2)
    while len(diagram.cod) < wires:
        diagram @= u
    return diagram


@st.composite
def questions(draw):
    """A goal, and one or two axioms on more wires than they have boxes."""
    wires = draw(st.integers(1, 2))
    goal = E(draw(linear(wires)), draw(linear(wires)), "goal")
    axioms = [E(draw(linear(2, 2)), draw(linear(2, 1)), f"axiom {i}") for i in range(draw(st.integers(1, 2)))]
    return goal, axioms


@given(questions())
def test_the_checker_accepts_each_derivation_in_symmetric(question):
    goal, axioms = question
    answer = derive(goal, Premises.read(axioms, "symmetric"), 60)
    if isinstance(answer, Proof):
        verdict = ld.check(answer, goal, axioms)
        assert verdict, f"{verdict.reason}\n{answer}"
    for axiom in axioms:
        start = Derivation(goal.lhs, axioms, "symmetric")
        for place in range(min(3, len(start.options(axiom.name)))):
            verdict = ld.check(start.rewrite(axiom.name, place).proof())
            assert verdict, verdict.reason
