"""The history of a run: a row for each step and each epoch, and files that the csv module reads."""

import copy
import csv
import gc
import pickle
from array import array
from functools import partial

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, History, TorchFunctor, Validation, batches, compile, fit
from learning_diagrams.backends.torch.training.table import Table

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
column = rows.column("x", x)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
X = torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
DATA = {"rows": {"x": X}}


def objective_of(*constraints):
    torch.manual_seed(0)
    diagram = ld.LearningDiagram(*constraints)
    modules = {box.name: nn.Linear(2, 2) for box in diagram.boxes}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=modules))


def two_terms():
    return objective_of(
        ld.Constraint("b", column >> f, column >> g), ld.Constraint("a", column >> f >> g, column, weight=0.25)
    )


def train(objective, **options):
    return fit(objective, DATA, **{"epochs": 2, "batch_size": 4, "progress": False, **options})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_row_for_each_step_holds_what_the_objective_returns(dtype):
    """Exactly: a number of float64 is not rounded."""
    objective, again = two_terms().to(dtype), two_terms().to(dtype)
    data = {"rows": {"x": X.to(dtype) / 3}}
    history = fit(objective, data, steps=1, batch_size=4, progress=False)
    total, terms = again(next(batches(data, steps=1, batch_size=4, seed=0)))
    measured = {"total": total.item(), **{name: term.item() for name, term in terms.items()}}
    total.backward()
    norm = torch.nn.utils.get_total_norm([p.grad for p in again.parameters()]).item()
    row = history.steps[0]
    assert row["gradient_norm"] == pytest.approx(norm, rel=1e-6) and row["learning_rate"] == 1e-3
    assert history.steps == [
        {"step": 1, "epoch": 1, **measured, "gradient_norm": row["gradient_norm"], "learning_rate": 1e-3}
    ]
    assert list(row) == ["step", "epoch", "total", "a", "b", "gradient_norm", "learning_rate"]


def test_the_total_of_a_row_is_the_sum_of_its_weighted_terms_also_while_a_weight_moves(tmp_path):
    moving = ld.Constraint("b", column >> f, column >> g, weight=ld.schedule.linear(0, 1, steps=4))
    objective = objective_of(moving, ld.Constraint("a", column >> f >> g, column, weight=0.25))
    history = train(objective)
    for row in history.steps:
        assert row["total"] == pytest.approx(0.25 * row["a"] + row["weight/b"] * row["b"], rel=1e-6)
    assert [row["weight/b"] for row in history.steps] == [0, 0.25, 0.5, 0.75, 1, 1]
    assert [row["weight/b"] for row in history.epochs] == [0.5, 1] and "weight/a" not in history.steps.headings
    history.to_csv(tmp_path / "steps.csv", per="step")
    assert (tmp_path / "steps.csv").read_text().startswith("step,epoch,total,a,b,gradient_norm,learning_rate,weight/b")
    named = objective_of(ld.Constraint("weight/b", column >> f, column))
    assert "term/weight/b" in train(named).steps.headings
    goes_on = copy.deepcopy(objective_of(moving))
    kept = {"run": tmp_path / "run", "checkpoint_every": 1}
    train(goes_on, epochs=1, **kept)
    again = train(goes_on, epochs=2, resume=True, **kept)
    assert [row["weight/b"] for row in again.steps] == [0, 0.25, 0.5, 0.75, 1, 1]


def test_in_a_game_a_moving_weight_is_that_of_the_steps_of_its_player():
    moving = ld.Constraint("b", column >> f, column >> g, weight=ld.schedule.linear(1, 3, steps=2))
    both = {"first": {"boxes": ["f"], "terms": {"b": 0.5}}, "second": {"boxes": ["g"], "terms": {"b": 1.0}}}
    diagram = ld.LearningDiagram(moving, players=both)
    modules = {box.name: nn.Linear(2, 2) for box in diagram.boxes}
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=modules))
    steps = fit(objective, DATA, steps=4, batch_size=4, progress=False).steps
    assert [row["weight/b"] for row in steps] == [0.5, 1, 1, 2]
    assert all(row["total"] == pytest.approx(row["weight/b"] * row["b"]) for row in steps)


def test_the_learning_rate_follows_its_schedule_and_the_norm_is_that_before_clipping():
    halve = partial(torch.optim.lr_scheduler.LambdaLR, lr_lambda=lambda step: 0.5**step)
    history = train(two_terms(), scheduler=halve, lr=0.25, clip_norm=1e-3)
    assert [row["learning_rate"] for row in history.steps] == [0.25 * 0.5**step for step in range(6)]
    assert [row["learning_rate"] for row in history.epochs] == [0.25 * 0.5**2, 0.25 * 0.5**5]
    for row in history.epochs:
        own = [step["gradient_norm"] for step in history.steps if step["epoch"] == row["epoch"]]
        assert min(own) > 0.1 and row["gradient_norm"] == pytest.approx(sum(own) / 3)


def test_the_total_is_the_weighted_sum_of_the_terms():
    for row in train(two_terms()).steps:
        assert row["total"] == pytest.approx(0.25 * row["a"] + row["b"], rel=1e-6)


def test_a_row_for_each_epoch_holds_the_means_over_its_steps():
    history = train(two_terms())
    assert [(row["step"], row["epoch"]) for row in history.steps] == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]
    assert [(row["epoch"], row["step"]) for row in history.epochs] == [(1, 3), (2, 6)]
    for row in history.epochs:
        own = [step for step in history.steps if step["epoch"] == row["epoch"]]
        assert row["total"] == pytest.approx(sum(step["total"] for step in own) / 3)
        assert row["seconds"] > 0


def test_counted_in_steps_the_last_epoch_may_be_a_part_of_one():
    history = train(two_terms(), epochs=None, steps=4)
    assert [(row["epoch"], row["step"]) for row in history.epochs] == [(1, 3), (2, 4)]
    assert history.epochs[1]["total"] == history.steps[3]["total"]


def test_no_epoch_is_an_empty_history():
    history = train(two_terms(), epochs=0)
    assert (history.steps, history.epochs, history.best) == ([], [], None)
    assert repr(history) == "<History: 0 steps; no epoch; stopped: all steps were made>"


def test_it_says_the_seed_and_why_training_ended():
    history = train(two_terms(), seed=7)
    assert (history.seed, history.stopped, history.best) == (7, "all steps were made", None)
    assert History().stopped == "not started"


def test_a_term_of_an_epoch_is_a_mean_over_rows_and_its_total_a_mean_over_steps():
    """The last batch has two rows of ten: in a term each row weighs the same, in the total each step does."""
    history = train(two_terms(), lr=0.0, epochs=1)
    steps, (counts, epoch) = history.steps, (history.counts, history.epochs[0])
    assert [row["a"] for row in counts] == [row["b"] for row in counts] == [4, 4, 2]
    for name in ("a", "b"):
        assert epoch[name] == pytest.approx(sum(row[name] * n for row, n in zip(steps, (4, 4, 2), strict=True)) / 10)
    assert epoch["total"] == pytest.approx(sum(row["total"] for row in steps) / 3)
    assert epoch["total"] != pytest.approx(0.25 * epoch["a"] + epoch["b"], rel=1e-3)


def test_a_term_of_an_epoch_weighs_the_rows_that_are_present():
    present = torch.tensor([True] + [False] * 4 + [True] * 5)
    objective = two_terms()
    data = {"rows": {"x": (X, present)}}
    history = fit(objective, data, epochs=1, batch_size=4, lr=0.0, progress=False)
    assert sum(row["a"] for row in history.counts) == 6
    terms = objective({"rows": {"x": X[present]}})[1]
    for name in ("a", "b"):
        assert history.epochs[0][name] == pytest.approx(terms[name].item(), rel=1e-6)


@pytest.mark.parametrize("epochs", [10, 1000])
def test_an_epoch_keeps_the_same_few_objects_after_many_epochs(epochs):
    """Numbers stand in arrays. The garbage collector visits every dict that is kept, so an epoch would cost more."""
    history = History()
    for epoch in range(1, epochs + 1):
        for step in range(5):
            history.add_step(5 * epoch + step, epoch, float(step), {"a": 1.0}, learning_rate=0.1, gradient_norm=2.0)
        history.add_validation(epoch, 5 * epoch, {"total": 1.0})
        history.close_epoch(epoch, 5 * epoch, seconds=0.0)
    assert _objects(history) < 40
    assert [row["total"] for row in history.epochs] == [2.0] * epochs and len(history.steps) == 5 * epochs


def _objects(root):
    """How many objects that the garbage collector visits are reached from an object, without classes."""
    seen, left = set(), [root]
    while left:
        thing = left.pop()
        if id(thing) not in seen and gc.is_tracked(thing) and not isinstance(thing, type):
            seen.add(id(thing))
            left += gc.get_referents(thing)
    return len(seen)


def test_a_row_that_is_read_touches_no_other_row():
    table = Table({"step": i, "total": 0.5 * i} for i in range(1000))
    table._values = CountedReads("d", table._values)
    assert table[-1] == {"step": 999, "total": 499.5} and table._values.read == 2


class CountedReads(array):
    """An array that counts the numbers which are read from it."""

    read = 0

    def __getitem__(self, key):
        self.read += len(range(*key.indices(len(self))))
        return super().__getitem__(key)


def test_it_is_read_as_a_list_of_dicts():
    history = train(two_terms())
    assert history.steps[1:3] == [history.steps[1], history.steps[2]] == list(history.steps)[1:3]
    assert history.steps == list(history.steps) and history.epochs != [] and len(history.epochs[::-1]) == 2
    with pytest.raises(IndexError):
        history.epochs[2]
    assert all(type(row["step"]) is int and type(row["total"]) is float for row in history.steps)
    again = pickle.loads(pickle.dumps(history))
    assert again == history and copy.deepcopy(history) == history


def test_validation_stands_beside_the_training_terms():
    history = train(two_terms(), validation=Validation(DATA, metrics={"norm": lambda objective: 3}))
    assert list(history.epochs[0])[3:] == [
        "total", "a", "b", "gradient_norm", "learning_rate",
        "validation/total", "validation/a", "validation/b", "validation/norm",
    ]  # fmt: skip
    assert history.epochs[0]["validation/norm"] == 3.0 and isinstance(history.epochs[0]["validation/norm"], float)
    assert set(history.best) == {"epoch", "total"}


@pytest.mark.parametrize("per", ["epoch", "step"])
def test_the_csv_file_holds_every_row_exactly(per, tmp_path):
    history = train(two_terms(), validation=DATA)
    history.to_csv(tmp_path / "history.csv", per=per)
    expected = history.epochs if per == "epoch" else history.steps
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        numbers = [{name: float(value) for name, value in row.items()} for row in reader]
    assert reader.fieldnames == list(expected[0])
    assert numbers == expected


def test_names_that_csv_must_quote_come_back(tmp_path):
    name = 'a, "quoted" name\nof two lines, é'
    history = train(objective_of(ld.Constraint(name, column >> f, column)))
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        assert float(next(csv.DictReader(file))[name]) == history.epochs[0][name]


def test_an_empty_history_writes_a_file_and_a_missing_folder_is_a_typed_error(tmp_path):
    History().to_csv(tmp_path / "empty.csv")
    assert (tmp_path / "empty.csv").read_text(encoding="utf-8").strip() == ""
    with pytest.raises(ld.FileError, match="cannot write"):
        History().to_csv(tmp_path / "no folder" / "history.csv")


@pytest.mark.parametrize("name", ["total", "step", "epoch", "seconds", "learning_rate", "gradient_norm"])
def test_a_constraint_named_like_a_heading_hides_nothing(name):
    """Any name is a name of a constraint; number, epoch and total of a step must still be told."""
    constraint = ld.Constraint(name, column >> f, column, weight=3.0)
    plain = train(objective_of(ld.Constraint("plain", column >> f, column, weight=3.0)), batch_size=5)
    history = train(objective_of(constraint), batch_size=5)
    for heading in ("step", "epoch", "total"):
        assert [row[heading] for row in history.steps] == [row[heading] for row in plain.steps]
    assert [row["step"] for row in history.epochs] == [2, 4]
    assert all(row["seconds"] < 60 and row["seconds"] != row["total"] / 3 for row in history.epochs)
    for rows in (history.steps, history.epochs):
        assert all(3.0 * row[f"term/{name}"] == pytest.approx(row["total"]) for row in rows)


def test_different_terms_have_different_headings():
    """A name may be the heading that another name gets, or the heading of a measurement of validation."""
    names = ["total", "term/total", "term/term/total", "validation/total", "fit", "term/fit", "validation/accuracy"]
    constraints = [ld.Constraint(name, column >> f, column, weight=i + 1.0) for i, name in enumerate(names)]
    check = Validation(DATA, metrics={"accuracy": lambda objective: 0.5})
    history = train(objective_of(*constraints), validation=check, epochs=1)
    assert len(history.steps[0]) == len(names) + 5 and len(history.counts[0]) == len(names)
    assert len(history.epochs[0]) == len(names) + 6 + len(names) + 2
    assert history.epochs[0]["validation/accuracy"] == 0.5


@pytest.mark.parametrize("name", ["total", "seconds"])
def test_validation_of_a_term_named_like_a_heading_hides_nothing(name):
    history = train(objective_of(ld.Constraint(name, column >> f, column, weight=3.0)), validation=DATA)
    for row in history.epochs:
        assert 3.0 * row[f"validation/term/{name}"] == pytest.approx(row["validation/total"])
