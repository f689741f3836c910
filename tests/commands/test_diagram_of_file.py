"""A plan stands for the learning diagram of its stages, in the commands that are about one."""

import importlib

import pytest
import yaml
from typer.testing import CliRunner

import learning_diagrams as ld
import small_plan
from learning_diagrams import regimes
from learning_diagrams.cli import app
from learning_diagrams.commands.diagram_of_file import read_diagram


def written(folder, **changes):
    return small_plan.written(folder, lambda plan: plan.update(changes))


def test_a_plan_stands_for_a_diagram_that_it_says_or_names(tmp_path):
    inside = read_diagram(written(tmp_path)).diagram
    (tmp_path / "own").mkdir()
    ld.save(inside, tmp_path / "own" / "d.yaml")
    assert read_diagram(written(tmp_path, diagram="own/d.yaml")).diagram == inside
    assert read_diagram(written(tmp_path, diagram="mean-teacher")).diagram == regimes.mean_teacher()
    stages = [{"steps": 1, "diagram": "own/d.yaml"}, {"steps": 2, "diagram": "own/d.yaml"}]
    assert read_diagram(written(tmp_path, diagram="gan", stages=stages)).diagram == inside
    assert read_diagram(tmp_path / "own" / "d.yaml").diagram == inside


@pytest.mark.parametrize(
    "stages",
    [
        [{"steps": 1}, {"steps": 1, "diagram": "gan"}], [], 3, None, [3, {"diagram": 3}],
    ],
)  # fmt: skip
def test_a_plan_with_several_diagrams_or_none_is_refused(tmp_path, stages):
    with pytest.raises(ld.FileError, match=r"plan\.yaml:\d+: stages: this is a plan, and no learning diagram; `"):
        read_diagram(written(tmp_path, stages=stages) if stages != [3, {"diagram": 3}] else without(tmp_path, stages))


def without(folder, stages):
    """A plan without a learning diagram of its own."""
    return small_plan.written(folder, lambda plan: plan.pop("diagram") and plan.update(stages=stages))


def test_a_fault_in_the_diagram_of_a_plan_has_the_line_of_the_plan(tmp_path):
    def change(plan):
        plan["diagram"]["constraints"]["fit"]["rhs"] = "z"

    path = small_plan.written(tmp_path, change)
    with pytest.raises(ld.ParseError, match=r"plan\.yaml:\d+: diagram\.constraints\.fit\.rhs: no box or column is"):
        read_diagram(path)
    with pytest.raises(ld.FileError, match=r"there is no file '.*nothing\.yaml'"):
        read_diagram(written(tmp_path, diagram="nothing.yaml"))
    with pytest.raises(ld.UnknownName, match="no regime is named 'distil'"):
        read_diagram(written(tmp_path, diagram="distil"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain"], ["print"], ["draw", "-o", "d.svg"], ["review"], ["prove", "fit"], ["refute", "fit"],
        ["equal", "x >> f", "y"], ["difference", "d.yaml"],
    ],
)  # fmt: skip
def test_a_command_says_of_a_plan_what_it_says_of_its_diagram(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    plan = written(tmp_path, spaces={})  # of which `explain` says more
    (tmp_path / "d.yaml").write_text(yaml.safe_dump({"format": "learning-diagram/1"} | small_plan.PLAN["diagram"]))
    command, *rest = arguments
    outcomes = [CliRunner().invoke(app, [command, file, *rest]) for file in (plan.name, "d.yaml")]
    texts = [outcome.output.replace(plan.name, "d.yaml") for outcome in outcomes]
    assert texts[0] == texts[1] and texts[0] and outcomes[0].exit_code == outcomes[1].exit_code < 2


def test_explain_takes_the_spaces_of_a_plan_unless_the_command_line_says_others(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    written(tmp_path, name="plan")
    call = lambda *args: CliRunner().invoke(app, ["explain", "plan.yaml", *args])  # noqa: E731
    done = call()
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(read_diagram("plan.yaml").diagram.to_dict()), encoding="utf-8")
    spaces = ["--space", "point=Euclidean(2)", "--space", "kind=Finite(3)"]
    alone = CliRunner().invoke(app, ["explain", "own.yaml", *spaces])
    assert done.exit_code == 0 and done.stdout == alone.stdout
    assert "measured  kl: " in done.stdout and "f: 2 numbers a row in, 3 out" in done.stdout
    assert "f: 7 numbers a row in, 3 out" in call("--space", "point=Euclidean(7)").stdout
    assert call("--latex").stdout == CliRunner().invoke(app, ["explain", "own.yaml", "--latex", *spaces]).stdout
    written(tmp_path, spaces={"point": "Euclid(2)", "kind": "Finite(3)"})
    refused = call()
    assert refused.exit_code == 2 and ": spaces.point: 'Euclid(2)' is no space" in refused.stderr
    assert refused.stderr.startswith("plan.yaml:") and call("--space", "point=Euclidean(2)").exit_code == 0
    written(tmp_path, spaces={"point": 3})
    assert ": spaces.point: must be a string, got 3" in call().stderr


def test_without_pytorch_explain_of_a_plan_leaves_its_spaces_out(tmp_path, monkeypatch):
    from learning_diagrams.semantics.program.explanation import explain

    plan = written(tmp_path)

    def missing(name, importer=importlib.import_module):
        if name.startswith("learning_diagrams.backends.torch"):
            raise ImportError("no torch", name="torch")
        return importer(name)

    monkeypatch.setattr("learning_diagrams.commands.file_commands.import_module", missing)
    done = CliRunner().invoke(app, ["explain", str(plan)])
    assert done.exit_code == 0 and done.stdout == f"{explain(read_diagram(plan).diagram)}\n"
    asked = CliRunner().invoke(app, ["explain", str(plan), "--space", "point=Euclidean(2)"])
    assert asked.exit_code == 2 and "needs PyTorch" in asked.stderr
