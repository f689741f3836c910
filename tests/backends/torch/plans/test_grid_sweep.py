"""A sweep trains every combination once, also when it was stopped and goes on, and ends with a table."""

import csv
import dataclasses
import json
import math
import os
import subprocess
import sys

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, sweep, train
from learning_diagrams.backends.torch.plans import grid_sweep as sweeping

pytest.importorskip("optuna")


def loader(folder, **grid):
    def change(plan):
        plan["sweep"] = {"grid": grid or {"stages.0.lr": [0.001, 0.1], "seed": [0, 1]}, "measure": "test/accuracy"}
        plan["sweep"] |= {"mode": "max"}
        plan["test"] = {"rows": {}}

    path = small_plan.written(folder, change)
    return lambda settings: Experiment.load(path, settings)


def test_every_combination_is_trained_and_the_table_is_in_order(tmp_path):
    load = loader(tmp_path)
    table = sweep(load, tmp_path / "out", progress=False)
    assert {tuple(settings.values()) for settings, _ in table.rows} == {(r, s) for r in (0.001, 0.1) for s in (0, 1)}
    values = [value for _, value in table.rows]
    assert values == sorted(values, reverse=True)
    settings, value = table.rows[0]
    alone = train(load([ld_setting(place, v) for place, v in settings.items()]), progress=False)
    assert alone.measured["accuracy"] == value
    with (tmp_path / "out" / "sweep.csv").open(encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["folder", "stages.0.lr", "seed", "test/accuracy", "epoch", "step", "test/total", "test/fit"]
    assert [float(line[3]) for line in lines[1:]] == values
    assert str(table).splitlines()[0].split() == lines[0] and {tuple(line[4:6]) for line in lines[1:]} == {("1", "5")}
    for (settings, _), line in zip(table.rows, lines[1:], strict=True):
        plan = json.loads((tmp_path / "out" / line[0] / "plan.json").read_text())
        assert (plan["stages"][0]["lr"], plan["seed"]) == (*settings.values(),)


def test_every_combination_is_checked_before_the_first_and_a_fault_names_its_combinations(tmp_path, capsys):
    load = loader(tmp_path, **{"stages.1.batch_size": [8, 1000], "seed": [0, 1]})
    drops = [ld_setting("stages.1.drop_last", True)]
    with pytest.raises(ld.DataError) as fault:
        sweep(lambda more: load([*drops, *more]), tmp_path / "out", progress=False)
    assert str(fault.value).startswith("with stages.1.batch_size=1000, seed=0 and 1 further combination: ")
    assert "an epoch has no batch" in str(fault.value) and not (tmp_path / "out").exists()
    sweep(loader(tmp_path, seed=[5]), tmp_path / "out", progress=True)
    assert "0: combination 0 of 1, seed=5\n" in capsys.readouterr().err


def test_combinations_are_compared_by_the_state_that_is_kept(tmp_path):
    def change(plan):
        plan["stages"] = [{"epochs": 4, "batch_size": 16, "optimizer": "sgd", "lr": 3.0}]
        plan["validation"] = {"data": {"rows": {}}}
        plan["sweep"] = {"grid": {"stages.0.lr": [3.0, 1e-4]}, "measure": "validation/total"}

    path = small_plan.written(tmp_path, change)
    table = sweep(lambda settings: Experiment.load(path, settings), tmp_path / "out", progress=False)
    for (settings, value), state in zip(table.rows, table.states, strict=True):
        run = train(Experiment.load(path, [ld_setting(*pair) for pair in settings.items()]), progress=False)
        values = [row["validation/total"] for row in run.histories[0].validations]
        epoch = values.index(min(values)) + 1
        assert value == min(values) and state == {"epoch": epoch, "step": 3 * epoch, "total": value}
    assert table.states[1] != table.states[0]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("measure", [None, "accuracy", "validation/accuracy"])
def test_a_sweep_compares_by_the_monitor_of_validation_and_shows_the_test_beside(tmp_path, measure):
    def change(plan):
        plan["stages"] = [{"epochs": 3, "batch_size": 16, "optimizer": "sgd", "lr": 3.0}]
        plan["splits"] = {"s": {"parts": {"a": 20, "b": 20}}}
        plan["data"]["rows"]["rows"] = {"split": "s", "part": "a"}
        plan["validation"] = {"data": {"rows": {}}, "monitor": "accuracy", "mode": "max"}
        plan["test"] = {"rows": {"rows": {"split": "s", "part": "b"}}}
        plan["sweep"] = {"grid": {"stages.0.lr": [1e-4, 3.0]}} | ({} if measure is None else {"measure": measure})

    path = small_plan.written(tmp_path, change)
    table = sweep(lambda settings: Experiment.load(path, settings), tmp_path / "out", progress=False)
    assert table.measure == "validation/accuracy"
    values = [value for _, value in table.rows]
    assert values == [state["accuracy"] for state in table.states] and values[0] > values[1]
    assert table._table(str)[0] == [
        "folder", "stages.0.lr", "validation/accuracy", "epoch", "step", "test/total", "test/fit", "test/accuracy",
    ]  # fmt: skip
    again = sweep(lambda settings: Experiment.load(path, settings), tmp_path / "out", resume=True, progress=False)
    assert str(again) == str(table)
    with pytest.raises(ld.FileError, match="another mode, max; name another folder"):
        other = ld_setting("sweep.mode", "min")
        sweep(lambda more: Experiment.load(path, [other, *more]), tmp_path / "out", resume=True, progress=False)


@pytest.mark.parametrize(
    ("said", "compared_by"),
    [
        ({}, ("validation/accuracy", "max")),
        ({"measure": "fit"}, ("validation/fit", "min")),
        ({"measure": "test/accuracy"}, ("test/accuracy", "max")),
        ({"measure": "learning_rate", "mode": "max"}, ("learning_rate", "max")),
        ({"mode": "min"}, ("validation/accuracy", "min")),
    ],
)
def test_what_is_not_said_of_a_comparison_is_as_in_validation(tmp_path, said, compared_by):
    def change(plan):
        plan |= {"validation": {"data": {"rows": {}}, "monitor": "accuracy", "mode": "max"}, "test": {"rows": {}}}
        plan["sweep"] = {"grid": {"seed": [0]}, **said}

    path = small_plan.written(tmp_path, change)
    assert prepare(Experiment.load(path)).compared_by == compared_by
    never = ld_setting("stages.1.validation", False)
    if not said:
        assert prepare(Experiment.load(path, [never])).compared_by == ("total", "min")
        grid = ld_setting("sweep.grid", {"stages.1.validation": [True, False]})
        with pytest.raises(ld.DataError, match=r"a run is compared by .*total.*, and the others by"):
            sweep(lambda more: Experiment.load(path, [grid, *more]), tmp_path / "out", progress=False)


def test_no_run_is_chosen_by_the_test_unless_the_plan_says_so(tmp_path):
    path = small_plan.written(tmp_path, lambda plan: plan.update(test={"rows": {}}, sweep={"grid": {"seed": [0]}}))
    assert prepare(Experiment.load(path)).compared_by == ("total", "min")
    with pytest.raises(ld.UnknownName, match="does not measure 'accuracy'; did you mean 'test/accuracy'"):
        prepare(Experiment.load(path, [ld_setting("sweep.measure", "accuracy")]))


def ld_setting(place, value):
    from learning_diagrams.files.setting import Setting, place_of

    return Setting(place_of(place), value)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("fault", [SystemExit("no power"), ld.DataError("no disk")], ids=["exit", "error"])
def test_a_sweep_that_was_stopped_trains_what_is_left(tmp_path, monkeypatch, fault):
    load, calls = loader(tmp_path), []

    def counted(experiment, folder, **options):
        calls.append(folder.name)
        if len(calls) == 3:
            raise fault
        return train(experiment, folder, **options)

    monkeypatch.setattr(sweeping, "train", counted)
    with pytest.raises(type(fault)):
        sweep(load, tmp_path / "out", progress=False)
    with pytest.raises(ld.FileError, match="resume its sweep"):
        sweep(load, tmp_path / "out", progress=False)
    table = sweep(load, tmp_path / "out", resume=True, progress=False)
    assert len(table.rows) == 4 and len(calls) == 5 and {*calls} == {"0", "1", "2", "3"}
    assert sweep(load, tmp_path / "out", resume=True, progress=False).rows == table.rows and len(calls) == 5


def test_what_a_sweep_cannot_do_is_refused(tmp_path):
    with pytest.raises(ld.FileError, match="name it by out"):
        sweep(loader(tmp_path), None)
    sweep(loader(tmp_path, seed=[0]), tmp_path / "out", progress=False)
    with pytest.raises(ld.FileError, match="another grid"):
        sweep(loader(tmp_path, seed=[0, 1]), tmp_path / "out", resume=True, progress=False)
    with pytest.raises(ld.DataError, match="must be a number ≥ 0, got -1"):
        sweep(loader(tmp_path, seed=[0, -1]), tmp_path / "other", progress=False)
    assert not (tmp_path / "other").exists()


def test_what_a_sweep_compares_by_is_known_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "train", None)
    load = loader(tmp_path)
    with pytest.raises(ld.UnknownName, match="does not measure 'acuracy'; did you mean 'test/accuracy'"):
        sweep(lambda more: load([ld_setting("sweep.measure", "acuracy"), *more]), tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_sweep_among_several_processes_is_refused(tmp_path, monkeypatch):
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ld.ProcessError, match="in one process, and 2 have been launched"):
        sweep(loader(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.thorough
def test_torchrun_refuses_a_sweep(tmp_path):
    small_plan.written(tmp_path, lambda plan: plan.update(sweep={"grid": {"seed": [0, 1]}}))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    command = [*launcher, "learning_diagrams", "train", "plan.yaml", "--out", "swept"]
    own = {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(command, cwd=tmp_path, env=os.environ | own, capture_output=True, text=True, timeout=200)
    assert answer.returncode != 0 and "in one process, and 2 have been launched" in answer.stderr
    assert not (tmp_path / "swept").exists()


@pytest.mark.parametrize(("load", "options"), [(3, {}), (lambda more: 3, {}), (None, {}), (0, {"resume": "yes"})])
def test_a_sweep_takes_a_function_to_experiments(tmp_path, load, options):
    with pytest.raises(ld.TypeMismatch):
        sweep(load if load != 0 else loader(tmp_path), tmp_path / "out", **options)


def test_a_plan_without_a_sweep_is_said_to_have_none(tmp_path):
    path = small_plan.written(tmp_path)
    with pytest.raises(ld.DataError, match="the plan has no sweep"):
        sweep(lambda more: Experiment.load(path, more), tmp_path / "out")


def test_a_combination_that_diverges_is_the_worst_one_and_the_sweep_ends(tmp_path, monkeypatch):
    def diverging(experiment, folder, **options):
        if experiment.shape.seed == 1:
            raise ld.NonFiniteTerm("term 'fit' became nan")
        run = train(experiment, folder, **options)
        return dataclasses.replace(run, measured={"test/accuracy": float("nan")}) if experiment.shape.seed == 2 else run

    monkeypatch.setattr(sweeping, "train", diverging)
    table = sweep(loader(tmp_path, seed=[1, 0, 2]), tmp_path / "out", progress=False)
    assert table.rows[0][0] == {"seed": 0} and [value for _, value in table.rows[1:]] == [-math.inf] * 2


@pytest.mark.parametrize("measured", ["validation", "test"])
def test_a_measurement_that_is_not_finite_after_the_last_step_ends_no_run_and_no_sweep(tmp_path, measured):
    def change(plan):
        plan["stages"] = [{"steps": 1, "batch_size": 8, "optimizer": {"name": "sgd", "lr": 1e-3}}]
        plan[measured] = {"data": {"rows": {}}} if measured == "validation" else {"rows": {}}
        plan["sweep"] = {"grid": {"stages.0.optimizer.lr": [1e-3, 1e30, 2e-3]}}
        plan["sweep"] |= {"measure": f"{measured}/total", "mode": "min"}

    path = small_plan.written(tmp_path, change)
    table = sweep(lambda more: Experiment.load(path, more), tmp_path / "out", progress=False)
    assert [math.isfinite(value) for _, value in table.rows] == [True, True, False]
    assert table.rows[2][0] == {"stages.0.optimizer.lr": 1e30} and "1e+30" in table.to_csv().splitlines()[-1]
    results = json.loads((tmp_path / "out" / "1" / "results.json").read_text(encoding="utf-8"))
    assert results["measured"][f"{measured}/total"] in ("NaN", "Infinity")
    again = sweep(lambda more: Experiment.load(path, more), tmp_path / "out", resume=True, progress=False)
    assert again.to_csv() == table.to_csv()


@pytest.mark.parametrize("grid", [{"seed": []}, {"seed": [*range(101)], "stages.0.steps": [*range(1, 101)]}])
def test_a_grid_has_neither_no_nor_too_many_combinations(tmp_path, grid):
    with pytest.raises(ld.DataError, match="a grid has 1 to 10,000 combinations"):
        sweep(loader(tmp_path, **grid), tmp_path / "out", progress=False)


def test_a_sweep_goes_on_with_its_own_plan_alone_and_says_when_all_diverges(tmp_path, monkeypatch):
    load, other = loader(tmp_path, seed=[0]), ld_setting("stages.0.lr", 0.5)
    sweep(load, tmp_path / "out", progress=False)
    with pytest.raises(ld.FileError, match=r"lr=0\.5: was 0\.01 in the run, and is 0\.5 here\n.* has another plan"):
        sweep(lambda more: load([other, *more]), tmp_path / "out", resume=True, progress=False)
    (tmp_path / "out" / sweeping.JOURNAL).write_text("no line of a journal\n", encoding="utf-8")
    with pytest.raises(ld.FileError, match="cannot keep a sweep"):
        sweep(load, tmp_path / "out", resume=True, progress=False)

    def diverging(*_, **options):
        raise ld.NonFiniteTerm("term 'fit' became nan")

    monkeypatch.setattr(sweeping, "train", diverging)
    for resume in (False, True):
        with pytest.raises(ld.NonFiniteTerm, match="no combination"):
            sweep(load, tmp_path / "all", resume=resume, progress=False)
