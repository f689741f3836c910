"""The run of a plan: equal to the stages by hand, kept in a folder, and the same bytes after a kill."""

import json
import os
import random
import signal

import pytest
import torch
import yaml

import learning_diagrams as ld
import small_plan
import stopped_runs
from learning_diagrams.backends.torch import compile, fit
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def load(folder, change=lambda plan: None):
    folder.mkdir(exist_ok=True)
    return Experiment.load(small_plan.written(folder, change))


def weights(run):
    return {name: value.clone() for name, value in run.objective.state_dict().items()}


def test_a_plan_equals_its_stages_by_hand(tmp_path):
    run = train(load(tmp_path), progress=False)
    prepared = prepare(load(tmp_path))
    objective = compile(prepared.diagrams[0], prepared.functor)
    adam = torch.optim.Adam(objective.trainable_parameters(), 0.01)
    options = {"batch_size": 8, "optimizer": adam, "progress": False}
    fit(objective, prepared.data, epochs=2, seed=0, **options)
    fit(objective, prepared.data, steps=5, seed=1, **options)
    assert all(value.equal(weights(run)[name]) for name, value in objective.state_dict().items())
    assert [len(history.steps) for history in run.histories] == [10, 5] and run.finished


def test_the_options_of_a_stage_are_those_of_fit(tmp_path, monkeypatch):
    from learning_diagrams.backends.torch.training import plan_run

    calls = []
    monkeypatch.setattr(plan_run, "fit", lambda *a, **options: calls.append(options) or fit(*a, **options))

    def change(plan):
        plan["stages"][0] |= {
            "drop_last": True, "scheduler": {"name": "step", "step_size": 2}, "scheduler_every": "epoch",
            "clip_norm": 1.0, "accumulate": 2, "precision": "bf16", "batch_size": {"rows": 4}, "no_decay": True,
        }  # fmt: skip
        plan |= {"seed": 3, "device": "cpu", "checkpoints": {"every": 2, "keep": 1}}
        plan["validation"] = {"data": {"rows": {}}, "monitor": "accuracy", "mode": "max", "every": 2, "patience": 9}
        plan["stages"][1]["validation"] = False

    train(load(tmp_path, change), tmp_path / "out", progress=False)
    first, second = calls
    expected = {"drop_last": True, "scheduler_every": "epoch", "clip_norm": 1.0, "accumulate": 2, "precision": "bf16"}
    assert first.items() >= {**expected, "seed": 3, "checkpoint_every": 2, "keep": 1, "validate_every": 2}.items()
    assert first["batch_size"] == {"rows": 4} and first["validation"].monitor == "accuracy"
    assert type(first["optimizer"]) is torch.optim.Adam and callable(first["scheduler"])
    assert second["seed"] == 4 and second["validation"] is None and second["optimizer"] is first["optimizer"]


def test_a_folder_keeps_plan_runs_weights_results_and_reports(tmp_path):
    def change(plan):
        plan["test"] = {"rows": {}}

    run = train(load(tmp_path, change), tmp_path / "out", report=True, progress=False)
    names = {f"weights{stage}.safetensors" for stage in ("", "-1")} | {"report.html", "report-1.html"}
    names |= {"1", "2", "plan.json", "results.json"}
    assert {*os.listdir(tmp_path / "out")} == names
    measured = json.loads((tmp_path / "out" / "results.json").read_text())["measured"]
    assert measured == run.measured and {*measured} == {"test/total", "test/fit", "test/accuracy"}
    assert 0 <= measured["test/accuracy"] <= 1 and run.measured["accuracy"] == measured["test/accuracy"]
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["format"] == "learning-plan/2"


def test_a_folder_that_is_not_of_a_plan_is_refused(tmp_path):
    experiment, folder = load(tmp_path), tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    for resume, message in ((False, "holds 'mine.txt'; name another folder$"), (True, "no run of a plan")):
        with pytest.raises(ld.FileError, match=message):
            train(experiment, folder, resume=resume, progress=False)
    with pytest.raises(ld.FileError, match="cannot write a run"):
        train(experiment, folder / "mine.txt", progress=False)
    train(experiment, tmp_path / "kept", progress=False)
    with pytest.raises(ld.FileError, match="; go on with its run by resume=True, in the command line --resume, or"):
        train(experiment, tmp_path / "kept", progress=False)
    assert train(experiment, tmp_path / "kept", resume=True, progress=False).finished
    tracked = load(tmp_path, lambda plan: plan.update(trackers=["csv"]))
    for another, options in ((experiment, {"resume": True}), (experiment, {"report": True}), (tracked, {})):
        with pytest.raises(ld.FileError, match="name it by out, in the command line --out"):
            train(another, **options)


def test_a_run_of_another_diagram_is_refused(tmp_path):
    train(load(tmp_path), tmp_path / "out", progress=False)

    def change(plan):
        plan["diagram"]["constraints"]["fit"]["weight"] = 2.0

    with pytest.raises(ld.FileError, match=r"fit\.weight: was absent in the run, and is 2\.0 here"):
        train(load(tmp_path, change), tmp_path / "out", resume=True, progress=False)


def test_a_run_of_a_diagram_whose_file_has_changed_is_refused_in_the_words_of_a_plan(tmp_path):
    def change(plan):
        own = {"format": "learning-diagram/1", **plan["diagram"]}
        (tmp_path / "d.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        plan |= {"diagram": "d.yaml", "stages": plan["stages"][:1]}

    def changed(plan):
        plan["diagram"]["constraints"]["fit"]["weight"] = 2.0
        change(plan)

    train(load(tmp_path, change), tmp_path / "out", progress=False)
    with pytest.raises(ld.FileError) as caught:
        train(load(tmp_path, changed), tmp_path / "out", resume=True, progress=False)
    advice = "; name another folder, or go on by strict=False, in the command line --no-strict, to take over "
    assert advice in str(caught.value) and "run=" not in str(caught.value)


def test_ctrl_c_ends_the_plan_and_resume_finishes_it(tmp_path, monkeypatch):
    change = lambda plan: plan.update(checkpoints={"every": 3}, trackers=["csv"])  # noqa: E731
    whole = train(load(tmp_path, change), tmp_path / "whole", progress=False)
    from learning_diagrams.backends.torch.plans import trackers

    def press(self, progress):
        if progress.step == 4:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(trackers.Tracking, "__call__", press)
    stopped = train(load(tmp_path, change), tmp_path / "out", progress=False)
    monkeypatch.undo()
    assert not stopped.finished and len(stopped.histories) == 1
    assert not (tmp_path / "out" / "weights.safetensors").exists()
    assert train(load(tmp_path, change), tmp_path / "out", resume=True, progress=False).finished
    for name in ("weights.safetensors", "measurements.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert whole.finished


def kills(tmp_path, moments):
    """Train a plan in a process that is killed at its so-manieth change of a file, and go on in another one."""

    def change(plan):
        plan["checkpoints"] = {"every": 2, "keep": 2}
        plan["trackers"] = ["csv"]
        plan["modules"]["f"]["dropout"] = 0.2

    experiment = load(tmp_path, change)
    train(experiment, tmp_path / "whole", progress=False)
    expected = [(tmp_path / "whole" / name).read_bytes() for name in ("weights.safetensors", "measurements.csv")]
    codes = []
    for moment in moments:
        place = tmp_path / f"at-{moment}"

        def act(place=place, moment=moment):
            stopped_runs.die_at(moment)
            train(experiment, place, progress=False)

        codes.append(stopped_runs.ended(stopped_runs.forked(act)))
        resumed = stopped_runs.forked(lambda place=place: train(experiment, place, resume=True, progress=False))
        assert stopped_runs.ended(resumed) == 0
        assert [(place / name).read_bytes() for name in ("weights.safetensors", "measurements.csv")] == expected
    return codes


def test_a_plan_that_was_killed_and_goes_on_ends_with_the_same_bytes(tmp_path):
    assert kills(tmp_path, [9, 60, 140]) == [-signal.SIGKILL] * 3


@pytest.mark.thorough
def test_a_plan_that_was_killed_at_any_moment_ends_with_the_same_bytes(tmp_path):
    assert -signal.SIGKILL in kills(tmp_path, sorted(random.Random(0).sample(range(1, 260), 25)))


def test_a_parquet_file_is_streamed_with_its_columns_scaled(tmp_path, monkeypatch):
    def change(plan):
        plan["data"]["rows"] = {
            "source": {"name": "parquet", "path": "rows.parquet", "shuffle": 16},
            "columns": {"x": {"column": "x", "divide": 2.0}, "y": "y"},
        }

    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(40, 2, generator=generator), torch.arange(40) % 3
    table = pyarrow.table({"x": pyarrow.array(x.tolist()), "y": y.tolist(), "more": y.tolist()})
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=16)
    prepared = prepare(load(tmp_path, change))
    stream = prepared.data["rows"](("x", "y"), 8, 0, False)
    assert isinstance(stream, StreamedRows) and {*next(iter(stream))} == {"x", "y"}
    rows = torch.cat([torch.as_tensor(batch["x"]) for batch in stream])
    assert torch.allclose(rows.sort(0).values, (x / 2).sort(0).values)
    assert len(train(load(tmp_path, change), progress=False).histories[0].steps) == 10


@pytest.mark.thorough
def test_the_plan_of_distillation_beats_its_student_without_a_teacher():
    from pathlib import Path

    path = Path(__file__).resolve().parents[4] / "plans" / "distillation.yaml"
    taught = train(Experiment.load(path), progress=False).measured["accuracy"]
    alone = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert taught > 0.75 and alone["diagram"]["constraints"].keys() == {"supervised", "distilled"}


def test_a_plan_that_does_not_fit_the_run_leaves_the_plan_of_the_run(tmp_path):
    train(load(tmp_path), tmp_path / "out", progress=False)
    before = (tmp_path / "out" / "plan.json").read_bytes()
    with pytest.raises(ld.FileError, match="batch_size"):
        other = load(tmp_path, lambda plan: plan["stages"][0].update(batch_size=3))
        train(other, tmp_path / "out", resume=True, progress=False)
    assert (tmp_path / "out" / "plan.json").read_bytes() == before


def test_a_later_stage_with_a_rate_alone_goes_on_with_the_same_optimizer_at_that_rate(tmp_path):
    def change(plan):
        plan["stages"][0]["scheduler"] = {"name": "step", "step_size": 2}
        plan["stages"] += [{"steps": 3, "batch_size": 8, "lr": 0.25, "scheduler": {"name": "step", "step_size": 2}}]
        plan["stages"] += [{"steps": 1, "batch_size": 8, "lr": 0.5}]

    whole = train(load(tmp_path, change), tmp_path / "out", progress=False)
    rates = [[row["learning_rate"] for row in history.steps] for history in whole.histories]
    assert rates[0][:3] == [0.01, 0.01, 0.001] and rates[1] == [rates[1][0]] * 5 and rates[1][0] < 1e-6
    assert rates[2:] == [[0.25, 0.25, 0.025], [0.5]]
    prepared = prepare(load(tmp_path, change))
    objective = compile(prepared.diagrams[0], prepared.functor)
    adam = torch.optim.Adam(objective.trainable_parameters(), 0.01)
    options = {"batch_size": 8, "optimizer": adam, "progress": False}
    make = lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 2)  # noqa: E731
    fit(objective, prepared.data, epochs=2, seed=0, scheduler=make, **options)
    fit(objective, prepared.data, steps=5, seed=1, **options)
    adam.param_groups[0] |= {"lr": 0.25, "initial_lr": 0.25}
    fit(objective, prepared.data, steps=3, seed=2, scheduler=make, **options)
    adam.param_groups[0]["lr"] = 0.5
    fit(objective, prepared.data, steps=1, seed=3, **options)
    assert all(value.equal(weights(whole)[name]) for name, value in objective.state_dict().items())


@pytest.mark.parametrize("every", [None, 2])
@pytest.mark.parametrize("restore", [True, False])
def test_the_results_are_those_of_the_weights_beside_them(tmp_path, every, restore):
    def change(plan):
        plan["stages"] = [{"epochs": 4, "batch_size": 16, "optimizer": {"name": "sgd", "lr": 3.0}}]
        plan["validation"] = {"data": {"rows": {}}, "monitor": "total", "every": every, "restore": restore}

    experiment = load(tmp_path, change)
    run = train(experiment, tmp_path / "out", progress=False, report=True)
    (history,) = run.histories
    prepared = prepare(experiment)
    objective = compile(prepared.diagrams[0], prepared.functor)
    objective.load(tmp_path / "out" / "weights.safetensors")
    again = prepared.validation_for(objective.diagram).measure(objective, prepared.device, True)
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results == {"measured": run.measured, "best": run.best}
    assert again == {name: run.measured[f"validation/{name}"] for name in again}
    values = [row["validation/total"] for row in history.validations]
    row = history.validations[values.index(min(values))]
    assert min(values) < values[-1]  # otherwise the last state is the best one
    best = {"epoch": row["epoch"], "step": row["step"], "total": min(values)}
    expected = best if restore else {"epoch": 4, "step": 12}
    assert run.best == expected
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<title>Training of small</title>" in report
    assert ("; the weights are those of the best validation: epoch " in report) is restore
    assert ("; the best validation: epoch " in report) is not restore
    epoch = history.epochs[int(expected["epoch"]) - 1]
    assert run.measured["fit"] == epoch["fit"] and run.measured["total"] == epoch["total"]
