"""Divergences of two log-probability vectors over the last dimension; r is the reference, p the prediction.

>>> r, p = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.9, 0.1]).log()
>>> [round(COMPARISONS[name](r, p).item(), 6) for name in ("total_variation", "jensen_shannon", "renyi", "chi_squared")]
[0.4, 0.101749, 1.021651, 1.777778]
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def kl_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ r log(r / p)."""
    return _expected(reference, reference, prediction)


def cross_entropy_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """−Σ r log p."""
    return _expected(reference, torch.zeros_like(prediction), prediction)


def reverse_kl_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ p log(p / r)."""
    return _expected(prediction, prediction, reference)


def jensen_shannon_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """½ Σ r log(r / m) + ½ Σ p log(p / m), with m the mean of r and p."""
    middle = ((reference.exp() + prediction.exp()) / 2).clamp(min=torch.finfo(reference.dtype).tiny).log()
    return (_expected(reference, reference, middle) + _expected(prediction, prediction, middle)) / 2


def total_variation_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """½ Σ |r − p|."""
    return (reference.exp() - prediction.exp()).abs().sum(-1) / 2


def hellinger_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """1 − Σ √(r p), computed as half of Σ (√r − √p)², which rounding keeps ≥ 0."""
    return ((reference / 2).exp() - (prediction / 2).exp()).square().sum(-1) / 2


def renyi_of_logs(reference: Tensor, prediction: Tensor, alpha: float = 2.0) -> Tensor:
    """log(Σ r^α p^(1−α)) / (α − 1); an infinite value has no gradient."""
    summand = torch.where(reference == -torch.inf, -torch.inf, alpha * reference + (1 - alpha) * prediction)
    infinite = summand.amax(-1, keepdim=True).isinf()
    value = torch.logsumexp(summand.masked_fill(infinite, 0.0), -1) / (alpha - 1)
    return value.masked_fill(infinite.squeeze(-1), torch.inf)


def chi_squared_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (r − p)² / p, computed as Σ (r / √p − √p)², which does not overflow where a probability underflows.

    A value that comes near the largest number is infinite, and has no gradient.
    """
    ratio = torch.where(reference == -torch.inf, -torch.inf, reference - prediction / 2)
    infinite = ratio > math.log(torch.finfo(ratio.dtype).max) / 2 - 2
    value = (ratio.masked_fill(infinite, 0.0).exp() - (prediction / 2).exp()).square().sum(-1)
    return value.masked_fill(infinite.any(-1), torch.inf)


def _expected(distribution: Tensor, above: Tensor, below: Tensor) -> Tensor:
    """Σ distribution · (above − below); outcomes without probability add nothing to the value or its gradient.

    An infinite difference has no gradient to the probability that it is multiplied by.
    """
    probabilities = distribution.exp()
    difference = torch.where(probabilities > 0, above - below, 0.0)
    if probabilities.requires_grad:
        probabilities = torch.where(difference.isinf(), probabilities.detach(), probabilities)
    return (probabilities * difference).sum(-1)


# Without kl, which has fused kernels.
COMPARISONS = {
    "reverse_kl": reverse_kl_of_logs,
    "jensen_shannon": jensen_shannon_of_logs,
    "total_variation": total_variation_of_logs,
    "hellinger": hellinger_of_logs,
    "renyi": renyi_of_logs,
    "chi_squared": chi_squared_of_logs,
}
