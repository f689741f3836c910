"""Trackers get every measurement once and in order: in a CSV file, in TensorBoard's, and through accelerate."""

import csv
import sys
import types

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.plans.names.registry import TRACKERS
from learning_diagrams.backends.torch.plans.names.trackers import Memory, Tracking, begin
from learning_diagrams.backends.torch.training.history import History


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


def test_a_csv_file_has_each_measurement_as_a_line_also_after_a_run_went_on(tmp_path):
    for resume, steps in ((False, 5), (True, 8)):
        histories = run(tmp_path, "csv", resume=resume, steps=steps).histories
        found = {}
        with (tmp_path / "out" / "measurements.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["name"], []).append((int(row["step"]), float(row["value"])))
        assert found == expected(histories) and "second/validation/fit" in found


def test_tensorboard_has_each_measurement_once_also_after_a_run_went_on(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run(tmp_path, "tensorboard")
    histories = run(tmp_path, "tensorboard", resume=True, steps=8).histories
    folder = str(tmp_path / "out" / "tensorboard")
    events = accumulator.EventAccumulator(folder, purge_orphaned_data=False).Reload()
    for name, values in expected(histories).items():
        scalars = [(event.step, event.value) for event in events.Scalars(name)]
        assert [step for step, _ in scalars] == [step for step, _ in values]
        assert [value for _, value in scalars] == pytest.approx([value for _, value in values], rel=1e-6)


class Service:
    """The runs that a package keeps: for each its measurements, in order; and how often one was begun and ended."""

    def __init__(self):
        self.runs, self.begun, self.ended, self.options, self.fails_at = {}, [], 0, [], None

    def begin(self, run=None, **options):
        self.begun.append(run or f"run {len(self.runs)}")
        self.options.append(options)
        self.runs.setdefault(self.begun[-1], [])
        return self.begun[-1]

    def log(self, values, step):
        if step == self.fails_at:
            raise ConnectionError("the service is gone")
        self.runs[self.begun[-1]] += [(step, name, value) for name, value in values.items()]

    def end(self):
        self.ended += 1


def package(name, service):
    """A double of a package, as far as accelerate speaks to it."""
    if name == "wandb":

        def init(id=None, resume=None, **options):
            assert (id is None) == (resume is None)
            run = service.begin(id, **options)
            log = lambda values, step: service.log(values, step)  # noqa: E731
            return types.SimpleNamespace(id=run, log=log, finish=service.end)

        return types.SimpleNamespace(init=init)
    if name == "mlflow":
        experiments = []

        def create_experiment(name, **options):
            experiments.append(types.SimpleNamespace(experiment_id=name))
            return name

        def start_run(run_id=None, experiment_id=None, **options):
            run = service.begin(run_id, project=experiment_id)
            return types.SimpleNamespace(info=types.SimpleNamespace(run_id=run))

        return types.SimpleNamespace(
            search_experiments=lambda filter_string: experiments, create_experiment=create_experiment,
            start_run=start_run, log_metrics=lambda values, step: service.log(values, step), end_run=service.end,
        )  # fmt: skip

    class Run:
        def __init__(self, repo, run_hash=None, **options):
            self.hash = service.begin(run_hash)
            self.close = service.end

        def track(self, value, name, step):
            service.log({name: value}, step)

        def __setattr__(self, key, value):
            if key == "name":
                service.options[-1]["project"] = value
            self.__dict__[key] = value

    return types.SimpleNamespace(Run=Run)


PACKAGES = ["wandb", "mlflow", "aim"]


@pytest.fixture
def service(monkeypatch, request):
    pytest.importorskip("accelerate")
    made = Service()
    monkeypatch.setitem(sys.modules, request.param, package(request.param, made))
    made.name = request.param
    return made


def steps_and_values(entries):
    values = {}
    for step, name, value in entries:
        values.setdefault(name, []).append((step, value))
    return values


@pytest.mark.parametrize("service", PACKAGES, indirect=True)
def test_a_tracker_of_accelerate_gets_each_step_once_in_the_same_run_also_after_resume(tmp_path, service):
    tracker = {"name": service.name, "project": "digits"}
    histories = run(tmp_path, tracker).histories
    assert service.begun == ["run 0"] and service.ended == 1 and service.options[0]["project"] == "digits"
    assert steps_and_values(service.runs["run 0"]) == expected(histories)
    steps = [step for step, _, _ in service.runs["run 0"]]
    assert steps == sorted(steps)
    histories = run(tmp_path, tracker, resume=True, steps=8).histories
    assert service.begun == ["run 0"] * 2 and service.ended == 2
    assert steps_and_values(service.runs["run 0"]) == expected(histories)
    run(tmp_path, tracker | {"project": "other"}, resume=True, steps=8)
    assert service.begun[-1] == "run 1" and service.runs["run 1"] == service.runs["run 0"]


@pytest.mark.parametrize("service", ["mlflow"], indirect=True)
def test_letters_that_mlflow_refuses_become_their_code_points(tmp_path, service):
    tracker = TRACKERS.make("mlflow", {}, tmp_path)
    tracker.log({"first/it's": 1.0, "first/its": 2.0}, 1)
    assert service.runs["run 0"] == [(1, "first/it_27_s", 1.0), (1, "first/its", 2.0)]


@pytest.mark.parametrize("service", PACKAGES, indirect=True)
def test_a_tracker_that_fails_does_not_end_the_run_and_gets_the_rest_later(tmp_path, service):
    service.fails_at = 12
    with pytest.warns(UserWarning, match=f"'{service.name}' fails, .*: ConnectionError: the service is gone"):
        stopped = run(tmp_path, service.name, "csv")
    assert stopped.finished and (tmp_path / "out" / "weights.safetensors").exists()
    assert max(step for step, _, _ in service.runs["run 0"]) == 11
    assert "\n15," in (tmp_path / "out" / "measurements.csv").read_text(encoding="utf-8")
    service.fails_at = None
    histories = run(tmp_path, service.name, "csv", resume=True).histories
    assert service.begun == ["run 0"] * 2 and steps_and_values(service.runs["run 0"]) == expected(histories)


@pytest.mark.parametrize("service", PACKAGES, indirect=True)
def test_a_tracker_that_cannot_begin_is_named_before_anything_is_trained(tmp_path, monkeypatch, service):
    def begin(*_, **options):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(service, "begin", begin)
    with pytest.raises(ld.FileError, match=f"the tracker '{service.name}' cannot begin: ConnectionError: no route"):
        run(tmp_path, service.name)
    assert not (tmp_path / "out" / "1").exists()


def test_steps_and_validations_come_in_one_order_and_many_steps_in_parts(tmp_path):
    seen = []
    own = types.SimpleNamespace(log=lambda values, step: seen.append((step, {*values})))
    tracking = Tracking([("own", own)], "s", 9)
    history = History()
    for step in range(1, 131):
        history.add_step(step, 1, 1.0, {"fit": 1.0})
        tracking(types.SimpleNamespace(history=history, step=step))
        if step % 10 == 0:
            history.add_validation(1, step, {"accuracy": 0.5})
    given = [step for step, _ in seen]
    assert given == [*range(10, 110)]  # 50 steps at a time; the last one waits for its validation
    tracking.take(history)
    assert [step for step, _ in seen] == [*range(10, 140)]
    assert [step - 9 for step, names in seen if "s/validation/accuracy" in names] == [*range(10, 131, 10)]


@pytest.mark.parametrize("content", ["", "[]", '{"tensorboard": 3}', '{"tensorboard": {"step": true, "run": null}}'])
def test_a_damaged_memory_of_trackers_is_named(tmp_path, content):
    (tmp_path / "trackers.json").write_text(content, encoding="utf-8")
    with pytest.raises(ld.FileError, match=r"trackers\.json"):
        Memory(tmp_path, "tensorboard")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, name):
    pytest.importorskip("accelerate")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ld.FileError, match=f"the tracker '{name}' needs 1 package: pip install {name}"):
        begin(name, {}, tmp_path)
    experiment = Experiment.load(small_plan.written(tmp_path, lambda plan: plan.update(trackers=["csv", name])))
    with pytest.raises(ld.FileError, match=rf"trackers\[1\]: the tracker '{name}' needs 1 package"):
        prepare(experiment)


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
    assert not (tmp_path / "out").exists() and not (tmp_path / "table.csv").exists()  # nothing began
