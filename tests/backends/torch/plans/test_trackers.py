"""Trackers get every measurement once and in order: in a CSV file, in TensorBoard's, and through accelerate."""

import csv
import sys
import types

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, train
from learning_diagrams.backends.torch.plans.registry import TRACKERS


def run(folder, *trackers, resume=False, steps=5):
    def change(plan):
        plan["trackers"] = list(trackers)
        plan["validation"] = {"data": {"rows": {}}, "metrics": []}
        plan["stages"][1]["steps"] = steps

    experiment = Experiment.load(small_plan.written(folder, change))
    return train(experiment, folder / "out", resume=resume, progress=False)


def expected(histories):
    """What trackers get, as a dict from name to pairs of step and value."""
    values, before = {}, 0
    for name, history in zip(("first", "second"), histories, strict=True):
        for row in [*history.steps, *history.validations]:
            for key in row.keys() - {"step", "epoch"}:
                values.setdefault(f"{name}/{key}", []).append((before + row["step"], row[key]))
        before += len(history.steps)
    return values


def test_a_csv_file_has_each_measurement_as_a_line(tmp_path):
    histories = run(tmp_path, "csv").histories
    found = {}
    with (tmp_path / "out" / "measurements.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["name"], []).append((int(row["step"]), float(row["value"])))
    assert found == expected(histories) and "second/validation/fit" in found


def test_tensorboard_reads_what_was_written_also_after_a_run_went_on(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run(tmp_path, "tensorboard")
    histories = run(tmp_path, "tensorboard", resume=True, steps=8).histories
    events = accumulator.EventAccumulator(str(tmp_path / "out" / "tensorboard")).Reload()
    for name, values in expected(histories).items():
        scalars = [(event.step, event.value) for event in events.Scalars(name)]
        assert [step for step, _ in scalars] == [step for step, _ in values]
        assert [value for _, value in scalars] == pytest.approx([value for _, value in values], rel=1e-6)


def test_a_tracker_of_accelerate_gets_the_same(tmp_path, monkeypatch):
    pytest.importorskip("accelerate")
    calls = []

    class Run:
        def log(self, values, step=None):
            calls.append((step, values))

        def finish(self):
            calls.append("finished")

    def init(**options):
        calls.append(options)
        return Run()

    wandb = types.SimpleNamespace(init=init)
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    histories = run(tmp_path, {"name": "wandb", "project": "digits"}).histories
    assert calls[0]["project"] == "digits" and calls[-1] == "finished"
    found = {}
    for step, values in calls[1:-1]:
        for name, value in values.items():
            found.setdefault(name, []).append((step, value))
    assert found == expected(histories)


@pytest.mark.parametrize("name", ["wandb", "mlflow", "aim"])
def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, name):
    pytest.importorskip("accelerate")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ld.FileError, match=f"the tracker '{name}' needs packages"):
        TRACKERS.make(name, {}, tmp_path)


def test_own_trackers_are_registered(tmp_path):
    seen = []

    class Own:
        def log(self, values, step):
            seen.append(step)

        def close(self):
            seen.append("closed")

    TRACKERS.register("own", lambda folder: Own())
    run(tmp_path, "own")
    assert seen[-1] == "closed" and {*seen[:-1]} == {*range(1, 16)}


@pytest.mark.parametrize("file", ["../table.csv", "/tmp/table.csv", "1/table.csv", "plan.json", "", ".."])
def test_a_table_is_written_beside_the_plan_only(tmp_path, file):
    with pytest.raises(ld.FileError, match="a name in the folder of the run"):
        run(tmp_path, {"name": "csv", "file": file})
    assert "format" in (tmp_path / "out" / "plan.json").read_text(encoding="utf-8")
