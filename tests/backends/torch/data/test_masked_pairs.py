"""What is made of several masked columns is made of values that are present together."""

import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

torch.set_num_threads(1)
x, rows = ld.Ty("x"), ld.SampleSpace("rows")
a, b, c = (rows.column(name, x) for name in "abc")
root = ld.Box("root", x @ x, x)
scale = ld.Box("scale", x, x)
PRESENT = torch.tensor([True, False, True, True])


def objective():
    """√|p − q| of two scaled columns, which has no gradient at p = q, against a third."""
    net = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64)
    torch.nn.init.eye_(net.weight)
    pair = ld.Copy(rows.ty) >> (a >> scale) @ (b >> scale) >> root
    modules = {root: lambda p, q: (p - q).abs().sqrt(), scale: net}
    diagram = ld.LearningDiagram(ld.Constraint("c", pair, c))
    return compile(diagram, TorchFunctor({x: Euclidean(2)}, modules)), net


def data():
    torch.manual_seed(0)
    columns = {name: torch.randn(4, 2, dtype=torch.float64) for name in "abc"}
    columns["a"][1] = columns["b"][0]  # b is absent in row 1, and is filled by its value in row 0
    return columns


@pytest.mark.parametrize("junk", [float("nan"), 0.0])
def test_a_filled_value_meets_no_value_of_another_row(junk):
    loss, net = objective()
    columns = data()
    total, _ = loss({"rows": {name: values[PRESENT] for name, values in columns.items()}})
    expected = torch.autograd.grad(total, net.weight)[0]
    columns["b"][1] = junk
    masked, _ = loss({"rows": columns | {"b": (columns["b"], PRESENT)}})
    torch.testing.assert_close(masked, total)
    torch.testing.assert_close(torch.autograd.grad(masked, net.weight)[0], expected)
