"""`check` of a plan reports what its learning diagrams have without effect, but for what another part of it uses."""

import copy

import pytest
import yaml
from typer.testing import CliRunner

import small_plan
from learning_diagrams import regimes
from learning_diagrams.cli import app
from learning_diagrams.files.plan import Plan, Stage

pytest.importorskip("torch")


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(change, *args):
        small_plan.written(tmp_path, change)
        done = CliRunner().invoke(app, ["check", "plan.yaml", *args])
        assert done.stderr == ""
        return done.exit_code, done.stdout.splitlines()

    return run


def spoil(diagram):
    diagram["objects"] += ["other"]
    diagram["boxes"]["smooth"] = {"dom": ["point"], "cod": ["point"]}
    diagram["sample_spaces"]["rows"]["z"] = "point"
    diagram["sample_spaces"]["more"] = {"w": "point"}
    diagram["constraints"]["idle"] = {"lhs": "x >> f", "rhs": "y", "weight": 0}
    diagram["constraints"]["same"] = {"lhs": "x", "rhs": "x", "divergence": "squared_error"}


FOUND = [
    ("objects[2]", "object 'other' is used by nothing; remove it"),
    ("sample_spaces.rows.z", "column 'z' is used by no term; remove it"),
    ("sample_spaces.more", "sample space 'more' is used by nothing; remove it"),
    ("boxes.smooth", "box 'smooth' is used by no term; remove it"),
    ("constraints.idle.weight", "the weight is 0, so that its term trains nothing"),
    ("constraints.same", "the theory proves it, so its term is always 0; remove it, or correct its sides"),
]


def test_findings_of_a_diagram_in_the_plan_have_its_lines_and_come_once(check, tmp_path):
    code, lines = check(lambda plan: spoil(plan["diagram"]))
    assert code == 1 and [line.split(": ", 1)[1] for line in lines] == [
        f"diagram.{place}: {text}" for place, text in FOUND
    ]
    text = (tmp_path / "plan.yaml").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("plan.yaml:") for line in lines)
    assert "other" in text[int(lines[0].split(":")[1]) - 1] and "smooth:" in text[int(lines[3].split(":")[1]) - 1]


def test_findings_of_a_diagram_in_a_file_are_those_of_the_file(check, tmp_path):
    def change(plan):
        spoil(plan["diagram"])
        data = {"format": "learning-diagram/1"} | plan["diagram"]
        (tmp_path / "own.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        plan["diagram"] = "own.yaml"

    code, lines = check(change)
    alone = CliRunner().invoke(app, ["check", "own.yaml"])
    assert code == alone.exit_code == 1 and lines == alone.stdout.splitlines() and len(lines) == len(FOUND)


def test_a_setting_and_a_stage_of_its_own_are_looked_at(check):
    def change(plan):
        plan["stages"][1]["diagram"] = copy.deepcopy(plan["diagram"])
        plan["stages"][1]["diagram"]["objects"] += ["other"]

    code, lines = check(change, "--set", "diagram.constraints.fit.weight=0")
    assert code == 1 and len(lines) == 2
    assert lines[0].startswith("the setting diagram.constraints.fit.weight=0: the weight is 0")
    assert "stages[1].diagram.objects[2]: object 'other' is used by nothing" in lines[1]


def test_what_another_stage_or_a_metric_uses_is_no_finding(check):
    def change(plan):
        plan["diagram"]["objects"] += ["other"]
        plan["diagram"]["boxes"]["g"] = {"dom": ["point"], "cod": ["other"]}
        plan["diagram"]["sample_spaces"]["rows"] |= {"z": "other", "truth": "kind"}
        later = plan["stages"][1]["diagram"] = copy.deepcopy(plan["diagram"])
        later["constraints"] = {"second": {"lhs": "x >> g", "rhs": "z"}}
        plan["spaces"]["other"] = "Euclidean(2)"
        plan["modules"]["g"] = "linear"
        plan["data"]["rows"]["columns"] |= {"z": "x", "truth": "y"}
        plan["metrics"]["accuracy"]["target"] = "truth"
        plan["stages"][1]["validation"] = False
        plan["validation"] = {"data": {"rows": {}}, "monitor": "accuracy"}

    code, lines = check(change)
    assert code == 0 and lines[0].startswith("plan.yaml: fine, 2 stages")


def test_a_constraint_that_holds_a_frozen_box_for_a_metric_is_no_finding(check):
    def change(plan):
        plan["diagram"]["boxes"]["half"] = {"dom": ["point"], "cod": ["point"]}
        plan["diagram"]["constraints"]["held"] = {"lhs": "x >> half", "rhs": "x", "weight": 0}
        plan["diagram"]["frozen"] = ["half"]
        plan["modules"]["half"] = {"name": "constant", "value": 1.0}
        plan["metrics"]["far"] = {"name": "mean_squared_error", "prediction": "x >> half", "target": "x"}

    assert check(change)[0] == 0

    def more(plan):
        change(plan)
        del plan["metrics"]["far"]

    code, lines = check(more)
    assert code == 1 and "constraints.held: it trains nothing" in lines[0]
    assert "constraints.held.weight: the weight is 0" in lines[1]

    def thawed(plan):
        change(plan)
        del plan["diagram"]["frozen"]

    code, lines = check(thawed)
    assert code == 1 and "constraints.held.weight: the weight is 0" in lines[0]


def test_a_constraint_that_holds_a_follower_for_a_metric_is_no_finding(check):
    def change(plan):
        plan["diagram"]["boxes"]["mean"] = copy.deepcopy(plan["diagram"]["boxes"]["f"])
        plan["diagram"]["ema"] = {"mean": {"source": "f", "decay": 0.9}}
        plan["diagram"]["constraints"]["held"] = {"lhs": "x >> mean", "rhs": "y", "weight": 0}
        plan["metrics"]["accuracy"]["prediction"] = "x >> mean"

    assert check(change)[0] == 0

    def more(plan):
        change(plan)
        plan["metrics"]["accuracy"]["prediction"] = "x >> f"

    assert check(more)[0] == 1


def test_a_regime_by_name_and_a_plan_of_the_first_format(check, tmp_path):
    Plan(Stage(regimes.supervised(), 7), Stage(regimes.supervised(), 3)).save("old.yaml")
    data = yaml.safe_load((tmp_path / "old.yaml").read_text(encoding="utf-8"))
    data["stages"][1]["diagram"]["objects"].append("other")
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "old.yaml"])
    assert done.exit_code == 1 and done.stdout.endswith(": object 'other' is used by nothing; remove it\n")
    assert "stages[1].diagram.objects[" in done.stdout and len(done.stdout.splitlines()) == 1
