"""Validation: what is measured after an epoch, which state is kept, when to stop, and that it changes nothing."""

import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, compile, fit

pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout and batch statistics are meant

x, y = ld.Ty("x"), ld.Ty("y")
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
f, g = ld.Kernel("f", x, y), ld.Kernel("g", x, y)
fitted = ld.Constraint("fitted", rows.column("x", x) >> f, rows.column("y", y))
agreed = ld.Constraint("agreed", others.column("x", x) >> f, others.column("x", x) >> g, weight=0.5)

rng = torch.Generator().manual_seed(0)
X, V = torch.randn(40, 4, generator=rng), torch.randn(21, 4, generator=rng)
DATA = {"rows": {"x": X, "y": X[:, :3].argmax(1)}}
HELD_OUT = {"rows": {"x": V, "y": V[:, :3].argmax(1)}}


def net(*middle):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), *middle, nn.Linear(8, 3))


def objective_of(*constraints, student=None):
    modules = {f: student or net(), g: net()}
    return compile(ld.LearningDiagram(*constraints or [fitted]), TorchFunctor({x: Euclidean(4), y: Finite(3)}, modules))


def train(objective, data=DATA, **options):
    return fit(objective, data, **{"epochs": 3, "batch_size": 16, "progress": False, **options})


def metric(values):
    """A metric that takes these values, epoch by epoch."""
    left = iter(values)
    return lambda objective: next(left)


def watched(values, **options):
    return Validation(metrics={"m": metric(values)}, monitor="m", **options)


def states(objective, **options):
    """The history of a run, and the state after each of its epochs."""
    seen = []
    history = train(objective, callbacks=[lambda _: seen.append(bits(objective))], **options)
    return history, seen


def bits(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def evaluated(objective, data):
    with torch.no_grad():
        total, terms = objective.eval()(data)
    return {"total": total.item(), **{name: term.item() for name, term in terms.items()}}


# ---- what is measured ------------------------------------------------------------------------------------------------


def test_total_and_terms_are_measured_in_eval_mode_on_all_validation_rows():
    objective = objective_of(student=net(nn.Dropout(0.5)))
    history = train(objective, epochs=1, validation=Validation(HELD_OUT, restore=False))
    measured = {name: history.epochs[0][f"validation/{name}"] for name in ("total", "fitted")}
    assert measured == evaluated(objective, HELD_OUT)


def test_data_alone_is_a_validation():
    objective = objective_of()
    history, seen = states(objective, validation=HELD_OUT)
    assert history.best["epoch"] == 3 and equal(seen[2], bits(objective))


def test_in_smaller_batches_each_row_counts_once():
    checks = (Validation(HELD_OUT, batch_size=size) for size in (None, 4))
    whole, parts = (train(objective_of(), epochs=1, validation=check).epochs[0] for check in checks)
    assert parts["validation/total"] == pytest.approx(whole["validation/total"], rel=1e-6)


@pytest.mark.parametrize("size", [1, 4, 7, 40, {"rows": 3, "others": 16}], ids=str)
def test_in_batches_each_row_of_each_sample_space_counts_once(size):
    """Also where one sample space ends before the other one, or with a short batch."""
    objective = objective_of(fitted, agreed, student=net(nn.Tanh()))
    data = {**HELD_OUT, "others": {"x": X}}
    assert objective.evaluate(data, batch_size=size) == pytest.approx(evaluated(objective, data), rel=1e-5)


def test_sample_spaces_of_different_sizes_are_taken_whole():
    objective = objective_of(fitted, agreed)
    data, held_out = ({**columns, "others": {"x": more}} for columns, more in ((DATA, V), (HELD_OUT, X[:7])))
    history = train(objective, data, epochs=1, validation=Validation(held_out, restore=False))
    expected = evaluated(objective, held_out)
    assert {name: history.epochs[0][f"validation/{name}"] for name in expected} == pytest.approx(expected)
    assert expected["total"] == pytest.approx(expected["fitted"] + 0.5 * expected["agreed"])


def test_paired_sample_spaces_of_unequal_size_are_validated_as_they_are_trained():
    lhs = rows.column("x", x) @ ld.Discard(others.ty) >> f
    pairs = ld.Constraint("pairs", lhs, ld.Discard(rows.ty) @ others.column("x", x) >> g)
    data = {"rows": {"x": X}, "others": {"x": V}}
    objective = objective_of(pairs)
    history = train(objective, data, epochs=1, lr=0.0, validation=data)
    again = V[torch.arange(40) % 21]  # the shorter one is repeated
    expected = evaluated(objective, {"rows": {"x": X}, "others": {"x": again}})
    assert history.epochs[0]["validation/pairs"] == pytest.approx(expected["pairs"], rel=1e-6)


def test_a_metric_is_a_number_of_the_objective_in_eval_mode_without_gradients():
    seen = []

    def accuracy(objective):
        seen.append((objective.training, torch.is_grad_enabled()))
        return (objective.model(f)(V).argmax(1) == HELD_OUT["rows"]["y"]).float().mean()

    history = train(objective_of(), epochs=2, validation=Validation(metrics={"accuracy": accuracy}, monitor="accuracy"))
    assert seen == [(False, False)] * 2
    assert all(0 <= row["validation/accuracy"] <= 1 for row in history.epochs)


class Hits:
    """A metric object, as those of torchmetrics."""

    def reset(self):
        self.right = []

    def update(self, prediction, target):
        self.right += (prediction.argmax(1) == target).tolist()

    def compute(self):
        return sum(self.right) / len(self.right)


@pytest.mark.parametrize("size", [None, 4])
def test_a_metric_object_is_fed_with_morphisms_and_may_choose_the_best_state(size):
    def accuracy(objective):
        return (objective.model(f)(V).argmax(1) == HELD_OUT["rows"]["y"]).double().mean()

    metrics = {"fed": (Hits(), rows.column("x", x) >> f, rows.column("y", y)), "function": accuracy}
    check = Validation(HELD_OUT, metrics, monitor="fed", mode="max", batch_size=size)
    history = train(objective_of(), lr=0.1, validation=check)
    values = [row["validation/fed"] for row in history.epochs]
    assert values == pytest.approx([row["validation/function"] for row in history.epochs]) and len(set(values)) > 1
    assert history.best == {"epoch": values.index(max(values)) + 1, "fed": max(values)}
    with pytest.raises(ld.DataError, match="metric 'fed' is fed with values on data; give data"):
        train(objective_of(), validation=Validation(metrics=metrics, monitor="function"))


def test_a_metric_that_returns_no_number_is_a_typed_error():
    with pytest.raises(ld.DataError, match="metric 'm' must give a number, got None"):
        train(objective_of(), validation=Validation(metrics={"m": lambda objective: None}, monitor="m"))


def test_validation_data_may_have_more_columns_where_fit_is_not_strict():
    data = {"rows": {**HELD_OUT["rows"], "z": V}}
    plain, more = (train(objective_of(), epochs=1, validation=held, strict=False) for held in (HELD_OUT, data))
    assert plain.epochs[0]["validation/total"] == more.epochs[0]["validation/total"]


def test_validation_does_not_change_training():
    """With dropout and batch statistics; the metric draws from torch's generator."""
    plain, checked = (objective_of(student=net(nn.BatchNorm1d(8), nn.Dropout(0.5))) for _ in range(2))
    check = Validation(HELD_OUT, {"random": lambda _: torch.rand(9).sum()}, restore=False)
    assert train(plain).steps == train(checked, validation=check).steps
    assert equal(bits(plain), bits(checked))


def test_what_draws_is_measured_again_after_the_seed_0():
    objective, metrics = objective_of(), {"random": lambda _: torch.rand(1).item()}
    (row,) = train(objective, epochs=1, validation=Validation(HELD_OUT, metrics)).epochs
    torch.manual_seed(0)
    assert objective.evaluate(HELD_OUT, metrics)["random"] == row["validation/random"]


ROWS, HELD_OUT_ROWS = (
    [{name: column[i] for name, column in columns.items()} for i in range(len(columns["x"]))]
    for columns in (DATA["rows"], HELD_OUT["rows"])
)
FORMS = {
    "DataLoader": (DataLoader(ROWS, batch_size=16), DataLoader(HELD_OUT_ROWS, batch_size=4)),
    "DataLoader with workers": (
        DataLoader(ROWS, batch_size=16, num_workers=1),
        DataLoader(HELD_OUT_ROWS, batch_size=4, num_workers=1),
    ),
    "ready batches": tuple(
        [{name: column[i : i + size] for name, column in columns.items()} for i in range(0, len(columns["x"]), size)]
        for columns, size in ((DATA["rows"], 16), (HELD_OUT["rows"], 5))
    ),
    "loader beside a table": (DataLoader(ROWS, batch_size=16), HELD_OUT["rows"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_loaders_are_validated_stop_early_and_are_restored(form):
    """As the same batches by hand; the learning rate is so high that the loss soon rises."""
    by_hand, losses, kept = objective_of(), [], []
    optimizer = torch.optim.SGD(by_hand.trainable_parameters(), lr=20.0)
    for _ in range(4):
        for batch in FORMS["ready batches"][0]:
            optimizer.zero_grad()
            by_hand.train()({"rows": batch})[0].backward()
            optimizer.step()
        losses.append(evaluated(by_hand, HELD_OUT)["total"])
        kept.append(bits(by_hand))
    best = min(range(4), key=losses.__getitem__)
    assert best < 2
    objective, (data, held_out) = objective_of(), ({"rows": source} for source in FORMS[form])
    check = Validation(held_out, patience=2)
    history = train(objective, data, epochs=9, validation=check, optimizer=torch.optim.SGD, lr=20.0)
    assert [row["validation/total"] for row in history.epochs] == pytest.approx(losses[: best + 3], rel=1e-5)
    assert history.best == {"epoch": best + 1, "total": pytest.approx(losses[best], rel=1e-5)}
    assert history.stopped == "no better total for 2 validations"
    assert all(torch.equal(kept[best][key], value) for key, value in bits(objective).items() if "steps" not in key)


# ---- the best state --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "mode", "best"), [([3, 1, 2], "min", 2), ([3, 1, 2], "max", 1), ([1, 1, 1], "min", 1)]
)
def test_the_best_state_is_restored(values, mode, best):
    objective = objective_of()
    history, seen = states(objective, validation=watched(values, mode=mode))
    assert history.best == {"epoch": best, "m": values[best - 1]}
    assert equal(seen[best - 1], bits(objective)) and len(seen) == 3
    assert not equal(seen[0], seen[1]) and not equal(seen[1], seen[2])


def test_buffers_belong_to_the_best_state():
    objective = objective_of(student=net(nn.BatchNorm1d(8)))
    _, seen = states(objective, validation=watched([1, 2, 3]))
    assert equal(seen[0], bits(objective))
    assert objective.state_dict()["boxes.f.1.num_batches_tracked"].item() == 3


def test_the_best_state_of_other_boxes_is_not_put_back():
    objective = objective_of()
    richer = objective.diagram.add(ld.Constraint("agreed", rows.column("x", x) >> g, rows.column("y", y)))

    def enrich(progress):
        if progress.epoch == 2:
            objective.update(richer, optimizer=progress.optimizer, modules={g: net(nn.Tanh())})

    with pytest.warns(UserWarning, match="the best state, of epoch 1, is not put back: the objective has other"):
        history = train(objective, validation=watched([1, 2, 3]), callbacks=[enrich])
    assert history.best == {"epoch": 1, "m": 1} and "agreed" in history.epochs[2]


def test_the_last_state_is_kept_where_that_is_asked():
    objective = objective_of()
    history, seen = states(objective, validation=watched([1, 2, 3], restore=False))
    assert history.best == {"epoch": 1, "m": 1} and equal(seen[2], bits(objective))


def test_the_best_state_is_restored_after_a_term_that_is_not_finite():
    objective, seen = objective_of(), []
    data = {"rows": {"x": X.clone(), "y": DATA["rows"]["y"]}}

    def poison(progress):
        seen.append(bits(objective))
        if progress.epoch == 2:
            data["rows"]["x"][:] = math.nan

    with pytest.raises(ld.NonFiniteTerm):
        train(objective, data, validation=watched([1, 2, 3]), callbacks=[poison])
    assert equal(seen[0], bits(objective))


# ---- when to stop ----------------------------------------------------------------------------------------------------


def test_it_stops_after_so_many_validations_without_a_new_best():
    objective = objective_of()
    history = train(objective, epochs=20, validation=watched([5, 4, 4.5, 4, 3, 9, 9, 9, 0], patience=3))
    assert [row["validation/m"] for row in history.epochs] == [5, 4, 4.5, 4, 3, 9, 9, 9]
    assert history.stopped == "no better m for 3 validations" and history.best == {"epoch": 5, "m": 3}


def test_callbacks_see_the_epoch_that_stops_training_too():
    seen = []
    check = watched([1, 2, 3], patience=2)
    train(objective_of(), epochs=20, validation=check, callbacks=[lambda progress: seen.append(progress.epoch)])
    assert seen == [1, 2, 3]


def test_without_patience_it_never_stops():
    assert len(train(objective_of(), epochs=6, validation=watched(range(6))).epochs) == 6


def test_a_metric_that_is_not_a_number_is_never_best():
    objective = objective_of()
    history, seen = states(objective, validation=watched([math.nan, 2, math.nan]))
    assert history.best == {"epoch": 2, "m": 2} and equal(seen[1], bits(objective))


def test_where_every_value_is_nan_nothing_is_best_and_patience_ends():
    objective = objective_of()
    history = train(objective, epochs=9, validation=watched([math.nan] * 9, patience=4))
    assert history.best is None and len(history.epochs) == 4
    last = objective_of()
    train(last, epochs=4)
    assert equal(bits(last), bits(objective))


def test_validation_data_that_does_not_fit_is_refused_before_training():
    objective = objective_of()
    before, y = bits(objective), HELD_OUT["rows"]["y"]
    faults = {
        "column 'y' of sample space 'rows' is missing": {"rows": {"x": V}},
        "no data for sample space 'rows'": {"row": HELD_OUT["rows"]},
        "holds labels 1 … 3": {"rows": {"x": V, "y": y * 0 + torch.arange(21) % 3 + 1}},
        "has dtype float32": {"rows": {"x": V, "y": y.float()}},
        "a column 'z' that the learning diagram does not have": {"rows": {"x": V, "y": y, "z": y}},
        "the data of sample space 'rows' has no length": {"rows": iter([HELD_OUT["rows"]])},
    }
    for message, data in faults.items():
        with pytest.raises(ld.DataError, match=message):
            train(objective, validation=data)
    assert equal(before, bits(objective))


def test_a_monitor_that_nothing_measures_is_refused_before_training():
    objective = objective_of()
    before = bits(objective)
    for check in (Validation(HELD_OUT, monitor="accuracy"), Validation(metrics={"m": len}, monitor="accuracy")):
        with pytest.raises(ld.UnknownName, match="validation does not measure 'accuracy'"):
            train(objective, validation=check)
    with pytest.raises(ld.UnknownName, match="validation does not measure 'total'; known: 'm'"):
        train(objective, validation=Validation(metrics={"m": len}))
    assert equal(before, bits(objective))


@pytest.mark.parametrize("options", [{"mode": "least"}, *({"patience": n} for n in (0, -1, 1.5, "2"))], ids=str)
def test_a_validation_that_makes_no_sense_is_refused(options):
    with pytest.raises(ld.DataError, match=rf"^{next(iter(options))} of validation is"):
        Validation(**{"data": HELD_OUT, **options})
