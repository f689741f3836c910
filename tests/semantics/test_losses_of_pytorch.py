"""The names of PyTorch's losses: what each is here, with the factor between a sum and PyTorch's mean."""

from pathlib import Path

import pytest
import torch
from torch.distributions import Independent, Normal, Poisson
from torch.nn import functional as F

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.semantics.divergences import KINDS, divergence
from learning_diagrams.semantics.losses_of_pytorch import loss_of_pytorch

ROWS, N = 6, 4
PAGE = Path(__file__).resolve().parents[2] / "docs" / "divergences.md"
points, other = torch.randn(2, ROWS, N, dtype=torch.float64)
labels, bits, counts = torch.arange(ROWS) % N, (other > 0).double(), torch.arange(ROWS * N).reshape(ROWS, N) % 3 + 2.0
scale = other.abs() + 0.1
X, Y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
SPACE = Euclidean(N, dtype=torch.float64)


def term(named, space, reference, output):
    """The term of what a module returns against a column."""
    box = ld.Box if isinstance(output, torch.Tensor) and space.outcomes is None and space is SPACE else ld.Kernel
    f = box("f", X, Y)
    constraint = ld.Constraint("c", rows.column("x", X) >> f, rows.column("y", Y), divergence=named)
    functor = TorchFunctor(ob={X: SPACE, Y: space}, ar={f: lambda x: output if len(x) == ROWS else shorter(output, x)})
    return compile(ld.LearningDiagram(constraint), functor)({"rows": {"x": points, "y": reference}})[0]


def shorter(output, x):
    if isinstance(output, torch.Tensor):
        return torch.zeros(len(x), *output.shape[1:], dtype=output.dtype, device=x.device)
    zero = torch.zeros_like(x)
    law = output.base_dist
    return Independent(Normal(zero, zero + 1) if isinstance(law, Normal) else Poisson(zero + 1), 1)


# The name in PyTorch, the divergence here, its term, and PyTorch's loss with the factor of the message.
MEAN = {"reduction": "mean"}
SAME = {
    "MSELoss": ("mean_squared_error", SPACE, other, points, lambda: F.mse_loss(points, other, **MEAN)),
    "SSE": ("squared_error", SPACE, other, points, lambda: N * F.mse_loss(points, other, **MEAN)),
    "nn.L1Loss": ("absolute", SPACE, other, points, lambda: N * F.l1_loss(points, other, **MEAN)),
    "huber_loss": (
        {"name": "huber", "delta": 0.3}, SPACE, other, points,
        lambda: N * F.huber_loss(points, other, **MEAN, delta=0.3),
    ),
    "F.smooth_l1_loss": (
        {"name": "huber", "delta": 0.3}, SPACE, other, points,
        lambda: N * 0.3 * F.smooth_l1_loss(points, other, **MEAN, beta=0.3),
    ),
    "CosineEmbeddingLoss": (
        "cosine", SPACE, other, points,
        lambda: F.cosine_embedding_loss(points, other, torch.ones(ROWS, dtype=torch.float64), **MEAN),
    ),
    "CrossEntropyLoss": ("kl", Finite(N), labels, points, lambda: F.cross_entropy(points, labels, **MEAN)),
    "bce_with_logits": (
        "kl", Bernoulli(N), bits.float(), points,
        lambda: N * F.binary_cross_entropy_with_logits(points, bits, **MEAN),
    ),
    "GaussianNLLLoss": (
        "nll", SPACE, other, Independent(Normal(points, scale), 1),
        lambda: N * F.gaussian_nll_loss(points, other, scale**2, full=True, **MEAN),
    ),
    "PoissonNLLLoss": (
        "nll", SPACE, counts.double(), Independent(Poisson(points.exp()), 1),
        lambda: N * F.poisson_nll_loss(points, counts.double(), **MEAN) + torch.lgamma(counts + 1).sum(1).mean(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_loss_of_pytorch_is_the_divergence_of_the_message_up_to_the_factor_that_it_says(name):
    named, space, reference, output, there = SAME[name]
    torch.testing.assert_close(term(named, space, reference, output), there(), rtol=1e-6, atol=1e-6)
    message = loss_of_pytorch(name)
    assert repr(named if isinstance(named, str) else named["name"]) in message
    assert ("weight 1/" in message) == (name not in ("MSELoss", "SSE", "CosineEmbeddingLoss", "CrossEntropyLoss"))


NAMES = """L1Loss NLLLoss KLDivLoss MSELoss BCELoss BCEWithLogitsLoss CosineEmbeddingLoss CTCLoss HuberLoss
SmoothL1Loss HingeEmbeddingLoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss
TripletMarginLoss TripletMarginWithDistanceLoss SoftMarginLoss PoissonNLLLoss GaussianNLLLoss CrossEntropyLoss
cosine_embedding_loss ctc_loss gaussian_nll_loss hinge_embedding_loss huber_loss l1_loss margin_ranking_loss mse_loss
multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss poisson_nll_loss smooth_l1_loss
soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss binary_cross_entropy cross_entropy kl_div
binary_cross_entropy_with_logits mae l1 mse smooth_l1 gaussian_nll bce nn.L1Loss torch.nn.functional.l1_loss"""


def test_each_loss_of_pytorch_is_known_by_each_of_its_names():
    for name in NAMES.split():
        said = loss_of_pytorch(name)
        assert said and ("own" in said or any(f"{kind!r}" in said for kind in KINDS)), name
        with pytest.raises(ld.UnknownName, match=rf"^c: this version has no divergence named '{name}'; it .*known: "):
            divergence(name, "c")
    assert not any(map(loss_of_pytorch, ("sqared_error", "", "loss", "kll")))


def test_the_page_says_the_reduction_of_each_divergence():
    if not PAGE.is_file():
        pytest.skip("the page is in the clone only")
    lines = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    said = {name: row[2].strip() for row in lines if len(row) == 5 for name in KINDS if f"`{name}`" in row[1]}
    assert said == {name: kind.reduction for name, kind in KINDS.items()}
