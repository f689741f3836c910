"""What `compile` makes of a pasting of squares is the loss functor of the pasting, to the last digits of float64."""

import warnings

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.semantics.functor.loss import LossFunctor
from loss_law import NAMES, compiled_loss_is_the_loss_functor, grids, n

torch.set_num_threads(1)


@given(grids(ld.Box), st.integers(1, 3), st.integers(1, 4), st.integers(0, 10**6))
def test_the_compiled_loss_of_a_pasting_is_its_loss_functor(square, dim, rows, seed):
    """Boxes are linear maps; a law is a tensor of points [rows, dim]; a 2-cell measures the mean squared error."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(rows, dim, generator=generator, dtype=torch.float64)
    matrices = {name: torch.randn(dim, dim, generator=generator, dtype=torch.float64) / dim for name in NAMES}

    def push(p, diagram):
        for box in diagram.boxes:
            p = p @ matrices[box.name].T
        return p

    def value(cell, p):
        difference = push(p, cell.equation.lhs) - push(p, cell.equation.rhs)
        return difference.square().sum(1).mean()

    def loss(diagram):
        modules = {}
        for box in diagram.boxes:
            modules[box.name] = nn.Linear(dim, dim, bias=False, dtype=torch.float64)
            modules[box.name].weight = nn.Parameter(matrices[box.name])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "constraint .* is proved by the theory alone")
            objective = compile(diagram, TorchFunctor({n: Euclidean(dim)}, modules))
        return objective({"rows": {"x": points}})[0].detach()

    compiled_loss_is_the_loss_functor(
        square, ld.SampleSpace("rows").column("x", n), points, LossFunctor(value, push), loss,
        lambda a, b: abs(a - b) <= 1e-12 * max(1.0, abs(b)),
    )  # fmt: skip
