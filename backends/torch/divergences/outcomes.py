"""Divergences between laws on outcomes, a label among them as the law that is certain.

A reference or prediction is logits, floating [rows, n] ([rows, length, n] for tokens), or labels, int64 without the
last dimension. Bits are laws on two outcomes each: logits, or zeros and ones, [rows, n]. Values are summed over bits
and tokens.

>>> r, p = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
>>> laws = {function.name: function for function in LABELS}
>>> [round(laws[name].mean(r, p).item(), 6) for name in ("total_variation", "jensen_shannon", "renyi", "chi_squared")]
[0.4, 0.101749, 1.021651, 1.777778]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.row_function import RowFunction, by_rows, wide

# Each of these compares log-probabilities over the last dimension.


def kl_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ r log(r / p)."""
    return _expected(reference, reference, prediction)


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
    """1 − Σ √(r p), as half of Σ (√r − √p)², which rounding keeps ≥ 0."""
    return ((reference / 2).exp() - (prediction / 2).exp()).square().sum(-1) / 2


def renyi_of_logs(reference: Tensor, prediction: Tensor, alpha: float = 2.0) -> Tensor:
    """log(Σ r^α p^(1−α)) / (α − 1)."""
    summand = alpha * reference + (1 - alpha) * prediction
    return torch.logsumexp(torch.where(reference == -torch.inf, -torch.inf, summand), -1) / (alpha - 1)


def chi_squared_of_logs(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (r − p)² / p, as Σ (r / √p − √p)², in which nothing overflows where a probability underflows."""
    ratio = torch.where(reference == -torch.inf, -torch.inf, reference - prediction / 2)
    return (ratio.exp() - (prediction / 2).exp()).square().sum(-1)


def _expected(law: Tensor, above: Tensor, below: Tensor) -> Tensor:
    """Σ law · (above − below), in which outcomes without probability count for nothing, also in gradients."""
    probabilities = law.exp()
    return (probabilities * torch.where(probabilities > 0, above - below, 0.0)).sum(-1)


# From values to log-probabilities.


def logs(value: Tensor, other: Tensor) -> Tensor:
    """Log-probabilities of logits, or of labels; `other` tells labels how many outcomes there are."""
    if value.dtype.is_floating_point:
        return torch.log_softmax(wide(value), -1)
    if other.dtype.is_floating_point:
        return functional.one_hot(value, other.shape[-1]).to(wide(other).dtype).log()
    # Of two labels only this matters: are they equal?
    return torch.stack([value == other, value != other], -1).to(torch.get_default_dtype()).log()


def logs_of_bits(logits: Tensor) -> Tensor:
    """Log-probabilities [rows, n, 2] of zero and one."""
    return torch.stack([functional.logsigmoid(-wide(logits)), functional.logsigmoid(wide(logits))], -1)


def logs_of_data_bits(bits: Tensor) -> Tensor:
    """Log-probabilities [rows, n, 2] of bits that are certain."""
    laws = torch.stack([1 - wide(bits), wide(bits)], -1)
    # Not the logarithm of 0, whose gradient is NaN where the bits are computed.
    return torch.where(laws == 0, -torch.inf, laws.clamp(min=torch.finfo(laws.dtype).tiny).log())


# From log-probabilities to values for each row.


def _labels(name: str, compare: Callable[..., Tensor]) -> RowFunction:
    def rows(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None, **options: Any) -> Tensor:
        reference, prediction = softened(reference, temperature), softened(prediction, temperature)
        if not (reference.dtype.is_floating_point or prediction.dtype.is_floating_point):
            return compare(logs(reference, reference), logs(prediction, reference), **options)
        return compare(logs(reference, prediction), logs(prediction, reference), **options)

    return by_rows(name, rows)


def _bits(name: str, compare: Callable[..., Tensor], data: bool) -> RowFunction:
    of_reference = logs_of_data_bits if data else logs_of_bits

    def rows(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None, **options: Any) -> Tensor:
        reference = reference if data else softened(reference, temperature)
        prediction = softened(prediction, temperature)
        return compare(of_reference(reference), logs_of_bits(prediction), **options).sum(1)

    return by_rows(name, rows)


def _tokens(name: str, each: Callable[..., Tensor]) -> RowFunction:
    def rows(
        reference: Tensor, prediction: Tensor, padding: int | None = None, mean: bool = False, **options: Any
    ) -> Tensor:
        if padding is not None and not reference.dtype.is_floating_point and prediction.dtype.is_floating_point:
            # Where nothing is compared, no infinite value may arise: its gradient would be NaN.
            prediction = torch.where((reference == padding).unsqueeze(-1), 0.0, prediction)
        return over_tokens(each(reference, prediction, **options), reference, padding, mean)

    return by_rows(name, rows)


def over_tokens(values: Tensor, reference: Tensor, padding: int | None, mean: bool) -> Tensor:
    """Values [rows, length] summed, or averaged, over the tokens of each row that are no padding."""
    if padding is None or reference.dtype.is_floating_point:
        return values.mean(1) if mean else values.sum(1)
    counts = reference != padding
    total = torch.where(counts, values, 0.0).sum(1)
    return total / counts.sum(1).clamp(min=1) if mean else total


# Kullback–Leibler divergences, by PyTorch's fused kernels.

# cross_entropy drops rows whose label is `ignore_index`, -100 by default; no label that a data set holds may vanish.
_NO_LABEL = -(2**62)


def cross_entropy(
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    label_smoothing: float = 0.0,
    class_weight: Tensor | None = None,
) -> Tensor:
    """KL(label ‖ prediction) in nats, mean over rows; labels [rows], logits [rows, n].

    With `label_smoothing` it is the cross-entropy of the smoothed label, which differs from the divergence by a
    constant. `class_weight` [n] multiplies each row by the weight of its label; unlike PyTorch's own, the mean is not
    divided by the sum of these weights, so that a term stays a mean over rows, and a smoothed label weighs as a whole.
    """
    if class_weight is not None:
        return cross_entropy_rows(reference, prediction, temperature, label_smoothing, class_weight).mean()
    return functional.cross_entropy(
        softened(prediction, temperature), reference, ignore_index=_NO_LABEL, label_smoothing=label_smoothing
    )


def cross_entropy_rows(
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    label_smoothing: float = 0.0,
    class_weight: Tensor | None = None,
) -> Tensor:
    """KL(label ‖ prediction) in nats for each row, or each row and token."""
    logits = softened(prediction, temperature)
    values = functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        reference.reshape(-1),
        reduction="none",
        ignore_index=_NO_LABEL,
        label_smoothing=label_smoothing,
    ).reshape(reference.shape)
    return values if class_weight is None else class_weight.to(logits.dtype)[reference] * values


def kl(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) in nats, mean over rows; logits [rows, n] each, both softened by the temperature.

    Infinite where a prediction gives probability 0 to what the reference does not. No factor is hidden: Hinton,
    Vinyals & Dean (2015) multiply by temperature², which here is the weight of the constraint.
    """
    predicted = functional.log_softmax(softened(prediction, temperature), -1)
    given = softened(reference, temperature)
    if given.requires_grad:  # the fused kernel's gradient is NaN at a probability that underflows
        return kl_of_logs(functional.log_softmax(given, -1), predicted).mean()
    law = functional.softmax(given, -1)
    # To the fused kernel 0 · ∞ is NaN, so what the reference excludes does not meet it.
    return functional.kl_div(predicted.masked_fill(law == 0, 0.0), law, reduction="batchmean")


def kl_rows(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) in nats for each row, or each row and token."""
    given, predicted = softened(reference, temperature), softened(prediction, temperature)
    return kl_of_logs(logs(given, given), logs(predicted, predicted))


def binary_cross_entropy(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(bits ‖ prediction) in nats, sum over bits, mean over rows; bits and logits [rows, n]."""
    logits = softened(prediction, temperature)
    bits = reference.to(logits.dtype)
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits, bits)
    return functional.binary_cross_entropy_with_logits(logits, bits, reduction="sum") / logits.shape[0]


def binary_cross_entropy_rows(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(bits ‖ prediction) in nats, sum over bits, for each row."""
    logits = softened(prediction, temperature)
    return functional.binary_cross_entropy_with_logits(logits, reference.to(logits.dtype), reduction="none").sum(1)


def binary_kl_rows(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) of independent bits in nats, sum over bits, for each row; logits [rows, n] each."""
    return kl_of_logs(
        logs_of_bits(softened(reference, temperature)), logs_of_bits(softened(prediction, temperature))
    ).sum(1)


def softened(value: Tensor, temperature: Tensor | None) -> Tensor:
    """Logits divided by a temperature; labels as they are."""
    if not value.dtype.is_floating_point:
        return value
    return wide(value) if temperature is None else wide(value) / temperature


COMPARISONS = {
    function.__name__.removesuffix("_of_logs"): function
    for function in (
        reverse_kl_of_logs,
        jensen_shannon_of_logs,
        total_variation_of_logs,
        hellinger_of_logs,
        renyi_of_logs,
        chi_squared_of_logs,
    )
}
LABELS = (
    RowFunction("cross_entropy", cross_entropy_rows, cross_entropy),
    RowFunction("kl", kl_rows, kl),
    *(_labels(name, compare) for name, compare in COMPARISONS.items()),
)
BITS = (
    RowFunction("binary_cross_entropy", binary_cross_entropy_rows, binary_cross_entropy),
    by_rows("binary_kl", binary_kl_rows),
    *(_bits(f"{name}_of_bits", compare, data=False) for name, compare in COMPARISONS.items()),
    *(_bits(f"{name}_of_data_bits", compare, data=True) for name, compare in COMPARISONS.items()),
)
TOKENS = (
    _tokens("token_cross_entropy", cross_entropy_rows),
    _tokens("token_kl", kl_rows),
    *(_tokens(f"{name}_of_tokens", _labels(name, compare).rows) for name, compare in COMPARISONS.items()),
)
