"""The signature of a question: a proof speaks of nothing else, and a countermodel interprets all of it."""

import json

import pytest

import learning_diagrams as ld
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.question import symbols, there_is
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
rows = ld.SampleSpace("rows")
a, b = ld.Box("a", unit, x), ld.Box("b", unit, x)
E = ld.Equation


def over(ty):
    """a = b where ty has an element."""
    return E(ld.Discard(ty) >> a, ld.Discard(ty) >> b, "ax")


GOAL, LAW = E(a, b), over(y)
STRANGERS = {
    "box": (y, ld.Box("c", unit, y)),
    "kernel": (y, ld.Kernel("c", unit, y)),
    "state": (rows.ty, rows.state),
    "state and column": (y, rows.state >> rows.column("u", y)),
    "box after a box of the question": (y, a >> ld.Box("c", x, y)),
    "box with data": (y, ld.Box("c", unit, y, data=(1, "two"))),
}


def through(stranger, law, axioms=None, lemma=None):
    """A proof of a = b that uses the law after a stranger, in a step or in a lemma."""
    before = PortGraph.from_diagram(stranger)
    step = (Step("ax", False, before, PortGraph.from_diagram(ld.Id(x))),)
    axioms = {"ax": law, **(axioms or {})}
    if lemma is None:
        return Proof(GOAL, "markov", step, axioms)
    inner = Proof(lemma, "markov", step, axioms)
    by_lemma = Step("lemma", False, PortGraph.from_diagram(ld.Id(unit)), PortGraph.from_diagram(ld.Id(x)))
    return Proof(GOAL, "markov", (by_lemma,), axioms, {"lemma": inner})


@pytest.mark.parametrize("theory", ["markov", "cartesian"])
@pytest.mark.parametrize("name", STRANGERS)
def test_a_step_or_a_lemma_speaks_of_nothing_that_the_question_does_not_have(name, theory):
    ty, stranger = STRANGERS[name]
    law = over(ty)
    if name == "state":  # the law speaks of the sample space, which brings its state
        assert ld.check(through(stranger, law)) and ld.check(through(stranger, law), GOAL, [law])
        return
    for lemma in (None, GOAL.named("lemma"), E(stranger @ a >> ld.Discard(stranger.cod) @ x, b, "lemma")):
        data = {**through(stranger, law, lemma=lemma).to_dict(), "theory": theory}
        assert "the question does not speak of" in ld.check(data).reason
        assert "the question does not speak of" in ld.check(data, GOAL, [law]).reason
        assert ld.check(data, GOAL, [law], signature=stranger)


def test_a_trivial_axiom_brings_its_symbols_into_the_question_only_where_it_is_allowed():
    c = ld.Box("c", unit, y)
    data = through(c, LAW, {"there is c": there_is(c)}).to_dict()
    assert ld.check(data) and "c : I → y" in ld.check(data).reason
    assert ld.check(data, GOAL, [LAW, E(c, c)])
    assert not ld.check(data, GOAL, [LAW]) and not ld.check(data, None, [LAW])


def test_a_symbol_that_a_side_discards_belongs_to_the_question_that_is_asked_and_to_no_other():
    """A certificate may not widen the question by a discarded box in its statement."""
    c = ld.Box("c", unit, y)
    wide = E(c @ a >> ld.Discard(y) @ x, b)
    data = Proof(wide, "markov", through(c, LAW).steps, {"ax": LAW}).to_dict()
    assert ld.check(data) and "c" in ld.check(data).reason.partition(" = ")[0]
    assert ld.check(data, wide, [LAW]) and not ld.check(data, GOAL, [LAW]) and not ld.check(data, GOAL)


def test_an_object_of_a_lemma_belongs_to_the_question():
    lemma = E(ld.Discard(y) >> ld.Discard(unit), ld.Discard(y), "lemma")
    proof = Proof(E(a, a), "markov", (), {}, {"lemma": Proof(lemma, "markov", (), {})})
    assert "object 'y'" in ld.check(proof).reason


def test_an_object_is_no_sample_space_because_a_certificate_says_so():
    data = through(rows.state, over(rows.ty)).to_dict()
    assert "sample space 'rows'" in ld.check(data, GOAL, [over(ld.Ty("rows"))]).reason


@pytest.mark.parametrize("name", STRANGERS)
def test_prove_uses_the_signature_and_its_certificate_carries_it(name):
    ty, stranger = STRANGERS[name]
    law = over(ty)
    if name != "state":
        assert isinstance(ld.prove(GOAL, [law]), Countermodel)
    proof = ld.prove(GOAL, [law], signature=stranger)
    assert isinstance(proof, Proof) and ld.check(proof)
    assert ld.check(proof, GOAL, [law], signature=stranger)
    assert isinstance(ld.prove(GOAL, [law, there_is(stranger)]), Proof)


def test_a_proof_keeps_the_axioms_that_speak_of_its_steps():
    c, other = ld.Box("c", unit, y), ld.Box("d", unit, y)
    proof = ld.prove(GOAL, [LAW, E(c, other, "not used")])
    assert {*proof.axioms} == {"ax", "not used"} and ld.check(proof, GOAL, [LAW, E(c, other)])


def test_a_derivation_by_hand_that_goes_through_a_stranger_has_no_proof():
    with pytest.raises(ld.LearningDiagramError, match="the question does not speak of box 'c'"):
        Premises.read([LAW], "markov").proof(GOAL, through(ld.Box("c", unit, y), LAW).steps)


def test_a_lemma_about_a_stranger_is_left_out():
    c = ld.Box("c", unit, y)
    lemma = ld.prove(E(c @ a >> ld.Discard(y) @ x, b, "by c"), [LAW])
    assert isinstance(lemma, Proof) and isinstance(ld.prove(GOAL, [LAW, lemma]), Countermodel)


def test_a_countermodel_interprets_every_box_of_the_question():
    f, z = ld.Box("f", x, x), ld.Ty("z")
    c, k = ld.Box("c", unit, y), ld.Box("k", y, z)
    model = ld.prove(E(f, ld.Id(x)), [E(f >> f, ld.Id(x)), E(c, c), E(k, k)])
    assert isinstance(model, Countermodel) and model.verify()
    assert {key[1] for key in model.model.rows} == {"f", "c", "k"} and {*model.model.sizes} == {"x", "y", "z"}
    assert Countermodel.from_dict(model.to_dict(), model.goal, [E(k, k)]) == model
    with pytest.raises(ld.FileError, match="does not interpret"):
        Countermodel.from_dict(model.to_dict(), model.goal, [there_is(ld.Box("m", x, x))])
    without = ld.prove(E(ld.Copy(x) >> ld.Kernel("k", x, x) @ x, ld.Kernel("k", x, x) >> ld.Copy(x)), [E(c, c)])
    assert isinstance(without, Countermodel) and without.verify() and "y" in without.model.sizes


def test_a_set_that_a_box_of_the_question_reaches_is_not_empty():
    reached = [E(ld.Box("k", y, y), ld.Box("k", y, y)), there_is(ld.Box("c", unit, ld.Ty("z"))),
               there_is(ld.Box("m", ld.Ty("z"), y))]  # fmt: skip
    assert find_countermodel(GOAL, [LAW], budget=500) is not None
    assert find_countermodel(GOAL, [LAW, *reached[:2]], budget=500) is not None
    assert find_countermodel(GOAL, [LAW, *reached], budget=500) is None


def test_a_sample_space_is_not_empty_in_a_countermodel():
    assert isinstance(ld.prove(GOAL, [over(rows.ty)]), Proof)
    model = find_countermodel(E(rows.column("u", x), rows.column("v", x)), [E(a, b)])
    assert model is not None and model.model.sizes["rows"] > 0


def test_symbols_are_those_of_all_that_is_written():
    discarded = a @ ld.Box("c", unit, y) >> x @ ld.Discard(y)
    assert {key[:2] for key in symbols([discarded])} == {
        ("object", "x"), ("object", "y"), ("box", "a"), ("box", "c"),
    }  # fmt: skip


def test_a_trivial_axiom_about_a_stranger_is_not_assumed_even_where_no_step_needs_it():
    proof = Proof(E(a, a), "markov", (), {"c": there_is(ld.Box("c", unit, y))})
    assert ld.check(proof) and ld.check(proof, signature=ld.Box("c", unit, y))
    assert ld.check(proof, E(a, a), []).reason == (
        "axioms.c: this equation is not among those that may be assumed; give signature=c (boxes that the proof may "
        "speak of), or the axiom c = c"
    )


@pytest.mark.parametrize("signature, advice", [
    (ld.Box("c", unit, y), "give signature=c (boxes that the proof may speak of), or the axiom c = c"),
    (rows.column("u", y), "give signature=rows (sample spaces that the proof may speak of), or the axiom Id(rows) = "
     "Id(rows)"),
    ([ld.Box("a c", unit, y), rows], "give signature="),
])  # fmt: skip
def test_the_advice_on_a_stranger_makes_the_check_hold(signature, advice):
    proof = ld.prove(GOAL, [LAW], signature=signature)
    assert isinstance(proof, Proof) and advice in ld.check(proof, GOAL, [LAW]).reason
    assert ld.check(proof, GOAL, [LAW], signature=signature)
    given = [axiom for name, axiom in proof.axioms.items() if name.startswith("there is")]
    assert ld.check(proof, GOAL, [LAW, *given])


def test_a_false_axiom_about_a_stranger_has_no_advice():
    c, d = (ld.Box(name, unit, y) for name in "cd")
    proof = Proof(E(a, a), "markov", (), {"law": E(c, d)})
    assert ld.check(proof, E(a, a), []).reason.endswith("those that may be assumed")
    several = Proof(E(a, a), "markov", (), {"law": E(c @ d, c @ d)})
    advice = "give signature=[c, d] (boxes that the proof may speak of), or an axiom that equates each with itself"
    assert advice in ld.check(several, E(a, a), []).reason


def test_a_question_about_a_file_has_all_its_boxes_and_sample_spaces(tmp_path, capsys):
    from learning_diagrams.commands.reasoning_commands import check_proof, prove, refute

    boxes = {name: {"dom": [], "cod": [ty]} for name, ty in (("a", "x"), ("b", "x"), ("c", "y"))}
    whole = {"format": "learning-diagram/1", "objects": ["x", "y"], "sample_spaces": {}, "boxes": boxes,
             "constraints": {}, "axioms": {"ax": {"lhs": "discard(y) >> a", "rhs": "discard(y) >> b"}}}  # fmt: skip
    less = whole | {"boxes": {name: boxes[name] for name in "ab"}}
    for name, data in (("whole", whole), ("less", less)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    file, other, proof = (str(tmp_path / f"{name}.json") for name in ("whole", "less", "proof"))
    assert prove(file, "a = b", proof) == 0 and refute(file, "a = b", budget=200) == 1
    assert check_proof(proof, "a = b", file) == 0 and check_proof(proof, "a = b", other) == 1
    assert "may be assumed; the file does not declare c, and would need to" in capsys.readouterr().out
    assert prove(other, "a = b") == 1 and refute(other, "a = b") == 0
    capsys.readouterr()
