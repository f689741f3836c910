"""Log-probabilities of logits, of labels, and of bits.

>>> logs(torch.tensor([1]), torch.zeros(1, 2)).exp().tolist()
[[0.0, 1.0]]
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def logs(value: Tensor, other: Tensor) -> Tensor:
    """Log-probabilities of logits, or of labels.

    Parameters
    ----------
    value : Tensor, floating [rows, n], logits; or int64 [rows], labels.
    other : Tensor, the other end; where it holds logits, its last dimension is the number of outcomes for labels.
    """
    if value.dtype.is_floating_point:
        return torch.log_softmax(value, -1)
    if other.dtype.is_floating_point:
        return functional.one_hot(value, other.shape[-1]).to(other.dtype).log()
    # A divergence of two labels depends only on whether they are equal, so two outcomes suffice.
    return torch.stack([value == other, value != other], -1).to(torch.get_default_dtype()).log()


def logs_of_bits(logits: Tensor) -> Tensor:
    """Log-probabilities [rows, n, 2] of zero and one, from logits [rows, n]."""
    return torch.stack([functional.logsigmoid(-logits), functional.logsigmoid(logits)], -1)


def logs_of_data_bits(bits: Tensor) -> Tensor:
    """Log-probabilities [rows, n, 2] of zero and one, from certain bits [rows, n]."""
    return log_of(torch.stack([1 - bits, bits], -1))


def log_of(probabilities: Tensor) -> Tensor:
    """The logarithm of probabilities ≥ 0."""
    # Not the logarithm of 0, whose gradient is NaN where the probabilities are computed.
    return torch.where(
        probabilities == 0, -torch.inf, probabilities.clamp(min=torch.finfo(probabilities.dtype).tiny).log()
    )


def softened(value: Tensor, temperature: Tensor | None) -> Tensor:
    """Logits divided by a temperature; labels unchanged."""
    if not value.dtype.is_floating_point:
        return value
    return value if temperature is None else value / temperature
