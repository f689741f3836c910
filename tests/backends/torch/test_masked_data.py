"""Masks on their way: training data of each kind, validation, paired batches, `torch.compile`, copies; wrong masks."""

import copy
import pickle

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, batches, compile, fit

torch.set_num_threads(1)
x, digit = ld.Ty("x"), ld.Ty("digit")
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
x_of, label, w_of = rows.column("x", x), rows.column("label", digit), others.column("w", x)
f, join, k = ld.Box("f", x, x), ld.Box("join", x @ x, x), ld.Kernel("k", x, digit)
DIAGRAM = ld.LearningDiagram(
    ld.Constraint("labelled", x_of >> k, label),
    ld.Constraint("rebuilt", f, ld.Id(x), over=x_of, weight=0.3),
)
X = torch.linspace(-1, 1, 16, dtype=torch.float64).reshape(8, 2)
Y = torch.tensor([0, 1, 2, 0, -100, 2, 10**9, 1])
HERE = torch.tensor([True, True, False, True, False, True, False, True])


def objective_of(diagram=DIAGRAM):
    torch.manual_seed(0)
    modules = {"f": nn.Linear(2, 2), "k": nn.Linear(2, 3), "join": nn.Bilinear(2, 2, 2)}
    ar = {name: module.double() for name, module in modules.items()}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), digit: Finite(3)}, ar=ar))


def state(objective):
    return torch.cat([p.detach().flatten() for p in objective.parameters()])


class Rows(torch.utils.data.Dataset):
    """Rows whose label is a pair (value, bool)."""

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return {"x": X[i], "label": (Y[i], bool(HERE[i]))}


class Ready:
    """An iterable of one ready batch, which can be started again."""

    def __iter__(self):
        yield {"x": X, "label": (Y, HERE)}


SOURCES = {
    "a dict": ({"x": X, "label": (Y, HERE)}, {"epochs": 3, "batch_size": 8}),
    "a dict of lists": ({"x": X, "label": [Y, HERE]}, {"epochs": 3, "batch_size": 8}),
    "a Dataset": (Rows(), {"epochs": 3, "batch_size": 8}),
    "ready batches": (Ready(), {"steps": 3}),
    "a DataLoader": (torch.utils.data.DataLoader(Rows(), batch_size=8), {"steps": 3}),
}


@pytest.mark.parametrize("source", SOURCES)
def test_fit_on_masked_data_is_descent_on_the_rows_that_are_present(source):
    data, length = SOURCES[source]
    objective, plain = objective_of(), objective_of()
    fit(objective, {"rows": data}, optimizer=torch.optim.SGD, lr=0.1, progress=False, device="cpu", **length)
    for _ in range(3):
        loss = nn.functional.cross_entropy(plain.functor(k)(X[HERE]), Y[HERE])
        loss = loss + 0.3 * (plain.functor(f)(X) - X).square().sum(1).mean()
        parameters = plain.trainable_parameters()
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.data -= 0.1 * gradient
    torch.testing.assert_close(state(objective), state(plain), rtol=1e-12, atol=1e-14)


def test_each_row_keeps_its_mask_through_shuffles_and_cuts():
    """Values tell which rows they are; a mask that holds for the even ones must do so in every batch."""
    pair = ld.LearningDiagram(ld.Constraint("c", join, x @ ld.Discard(x), over=x_of @ w_of))
    number = torch.arange(5.0, dtype=torch.float64).repeat_interleave(2).reshape(5, 2)
    data = {"rows": {"x": (number, number[:, 0] % 2 == 0)}, "others": {"w": (number[:3], number[:3, 0] % 2 == 0)}}
    sizes = []
    for batch in batches(data, epochs=4, batch_size=3, objective=objective_of(pair)):
        (a, here), (b, there) = batch["rows"]["x"], batch["others"]["w"]
        assert torch.equal(here, a[:, 0] % 2 == 0) and torch.equal(there, b[:, 0] % 2 == 0)
        sizes.append([len(part) for part in (a, here, b, there)])
    assert sizes == [[3] * 4, [2] * 4] * 4


def test_validation_measures_the_rows_that_are_present():
    objective = objective_of()
    data = {"rows": {"x": X, "label": (Y, HERE)}}
    history = fit(objective, data, epochs=1, validation=Validation(data, restore=False), progress=False, device="cpu")
    expected = nn.functional.cross_entropy(objective.functor(k)(X[HERE]), Y[HERE]).item()
    assert history.epochs[-1]["validation/labelled"] == pytest.approx(expected, rel=1e-12)


def test_validation_in_batches_with_masks_is_refused():
    """Batches with unequal numbers of present rows do not average to the term."""
    data = {"rows": {"x": X, "label": (Y, HERE)}}
    for given in (data, {"rows": Rows()}):
        with pytest.raises(ld.DataError, match=r"has a mask.*leave batch_size=None"):
            fit(objective_of(), data, epochs=1, validation=Validation(given, batch_size=3), progress=False)


def test_a_label_out_of_range_is_an_error_where_it_is_present():
    with pytest.raises(ld.DataError, match="labels 0 … 1000000000"):
        fit(objective_of(), {"rows": {"x": X, "label": (Y, HERE | (Y == 10**9))}}, epochs=1, progress=False)


def test_torch_compile_with_masks_is_eager():
    objective = objective_of()
    compiled = torch.compile(objective, fullgraph=True, backend="aot_eager")
    for here in (HERE, ~HERE, HERE & ~HERE):
        batch = {"rows": {"x": (X, here.roll(1)), "label": (torch.where(here, Y.clamp(0, 2), -100), here)}}
        (total, terms), (plain, expected) = compiled(batch), objective(batch)
        torch.testing.assert_close((total, terms), (plain, expected), rtol=1e-12, atol=1e-14)
        ours = torch.autograd.grad(total, objective.trainable_parameters())
        theirs = torch.autograd.grad(plain, objective.trainable_parameters())
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deep", "pickle"])
def test_copies_take_masks(duplicate):
    objective, batch = objective_of(), {"rows": {"x": X, "label": (Y, HERE)}}
    other = duplicate(objective)
    torch.testing.assert_close(other(batch), objective(batch), rtol=0, atol=0)
    torch.testing.assert_close(other.defects(batch), objective.defects(batch), rtol=0, atol=0)


WRONG = {
    "must be a bool tensor.*got \\[8\\] float32": (X, HERE.float()),
    "must be a bool tensor.*got \\[8\\] int64": (X, HERE.long()),
    "must be a bool tensor.*got \\[7\\] bool": (X, HERE[:7]),
    "must be a bool tensor.*got \\[8, 1\\] bool": (X, HERE[:, None]),
    "must be a bool tensor.*got \\[8, 2\\] bool": (X, HERE[:, None].expand(8, 2)),
    "must be a bool tensor.*got a list": (X, HERE.tolist()),
    "must be a bool tensor.*got a NoneType|got None": (X, None),
    "has dtype bool": HERE[:, None].expand(8, 2),
    "must be a tensor or \\(tensor, mask\\), got a tuple": (X,),
    "must be a tensor or \\(tensor, mask\\)": (X, HERE, HERE),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_mask_is_a_data_error(message):
    batch = {"rows": {"x": WRONG[message], "label": Y.clamp(0, 2)}}
    for call in (objective_of(), objective_of().defects):
        with pytest.raises(ld.DataError, match=message):
            call(batch)
    with pytest.raises(ld.DataError):
        fit(objective_of(), batch, epochs=1, progress=False)


def test_a_model_takes_no_mask():
    model = objective_of().model(x_of >> k)
    with pytest.raises(ld.DataError, match="column 'x' must be a tensor, and a model takes no mask"):
        model({"x": (X, HERE)})
    with pytest.raises(ld.DataError, match="must be a tensor"):
        objective_of().model(k)((X, HERE))
