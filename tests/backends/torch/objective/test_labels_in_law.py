"""Labels that are compared in law are counted: the value by hand, and the memory of a fresh process."""

import math
import subprocess
import sys

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Finite, TorchFunctor, compile

torch.set_num_threads(1)
y, left, right = ld.Ty("y"), ld.SampleSpace("left"), ld.SampleSpace("right")
label, other = left.column("label", y), right.column("other", y)
law = ld.Kernel("law", ld.Ty(), y)


class Law(nn.Module):
    """A kernel from I: the logits of one row."""

    def __init__(self, outcomes):
        super().__init__()
        self.logits = nn.Parameter(torch.linspace(-1, 1, outcomes)[None])

    def forward(self):
        return self.logits


def objective(lhs, rhs, outcomes, **ar):
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs)), TorchFunctor(ob={y: Finite(outcomes)}, ar=ar))


def shares(labels, outcomes, present=None):
    kept = labels if present is None else labels[present]
    return torch.bincount(kept, minlength=outcomes).double() / len(kept)


def kl(r, p):
    return (torch.xlogy(r, r) - torch.xlogy(r, p)).sum().item()


@pytest.mark.parametrize("masked", [False, True])
def test_the_value_is_that_of_the_shares_counted_by_hand(masked):
    torch.manual_seed(0)
    outcomes, model = 7, Law(7).double()
    a, b = torch.randint(outcomes, (500,)), torch.arange(300) % outcomes
    present = torch.rand(500) < 0.5 if masked else None
    column = a if present is None else (a, present)
    total, _ = objective(law, left.state >> label, outcomes, law=model)({"left": {"label": column}})
    r = shares(a, outcomes, present)
    assert total.item() == pytest.approx(kl(r, model.logits.softmax(-1)[0]), abs=1e-12)
    total.backward()  # of a cross-entropy: p − r
    torch.testing.assert_close(model.logits.grad[0], model.logits.softmax(-1)[0].detach() - r, atol=1e-12, rtol=0)
    both = objective(right.state >> other, left.state >> label, outcomes)
    total, _ = both({"left": {"label": column}, "right": {"other": b}})
    assert total.item() == pytest.approx(kl(r, shares(b, outcomes)), abs=1e-6)


def test_without_a_present_row_the_term_is_zero():
    batch = {"left": {"label": (torch.tensor([0, 1, 2, 2]), torch.zeros(4, dtype=torch.bool))}}
    model = Law(3)
    total, _ = objective(law, left.state >> label, 3, law=model)(batch)
    total.backward()
    assert total.item() == 0 and model.logits.grad.eq(0).all()


def peak_growth():
    """How many megabytes the peak of a process grows by, with 4096 rows of 50,000 outcomes."""
    import resource

    outcomes, labels = 50_000, torch.randint(50_000, (4096,))
    masked = labels, torch.rand(4096) < 0.9
    losses = [objective(law, left.state >> label, outcomes, law=Law(outcomes)),
              objective(right.state >> other, left.state >> label, outcomes)]  # fmt: skip
    small = {"left": {"label": labels[:2]}, "right": {"other": labels[:2]}}
    for loss in losses:
        loss(small, strict=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for columns in ((labels, labels), (masked, labels), (labels, masked)):
        for loss in losses:
            total, _ = loss({"left": {"label": columns[0]}, "right": {"other": columns[1]}}, strict=False)
            assert math.isfinite(total.item()) or loss is losses[1]
            if total.requires_grad:
                total.backward()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is of POSIX")
def test_memory_does_not_grow_with_rows_times_outcomes():
    """One-hot vectors of int64 would take 1,600 MB, and repeated probabilities 800 MB."""
    code = f"import runpy; print(runpy.run_path({__file__!r})['peak_growth']())"
    shown = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert float(shown.stdout) < 100
