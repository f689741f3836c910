"""A run that is kept is the run that is not kept; its folder has the history, cosines, worst rows and environment."""

import errno
import json
import os
from importlib.metadata import version

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.training.recorder import Recorder
from learning_diagrams.files import load_save
from learning_diagrams.report import run_folder
from learning_diagrams.report.run_folder import read_run
from learning_diagrams.storage.atomic_write import write_whole

pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout is meant

x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
pixels, label = rows.column("pixels", x), rows.column("label", y)
f, g = ld.Kernel("f", x, y), ld.Kernel("g", x, y)
rng = torch.Generator().manual_seed(0)
X, Y = torch.rand(40, 9, 8, generator=rng), torch.randint(3, (40,), generator=rng)
DATA = {"rows": {"pixels": X, "label": Y}}
DIAGRAM = ld.LearningDiagram(
    ld.Constraint("total", pixels >> f, label), ld.Constraint("agree", pixels >> f, pixels >> g), frozen=[g]
)


def learner():
    torch.manual_seed(1)
    nets = {box: nn.Sequential(nn.Flatten(), nn.Linear(72, 8), nn.Dropout(0.3), nn.Linear(8, 3)) for box in (f, g)}
    return compile(DIAGRAM, TorchFunctor(ob={x: Euclidean(9, 8), y: Finite(3)}, ar=nets))


def train(objective, data=DATA, **options):
    return fit(objective, data, **{"epochs": 3, "batch_size": 8, "progress": False, **options})


def test_a_run_that_is_kept_is_bitwise_the_run_that_is_not(tmp_path):
    kept, plain = learner(), learner()
    histories = [train(kept, run=tmp_path / "run", validation=DATA), train(plain, validation=DATA)]
    for history in histories:
        history.epochs = [{**row, "seconds": 0} for row in history.epochs]
    assert histories[0] == histories[1]
    assert all(torch.equal(a, b) for a, b in zip(kept.parameters(), plain.parameters(), strict=True))


def test_the_folder_has_what_the_run_was(tmp_path):
    objective = learner()
    history = train(objective, run=tmp_path / "a" / "run", lr=0.01, clip_norm=1.0)
    run = read_run(history.run)
    assert run.diagram == DIAGRAM and run.record.digest == DIAGRAM.digest()
    assert (run.record.state, run.record.stopped) == ("ended", history.stopped)
    assert run.record.arguments["clip_norm"] == "1.0" and run.record.arguments["optimizer"] == "AdamW"
    assert run.record.versions["torch"] == version("torch") and run.record.rows == {"rows": "40, in batches of 8"}
    assert run.record.terms == {"agree": "agree", "total": "term/total"}
    assert run.measurements.steps == {n: [row[n] for row in history.steps] for n in history.steps.headings}
    assert run.measurements.counts == {n: [row[n] for row in history.counts] for n in history.counts.headings}
    assert {cosine.step for cosine in run.measurements.cosines} == {0, 1, 15}
    last = run.measurements.cosines[-1]
    objective.train()
    assert (last.box, last.terms) == ("f", ("agree", "total")) and -1 <= last.value <= 1
    assert str(tmp_path) not in "".join(path.read_text() for path in history.run.rglob("*.json"))


def test_the_first_cosine_is_that_of_the_first_batch_before_any_step(tmp_path):
    objective, fresh = learner(), learner()
    objective.boxes.of("f")[2].p = fresh.boxes.of("f")[2].p = 0.0
    history = train(objective, run=tmp_path / "run", batch_size=40)
    cosine = read_run(history.run).measurements.cosines[0]
    assert cosine.value == pytest.approx(fresh.conflicts(DATA)["f"]["agree", "total"], abs=1e-5)


def test_the_worst_rows_are_those_with_the_largest_defects(tmp_path):
    objective = learner()
    history = train(objective, run=tmp_path / "run")
    worst = read_run(history.run).worst
    objective.eval()
    largest = objective.defects(DATA)["total"].topk(6)
    assert [row.row for row in worst.rows["total"]] == largest.indices.tolist()
    assert [row.defect for row in worst.rows["total"]] == pytest.approx(largest.values.tolist(), rel=1e-5)
    picture, text = sorted(worst.rows["total"][0].values, key=lambda value: value.text)[::-1]
    picture, text = (picture, text) if picture.pixels else (text, picture)
    assert picture.size == (9, 8, 1) and text.text == str(Y[worst.rows["total"][0].row].item())
    assert worst.note == "among the first 40 rows of the training data"


def test_absent_rows_positions_and_pairs_of_rows_are_said(tmp_path):
    words, tag = ld.Ty("words"), ld.Ty("tag")
    texts = ld.SampleSpace("texts")
    first, second = texts.column("first", words), texts.column("second", tag)
    box = ld.Kernel("box", words @ words, tag)
    near = ld.Constraint("pairs", first @ first >> box, second @ ld.Discard(texts.ty))

    class Net(nn.Embedding):
        def forward(self, tokens, others):
            return super().forward(tokens).mean(1) + super().forward(others).mean(1)

    spaces = {words: Tokens(5, 3, padding=-100), tag: Finite(4)}
    objective = compile(ld.LearningDiagram(near), TorchFunctor(ob=spaces, ar={box: Net(5, 4)}))
    known = torch.tensor([True, True, True, False])
    data = {"texts": {"first": torch.tensor([[1, 2, -100], [3, 3, 3], [4, -100, -100], [1, 1, 1]]),
                      "second": (torch.tensor([0, 1, 2, 3]), known)}}  # fmt: skip
    history = fit(objective, data, steps=1, batch_size=4, progress=False, run=tmp_path / "run")
    rows = {row.row: {v.column: v.text for v in row.values} for row in read_run(history.run).worst.rows["pairs"]}
    assert rows[0] == {"texts.first": "1 2 ·", "texts.first, 1 row before": "1 1 1", "texts.second": "0"}
    assert rows[3] == {"texts.first": "1 1 1", "texts.first, 1 row before": "4 · ·", "texts.second": "absent"}


def test_the_rows_of_sample_spaces_of_different_sizes_keep_their_numbers(tmp_path):
    few, column = ld.SampleSpace("few"), ld.SampleSpace("few").column("pixels", x)
    diagram = ld.LearningDiagram(
        ld.Constraint("many", pixels >> f, label),
        ld.Constraint("few", column >> f, column >> g),
        frozen=[g],
        name=few.name,
    )
    nets = {box: nn.Sequential(nn.Flatten(), nn.Linear(72, 3)) for box in (f, g)}
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(9, 8), y: Finite(3)}, ar=nets))
    history = train(
        objective, {**DATA, "few": {"pixels": X[:11]}}, run=tmp_path / "run", batch_size={"rows": 12, "few": 5}
    )
    worst = read_run(history.run).worst
    assert worst.note == "among the first 40 rows of the training data"
    objective.eval()
    defects = objective.defects({**DATA, "few": {"pixels": X[:11]}})
    for name, expected in defects.items():
        assert [row.row for row in worst.rows[name]] == expected.topk(6).indices.tolist()


def test_data_in_ready_batches_have_no_numbers_of_rows_and_are_not_read_again(tmp_path):
    loader = DataLoader([{"pixels": a, "label": b} for a, b in zip(X, Y, strict=True)], batch_size=8)
    passes = []
    loader.__class__ = type(
        "Counted", (DataLoader,), {"__iter__": lambda self: passes.append(1) or DataLoader.__iter__(self)}
    )
    history = train(learner(), {"rows": loader}, epochs=2, run=tmp_path / "run")
    assert len(passes) == 2 and "ready batches" in read_run(history.run).worst.note


def test_a_folder_that_holds_a_run_is_refused_before_training(tmp_path):
    objective = learner()
    train(objective, run=tmp_path / "run")
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    with pytest.raises(ld.FileError, match=r"a run of this learning.*; to go on with that run, pass resume=True"):
        train(objective, run=tmp_path / "run")
    for wrong in (3, "", True):
        with pytest.raises(ld.TypeMismatch, match="run="):
            train(objective, run=wrong)
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(ld.FileError):
            train(objective, run=place)
    assert all(torch.equal(value, before[key]) for key, value in objective.state_dict().items())


@pytest.mark.parametrize("failing", ["diagram.json", "run.json"])
def test_a_run_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch, failing):
    def full(path, content):
        if path.name == failing:
            raise ld.FileError(f"cannot write {str(path)!r}: No space left on device")
        write_whole(path, content)

    monkeypatch.setattr(load_save, "write_whole", full)
    monkeypatch.setattr(run_folder, "write_whole", full)
    (tmp_path / "there").mkdir()
    for place in (tmp_path / "a" / "b", tmp_path / "there"):
        with pytest.raises(ld.FileError, match="No space left"):
            train(learner(), run=place)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_names_that_no_file_can_hold_leave_nothing(tmp_path):
    data, blank = ld.SampleSpace("rows").column("pixels", ld.Ty("x")), ld.Box("\u200b", ld.Ty("x"), ld.Ty("x"))
    functor = TorchFunctor({"x": Euclidean(3)}, {blank: torch.nn.Linear(3, 3)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", data >> blank, data)), functor)
    with pytest.raises(ld.LearningDiagramError):
        fit(objective, {"rows": {"pixels": torch.zeros(4, 3)}}, steps=1, progress=False, run=tmp_path / "a" / "run")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("flag", ["live", "progress", "strict", "drop_last"])
def test_a_flag_is_true_or_false(flag):
    with pytest.raises(ld.TypeMismatch, match=f"{flag}= is True or False, got 3"):
        fit(learner(), DATA, steps=1, **{flag: 3})


def test_a_disk_that_fills_up_loses_no_training(tmp_path, monkeypatch):
    full = []
    fsync = os.fsync

    def sync(number):
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(number)

    monkeypatch.setattr(os, "fsync", sync)
    objective = learner()
    with pytest.warns(UserWarning, match=r"No space left on device; training goes on") as warnings:
        history = train(objective, run=tmp_path / "run", step_callbacks=[lambda progress: full.append(1)])
    assert len(history.steps) == 15 and len(warnings) == 1
    assert read_run(tmp_path / "run").record.state == "running"


def test_a_run_that_fails_says_so_and_keeps_what_it_measured(tmp_path):
    def stop(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(learner(), run=tmp_path / "stopped", step_callbacks=[stop])
    run = read_run(tmp_path / "stopped")
    assert run.record.state == "KeyboardInterrupt" and run.measurements.steps["step"] == [1, 2, 3, 4]
    assert run.worst is None
    objective = learner()
    with torch.no_grad():
        objective.boxes.of("f")[1].weight[0] = float("inf")
    with pytest.raises(ld.NonFiniteTerm):
        train(objective, run=tmp_path / "infinite")
    run = read_run(tmp_path / "infinite")
    assert run.record.state.startswith("NonFiniteTerm: ") and run.measurements.steps["step"] == [1]


def test_it_is_written_at_the_pace_that_costs_a_hundredth(tmp_path, monkeypatch):
    """A clock that moves 10 ms a step: in 15 steps it is written at the start, once, and at the end."""
    now, written = [0.0], []
    pace = Pace(0.05, clock=lambda: now[0])
    write = Recorder._write
    monkeypatch.setattr(Recorder, "_write", lambda self, state: written.append(state) or write(self, state))
    monkeypatch.setattr("learning_diagrams.backends.torch.training.recorder.Pace", lambda seconds: pace)

    def tick(progress):
        now[0] += 0.01

    train(learner(), run=tmp_path / "run", step_callbacks=[tick])
    assert written == ["running"] * 3 + ["ended"]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "ended"


def test_without_a_folder_nothing_is_made(monkeypatch):
    monkeypatch.setattr(Recorder, "__init__", None)
    assert train(learner()).run is None
    with pytest.raises(ld.FileError, match="run="):
        train(learner()).report("r.html")
