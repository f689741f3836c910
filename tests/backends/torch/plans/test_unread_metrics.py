"""Metrics of a plan whose stages differ: each is measured where it can be read, and refused where no stage reads it."""

import json
import signal

import numpy as np
import pytest
import yaml

import learning_diagrams as ld
from learning_diagrams.backends.torch import compile
from learning_diagrams.backends.torch.plans import Experiment, prepare, sweep, train
from learning_diagrams.backends.torch.plans.names import trackers
from learning_diagrams.files.setting import Setting

FORECAST = {"dom": ["year"], "cod": ["spots"]}
FIRST = {
    "objects": ["year", "spots"],
    "sample_spaces": {"past": {"when": "year", "seen": "spots", "apart": "spots"}},
    "boxes": {"forecast": FORECAST, "early": {"dom": ["spots"], "cod": ["year"]}},
    "constraints": {"fit": {"lhs": "when >> forecast", "rhs": "seen"}, "date": {"lhs": "seen >> early", "rhs": "when"}},
}
SECOND = {
    "objects": ["year", "spots"],
    "sample_spaces": {"later": {"heard": "spots"}},
    "boxes": {"forecast": FORECAST, "back": {"dom": ["spots"], "cod": ["year"]}},
    "frozen": ["forecast"],
    "constraints": {"cycle": {"lhs": "heard >> back >> forecast", "rhs": "heard"}},
}
METRICS = {
    "first": ("seen >> early", "when"),
    "second": ("heard >> back >> forecast", "heard"),
    "both": ("when >> forecast", "seen"),
    "apart": ("seen >> early >> forecast", "apart"),
    "of data": ("when >> forecast >> back", "when"),
    "none": ("seen >> early >> forecast >> back", "when"),
}
NO_BACK = "stage 1, 'one': no box is named 'back'; known: 'early', 'forecast'"
NO_EARLY = "stage 2, 'two': no box is named 'early'; known: 'back', 'forecast'"


def written(folder, *metrics, source="npz", **keys):
    """The path of a plan with some of the metrics, and its data beside it."""
    draws = np.random.default_rng(0)
    columns = {name: draws.normal(size=20).astype("f4") for name in ("t", "s", "other")}
    np.savez(folder / "rows.npz", **columns)
    rows = {"name": source, "path": f"rows.{source}"}

    def columns_of(**names):
        return {"source": rows, "columns": {name: {"column": at, "shape": [1]} for name, at in names.items()}}

    past = {"when": "t", "seen": "s"} | ({"apart": "other"} if "apart" in metrics else {})
    plan = {
        "format": "learning-plan/2",
        "spaces": {"year": "Euclidean(1)", "spots": "Euclidean(1)"},
        "modules": dict.fromkeys(("forecast", "early", "back"), "linear"),
        "data": {"past": columns_of(**past), "later": columns_of(heard="s")},
        "stages": [
            {"name": "one", "epochs": 2, "batch_size": 8, "optimizer": "adam", "diagram": FIRST},
            {"name": "two", "epochs": 2, "batch_size": 8, "optimizer": "adam", "diagram": SECOND},
        ],
        "metrics": {
            name: dict(zip(("name", "prediction", "target"), ("mean_squared_error", *METRICS[name]), strict=True))
            for name in metrics
        },
        "validation": {"data": {"past": {}, "later": {}}},
    } | keys
    path = folder / "m.yaml"
    plain = json.loads(json.dumps({key: value for key, value in plan.items() if value is not None}))  # no alias in YAML
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def validation(*metrics, **keys):
    return {"data": {"past": {}, "later": {}}, "metrics": [*metrics], **keys}


def measured(history):
    """What the validation of a stage has measured."""
    return {name.removeprefix("validation/") for name in history.validations[-1]} - {"epoch", "step"}


ONE, TWO = {"total", "fit", "date"}, {"total", "cycle"}
READ = {
    "no metric is listed": ((["second"], {"validation": validation()}), set(), set()),
    "a metric of the second stage": ((["second"], {}), set(), {"second"}),
    "the same one, listed": ((["second"], {"validation": validation("second")}), set(), {"second"}),
    "each of its own stage": ((["first", "second"], {}), {"first"}, {"second"}),
    "another one is listed": ((["first", "second"], {"validation": validation("first")}), {"first"}, set()),
    "a stage with the boxes, and data": ((["both", "second"], {}), {"both"}, {"both", "second"}),
    "a column that no constraint reads": ((["apart", "second"], {}), {"apart"}, {"second"}),
    "boxes of one stage, and data of another one": ((["of data"], {}), set(), {"of data"}),
}


@pytest.mark.parametrize("case", READ)
def test_a_metric_is_measured_in_the_stages_that_can_read_it(tmp_path, case):
    (metrics, keys), first, second = READ[case]
    run = train(Experiment.load(written(tmp_path, *metrics, **keys)), progress=False)
    assert [measured(history) for history in run.histories] == [ONE | first, TWO | second]
    assert {name for name in run.measured if name.startswith("validation/")} == {
        f"validation/{name}" for name in TWO | second
    }


def test_what_a_stage_measures_is_what_its_objective_measures_on_its_own_data(tmp_path):
    run = train(Experiment.load(written(tmp_path, "first", "second")), progress=False)
    bare = train(Experiment.load(written(tmp_path)), progress=False)
    for with_metrics, without in zip(run.histories, bare.histories, strict=True):
        assert [row["total"] for row in with_metrics.steps] == [row["total"] for row in without.steps]
        for row, other in zip(with_metrics.validations, without.validations, strict=True):
            assert row["validation/total"] == other["validation/total"]
    prepared = prepare(Experiment.load(written(tmp_path, "first", "second")))
    objective = compile(prepared.diagrams[1], prepared.functor)
    objective.load_state_dict(run.objective.state_dict())
    own = objective.evaluate({"later": prepared.validation["later"]}, {"second": prepared.metrics["second"]})
    assert own == {name: run.measured[f"validation/{name}"] for name in own}


def test_a_streamed_source_of_another_stage_is_read_where_a_metric_needs_it(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    path = written(tmp_path, "both", "second", source="parquet")
    parquet.write_table(arrow.table({**np.load(tmp_path / "rows.npz")}), tmp_path / "rows.parquet")
    run = train(Experiment.load(path), progress=False)
    assert [measured(history) for history in run.histories] == [ONE | {"both"}, TWO | {"both", "second"}]


TESTED = {
    "the last stage reads both": ((["both", "second"], {"past": {}, "later": {}}), {"both", "second"}),
    "test has no data of the first stage": ((["both", "second"], {"later": {}}), {"second"}),
    "the first stage alone reads one": ((["first", "second"], {"past": {}, "later": {}}), {"second"}),
}


@pytest.mark.parametrize("case", TESTED)
def test_the_end_is_measured_by_the_metrics_that_the_last_stage_can_read(tmp_path, case):
    (metrics, test), names = TESTED[case]
    run = train(Experiment.load(written(tmp_path, *metrics, test=test)), tmp_path / "out", progress=False)
    assert {*run.measured} == {f"test/{name}" for name in TWO | names}
    assert json.loads((tmp_path / "out" / "results.json").read_text())["measured"] == dict(run.measured)


UNVALIDATED = [{"name": "one", "steps": 1, "optimizer": "adam", "diagram": FIRST, "validation": False}]
UNVALIDATED += [{"name": "two", "steps": 1, "optimizer": "adam", "diagram": SECOND}]
VALIDATED_FIRST = [UNVALIDATED[0] | {"validation": True}, UNVALIDATED[1] | {"validation": False}]
ONE_CAN = "; stage 1, 'one' can read it, and does not measure it"
FAULTS = {
    "no stage has all boxes": ((["none", "second"], {}), f"metrics.none: the metric is measured nowhere: {NO_BACK}"),
    "the place in the list": (
        (["none", "second"], {"validation": validation("second", "none")}),
        f"validation.metrics[1]: the metric is measured nowhere: {NO_BACK}",
    ),
    "nothing measures": ((["none"], {"validation": None}), f"metrics.none: the metric is measured nowhere: {NO_BACK}"),
    "the stage that can is not validated": (
        (["first"], {"stages": UNVALIDATED}),
        f"metrics.first: the metric is measured nowhere: {NO_EARLY}{ONE_CAN}",
    ),
    "it is listed, and the stage that can is not validated": (
        (["first"], {"stages": UNVALIDATED, "validation": validation("first")}),
        f"validation.metrics[0]: the metric is measured nowhere: {NO_EARLY}{ONE_CAN}",
    ),
    "it is listed, and the test alone can read it": (
        (["second"], {"stages": VALIDATED_FIRST, "validation": validation("second"), "test": {"later": {}}}),
        f"validation.metrics[0]: the metric is measured nowhere: {NO_BACK}; stage 2, 'two' can read it, and does not "
        "measure it",
    ),
    "it is monitored, too": (
        (["none"], {"validation": {"data": {"past": {}, "later": {}}, "monitor": "none"}}),
        f"metrics.none: the metric is measured nowhere: {NO_BACK}",
    ),
    "the test alone would measure it": (
        (["first"], {"validation": None, "test": {"past": {}, "later": {}}}),
        f"metrics.first: the metric is measured nowhere: test, of {NO_EARLY}{ONE_CAN}",
    ),
    "a column of another stage has no data": (
        (["of data"], {"validation": None, "test": {"later": {}}}),
        "metrics['of data']: the metric is measured nowhere: test, of stage 2, 'two': the learning diagram has no "
        "column 'past.when', and no data are given for it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_metric_that_is_measured_nowhere_is_a_fault_at_its_place(tmp_path, case):
    (metrics, keys), message = FAULTS[case]
    with pytest.raises(ld.UnknownName) as caught:
        prepare(Experiment.load(written(tmp_path, *metrics, **keys)))
    assert str(caught.value).partition("yaml:")[2].partition(": ")[2] == message and "\n" not in str(caught.value)


def test_a_metric_that_the_test_measures_need_not_be_validated(tmp_path):
    path = written(tmp_path, "second", stages=VALIDATED_FIRST, test={"later": {}})
    assert "test/second" in train(Experiment.load(path), progress=False).measured


def test_a_monitor_is_measured_in_each_stage_that_is_validated(tmp_path):
    path = written(tmp_path, "second", validation=validation("second", monitor="second"))
    with pytest.raises(ld.UnknownName) as caught:
        prepare(Experiment.load(path))
    (line,) = str(caught.value).splitlines()
    assert "validation: stage 1, 'one': validation does not measure 'second'; " in line
    run = train(Experiment.load(path, [Setting.read("stages.0.validation=false")]), progress=False)
    assert "second" in run.best


def test_data_that_a_stage_needs_are_missed_as_before(tmp_path):
    path = written(tmp_path, "both", validation={"data": {"past": {}}})
    with pytest.raises(ld.DataError, match=r"validation: stage 2, 'two': there is no data for sample space 'later'"):
        prepare(Experiment.load(path))


def test_a_sweep_compares_by_a_metric_of_the_last_stage(tmp_path):
    grid = {"grid": {"stages.0.lr": [0.001, 0.1]}}
    for measure in ("second", "validation/second"):
        path = written(tmp_path, "first", "second", sweep={**grid, "measure": measure})
        table = sweep(lambda more, path=path: Experiment.load(path, more), tmp_path / measure, progress=False)
        assert table.measure == "validation/second" and len(table.rows) == 2
    path = written(tmp_path, "first", "second", sweep={**grid, "measure": "first"})
    with pytest.raises(ld.UnknownName, match=r"sweep\.measure: a run does not measure 'first'"):
        prepare(Experiment.load(path))


@pytest.mark.parametrize("ended", [0, 1])
def test_a_run_with_metrics_of_each_stage_goes_on(tmp_path, monkeypatch, ended):
    experiment = Experiment.load(written(tmp_path, "first", "second", checkpoints={"every": 1}))
    whole = train(experiment, tmp_path / "whole", progress=False)
    presses = []

    def press(self, progress):
        presses.append(progress)
        if len(presses) == 2 + 6 * ended:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(trackers.Tracking, "__call__", press)
    with_trackers = Experiment.load(tmp_path / "m.yaml", [Setting.read("trackers=[csv]")])
    stopped = train(with_trackers, tmp_path / "out", progress=False)
    monkeypatch.undo()
    assert not stopped.finished and len(stopped.histories) == 1 + ended
    run = train(with_trackers, tmp_path / "out", resume=True, progress=False)
    assert [measured(history) for history in run.histories] == [ONE | {"first"}, TWO | {"second"}]
    assert dict(run.measured).keys() == dict(whole.measured).keys()
    assert run.measured["validation/second"] == whole.measured["validation/second"]
