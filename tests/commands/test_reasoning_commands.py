"""The commands that reason: prove, refute, check-proof and review, with what they write and their exit codes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from learning_diagrams.cli import app

FINE = """\
format: learning-diagram/1
objects: [a, b]
sample_spaces: {rows: {x: a, y: b}}
boxes: {f: {dom: [a], cod: [b]}}
constraints: {fit: {lhs: x >> f, rhs: y}}
"""
REASON = """\
format: learning-diagram/1
objects: [a, b]
sample_spaces: {rows: {x: a, y: b}}
boxes:
  f: {dom: [a], cod: [b]}
  g: {dom: [b], cod: [a]}
  t: {dom: [a], cod: [a]}
  k: {dom: [a], cod: [a], kernel: true}
frozen: [t]
constraints:
  fit: {lhs: x >> f, rhs: y}
  again: {lhs: x >> f, rhs: y}
  cycle: {lhs: f >> g, rhs: id(a), over: x}
  turned: {lhs: t >> t, rhs: id(a), over: x}
axioms:
  turn: {lhs: t >> t, rhs: id(a)}
  noise: {lhs: k >> t, rhs: k}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, args)


def test_an_axiom_that_is_asked_by_its_name_is_asked_of_the_others(run):
    """The answer says so, and so does the check of a proof by the axiom itself."""
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    said = "turn is an axiom of the file; it is asked of the other axioms:"
    for command, code in (("prove", 1), ("refute", 0)):
        done = run(command, "reason.yaml", "turn")
        assert done.exit_code == code and done.stdout.startswith(said), done.stdout
        assert said not in run(command, "reason.yaml", "turn", "--assume", "turn").stdout
        assert said not in run(command, "reason.yaml", "t >> t = id(a)").stdout
    assert run("prove", "reason.yaml", "t >> t = id(a)", "-o", "proof.json").exit_code == 0
    arguments = "check-proof", "proof.json", "--file", "reason.yaml", "--statement", "turn"
    refused = run(*arguments)
    assert refused.exit_code == 1 and "is what is asked, so it is not assumed; --assume turn" in refused.stdout
    assert run(*arguments, "--assume", "turn").exit_code == 0
    Path("reason.yaml").write_text(REASON.replace("turn: {lhs: t >> t,", "turn: {lhs: t >> t >> t,"), encoding="utf-8")
    other = run("check-proof", "proof.json", "--file", "reason.yaml")
    assert other.exit_code == 1 and "axioms.turn: " in other.stdout and "is what is asked" not in other.stdout


def test_prove_writes_a_certificate_that_check_proof_accepts(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    done = run("prove", "reason.yaml", "turned", "-o", "proof.json")
    assert done.exit_code == 0 and "by turn" in done.stdout and "written to proof.json" in done.stdout
    checked = run("check-proof", "proof.json", "--file", "reason.yaml", "--statement", "turned")
    assert checked.exit_code == 0 and "assumed: turn: t >> t = Id(a)" in checked.stdout
    other = run("check-proof", "proof.json", "--file", "reason.yaml", "--statement", "cycle")
    assert other.exit_code == 1 and "another statement" in other.stdout
    assert run("prove", "reason.yaml", "f >> g >> t = t", "--assume", "cycle", "-o", "more.json").exit_code == 0
    lacking = run("check-proof", "more.json", "--file", "reason.yaml", "--statement", "f >> g >> t = t")
    assert lacking.exit_code == 1 and "--assume cycle lets the proof assume it" in lacking.stdout
    text = Path("proof.json").read_text(encoding="utf-8")
    Path("proof.json").write_text(text.replace('"backwards": false', '"backwards": true'), encoding="utf-8")
    assert run("check-proof", "proof.json").exit_code == 1
    Path("proof.json").write_text(text[:-40], encoding="utf-8")
    cut = run("check-proof", "proof.json")
    assert cut.exit_code == 2 and "not JSON" in cut.stderr
    assert run("check-proof", "proof.json", "--statement", "turned").exit_code == 2


def test_check_proof_takes_the_statement_as_prove_does(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    assert run("prove", "reason.yaml", "turned", "-o", "proof.json").exit_code == 0
    for name, code in (("turned", 0), ("cycle", 1), ("f >> g >> t = t", 1)):
        ways = [(name,), ("--statement", name)]
        place, option = (run("check-proof", "proof.json", *way, "--file", "reason.yaml") for way in ways)
        assert (place.exit_code, place.stdout) == (option.exit_code, option.stdout) and place.exit_code == code
    alone, twice = run("check-proof", "proof.json", "turned"), run("check-proof", "proof.json", *ways[0], *ways[1])
    assert (alone.exit_code, twice.exit_code) == (2, 2)
    assert "need --file FILE" in alone.stderr and "give one of them" in twice.stderr


def test_prove_draws_the_proof_and_some_of_its_steps(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    goal = "t >> t >> t >> t >> k >> t = k"
    done = run("prove", "reason.yaml", goal, "--picture", "whole.svg")
    steps = done.stdout.count(" by ") - 1
    assert done.exit_code == 0 and steps == 3 and "\nwritten to whole.svg: " in done.stdout
    for place, names in {"0:2": "steps 1 to 2", "2:": "step 3", "-2:": "steps 2 to 3"}.items():
        assert run("prove", "reason.yaml", goal, "--picture", "part.svg", "--steps", place).exit_code == 0
        part = Path("part.svg").read_text(encoding="utf-8")
        assert f">{names}<" in part and part.count(">=<") == names.count("to") + 1
    assert Path("whole.svg").read_text(encoding="utf-8").count(">=<") == 3
    none = run("prove", "reason.yaml", "t = id(a)", "--picture", "none.svg")
    assert none.exit_code == 1 and none.stdout.endswith("nothing is drawn to none.svg: there is no proof\n")
    assert not Path("none.svg").exists()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--steps", "0:1"], "needs --picture"), (["--picture", "a.svg", "--steps", "3"], "FIRST:END"),
        (["--picture", "a.svg", "--steps", "1:--2"], "FIRST:END"), (["--picture", "a.txt"], "must end in"),
        (["--picture", "a.svg", "--steps", "5:9"], "has 1 step, and [5:9] has none of them"),
    ],
)  # fmt: skip
def test_bad_steps_are_told(run, options, text):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    done = run("prove", "reason.yaml", "turned", *options)
    assert done.exit_code == 2 and text in " ".join(done.stderr.replace("│", "").split()) and not Path("a.svg").exists()


def test_an_equation_may_be_written_out_and_constraints_assumed(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    assert run("prove", "reason.yaml", "f >> g >> f = f").exit_code == 1
    assert run("prove", "reason.yaml", "f >> g >> f = f", "--assume", "cycle").exit_code == 0
    assert run("prove", "reason.yaml", "k >> t >> t = k").exit_code == 0
    unknown = run("prove", "reason.yaml", "turnd")
    assert unknown.exit_code == 2 and "did you mean 'turned'" in unknown.stderr


def test_a_decision_of_paths_is_written_and_checked_again(run):
    """In finite sets an inverse on one side is an inverse on both."""
    text = REASON.replace("turn: {lhs: t >> t, rhs: id(a)}", "undo: {lhs: t >> s, rhs: id(a)}")
    text = text.replace("  t:", "  s: {dom: [a], cod: [a]}\n  t:")
    Path("reason.yaml").write_text(text, encoding="utf-8")
    assert "t >> s → Id(a)" in run("prove", "reason.yaml", "s >> t = id(a)").stdout
    done = run("refute", "reason.yaml", "s >> t = id(a)", "-o", "model.json")
    assert done.exit_code == 0 and "path into it in normal form" in done.stdout
    again = run("check-proof", "model.json", "--file", "reason.yaml", "--statement", "s >> t = id(a)")
    assert again.exit_code == 3 and "not a proof but a countermodel, and true" in again.stdout
    Path("model.json").write_text(Path("model.json").read_text().replace('"t >> s"', '"s >> t"'), encoding="utf-8")
    false = run("check-proof", "model.json", "--file", "reason.yaml", "--statement", "s >> t = id(a)")
    assert false.exit_code == 2 and "does not refute the goal" in false.stderr


def test_refute_prints_and_writes_a_model(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    done = run("refute", "reason.yaml", "t = id(a)", "-o", "model.json")
    assert done.exit_code == 0 and "given (" in done.stdout and Path("model.json").exists()
    assert run("refute", "reason.yaml", "turned", "--budget", "50").exit_code == 1
    again = run("check-proof", "model.json")
    assert again.exit_code == 3 and "rejected: this is not a proof but a countermodel, and true: t = " in again.stdout
    assert run("check-proof", "model.json", "--file", "reason.yaml", "--statement", "t = id(a)").exit_code == 3
    other = run("check-proof", "model.json", "--file", "reason.yaml", "--statement", "f >> g = id(a)")
    assert other.exit_code == 2 and "another" in other.stderr
    text = Path("model.json").read_text(encoding="utf-8")
    Path("model.json").write_text(text.replace('"lhs": "1"', '"lhs": "2"'), encoding="utf-8")
    assert text != Path("model.json").read_text(encoding="utf-8") and run("check-proof", "model.json").exit_code == 2


def test_prove_and_refute_write_what_they_find(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    done = run("prove", "reason.yaml", "t = id(a)", "-o", "model.json")
    assert done.exit_code == 1 and done.stdout.splitlines()[-1] == "written to model.json"
    assert run("check-proof", "model.json").exit_code == 3
    done = run("refute", "reason.yaml", "turned", "-o", "proof.json")
    assert done.exit_code == 1 and done.stdout.startswith("it holds")
    assert run("check-proof", "proof.json").exit_code == 0


def test_without_a_finding_nothing_is_written_and_it_is_said(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    for command in ("prove", "refute"):
        done = run(command, "reason.yaml", "k >> k >> t = k >> k >> k", "--budget", "1", "-o", "none.json")
        said = "nothing is written to none.json: there is neither a proof nor a countermodel"
        assert done.exit_code == 1 and done.stdout.splitlines()[-1] == said and not Path("none.json").exists()


def test_review_prints_findings(run):
    Path("reason.yaml").write_text(REASON, encoding="utf-8")
    done = run("review", "reason.yaml")
    assert done.exit_code == 1
    assert "reason.yaml: turned: redundant on the data" in done.stdout
    assert "reason.yaml: fit: redundant on the data" in done.stdout
    Path("fine.yaml").write_text(FINE, encoding="utf-8")
    assert run("review", "fine.yaml").exit_code == 0
