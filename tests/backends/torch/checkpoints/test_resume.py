"""What `fit(…, resume=True)` does with the folder of a run: it begins, goes on, ends, or says why it cannot."""

import json
import os
import signal
import threading

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, compile, fit
from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.backends.torch.checkpoints.run_checkpoints import RunCheckpoints
from learning_diagrams.report.run_folder import read_run
from stopped_runs import DATA, STEPS, X, Y, accumulated, content, ended, forked, outcome, plain, supervised, validated

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout is meant


def train(place, objective=None, data=DATA, **options):
    return fit(objective or supervised(), data, **STEPS | {"run": place, "resume": True} | options)


def stop_at(step):
    """A step callback that fails there."""

    def stop(progress):
        if progress.step == step:
            raise InterruptedError

    return stop


def steps_in(place):
    """The steps of the checkpoints of a run."""
    return [int(path.name[5:]) for path in sorted(place.glob("checkpoints/*/step-*"))]


def same(first, second):
    return all(map(torch.equal, first.state_dict().values(), second.state_dict().values()))


def rows_of(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.epochs]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
@pytest.mark.parametrize("run", [plain, accumulated, validated])
def test_a_signal_saves_at_the_end_of_the_step_and_the_run_goes_on(tmp_path, run, number, code):
    places = [tmp_path / name for name in ("whole", "stopped", "last")]
    for place in places:
        place.mkdir()

    def interrupt(progress):
        if progress.step == 2:
            os.kill(os.getpid(), number)

    def interrupted():
        outcome(run, places[1], run=tmp_path / "run", step_callbacks=[interrupt])
        assert "Ctrl-C" in (places[1] / "history.json").read_text()

    assert ended(forked(lambda: outcome(run, places[0]))) == 0
    assert ended(forked(interrupted)) == code
    assert steps_in(tmp_path / "run") == [0, 2]
    assert ended(forked(lambda: outcome(run, places[2], run=tmp_path / "run", resume=True), seed=6)) == 0
    assert content(places[2]) == content(places[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_handlers_are_restored_and_only_a_kept_run_in_the_main_thread_has_its_own(tmp_path, number):
    def mine(number, frame):
        seen.append("mine")

    seen, before = [], signal.signal(number, mine)
    try:
        look = {"step_callbacks": [lambda progress: seen.append(signal.getsignal(number) is mine)], "steps": 1}
        look["epochs"] = None
        train(tmp_path / "a", **look)
        train(None, resume=False, **look)
        thread = threading.Thread(target=lambda: train(tmp_path / "b", **look))
        thread.start()
        thread.join()
        assert seen == [False, True, True] and signal.getsignal(number) is mine
        with pytest.raises(InterruptedError):
            train(tmp_path / "c", step_callbacks=[stop_at(1)])
        assert signal.getsignal(number) is mine
    finally:
        signal.signal(number, before)


def test_a_second_ctrl_c_is_a_keyboard_interrupt_at_once(tmp_path):
    def twice(progress):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", step_callbacks=[twice])


@pytest.mark.parametrize("times", [1, 2])
def test_a_sigterm_while_a_checkpoint_is_written_leaves_whole_ones(tmp_path, times):
    """The first one lets the checkpoint be written to its end, and a second one exits at once."""
    places = [tmp_path / name for name in ("whole", "rest")]
    for place in places:
        place.mkdir()

    def interrupted():
        synced, sync = [], os.fsync

        def fsync(number):
            synced.append(number)
            if len(synced) == 20:  # in the third checkpoint
                for _ in range(times):
                    os.kill(os.getpid(), signal.SIGTERM)
            sync(number)

        os.fsync = fsync
        outcome(plain, places[1], run=tmp_path / "run", checkpoint_every=1)

    assert ended(forked(lambda: outcome(plain, places[0]))) == 0
    assert ended(forked(interrupted)) == 143
    folder = next(tmp_path.glob("run/checkpoints/*"))
    assert not [*folder.glob(".*")] and all(checkpoint_file.read(path) for path in folder.iterdir())
    assert len(steps_in(tmp_path / "run")) >= 2
    assert ended(forked(lambda: outcome(plain, places[1], run=tmp_path / "run", resume=True), seed=6)) == 0
    assert content(places[1]) == content(places[0])


def test_nothing_is_resumed_from_a_folder_that_is_missing_empty_or_hardly_begun(tmp_path):
    whole = supervised()
    fit(whole, DATA, **STEPS)
    (tmp_path / "empty").mkdir()
    train(tmp_path / "begun", epochs=0)
    (tmp_path / "begun" / "run.json").unlink()
    (tmp_path / "begun" / ".run.json.0123456789abcdef.tmp").write_text("{")
    for name in ("missing", "empty", "begun"):
        objective = supervised()
        history = train(tmp_path / name, objective)
        assert same(objective, whole) and len(history.steps) == 9


def test_a_run_that_has_ended_returns_its_history_and_a_longer_one_goes_on(tmp_path):
    longer, again, further = supervised(), supervised(), supervised()
    check = Validation({"rows": {"x": X[:7], "y": Y[:7]}})
    long = fit(longer, DATA, validation=check, **STEPS | {"epochs": 5})
    first = train(tmp_path / "run", validation=check)
    calls = []
    second = train(tmp_path / "run", again, validation=check, step_callbacks=[calls.append])
    assert not calls and second == first and second.stopped == "all steps were made"
    third = train(tmp_path / "run", further, validation=check, epochs=5)
    assert rows_of(third) == rows_of(long) and third.steps == long.steps and third.best == long.best
    assert same(further, longer)
    assert read_run(tmp_path / "run").measurements.steps["step"] == [*range(1, 16)]


def test_a_run_that_patience_has_ended_goes_on_only_if_patience_grows(tmp_path):
    def watched(patience):
        values = {1: 3.0, 2: 4.0, 3: 5.0, 4: 1.0, 5: 2.0, 6: 2.0}

        def value(objective):
            return values[objective.steps_made // 3]

        return Validation(metrics={"m": value}, monitor="m", patience=patience, restore=False)

    whole, objective = supervised(), supervised()
    long = fit(whole, DATA, validation=watched(2), **STEPS | {"epochs": 6})
    first = train(tmp_path / "run", objective, validation=watched(2), epochs=4)
    assert first.stopped == long.stopped == "no better m for 2 validations" and len(first.steps) == len(long.steps) == 9
    again = supervised()
    assert train(tmp_path / "run", again, validation=watched(2), epochs=6) == first and same(again, whole)
    patient, onwards = supervised(), supervised()
    end = fit(patient, DATA, validation=watched(3), **STEPS | {"epochs": 6})
    last = train(tmp_path / "run", onwards, validation=watched(3), epochs=6)
    assert last.steps == end.steps and len(last.steps) == 18 and same(onwards, patient)


def test_a_callback_ends_a_run_for_good(tmp_path):
    first = train(tmp_path / "run", step_callbacks=[lambda progress: progress.step == 4])
    second = train(tmp_path / "run")
    assert len(second.steps) == 4 and second.stopped == first.stopped == "a callback asked for it"
    assert len(train(tmp_path / "run", epochs=4).steps) == 12


def test_a_run_whose_time_was_over_goes_on_as_if_it_had_more(tmp_path):
    whole, rest = supervised(), supervised()
    long = fit(whole, DATA, **STEPS)
    first = train(tmp_path / "run", max_time=1e-9)
    assert len(first.steps) == len(first.epochs) == 1 and first.stopped == "max_time was over"
    second = train(tmp_path / "run", rest)
    assert second.steps == long.steps and rows_of(second) == rows_of(long) and same(whole, rest)


def test_the_last_and_the_best_checkpoints_stay(tmp_path):
    values = iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    check = Validation(metrics={"m": lambda objective: next(values)}, monitor="m")
    train(tmp_path / "run", validation=check, epochs=6, checkpoint_every=1, keep=2)
    assert steps_in(tmp_path / "run") == [6, 17, 18]
    train(tmp_path / "sparse", epochs=2, checkpoint_every=4, keep=9)
    assert steps_in(tmp_path / "sparse") == [0, 4, 6]


def test_other_data_options_optimizers_and_modules_are_refused(tmp_path):
    with pytest.raises(InterruptedError):
        train(tmp_path / "run", checkpoint_every=1, step_callbacks=[stop_at(5)])
    changed = torch.cat([X[:8], X[8:] + 1])
    wrong = {
        r"batch_size= was 8, and is 4": {"batch_size": 4},
        r"accumulate= was 1, and is 2": {"accumulate": 2},
        r"had 24 rows, and have 20": {"data": {"rows": {"x": X[:20], "y": Y[:20]}}},
        r"epochs of 3 and rounds of 1 steps, which are 2 and 1 here": {"data": {"rows": {"x": X[:9], "y": Y[:9]}}},
        r"are other data than those of the run": {"data": {"rows": {"x": X + 1, "y": Y}}},
        r"batch 1 of sample space 'rows' is not the batch": {"data": {"rows": {"x": changed, "y": Y}}},
        r"the state of AdamW, and the run has the state of SGD": {"optimizer": torch.optim.SGD},
        r"and the run has the state of AdamW and StepLR": {"scheduler": lambda o: StepLR(o, 1)},
    }
    for reason, options in wrong.items():
        objective = supervised()
        before = {key: value.clone() for key, value in objective.state_dict().items()}
        with pytest.raises(ld.FileError, match=reason):
            train(tmp_path / "run", objective, **options)
        assert all(torch.equal(value, before[key]) for key, value in objective.state_dict().items())
    with pytest.warns(UserWarning, match=r"goes on with other options: lr= was 0.001, and is 0.5"):
        train(tmp_path / "run", lr=0.5)


def test_an_order_that_follows_from_nothing_known_is_refused(tmp_path):
    nine = {"epochs": None, "steps": 9}

    class Drifting:
        """Batches that are others each time they are asked for."""

        passes = 0

        def __iter__(self):
            Drifting.passes += 1
            return iter([{"x": X[:8] + Drifting.passes, "y": Y[:8]}] * 3)

    with pytest.raises(InterruptedError):
        train(tmp_path / "run", data={"rows": Drifting()}, **nine, step_callbacks=[stop_at(5)], checkpoint_every=1)
    with pytest.raises(ld.FileError, match=r"their order does not follow from.*StatefulDataLoader"):
        train(tmp_path / "run", data={"rows": Drifting()}, **nine)


def regime(extra=False, width=4):
    x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
    point, label = rows.column("x", x), rows.column("y", y)
    f, g = ld.Kernel("f", x, y), ld.Kernel("g", x, y)
    constraints = [ld.Constraint("fit", point >> f, label)] + [ld.Constraint("more", point >> g, label)] * extra
    torch.manual_seed(2)
    modules = {f: nn.Linear(width, 3)} | ({g: nn.Linear(width, 3)} if extra else {})
    return compile(ld.LearningDiagram(*constraints), TorchFunctor(ob={x: Euclidean(width), y: Finite(3)}, ar=modules))


def test_the_run_of_another_diagram_is_refused_or_lends_its_weights(tmp_path):
    first = regime()
    train(tmp_path / "run", first)
    with pytest.raises(ld.FileError, match=r"a run of another learning diagram.*strict=False"):
        train(tmp_path / "run", regime(extra=True))
    other = regime(extra=True)
    with pytest.warns(UserWarning, match=r"boxes taken: 'f'; box 'g' stays as it was"):
        history = train(tmp_path / "run", other, strict=False, epochs=0)
    assert torch.equal(other.boxes.of("f").weight, first.boxes.of("f").weight) and not history.steps
    assert read_run(tmp_path / "run").diagram == other.diagram
    history = train(tmp_path / "run", regime(extra=True), strict=False)  # which is its own run by now
    assert len(history.steps) == 9
    with pytest.raises(ld.FileError, match="which has shape"):
        train(tmp_path / "run", regime(extra=True, width=5), data={"rows": {"x": torch.randn(24, 5), "y": Y}})


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("")
    with pytest.raises(ld.FileError, match=r"holds 'thesis.tex', which is no part of a run"):
        train(tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(ld.FileError):
        train(tmp_path / "file")


@pytest.mark.parametrize("options", [{"resume": True}, {"checkpoint_every": 3}])
def test_checkpoints_need_a_folder_and_whole_numbers(options):
    with pytest.raises(ld.DataError, match="give run="):
        train(None, **{"resume": False} | options)
    for wrong in ({"keep": 0}, {"checkpoint_every": 0}, {"checkpoint_every": 2.5}):
        with pytest.raises(ld.LearningDiagramError, match=next(iter(wrong))):
            train("run", **wrong)
    with pytest.raises(ld.TypeMismatch, match="resume= is True or False"):
        train("run", resume="yes")


def test_a_run_without_a_folder_makes_no_state(monkeypatch):
    monkeypatch.setattr(RunCheckpoints, "__init__", None)
    monkeypatch.setattr(checkpoint_file, "write", None)
    assert len(fit(supervised(), DATA, **STEPS).steps) == 9


def test_what_no_checkpoint_can_hold_is_an_error_before_the_first_step_where_checkpoints_are_asked_for(tmp_path):
    class Odd(torch.optim.SGD):
        def state_dict(self):
            return super().state_dict() | {"function": print}

    steps = []
    with pytest.raises(ld.FileError, match=r"function' of the state of this run is .*print.*cannot hold"):
        train(tmp_path / "a", optimizer=Odd, step_callbacks=[steps.append])
    assert not steps
    with pytest.warns(UserWarning, match="cannot hold.*training goes on"):
        history = train(tmp_path / "b", resume=False, optimizer=Odd)
    assert len(history.steps) == 9


def test_the_record_of_a_resumed_run_is_that_of_one_run(tmp_path):
    with pytest.raises(InterruptedError):
        train(tmp_path / "run", checkpoint_every=1, step_callbacks=[stop_at(5)])
    path = tmp_path / "run" / "run.json"
    record = json.loads(path.read_text()) | {"started": "2001-01-01T00:00:00+00:00", "seconds": 1000.0}
    path.write_text(json.dumps(record))
    history = train(tmp_path / "run")
    run = read_run(tmp_path / "run")
    assert run.record.started == record["started"] and run.record.seconds > 1000 and run.record.state == "ended"
    assert run.measurements.steps["total"] == [row["total"] for row in history.steps] and run.worst is not None
    history.report(tmp_path / "report.html")


def test_two_processes_do_not_write_to_one_folder(tmp_path):
    ready, begun = os.pipe()

    def begin(progress):
        os.write(begun, b"!")
        signal.pause()

    first = forked(lambda: train(tmp_path / "run", step_callbacks=[begin]))
    os.read(ready, 1)
    with pytest.raises(ld.FileError, match="another process holds"):
        train(tmp_path / "run")
    os.kill(first, signal.SIGKILL)
    assert ended(first) == -signal.SIGKILL and len(train(tmp_path / "run").steps) == 9
