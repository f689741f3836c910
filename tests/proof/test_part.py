"""Parts of a proof: each is a proof, begins where the one before ended, and has a picture of its own."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from random_derivation import derivations

x = ld.Ty("x")
f, g, h = (ld.Box(name, x, x) for name in "fgh")
SAME = ld.Equation(f, g, "same")


def four():
    derivation = Derivation(f >> f >> f >> f, [SAME])
    for _ in range(4):
        derivation = derivation.rewrite("same")
    return derivation.proof(name="four")


@given(derivations(steps=5), st.data())
def test_parts_are_proofs_and_each_begins_where_the_one_before_ended(derivation, data):
    proof = derivation.proof()
    count = len(proof.steps)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(count - 1, 1)))) & set(range(1, count)))
    ends = [0, *cuts, count]
    parts = [proof[first:last] for first, last in pairwise(ends) if last > first]
    assert [step for part in parts for step in part.steps] == list(proof.steps)
    for part, following in pairwise(parts):
        assert str(part.statement.rhs) == str(following.statement.lhs)
    for part in parts:
        assert ld.check(part.to_dict(), theory=proof.theory)
        assert part.axioms.items() <= proof.axioms.items() and {step.name for step in part.steps} <= part.axioms.keys()
    if parts:
        assert (parts[0].statement.lhs, parts[-1].statement.rhs) == (proof.statement.lhs, proof.statement.rhs)


def test_a_picture_of_a_part_has_its_steps_and_their_numbers(tmp_path):
    proof = four()
    rows = []
    for first in range(0, 4, 2):
        part = proof[first : first + 2]
        for ending in ("svg", "tex", "tikz"):
            part.draw(tmp_path / f"part.{ending}")
            assert f"four, steps {first + 1} to {first + 2}" in (tmp_path / f"part.{ending}").read_text("utf-8")
        assert part.draw().svg.count(">=<") == 2 and part.draw().scene.height < proof.draw().scene.height
        rows += [str(diagram) for diagram in part.diagrams()]
    assert rows[2] == rows[3] and rows[:2] + rows[3:] == [str(diagram) for diagram in proof.diagrams()]
    assert proof[1:2].statement.name == "four, step 2" and proof[-1:].statement.name == "four, step 4"
    assert Derivation(f, [SAME]).rewrite("same").rewrite("same", backwards=True).proof()[1:].statement.name == "step 2"


def test_a_lemma_is_an_axiom_of_a_part_and_the_picture_has_no_strip_for_it():
    lemma = ld.prove(ld.Equation(f >> f, g >> g, "twice"), [SAME])
    proof = Derivation(f >> f >> h, [SAME, lemma]).rewrite("twice").rewrite("same", backwards=True).proof()
    part = proof[0:1]
    assert (dict(part.axioms), part.lemmas) == ({"twice": lemma.statement}, {})
    assert ">lemma twice<" in proof.draw().svg and ">lemma twice<" not in part.draw().svg
    assert ">lemma twice<" not in proof[:].draw().svg and proof[:].statement == proof.statement
    assert "assumed: twice" in ld.check(part.to_dict()).reason
    assert not ld.check(part.to_dict(), axioms=[SAME]) and ld.check(proof.to_dict(), axioms=[SAME])


@pytest.mark.parametrize("steps", [0, (0, 2), "0:2", None, slice(0, 4, 2), slice(None, None, -1), slice("a", 2), 1.5])
def test_what_is_no_slice_is_refused(steps):
    with pytest.raises(ld.TypeMismatch, match=r"a slice of its steps, as proof\[0:5\]"):
        four()[steps]


@pytest.mark.parametrize(("steps", "text"), [(slice(4, 9), "4:9"), (slice(2, 1), "2:1"), (slice(0), ":0")])
def test_a_part_without_a_step_is_refused(steps, text):
    with pytest.raises(ld.ProofError, match=rf"has 4 steps, and \[{text}\] has none"):
        four()[steps]


def test_a_part_of_a_long_proof_shows_all_of_its_steps():
    derivation = Derivation(ld.Id(x).then(*[f] * 30), [SAME])
    for _ in range(30):
        derivation = derivation.rewrite("same")
    proof = derivation.proof()
    assert " steps …<" in proof.draw().svg and " steps …<" not in proof[10:14].draw().svg
