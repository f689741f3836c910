"""A certificate says its theory, and proves nothing in a theory with fewer laws."""

import json
import re
from pathlib import Path

import pytest

import learning_diagrams as ld
from learning_diagrams.commands.command import Theory
from learning_diagrams.commands.reasoning_commands import check_proof, prove, refute
from learning_diagrams.equality.theory import THEORIES
from learning_diagrams.proof.proof import Proof

x, y = ld.Ty("x"), ld.Ty("y")
E = ld.Equation
f, k, s = ld.Box("f", x, y), ld.Kernel("k", x, y), ld.Box("s", x, x)
GOALS = {
    "symmetric": (E(s >> s >> s, s), [E(s >> s, s, "idempotent")]),
    "markov": (E(f >> ld.Copy(y), ld.Copy(x) >> f @ f), []),
    "cartesian": (E(k >> ld.Copy(y), ld.Copy(x) >> k @ k), []),
}
FILE = {
    "format": "learning-diagram/1", "objects": ["x", "y"], "sample_spaces": {}, "constraints": {},
    "boxes": {"k": {"dom": ["x"], "cod": ["y"], "kernel": True}, "s": {"dom": ["x"], "cod": ["x"]}},
    "axioms": {"idempotent": {"lhs": "s >> s", "rhs": "s"}, "kept": {"lhs": "s >> k", "rhs": "k"}},
}  # fmt: skip
COPIED = "k >> copy(y) = copy(x) >> k @ k"


@pytest.mark.parametrize("asked", [None, *THEORIES])
@pytest.mark.parametrize("own", THEORIES)
def test_a_certificate_is_accepted_exactly_where_its_laws_hold(own, asked):
    goal, axioms = GOALS[own]
    data = ld.prove(goal, axioms, theory=own).to_dict()
    verdict = ld.check(data, goal, axioms, asked)
    assert bool(verdict) == (asked is None or THEORIES.index(own) <= THEORIES.index(asked))
    if verdict:
        functions = ", which takes every kernel for a function" if own == "cartesian" else ""
        assert verdict.theory == own and f"in the theory {own}{functions}, from" in str(verdict)
        assert f"in the theory {own}{functions}, from" in repr(verdict)
    else:
        reason = f"^rejected: theory: .* proof in the theory {own}, which .*; prove it in the theory {asked}, or"
        assert re.search(reason, str(verdict))


@pytest.mark.parametrize("theory", THEORIES)
@pytest.mark.parametrize("own", THEORIES)
def test_an_edited_theory_proves_what_it_says_or_nothing(own, theory):
    goal, axioms = GOALS[own]
    data = ld.prove(goal, axioms, theory=own).to_dict() | {"theory": theory}
    holds = THEORIES.index(own) <= THEORIES.index(theory)
    assert bool(ld.check(data)) == bool(ld.check(data, goal, axioms)) == holds
    assert bool(ld.check(data, goal, axioms, "markov")) == (holds and theory != "cartesian")


def test_the_states_of_the_data_are_functions_too_in_cartesian():
    state = ld.SampleSpace("rows").state
    goal = E(state >> ld.Copy(state.cod), state @ state)
    verdict = ld.check(ld.prove(goal, theory="cartesian"))
    assert "takes every kernel for a function" in str(verdict)
    assert not ld.check(ld.prove(goal, theory="cartesian"), theory="markov")
    assert "function" not in str(ld.check(ld.prove(*GOALS["markov"], theory="cartesian")))


def test_an_asked_theory_is_a_theory():
    with pytest.raises(ld.UnknownName, match="theory must be one of 'symmetric', 'markov', 'cartesian', got 'linear'"):
        ld.check({}, theory="linear")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "file.json").write_text(json.dumps(FILE))
    return str(tmp_path / "file.json"), str(tmp_path / "out.json")


def test_the_command_takes_markov_where_a_file_is_given(files, capsys):
    file, proof = files
    assert prove(file, COPIED, proof, theory=Theory.cartesian) == 0
    assert check_proof(proof) == 0 and "takes every kernel for a function" in capsys.readouterr().out
    assert check_proof(proof, COPIED, file) == 1
    assert "rejected: theory: " in (out := capsys.readouterr().out) and "(--theory cartesian)" in out
    assert check_proof(proof, COPIED, file, theory=Theory.cartesian) == 0
    assert check_proof(proof, theory=Theory.symmetric) == 1


def test_the_command_takes_a_countermodel_of_more_laws(files, capsys):
    file, model = files
    for theory, fewer, more in (("cartesian", "markov", None), ("markov", "symmetric", "cartesian")):
        assert refute(file, "s = id(x)", model, theory=Theory(theory)) == 0
        assert check_proof(model, "s = id(x)", file, theory=Theory(theory)) == 3
        assert check_proof(model, "s = id(x)", file, theory=Theory(fewer)) == 3
        if more:
            with pytest.raises(ld.FileError, match=f"of the theory {theory}, and need not be a model of .* {more}"):
                check_proof(model, "s = id(x)", file, theory=Theory(more))
    capsys.readouterr()


def test_a_countermodel_without_an_axiom_of_the_file_names_the_axiom(files, capsys):
    file, model = files
    assert refute(file, "s = id(x)", model) == 0
    path = Path(model)
    data = json.loads(path.read_text())
    for i, axiom in enumerate(data["axioms"]):
        path.write_text(json.dumps(data | {"axioms": [*data["axioms"][:i], *data["axioms"][i + 1 :]]}))
        sides = f"{axiom['lhs']} = {axiom['rhs']}"
        with pytest.raises(ld.FileError, match=f"lacks the axiom '(idempotent|kept)', {sides}: .* from all axioms"):
            check_proof(model, "s = id(x)", file)
    capsys.readouterr()


def test_what_holds_is_not_refuted_and_the_command_says_so(files, capsys):
    file, model = files
    for equation, steps in (("k >> copy(y) = k >> copy(y)", 0), ("s >> s >> k = k", 2), ("s >> k = k", 1)):
        assert refute(file, equation, model) == 1
        out = capsys.readouterr().out
        assert out.startswith("it holds, so that no model refutes it: ") and f"by {steps} step" in out
    assert refute(file, COPIED, model, theory=Theory.cartesian) == 1 and "by 0 steps" in capsys.readouterr().out
    assert refute(file, COPIED, model) == 0 and isinstance(ld.prove(*GOALS["cartesian"], theory="cartesian"), Proof)
    capsys.readouterr()
