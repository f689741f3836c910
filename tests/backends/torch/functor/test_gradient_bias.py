"""Gradients through draws: their bias in numbers, and none that is NaN where an outcome is sure."""

import math

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.draws import SAMPLERS

torch.set_num_threads(1)
x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, target = rows.column("x", x), rows.column("target", x)


class Logits(nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, value):
        return self.logits.expand(len(value), -1)


BIASED = {("straight-through", 1.0): -0.064, ("gumbel", 1.0): 0.128, ("gumbel", 0.2): 0.248}  # the exact one is 0.320


@pytest.mark.parametrize("bits", [False, True], ids=["finite", "bits"])
@pytest.mark.parametrize(("sample", "temperature"), BIASED)
def test_gradients_through_draws_are_biased(sample, temperature, bits):
    """Outcomes 0 and 2 with probabilities 0.8 and 0.2, squared error to ½: d/dlogit of 0.8 · 0.25 + 0.2 · 2.25.

    The mean of 100,000 seeded estimates is that of the table within 0.01, and the exact gradient is far from it.
    """
    make = Bernoulli if bits else Finite
    space, logit = make(2 - bits, sample=sample, temperature=temperature), math.log(0.2 / 0.8)
    law = Logits(torch.tensor([logit] if bits else [0.0, logit], dtype=torch.float64))
    d = ld.LearningDiagram(ld.Constraint("c", x_of >> ld.Kernel("k", x, y) >> ld.Box("read", y, x), target))
    loss = compile(d, TorchFunctor({x: Euclidean(1), y: space}, {"k": law, "read": lambda v: 2 * v[:, -1:]}))
    torch.manual_seed(0)
    half = torch.full((100_000, 1), 0.5, dtype=torch.float64)
    total = loss({"rows": {"x": half, "target": half}})[0]
    estimate = torch.autograd.grad(total, law.logits)[0][-1].item()
    p = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    exact = torch.autograd.grad((1 - p.sigmoid()) * 0.25 + p.sigmoid() * 2.25, p)[0].item()
    assert exact == pytest.approx(0.32)
    assert estimate == pytest.approx(BIASED[sample, temperature], abs=0.01)
    assert abs(estimate - exact) > 0.04


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "draw"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sure_outcome_is_drawn_and_passes_no_nan_back(name, dtype):
    options = {"temperature": 0.5} if name.startswith("gumbel") else {}
    sure = [math.inf, -math.inf] if name.endswith("bits") else [0.3, -math.inf]
    logits = torch.tensor([sure] * 8, dtype=dtype, requires_grad=True)
    drawn = SAMPLERS[name](logits, **options)
    assert drawn.tolist() == [[1.0, 0.0]] * 8
    assert torch.autograd.grad((drawn * torch.tensor([1.0, 3.0], dtype=dtype)).sum(), logits)[0].isfinite().all()


@pytest.mark.parametrize("temperature", [0, -1.0, True, math.inf, math.nan, "1"])
def test_a_temperature_is_a_finite_number_above_0(temperature):
    for make in (lambda **o: Finite(3, **o), lambda **o: Bernoulli(3, **o), lambda **o: Tokens(3, 2, **o)):
        with pytest.raises(ld.CompileError, match=r"temperature of .* must be a"):
            make(sample="gumbel", temperature=temperature)
