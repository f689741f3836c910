"""A batch like the one before is checked by its shapes alone, and a faulty one is found at every call."""

import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.data.batch import BatchLayout

X, Y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
GOOD = {"x": torch.zeros(4, 2), "y": torch.zeros(4, dtype=torch.int64)}
FAULTS = {
    "a column is missing": ({"x": GOOD["x"]}, "is missing"),
    "an unknown column": ({**GOOD, "z": torch.zeros(4)}, "'z'"),
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
