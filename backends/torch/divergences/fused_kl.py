"""Kullback–Leibler divergences of outcomes, in nats, by PyTorch's fused kernels.

>>> import torch
>>> round(cross_entropy(torch.tensor([0]), torch.tensor([[0.9, 0.1]]).log()).item(), 6)  # −log 0.9
0.105361
"""

from __future__ import annotations

from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.comparisons import kl_of_logs
from learning_diagrams.backends.torch.divergences.log_probabilities import softened
from learning_diagrams.backends.torch.divergences.row_function import at_positions, fused_mean, over_positions

# PyTorch's cross_entropy drops rows whose label is `ignore_index`, −100 by default; here every label must count.
_NO_LABEL = -(2**62)


def cross_entropy(
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    label_smoothing: float | Tensor = 0.0,
    class_weight: Tensor | None = None,
) -> Tensor:
    """KL(label ‖ prediction) in nats, mean over rows; labels [rows], logits [rows, n].

    Parameters
    ----------
    temperature : 0-d Tensor > 0, the divisor of the logits.
    label_smoothing : float or 0-d Tensor in [0, 1). The value is then the cross-entropy of the smoothed label, which
        differs from the divergence by a constant.
    class_weight : Tensor [n]. Each row is multiplied by the weight of its label, also where labels are smoothed. The
        mean is not divided by the sum of these weights, as PyTorch's is, so that a term stays a mean over rows.
    """
    if class_weight is not None:
        return cross_entropy_rows(reference, prediction, temperature, label_smoothing, class_weight).mean()
    return _smoothed(softened(prediction, temperature), reference, label_smoothing)


def cross_entropy_rows(
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    label_smoothing: float | Tensor = 0.0,
    class_weight: Tensor | None = None,
) -> Tensor:
    """KL(label ‖ prediction) in nats for each row, or each row and token."""
    logits = softened(prediction, temperature)
    values = _smoothed(logits.reshape(-1, logits.shape[-1]), reference.reshape(-1), label_smoothing, "none").reshape(
        reference.shape
    )
    if class_weight is None:
        return values
    weight = class_weight.to(logits.dtype)[reference]
    return torch.where(weight > 0, weight * values, 0.0)  # also where the value is infinite


def _smoothed(logits: Tensor, labels: Tensor, smoothing: float | Tensor, reduction: str = "mean") -> Tensor:
    """The fused kernel. Its value is linear in the smoothing, so that a tensor goes between no smoothing and full."""
    if isinstance(smoothing, Tensor):
        sharp, even = (_smoothed(logits, labels, end, reduction) for end in (0.0, 1.0))
        return sharp + smoothing * (even - sharp)
    return functional.cross_entropy(
        logits, labels, reduction=reduction, ignore_index=_NO_LABEL, label_smoothing=smoothing
    )


def kl(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) in nats, mean over rows; logits [rows, n] each, both softened by the temperature.

    The value is infinite where the prediction gives probability 0 to an outcome that the reference admits. No factor is
    hidden: Hinton, Vinyals & Dean (2015) multiply by temperature², which here is the weight of the constraint.
    """
    predicted = torch.log_softmax(softened(prediction, temperature), -1)
    logits = softened(reference, temperature)
    if logits.requires_grad:  # the fused kernel's gradient is NaN at a probability that underflows
        return kl_of_logs(torch.log_softmax(logits, -1), predicted).mean()
    probabilities = torch.softmax(logits, -1)
    value = functional.kl_div(predicted, probabilities, reduction="batchmean")
    if _is_known_finite(value):
        return value
    # The fused kernel computes 0 · ∞ as NaN, so outcomes that the reference excludes are masked.
    return functional.kl_div(predicted.masked_fill(probabilities == 0, 0.0), probabilities, reduction="batchmean")


def binary_cross_entropy(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(bits ‖ prediction) in nats, sum over bits, mean over rows; bits and logits [rows, n]."""
    if temperature is None and not reference.requires_grad and reference.dtype == prediction.dtype:
        value = fused_mean(torch.binary_cross_entropy_with_logits, reference, prediction)
        if _is_known_finite(value):  # an infinite logit makes it NaN or infinite
            return value
    return _binary_cross_entropy(reference, softened(prediction, temperature), "sum") / prediction.shape[0]


def _is_known_finite(value: Tensor) -> bool:
    """Whether a 0-d value can be read without waiting for a device, and is finite."""
    if not value.is_cpu or type(value) is not Tensor or torch.compiler.is_compiling():
        return False
    try:
        return isfinite(value.item())
    except RuntimeError:  # under torch.func.vmap a value has no number
        return False


def binary_cross_entropy_rows(
    reference: Tensor, prediction: Tensor, temperature: Tensor | None = None, positions: Tensor | None = None
) -> Tensor:
    """KL(bits ‖ prediction) in nats, sum over bits, for each row."""
    reference, prediction = at_positions(positions, reference, softened(prediction, temperature))
    return over_positions(_binary_cross_entropy(reference, prediction, "none"), positions)


def _binary_cross_entropy(bits: Tensor, logits: Tensor, reduction: str) -> Tensor:
    """The fused kernel, also at logits ±∞, a sure bit: it computes ∞ − ∞ there, so they stand at the largest number."""
    most = torch.finfo(logits.dtype).max
    if bits.requires_grad:  # its gradient is the logit
        bits = torch.where(logits.isinf(), bits.detach(), bits)
    finite = logits.clamp(-most, most)
    values = functional.binary_cross_entropy_with_logits(finite, bits.to(logits.dtype), reduction=reduction)
    return values.masked_fill(values >= most, torch.inf)
