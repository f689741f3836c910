"""A batch like the one before is checked by its shapes alone, and a faulty one is found at every call."""

import pytest
import torch
from torch.utils.data import DataLoader

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.data.batch import BatchLayout

X, Y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
GOOD = {"x": torch.zeros(4, 2), "y": torch.zeros(4, dtype=torch.int64)}
FAULTS = {
    "a column is missing": ({"x": GOOD["x"]}, "is missing"),
    "an unknown column": ({**GOOD, "z": torch.zeros(4)}, "'z'"),
    "a mask beside its column": (
        {**GOOD, "z": torch.ones(4, dtype=torch.bool)},
        r"give that column as \(values, mask\)",
    ),
    "other rows": ({**GOOD, "y": GOOD["y"][:3]}, "rows"),
    "another shape": ({**GOOD, "x": torch.zeros(4, 3)}, "shape"),
    "another dtype": ({**GOOD, "y": torch.zeros(4)}, "dtype"),
    "no row": ({name: column[:0] for name, column in GOOD.items()}, "no row"),
    "a gradient": ({**GOOD, "x": torch.zeros(4, 2, requires_grad=True)}, "gradient"),
    "a list": ({**GOOD, "x": [[0.0, 0.0]] * 4}, "list"),
    "no columns": (None, "missing"),
}


def objective():
    kernel = ld.Kernel("f", X, Y)
    constraint = ld.Constraint("fit", rows.column("x", X) >> kernel, rows.column("y", Y))
    functor = TorchFunctor({X: Euclidean(2), Y: Finite(3)}, {kernel: torch.nn.Linear(2, 3)})
    return compile(ld.LearningDiagram(constraint), functor)


@pytest.mark.parametrize("columns, message", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_after_a_good_batch_and_again(columns, message):
    loss = objective()
    for _ in range(2):
        loss({"rows": GOOD})
        with pytest.raises(ld.DataError, match=message):
            loss({} if columns is None else {"rows": columns})


def test_a_batch_without_the_level_of_its_sample_space_is_told_so():
    with pytest.raises(ld.DataError, match=r"'x' is a column: give {'rows': {'x': …}}"):
        objective()(GOOD)


def test_an_unknown_sample_space_is_found_after_a_good_batch():
    loss = objective()
    loss({"rows": GOOD})
    for extra in ({}, GOOD):
        with pytest.raises(ld.DataError, match="'others'"):
            loss({"rows": GOOD, "others": extra})


def test_what_was_let_pass_without_strict_is_refused_with_it():
    loss, batch = objective(), {"rows": {**GOOD, "z": torch.zeros(4)}}
    loss(batch, strict=False)
    with pytest.raises(ld.DataError, match="'z'"):
        loss(batch)


def test_masks_come_and_go():
    loss = objective()
    whole = loss({"rows": GOOD})[0]
    mask = torch.tensor([True, False, False, False])
    some = loss({"rows": {**GOOD, "y": (torch.ones(4, dtype=torch.int64), mask)}})[0]
    torch.testing.assert_close(loss({"rows": {**GOOD, "y": torch.ones(4, dtype=torch.int64)}})[0], some)
    torch.testing.assert_close(loss({"rows": GOOD})[0], whole)


def test_batches_of_one_shape_are_checked_once(monkeypatch):
    calls, check = [], BatchLayout._check
    monkeypatch.setattr(BatchLayout, "_check", lambda *batch: calls.append(batch) or check(*batch))
    loss = objective()
    for count in (4, 4, 4, 2, 2):
        loss({"rows": {name: column[:count] for name, column in GOOD.items()}})
    assert len(calls) == 2


# ---- values that PyTorch takes without a word ------------------------------------------------------------------------


def silent(space, prediction=3):
    kernel = ld.Kernel("f", X, Y)
    constraint = ld.Constraint("fit", rows.column("x", X) >> kernel, rows.column("y", Y))
    return compile(
        ld.LearningDiagram(constraint),
        TorchFunctor({X: Euclidean(2), Y: space}, {kernel: torch.nn.Linear(2, prediction)}),
    )


SOFT = torch.tensor([[0.2, 0.3, 0.5]]).repeat(4, 1)
BITS = torch.tensor([[0.0, 1.0, 1.0]]).repeat(4, 1)
SILENT = {
    "soft": (Finite(3, soft=True), SOFT, "holds rows that are no probabilities"),
    "bits": (Bernoulli(3), BITS, "where the bits of .* are 0 or 1"),
}


def doors(loss, good, bad):
    """What reads a batch, each with a batch whose last row is wrong."""
    batch = {"rows": {"x": GOOD["x"], "y": bad}}
    loader = DataLoader([{"x": x, "y": y} for x, y in zip(GOOD["x"], bad, strict=True)], batch_size=2)
    options = {"epochs": 1, "progress": False, "device": "cpu"}
    return {
        "a call": lambda: loss(batch),
        "a call of a compiled objective's loss by rows": lambda: loss.defects(batch),
        "fit": lambda: fit(loss, batch, **options),
        "fit on a loader": lambda: fit(loss, {"rows": loader}, **options),
        "evaluate": lambda: loss.evaluate(batch),
        "evaluate on a loader": lambda: loss.evaluate({"rows": loader}),
        "validation": lambda: fit(loss, {"rows": GOOD | {"y": good}}, validation=batch, **options),
        "validation on a loader": lambda: fit(
            loss, {"rows": GOOD | {"y": good}}, validation={"rows": loader}, **options
        ),
    }


@pytest.mark.parametrize("kind", SILENT)
def test_every_door_checks_soft_labels_and_bits(kind):
    space, good, message = SILENT[kind]
    bad = good.clone()
    bad[-1, 0] = 0.7
    for name in doors(silent(space), good, bad):
        with pytest.raises(ld.DataError, match=message):
            doors(silent(space), good, bad)[name]()
    mask = torch.tensor([True, True, True, False])
    assert silent(space)({"rows": {"x": GOOD["x"], "y": (bad, mask)}})[0].isfinite()


def test_fit_checks_values_once_and_a_step_reads_none(monkeypatch):
    calls, check = [], BatchLayout.check_values
    monkeypatch.setattr(BatchLayout, "check_values", lambda *arguments: calls.append(1) or check(*arguments))
    loss = silent(Bernoulli(3))
    fit(loss, {"rows": {"x": GOOD["x"], "y": BITS}}, epochs=3, batch_size=2, progress=False, device="cpu")
    assert len(calls) == 1
    loss({"rows": {"x": GOOD["x"], "y": BITS}})
    assert len(calls) == 2
    calls.clear()
    objective()({"rows": GOOD})  # PyTorch fails at labels by itself
    assert not calls
