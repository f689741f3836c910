"""Training and validation on masked columns: the same as on the rows that are there, whatever the data's form."""

import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, compile, fit

torch.set_num_threads(1)
x, y = ld.Ty("x"), ld.Ty("y")
space, other = ld.SampleSpace("space"), ld.SampleSpace("other")
x_of, label, unread, far = space.column("x", x), space.column("y", y), space.column("u", x), other.column("far", x)
net, f = ld.Kernel("net", x, y), ld.Box("f", x, x)
SUPERVISED = ld.Constraint("supervised", x_of >> net, label)
N, MASK = 8, torch.tensor([True, False, True, True, False, False, True, True])
VALUES = torch.randn(N, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.arange(N) % 3
MASKED = {"x": (VALUES.masked_fill(~MASK[:, None], math.nan), MASK), "y": (LABELS.masked_fill(~MASK, -100), MASK)}
WHOLE, PART = {"x": VALUES, "y": LABELS}, {"x": VALUES[MASK], "y": LABELS[MASK]}


def objective(*constraints, **ar):
    torch.manual_seed(0)
    modules = {"net": nn.Linear(2, 3).double(), "f": nn.Linear(2, 2).double()} | ar
    diagram = ld.LearningDiagram(*(constraints or (SUPERVISED,)))
    used = {name: module for name, module in modules.items() if name in {box.name for box in diagram.boxes}}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: Finite(3)}, ar=used))


class RowsOf(Dataset):
    """Rows (value, present), with a present of some form."""

    def __init__(self, form=bool):
        self.form = form

    def __len__(self):
        return N

    def __getitem__(self, i):
        return {name: (values[i], self.form(mask[i])) for name, (values, mask) in MASKED.items()}


class Ready:
    """Batches that are ready, without a length."""

    def __iter__(self):
        yield MASKED


FORMS = {
    "tuples": MASKED,
    "rows of bool": RowsOf(),
    "rows of bool tensors": RowsOf(torch.clone),
    "rows of numpy bool": RowsOf(lambda flag: flag.numpy()[()]),
    "DataLoader": DataLoader(RowsOf(), batch_size=N),
    "ready batches": Ready(),
}


def trained(data, validation=None, **options):
    loss = objective()
    options = {"steps": 5, "batch_size": N, "optimizer": torch.optim.SGD, "lr": 0.1, "device": "cpu"} | options
    fit(loss, {"space": data}, validation=validation, **options)
    return loss


@pytest.mark.parametrize("form", FORMS)
def test_training_is_that_on_the_rows_that_are_there(form):
    ours, expected = trained(FORMS[form]).state_dict(), trained(PART).state_dict()
    torch.testing.assert_close(dict(ours), dict(expected), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("size", [1, 3])
def test_small_batches_in_some_of_which_nothing_is_there_train_on(size):
    """What lies under the mask has no say: bit by bit the same."""
    over = {name: (values, MASK) for name, values in WHOLE.items()}
    ours, expected = (trained(data, batch_size=size, steps=16).state_dict() for data in (MASKED, over))
    assert all(torch.equal(ours[name], expected[name]) and ours[name].isfinite().all() for name in expected)


@pytest.mark.parametrize("form", ["tuples", "rows of bool"])
def test_validation_of_all_rows_is_exact(form):
    loss = trained(WHOLE)
    history = fit(
        loss, {"space": WHOLE}, epochs=1, batch_size=N, lr=0.0, device="cpu", validation={"space": FORMS[form]}
    )
    expected, _ = loss({"space": PART})
    assert history.epochs[-1]["validation/total"] == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("size", [1, 3, 5, N])
@pytest.mark.parametrize("form", ["tuples", "rows of bool"])
def test_validation_in_batches_is_exact_on_masked_columns(form, size):
    """A batch weighs as many rows as it has present ones; one of the batches has none."""
    loss = objective()
    expected, _ = loss({"space": PART})
    measured = loss.evaluate({"space": FORMS[form]}, batch_size=size)
    assert measured["total"] == pytest.approx(expected.item(), rel=1e-12)


def test_a_masked_column_that_no_term_reads_may_be_trained_and_validated_in_batches():
    loss = objective(
        ld.Constraint("c", ld.Copy(space.ty) >> x_of @ unread >> net @ ld.Discard(x), label),
    )
    data = {"space": WHOLE | {"u": (VALUES * math.nan, ~MASK & MASK)}}
    history = fit(loss, data, epochs=1, lr=0.0, device="cpu", validation=Validation(data, batch_size=3))
    expected, _ = loss({"space": WHOLE})
    assert history.epochs[-1]["validation/total"] == pytest.approx(expected.item(), rel=1e-12)


def test_masks_of_pairs_of_unequal_size_are_validated_exactly():
    """Their batches have unequally many rows that count."""
    loss = objective(ld.Constraint("c", x_of @ far >> f @ f, x_of @ far))
    short = {"far": VALUES[:2]}
    repeated = {"far": short["far"][torch.arange(N) % 2][MASK]}
    for other_rows, expected in ((short, repeated), ({"far": VALUES}, {"far": VALUES[MASK]})):
        measured = loss.evaluate({"space": {"x": MASKED["x"]}, "other": other_rows})
        total, _ = loss({"space": {"x": VALUES[MASK]}, "other": expected})
        assert measured["total"] == pytest.approx(total.item(), rel=1e-12)


def test_masks_of_pairs_are_cut_with_their_rows():
    loss = objective(ld.Constraint("c", x_of @ far >> f @ f, x_of @ far))
    batch = {"space": {"x": MASKED["x"]}, "other": {"far": (VALUES[:5], MASK[3:])}}
    cut = loss.layout.cut(batch)
    assert [mask.tolist() for mask in (cut["space"]["x"][1], cut["other"]["far"][1])] == [
        MASK[:5].tolist(), MASK[3:].tolist(),
    ]  # fmt: skip
    assert loss(cut)[0].isfinite()


WRONG = {
    "the mask of column 'y' .* must be a bool tensor .* got .8. float64": (LABELS, MASK.double()),
    "the mask of column 'y' .* got .7. bool beside values .8": (LABELS, MASK[1:]),
    "the mask of column 'y' .* must be a bool tensor .* got .8. int64 beside": (LABELS, MASK.long().tolist()),
    "the mask of column 'y' .* got .8, 1. bool": (LABELS, MASK[:, None]),
    "column 'y' .* has dtype bool": MASK,
    "column 'y' .* holds labels -100 … 1": (LABELS.masked_fill(~MASK, -100), MASK.roll(1)),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_mask_is_found_before_training_and_before_validation(message):
    data = WHOLE | {"y": WRONG[message]}
    for training, validation in ((data, None), (WHOLE, {"space": data})):
        with pytest.raises(ld.DataError, match=message):
            trained(training, validation)


def test_rows_with_a_mask_of_numbers_are_a_data_error():
    with pytest.raises(ld.DataError, match=r"the mask of column '[xy]' .* float"):
        trained(RowsOf(float))


def test_wrong_labels_under_a_mask_are_found_by_no_check_and_those_beside_it_are():
    trained(WHOLE | {"y": (LABELS.masked_fill(~MASK, 10**9), MASK)})
    with pytest.raises(ld.DataError, match="holds labels 1000000000"):
        trained(WHOLE | {"y": (LABELS.masked_fill(MASK, 10**9), MASK)})
