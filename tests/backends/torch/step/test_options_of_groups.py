"""Options of single boxes: a misspelt name and a rate that is no number are errors; a rate in a partial counts."""

from functools import partial

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

X = ld.Ty("x")
s = ld.SampleSpace("s")
a, b, f = s.column("a", X), s.column("b", X), ld.Box("f", X, X)
A = torch.randn(10, 2)
DATA = {"s": {"a": A, "b": A + 1}}


def line(module=None):
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> f, b))
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={f: module or nn.Linear(2, 2)}))


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ({"weight_decy": 9.0}, ld.UnknownName),
        ({"learning_rate": 1.0}, ld.UnknownName),
        ({"optimizer": torch.optim.SGD, "momentm": 0.9}, ld.UnknownName),
        ({"lr": -1}, ld.TypeMismatch),
        ({"lr": float("nan")}, ld.TypeMismatch),
        ({"lr": "fast"}, ld.TypeMismatch),
    ],
)
def test_an_option_that_means_nothing_is_an_error(option, kind):
    with pytest.raises(kind, match="box 'f'"):
        fit(line(), DATA, steps=1, progress=False, groups={"f": option})


def test_the_rate_of_a_partial_counts():
    history = fit(line(), DATA, steps=1, progress=False, optimizer=partial(torch.optim.SGD, lr=0.5))
    assert history.steps[0]["learning_rate"] == 0.5


def test_sparse_gradients_need_an_optimizer_that_takes_them():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = nn.Embedding(2, 2, sparse=True)

        def forward(self, value):
            return value + self.rows((value[:, 0] > 0).long())

    with pytest.raises(ld.CompileError, match="SparseAdam"):
        fit(line(Table()), DATA, steps=1, progress=False)
    fit(line(Table()), DATA, steps=1, progress=False, optimizer=torch.optim.SGD)


@pytest.mark.parametrize("lr", [float("inf"), float("nan"), -1.0])
def test_a_rate_is_a_finite_number(lr):
    with pytest.raises(ld.DataError):
        fit(line(), DATA, steps=1, progress=False, lr=lr)


@pytest.mark.parametrize("change", [lambda out: (out,), torch.Tensor.long, lambda out: out[:1]])
def test_outputs_are_compared_in_eval_too(change):
    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def forward(self, value):
            return self.linear(value) if self.training else change(self.linear(value))

    with pytest.raises(ld.CompileError, match="'f'"):
        fit(line(Changing()), DATA, steps=1, progress=False, validation=DATA)


@pytest.mark.parametrize(
    ("column", "remedy"),
    [(A.to_sparse(), "to_dense"), (A.to_sparse_csr(), "to_dense"), (A.to("meta"), "device"),
     (torch.nested.nested_tensor([A[0], A[1]]), "pad")],
)  # fmt: skip
def test_columns_that_hold_no_rows_of_numbers_are_data_errors(column, remedy):
    with pytest.raises(ld.DataError, match=remedy):
        fit(line(), {"s": {"a": column, "b": A[: column.size(0)]}}, epochs=1, progress=False)


def test_numbers_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy")
    choice = {"name": "huber", "delta": numpy.float64(0.5)}
    constraint = ld.Constraint("c", a >> f, b, divergence=choice)
    objective = compile(ld.LearningDiagram(constraint), TorchFunctor(ob={X: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
    assert "delta=0.5" in objective.code and objective(DATA)[0].isfinite()


def game(own=("critic", "maker")):
    """Two players, those in `own` with a rate of their own."""
    boxes = {name: ld.Box(name, X, X) for name in ("critic", "maker")}
    constraints = [ld.Constraint(name, a >> box, b) for name, box in boxes.items()]
    adam = {"optimizer": {"name": "adam", "lr": 0.1}}
    players = {name: {"terms": [name], "boxes": [name]} | (adam if name in own else {}) for name in boxes}
    diagram = ld.LearningDiagram(*constraints, players=players)
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={box: nn.Linear(2, 2) for box in boxes.values()}))


def made(objective, names=("critic", "maker")):
    return {name: torch.optim.SGD(objective.players[name].trainable_parameters(), 0.1) for name in names}


def test_an_option_that_no_optimizer_uses_as_all_are_made_already_is_an_error():
    objective = line()
    sgd = torch.optim.SGD(objective.trainable_parameters(), 0.1)
    choices = ({"optimizer": sgd}, {"groups": {"f": {"optimizer": sgd}}})
    for choice in choices:
        for option in ({"lr": 0.1}, {"lr": 1e-3}, {"no_decay": True}):
            name = min(option)
            with pytest.raises(ld.TypeMismatch, match=f"{name}= has no effect on an optimizer that is made already"):
                fit(objective, DATA, steps=1, progress=False, **choice, **option)
        fit(objective, DATA, steps=1, progress=False, **choice)


def test_a_rate_that_no_player_uses_as_all_optimizers_are_made_already_is_an_error():
    for own in ((), ("critic", "maker")):
        objective = game(own)
        with pytest.raises(ld.TypeMismatch, match="lr= has no effect on optimizers that are made already"):
            fit(objective, DATA, steps=1, progress=False, lr=0.5, optimizer=made(objective))
    objective = game(["maker"])
    with pytest.raises(ld.TypeMismatch, match=r"'critic', 'maker' name their own .* as groups=\{'maker': \{'lr': 0\.5"):
        fit(objective, DATA, steps=1, progress=False, lr=0.5, optimizer=made(objective, ["critic"]))


def test_a_rate_beside_one_optimizer_that_is_made_already_is_that_of_the_others():
    objective, seen = game([]), []
    fit(
        objective, DATA, steps=2, progress=False, lr=0.5,
        optimizer={"critic": torch.optim.SGD} | made(objective, ["maker"]),
        callbacks=[lambda progress: seen.append(progress.optimizer)],
    )  # fmt: skip
    assert [optimizer.param_groups[0]["lr"] for optimizer in seen[0].values()] == [0.5, 0.1]
