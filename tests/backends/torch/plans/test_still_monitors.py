"""A monitor that reads no trained box is told before training, since it would keep the first state."""

import copy
import warnings

import pytest

import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.files.setting import Setting


def load(folder, monitor, *settings, **more):
    """A plan whose second stage freezes the box of the first one, and trains another one beside it."""

    def change(plan):
        second = copy.deepcopy(plan["diagram"])
        second["boxes"]["g"] = {"dom": ["point"], "cod": ["kind"], "kernel": True}
        second["constraints"]["own"] = {"lhs": "x >> g", "rhs": "y"}
        second["frozen"] = ["f"]
        plan["modules"]["g"] = {"name": "mlp", "widths": [8]}
        plan["stages"] = [
            {"name": "first", "steps": 2, "optimizer": "adam"},
            {"name": "second", "steps": 2, "optimizer": "adam", "diagram": second | more},
        ]
        plan["metrics"]["right"] = {"name": "accuracy", "prediction": "x >> f", "target": "y"}
        if monitor == "bare":
            plan["metrics"]["bare"] = {"name": "accuracy", "prediction": "x >> g", "target": "y"}
        plan["validation"] = {"data": {"rows": {}}, "monitor": monitor}

    return Experiment.load(small_plan.written(folder, change), [Setting.read(text) for text in settings])


@pytest.mark.parametrize("monitor", ["fit", "accuracy", "right"])
def test_a_monitor_of_frozen_boxes_alone_is_noted_by_check_and_train(tmp_path, monitor):
    experiment = load(tmp_path, monitor)
    (note,) = prepare(experiment).notes
    assert f"validation.monitor: stage 2, 'second': {monitor!r} reads no box that this stage trains" in note
    with pytest.warns(UserWarning, match="monitor another measurement, or give the stage validation: false"):
        run = train(experiment, progress=False)
    assert len({row[f"validation/{monitor}"] for row in run.histories[1].validations}) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(load(tmp_path, monitor, "stages.1.validation=false"), progress=False)


@pytest.mark.parametrize(
    ("monitor", "settings", "more"),
    [
        ("total", [], {}),
        ("own", ["stages.0.validation=false"], {}),
        ("bare", ["stages.0.validation=false"], {}),
        ("fit", [], {"frozen": []}),
        ("fit", [], {"frozen": [], "ema": {"f": {"source": "g", "decay": 0.5}}}),
    ],
)
def test_a_monitor_that_moves_is_not_noted(tmp_path, monitor, settings, more):
    notes = prepare(load(tmp_path, monitor, *settings, **more)).notes
    assert not any("reads no box" in note for note in notes)


def test_the_note_is_a_finding_of_check(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from learning_diagrams.cli import app

    load(tmp_path, "fit")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["check", "plan.yaml"])
    assert done.exit_code == 1 and done.stdout.startswith("plan.yaml:") and len(done.stdout.splitlines()) == 1
    assert ": validation.monitor: stage 2, 'second': 'fit' reads no box" in done.stdout
