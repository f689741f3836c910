"""The loop: when it validates, what callbacks see and answer, what ends it, and how runs on one objective follow."""

import time
from datetime import timedelta

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, Validation, batches, compile, fit
from learning_diagrams.backends.torch.training import loop

x = ld.Ty("x")
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
a, b, far = rows.column("a", x), rows.column("b", x), others.column("far", x)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
ONE = ld.Constraint("one", a >> f, b)
TWO = ld.Constraint("two", far >> f, far)

rng = torch.Generator().manual_seed(0)
A = torch.arange(10.0).unsqueeze(1)
DATA = {"rows": {"a": A, "b": torch.randn(10, 1, generator=rng)}}


class Watched(nn.Linear):
    """A layer that notes the rows that it is trained on."""

    def __init__(self):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            super().__init__(1, 1)
        self.seen = []

    def forward(self, rows):
        if self.training:
            self.seen.append(tuple(rows.detach().flatten().int().tolist()))
        return super().forward(rows)


def objective_of(*constraints, f_module=None):
    diagram = ld.LearningDiagram(*constraints or [ONE])
    modules = {"f": f_module or Watched(), "g": Watched()}
    used = {box.name for box in diagram.boxes}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(1)}, ar={n: m for n, m in modules.items() if n in used}))


def train(objective, data=DATA, **options):
    return fit(objective, data, **{"epochs": 3, "batch_size": 4, "progress": False, **options})


def bits(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def metric(values):
    left = iter(values)
    return Validation(metrics={"m": lambda objective: next(left)}, monitor="m", patience=2)


# ---- validation ------------------------------------------------------------------------------------------------------


def test_validation_may_count_updates():
    history = train(objective_of(), validation=DATA, validate_every=2)  # three steps an epoch
    assert [(row["epoch"], row["step"]) for row in history.validations] == [(1, 2), (2, 4), (2, 6), (3, 8)]
    for epoch, last in zip(history.epochs, (2, 6, 8), strict=True):
        measured = next(row for row in history.validations if row["step"] == last)
        assert epoch["validation/total"] == measured["validation/total"]


def test_an_epoch_without_validation_shows_none():
    history = train(objective_of(), validation=DATA, validate_every=5)
    assert ["validation/one" in row for row in history.epochs] == [False, True, False]


def test_patience_counts_validations_and_the_best_one_says_its_step():
    objective, seen = objective_of(), {}
    watch = [lambda progress: seen.update({progress.step: bits(objective)})]
    history = train(objective, validation=metric([3, 1, 2, 2, 2]), validate_every=2, epochs=9, step_callbacks=watch)
    assert history.best == {"epoch": 2, "step": 4, "m": 1} and len(history.steps) == 8
    assert history.stopped == "no better m for 2 validations"
    assert [row["step"] for row in history.epochs] == [3, 6, 8]
    assert equal(bits(objective), seen[4]) and not equal(seen[4], seen[8])


def test_accumulated_batches_count_as_one_update():
    history = train(objective_of(), accumulate=2, validation=DATA, validate_every=2)
    assert [row["step"] for row in history.epochs] == [2, 4, 6]
    assert [row["step"] for row in history.validations] == [2, 4, 6]
    assert [row["one"] for row in history.counts] == [8, 2] * 3


# ---- callbacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, 1, "yes", [True], torch.tensor(True), False])
def test_only_the_value_true_stops(answer):
    history = train(objective_of(), callbacks=[lambda _: answer], step_callbacks=[lambda _: answer])
    assert len(history.epochs) == 3 and history.stopped == "all steps were made"


def test_an_update_of_the_objective_in_a_callback_does_not_stop():
    objective = objective_of()
    lighter = objective.diagram.reweight({"one": 0.5})
    update = lambda progress: progress.objective.update(lighter, optimizer=progress.optimizer)  # noqa: E731
    assert len(train(objective, callbacks=[update]).epochs) == 3
    assert len(train(objective_of(), step_callbacks=[update]).epochs) == 3


def test_a_step_callback_sees_each_step_and_ends_the_epoch_where_it_stops():
    seen, ends = [], []

    def watch(progress):
        seen.append((progress.step, progress.epoch, progress.history.steps[-1]["step"]))
        return progress.step == 5

    check = Validation(DATA, restore=False)
    options = {"callbacks": [lambda progress: ends.append(progress.step)], "validation": check}
    history = train(objective_of(), step_callbacks=[watch], **options)
    assert seen == [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 4), (5, 2, 5)]
    assert ends == [3, 5] == [row["step"] for row in history.epochs] == [row["step"] for row in history.validations]
    assert history.stopped == "a callback asked for it"


# ---- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [7, 7.0, timedelta(seconds=7)], ids=str)
@pytest.mark.parametrize("epochs", [3, None])
def test_after_max_time_no_further_update_is_made(monkeypatch, limit, epochs):
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    history = train(objective_of(), max_time=limit, epochs=epochs, validation=DATA)
    assert [row["step"] for row in history.epochs] == [3, 4] and history.stopped == "max_time was over"
    assert "validation/total" in history.epochs[1]


# ---- a trial run -----------------------------------------------------------------------------------------------------


class CountedBatches:
    """A loader that counts the batches that are taken from it."""

    def __init__(self):
        self.taken = 0

    def __len__(self):
        return 5

    def __iter__(self):
        for _ in range(5):
            self.taken += 1
            yield {"a": A[:2], "b": A[:2]}


@pytest.mark.parametrize(("run", "count"), [(True, 1), (1, 1), (2, 2)])
@pytest.mark.parametrize("length", [{"epochs": 9}, {"epochs": None}, {"epochs": None, "steps": 9}], ids=str)
def test_a_fast_dev_run_trains_and_validates_on_few_batches_and_restores_nothing(run, count, length):
    objective, seen, ends = objective_of(), [], []
    check = Validation(DATA, batch_size=2, patience=1)
    watch = [lambda progress: seen.append(bits(objective))]
    options = {"callbacks": [lambda progress: ends.append(progress.epoch)], "step_callbacks": watch, **length}
    history = train(objective, fast_dev_run=run, validation=check, validate_every=100, **options)
    assert len(history.steps) == count and ends == [1] and len(history.validations) == 1
    assert equal(bits(objective), seen[-1])
    expected = compile(objective.diagram, objective.functor).evaluate(
        {"rows": {n: v[: 2 * count] for n, v in DATA["rows"].items()}}
    )
    assert history.epochs[0]["validation/total"] == pytest.approx(expected["total"], rel=1e-6)


# ---- seeds -----------------------------------------------------------------------------------------------------------


def orders(*calls, constraints=(ONE,), data=DATA, **options):
    """The rows that some calls of `fit` on one objective show its module."""
    module = Watched()
    objective = objective_of(*constraints, f_module=module)
    module.seen.clear()
    for call in calls:
        train(objective, data, **{**options, **call})
    return module.seen


def test_two_sample_spaces_of_equal_data_have_different_orders():
    seen = orders({"epochs": 1}, constraints=(ONE, TWO), data={**DATA, "others": {"far": A}})
    assert len(seen) == 6 and seen[::2] != seen[1::2]


@pytest.mark.filterwarnings("ignore:the modules of")
def test_draws_go_on_in_a_second_call():
    def masks(calls):
        seen = []
        dropout = nn.Dropout(0.5)
        dropout.register_forward_hook(lambda module, inputs, output: seen.append((output == 0).flatten().tolist()))
        objective = objective_of(f_module=nn.Sequential(Watched(), dropout))
        seen.clear()
        for _ in range(calls):
            train(objective, epochs=1)
        return seen

    assert masks(2)[:3] == masks(1) != masks(2)[3:] and masks(2) == masks(2)


def test_batches_of_an_objective_are_those_of_its_next_call_of_fit():
    module = Watched()
    objective = objective_of(f_module=module)
    train(objective, epochs=1)
    expected = [
        tuple(b["rows"]["a"].flatten().int().tolist())
        for b in batches(DATA, epochs=1, batch_size=4, objective=objective)
    ]
    module.seen.clear()
    train(objective, epochs=1)
    assert module.seen == expected
def test_a_second_call_goes_on_with_another_order_and_two_fresh_objectives_agree():
    once, twice = orders({"epochs": 1}), orders({"epochs": 1}, {"epochs": 1})
    assert twice[:3] == once and twice[3:] != once
    assert twice == orders({"epochs": 1}, {"epochs": 1})
    assert orders({"epochs": 1, "seed": 1}) != once


def test_another_sample_space_does_not_change_an_order():
    seen = orders({"epochs": 1})
    for name in ("others", "aaa", "zzz"):
        space = ld.SampleSpace(name)
        extra = ld.Constraint("extra", space.column("far", x) >> g, space.column("far", x))
        assert orders({"epochs": 1}, constraints=(ONE, extra), data={**DATA, name: {"far": A}}) == seen




# ---- looks at an accelerator -----------------------------------------------------------------------------------------


class Remote(torch.Tensor):
    """A tensor that says that it is on an accelerator, and counts the transfers from there."""

    transfers = 0

    @property
    def device(self):
        return torch.device("cuda", 0)

    def tolist(self):
        Remote.transfers += 1
        return self.as_subclass(torch.Tensor).tolist()

    def item(self):
        raise AssertionError("one number alone is one wait for the device")


def test_the_values_of_many_steps_come_in_one_transfer_for_each_dtype_and_exactly(monkeypatch):
    monkeypatch.setattr(Remote, "transfers", 0)
    steps = [(0.1 * i, 2**40 + i, 0.3 * i) for i in range(50)]
    values = []
    for double, whole, single in steps:
        remote = [torch.tensor(double, dtype=torch.float64), torch.tensor(whole), torch.tensor(single)]
        values += [*(value.as_subclass(Remote) for value in remote), torch.tensor(7), 1e-3, False]
    singles = [torch.tensor(single).item() for _, _, single in steps]
    expected = [n for (d, w, _), s in zip(steps, singles, strict=True) for n in (d, w, s, 7, 1e-3, False)]
    assert loop._numbers(values, torch.device("cuda")) == expected and Remote.transfers == 3
