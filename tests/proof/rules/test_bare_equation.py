"""Constraints in questions: they stand for their equations everywhere, wherever axioms and goals are taken."""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

x = ld.Ty("x")
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
at = ld.SampleSpace("rows").column("at", x)
undone = ld.Constraint("undone", f >> g, ld.Id(x), over=at)
four = ld.Constraint("four", f >> f >> g >> g, ld.Id(x), over=at, weight=2)
other = ld.Constraint("other", g >> f, ld.Id(x), over=at)
regime = ld.LearningDiagram(undone, axioms=[ld.Equation(f, f, "f is f")])
AXIOMS = {
    "list": [undone], "equations": [undone.equation], "mapping": {"u": undone},
    "both": [*regime.axioms, *regime.constraints],
}  # fmt: skip


@pytest.mark.parametrize("form", AXIOMS)
def test_a_constraint_is_assumed_and_asked_for_as_its_equation(form):
    axioms = AXIOMS[form]
    proof = ld.prove(four, axioms)
    assert proof and proof.statement == four.equation
    assert ld.check(proof.to_dict(), statement=four, axioms=axioms)
    assert Derivation(four.lhs, axioms).reach(four.rhs).proof().statement == four.equation
    refuted = ld.prove(other, axioms)
    assert isinstance(refuted, Countermodel) and find_countermodel(other, axioms) == refuted
    data = refuted.to_dict()
    assert Countermodel.from_dict(data, other, axioms) == Countermodel.from_dict(data, other.equation) == refuted
    with pytest.raises(ld.FileError, match="lacks the axiom"):
        Countermodel.from_dict(data, other, [ld.Equation(f, ld.Id(x))])


def test_a_countermodel_is_read_back_beside_lemmas():
    proof = ld.prove(four.equation, [undone])
    lemmas = [undone, proof]
    refuted = ld.prove(other, lemmas)
    assert Countermodel.from_dict(refuted.to_dict(), other, lemmas) == refuted


QUESTIONS = {
    "prove": lambda goal, axioms: ld.prove(goal, axioms),
    "check": lambda goal, axioms: ld.check(ld.prove(four, [undone]).to_dict(), goal, axioms),
    "find_countermodel": lambda goal, axioms: find_countermodel(goal, axioms),
    "from_dict": lambda goal, axioms: Countermodel.from_dict(ld.prove(other, [undone]).to_dict(), goal, axioms),
    "Derivation": lambda goal, axioms: Derivation(f, axioms),
}


@pytest.mark.parametrize("axioms", [regime, undone, 3, "undone", [f], {"u": 3}, {3: undone}])
@pytest.mark.parametrize("asked", QUESTIONS)
def test_other_axioms_are_refused_by_name(asked, axioms):
    if asked == "find_countermodel" and axioms == {3: undone}:
        return  # names do not matter to a model
    with pytest.raises(ld.TypeMismatch, match="axiom") as refused:
        QUESTIONS[asked](other, axioms)
    if axioms is regime:
        assert r"[*d.axioms, *d.constraints]" in str(refused.value)


@pytest.mark.parametrize("asked", ["prove", "find_countermodel", "from_dict"])
def test_a_goal_that_is_no_equation_is_refused(asked):
    with pytest.raises(ld.TypeMismatch, match="Equation"):
        QUESTIONS[asked](f, [undone])
