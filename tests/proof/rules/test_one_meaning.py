"""In a question a name has one meaning: two boxes of one name would print alike."""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

x, y = ld.Ty("x"), ld.Ty("y")
E = ld.Equation
q, other = ld.Box("q", x, y), ld.Kernel("q", x, y)
proof = ld.prove(E(q, q))
model = ld.prove(E(q, ld.Box("r", x, y))).to_dict()
QUESTIONS = {
    "goal": lambda: ld.prove(E(q, other)),
    "goal in symmetric": lambda: ld.prove(E(q, other), theory="symmetric"),
    "axiom": lambda: ld.prove(E(q, q), [E(other, other)]),
    "two axioms": lambda: ld.prove(E(ld.Id(x), ld.Id(x)), {"a": E(q, q), "b": E(other, other)}),
    "lemma": lambda: ld.prove(E(other, other), [ld.prove(E(q, q, "lemma"))]),
    "signature": lambda: ld.prove(E(q, q), signature=other),
    "used box": lambda: ld.prove(E(q, q), [E(u := ld.Box("u", x, x, uses=[other]), u)]),
    "countermodel": lambda: find_countermodel(E(q, other)),
    "countermodel of axioms": lambda: find_countermodel(E(q, q), [E(other, other)]),
    "countermodel as data": lambda: Countermodel.from_dict(model, E(q, ld.Box("r", x, y)), [E(other, other)]),
    "derivation": lambda: Derivation(q, [E(other, other)]),
    "check of a statement": lambda: ld.check(proof, E(q, other)),
    "check of axioms": lambda: ld.check(proof, E(q, q), [E(other, other)]),
    "check of a signature": lambda: ld.check(proof, E(q, q), signature=other),
    "learning diagram": lambda: ld.LearningDiagram(axioms=[E(q, other, "a")]),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_two_boxes_of_one_name_are_refused_everywhere(question):
    with pytest.raises(ld.DuplicateName, match=r"box 'q' is declared twice: as (Box|Kernel) x → y and as (Box|Kernel)"):
        QUESTIONS[question]()


def test_what_boxes_carry_is_named():
    one, two = ld.Box("q", x, y, data=1), ld.Box("q", x, y, data=2)
    with pytest.raises(ld.DuplicateName, match="as Box x → y with the data 1 and as Box x → y with the data 2"):
        ld.prove(E(one, two))


def test_an_object_and_a_sample_space_of_one_name_are_refused():
    space = ld.SampleSpace("x")
    with pytest.raises(ld.DuplicateName, match="'x' names an object and a sample space"):
        ld.prove(E(ld.Id(x), ld.Id(x)), [E(space.state, space.state)])


def test_columns_of_two_spaces_and_boxes_may_share_a_name():
    one, two = (ld.SampleSpace(name).column("q", y) for name in ("rows", "more"))
    assert ld.prove(E(one @ two @ q, one @ two @ q))


def test_boxes_of_two_kinds_are_two_boxes_and_the_evidence_says_so():
    assert not ld.equal(q, other)
    evidence = str(ld.equal(q, other, evidence=True))
    assert evidence.endswith("box 'q' is declared twice: as Box x → y and as Kernel x → y; a name has one meaning")
    assert "one name" not in str(ld.equal(q, ld.Kernel("r", x, y), evidence=True))
