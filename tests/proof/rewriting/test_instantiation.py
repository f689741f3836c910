"""A variable on one side of a rule stands for closed terms, for what a diagram discards, and for witnesses."""

from itertools import permutations

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
a, b, d = (ld.Box(name, unit, x) for name in "abd")
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
p = ld.Box("p", x @ x, x)
E = ld.Equation
ONE_POINT = E(x @ ld.Discard(x), ld.Discard(x) @ x, "one point")
SECOND = E(p, ld.Discard(x) @ x, "second")

FOUND = {
    "constants of the goal": (E(a, b), [ONE_POINT]),
    "a constant of an axiom": (E(b, d), [SECOND, E(a @ b >> p, a @ d >> p, "h")]),
    "a composite closed term": (E(b, d), [SECOND, E(a @ b >> f @ x >> p, a @ d >> f @ x >> p, "h")]),
    "a kernel": (E(b, d), [SECOND, *(E(k @ b >> p, k @ d >> p, "h") for k in [ld.Kernel("k", unit, x)])]),
    "a closed term that is no part": (
        E(a, b), [E(ld.Discard(y) >> a, ld.Discard(y) >> b, "ax"), E(*[ld.Box("m", x, y)] * 2, "there is m")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("theory", ["markov", "cartesian"])
def test_the_search_instantiates_a_variable_of_one_side(name, theory):
    goal, axioms = FOUND[name]
    proof = ld.prove(goal, axioms, theory)
    assert proof and ld.check(proof, goal, axioms)


z, w = ld.Ty("z"), ld.Ty("w")
WITNESS = E(ld.Discard(y) >> a, ld.Discard(y) >> b, "where there is y")
FROM_Z = E(ld.Discard(z) >> a, ld.Discard(z) >> b)
MAKERS = {
    "a box": ld.Box("m", z, y),
    "a kernel": ld.Kernel("m", z, y),
    "a composite": ld.Box("m", z, w) >> ld.Box("n", w, y),
    "two wires": ld.Copy(z) >> ld.Box("m", z @ z, y),
    "a box and a constant": z @ ld.Box("c", unit, w) >> ld.Box("m", z @ w, y),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("theory", ["markov", "cartesian"])
def test_a_witness_is_made_of_the_wires_of_the_diagram(name, theory):
    """The goal is equal to its spelling with the maker before the discard, and is proved as that spelling is."""
    maker = MAKERS[name]
    spelled = E(maker >> WITNESS.lhs, maker >> WITNESS.rhs)
    assert spelled == FROM_Z
    for goal, axioms in ((FROM_Z, [WITNESS, E(maker, maker, "there is m")]), (spelled, [WITNESS])):
        proof = ld.prove(goal, axioms, theory)
        assert proof and ld.check(proof.to_dict(), goal, axioms)
    assert not ld.prove(FROM_Z, [WITNESS], theory)


def test_a_witness_stands_in_a_signature_and_in_the_options_of_a_derivation():
    m = ld.Box("m", z, y)
    proof = ld.prove(FROM_Z, [WITNESS], signature=m)
    assert proof and ld.check(proof.to_dict(), FROM_Z, [WITNESS], signature=m)
    derivation = Derivation(FROM_Z.lhs, [WITNESS, E(m, m, "there is m")])
    assert [ld.equal(option, FROM_Z.rhs) for option in derivation.options(WITNESS.name)] == [True]
    assert ld.check(derivation.rewrite(WITNESS.name).proof().to_dict(), FROM_Z)


def test_without_an_element_nothing_follows():
    assert not ld.prove(E(a, b), [E(ld.Discard(y) >> a, ld.Discard(y) >> b)])


def test_a_rule_matches_before_the_discards_of_a_diagram_are_dropped():
    start = ld.Copy(x) >> f @ g >> x @ ld.Discard(x)
    derivation = Derivation(start, [ONE_POINT])
    assert str(derivation.diagram) == "f" and "g" in map(str, derivation.options("one point"))
    place = [*map(str, derivation.options("one point"))].index("g")
    proof = derivation.rewrite("one point", place).proof()
    assert ld.check(proof, E(start, g), [ONE_POINT])
    assert ld.prove(E(start, g), [ONE_POINT])


def test_a_derivation_offers_closed_terms_after_the_wires_of_the_diagram():
    derivation = Derivation(b, [SECOND, E(a @ b >> p, a @ d >> p, "h")])
    options = [*map(str, derivation.options("second", backwards=True))]
    assert options[0] == "b >> Copy(x) >> p" and "a >> x @ b >> p" in options
    proof = derivation.rewrite("second", options.index("a >> x @ b >> p"), backwards=True).rewrite("h")
    assert ld.check(proof.rewrite("second").proof(), E(b, d))


DISCARD = ld.Discard(x)
SIDES = [DISCARD @ g, g @ DISCARD, p, ld.Kernel("k", x @ x, x), f @ f >> p, DISCARD @ x, x @ DISCARD]


@pytest.mark.parametrize("theory", ["markov", "cartesian"])
@pytest.mark.parametrize(("lhs", "rhs"), list(permutations(SIDES, 2)))
def test_an_axiom_proves_itself_whatever_its_sides_discard(lhs, rhs, theory):
    """A rule that discards an input could put ever larger terms there, so that a simplification never ended."""
    proof = ld.prove(E(lhs, rhs), [E(lhs, rhs, "axiom")], theory=theory, budget=2_000)
    assert proof and ld.check(proof.to_dict(), statement=E(lhs, rhs))
