"""Complex points: what is measured is the absolute value of the difference."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Space, TorchFunctor, compile, fit

torch.set_num_threads(1)
x = ld.Ty("x")
rows = ld.SampleSpace("rows")
a, b, f = rows.column("a", x), rows.column("b", x), ld.Box("f", x, x)
VALUES = {
    "squared_error": lambda z: z.abs().square().sum(1),
    "mean_squared_error": lambda z: z.abs().square().mean(1),
    "absolute": lambda z: z.abs().sum(1),
}


def objective(name, space, module):
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> f, b, divergence=name))
    return compile(diagram, TorchFunctor(ob={x: space}, ar={f: module}))


@pytest.mark.parametrize(
    "space", [Euclidean(3, dtype=torch.complex128), Space((3,), torch.complex128)], ids=["ℝ", "any"]
)
@pytest.mark.parametrize("name", VALUES)
def test_the_value_is_that_of_absolute_values(name, space):
    torch.manual_seed(0)
    module = nn.Linear(3, 3, dtype=torch.complex128)
    p, r = torch.randn(2, 4, 3, dtype=torch.complex128)
    loss = objective(name, space, module)
    total, _ = loss({"rows": {"a": p, "b": r}})
    torch.testing.assert_close(total, VALUES[name](module(p) - r).mean(), rtol=1e-12, atol=1e-12)
    assert total.dtype == torch.float64
    mask = torch.tensor([[True, False, True], [True, True, True], [False] * 3, [False, True, False]])
    total, _ = loss({"rows": {"a": p, "b": (torch.where(mask, r, torch.nan), mask)}})
    each = [VALUES[name]((module(p) - r)[i : i + 1, mask[i]]) for i in (0, 1, 3)]
    torch.testing.assert_close(total, torch.cat(each).mean(), rtol=1e-12, atol=1e-12)
    total.backward()
    assert module.weight.grad.isfinite().all()


def test_complex_points_train():
    torch.manual_seed(0)
    p = torch.randn(64, 2, dtype=torch.complex64)
    turn = torch.tensor([[0, 1j], [1, 0]])
    data = {"rows": {"a": p, "b": p @ turn}}
    loss = objective(None, Euclidean(2, dtype=torch.complex64), nn.Linear(2, 2, dtype=torch.complex64))
    history = fit(loss, data, epochs=60, lr=0.05, clip_norm=10.0, progress=False)
    assert history.epochs[-1]["total"] < 1e-2


@pytest.mark.parametrize("name", ["huber", "cosine", "difference", "info_nce"])
def test_what_has_no_complex_value_is_a_typed_error(name):
    with pytest.raises(ld.CompileError, match="what fits: 'absolute', 'mean_squared_error', 'squared_error'"):
        objective(name, Euclidean(2, dtype=torch.complex64), nn.Linear(2, 2, dtype=torch.complex64))


def test_a_real_column_is_no_complex_one():
    loss = objective(None, Euclidean(2, dtype=torch.complex64), nn.Linear(2, 2, dtype=torch.complex64))
    with pytest.raises(
        ld.DataError, match=r"has dtype float32, where .* needs complex64; convert it, as in .to.torch.com"
    ):
        loss({"rows": {"a": torch.zeros(2, 2), "b": torch.zeros(2, 2)}})
    with pytest.raises(ld.CompileError, match="dtype of Euclidean is a floating or a complex dtype"):
        Euclidean(2, dtype=torch.int64)
