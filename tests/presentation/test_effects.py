"""Axioms that differ in effects and scalars alone: one in "markov", where effects are discards, two in "symmetric"."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.semantics.models.countermodel import Countermodel

x, unit = ld.Ty("x"), ld.Ty()
E = ld.Equation
f, e, d, u = ld.Box("f", x, x), ld.Box("e", x, unit), ld.Box("d", x, unit), ld.Box("u", unit, x)
s, t = ld.Box("s", unit, unit), ld.Box("t", unit, unit)
ONE, TWO = E(f >> e, d), E(f >> d, e)
NOTHING = ld.Id(unit)

FOLLOWS = {
    "effects": (E(f >> f >> e, e), [ONE, TWO]),
    "scalars": (E(t, s @ s), [E(s @ t, NOTHING), E(s @ s @ s, NOTHING)]),
    "a trivial axiom beside": (E(u >> f >> e, NOTHING), [E(t, t), E(u >> f >> e, NOTHING)]),
}


@pytest.mark.parametrize("name", FOLLOWS)
def test_axioms_without_a_name_are_counted_with_their_effects(name):
    goal, axioms = FOLLOWS[name]
    for order in itertools.permutations(axioms):
        proof = ld.prove(goal, order, "symmetric")
        assert ld.check(proof.to_dict(), goal, order, "symmetric")
    by_name = ld.prove(goal, {f"axiom {i}": axiom for i, axiom in enumerate(axioms)}, "symmetric")
    assert ld.check(by_name, goal, axioms, "symmetric")


def test_a_derivation_uses_both():
    assert len(Derivation(f >> f >> e, [ONE, TWO], "symmetric").reach(e).steps) == 2


def test_a_countermodel_of_one_axiom_is_not_one_of_both():
    goal = E(f >> f >> e, e)
    of_one = ld.prove(goal, [ONE], "symmetric")
    assert isinstance(of_one, Countermodel) and of_one.verify()
    assert Countermodel.from_dict(of_one.to_dict(), goal, [ONE]).verify()
    with pytest.raises(ld.LearningDiagramError, match="the countermodel lacks the axiom"):
        Countermodel.from_dict(of_one.to_dict(), goal, [ONE, TWO])


def proves_both(diagram):
    axioms = diagram.axioms
    return bool(ld.prove(E(f >> f >> e, e), axioms, "symmetric"))


def test_gluing_keeps_both():
    one, two = ld.LearningDiagram(axioms={"law": ONE}), ld.LearningDiagram(axioms={"law": TWO})
    along = {"f": "f", "e": "e", "d": "d"}
    for both in (one + two, two + one, ld.LearningDiagram(axioms=[ONE]) + ld.LearningDiagram(axioms=[TWO]),
                 ld.pushout(one, two, along), ld.LearningDiagram(axioms=[ONE, TWO])):  # fmt: skip
        assert len(both.axioms) == 2 and proves_both(both)
        assert ld.LearningDiagram.from_dict(both.to_dict()).axioms == both.axioms
    assert one + one == one and len((one + one).axioms) == len(ld.pushout(one, one, along).axioms) == 1
    # The order of axioms and their names are no part of equality in "markov", and neither are effects.
    assert one == two == one + two == ld.pushout(one, two, along)


def test_an_axiom_that_copies_has_no_effects_to_tell_apart():
    dropped = E(f >> ld.Discard(x), ld.Discard(x))
    assert dropped.effects == "" and E(f >> f, f).effects == "" and ONE.effects != TWO.effects != ""
    assert E(e @ f, d @ f).effects == E(e @ x >> f, d @ f).effects  # however they are written
    assert len((ld.LearningDiagram(axioms={"law": ONE}) + ld.LearningDiagram(axioms={"law": dropped})).axioms) == 1


SIDES = [s, t, s @ s, s @ t, u >> e, u >> d, u >> f >> e, u >> f >> d, NOTHING]


@given(st.lists(st.tuples(st.sampled_from(SIDES), st.sampled_from(SIDES)), min_size=3, max_size=3))
def test_the_answer_does_not_depend_on_names(pairs):
    goal, *axioms = [E(lhs, rhs) for lhs, rhs in pairs]
    answers = [ld.prove(goal, given, "symmetric", 100) for given in (axioms, {"a": axioms[0], "b": axioms[1]})]
    assert len({type(answer) for answer in answers}) == 1
    for answer in answers:
        if isinstance(answer, Countermodel):
            assert answer.verify() and Countermodel.from_dict(answer.to_dict(), goal, axioms) is not None
        elif answer:
            assert ld.check(answer, goal, axioms)
