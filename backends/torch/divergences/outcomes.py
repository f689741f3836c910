"""Divergences between distributions on outcomes; a label is the distribution that is certain of one outcome.

An end on labels is logits, floating [rows, n], or labels, int64 [rows]; on tokens logits [rows, length, n] or labels
[rows, length]. Bits are distributions on two outcomes each: logits, or zeros and ones, [rows, n]. The value of a row is
summed over its bits or tokens. So total_variation and hellinger are at most 1, and jensen_shannon at most log 2, for
each bit or token, not for each row.

>>> r, p = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
>>> round(OUTCOMES["total_variation", "labels", "distribution", "distribution"].mean(r, p).item(), 6)
0.4
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.divergences.comparisons import COMPARISONS, kl_of_logs
from learning_diagrams.backends.torch.divergences.fused_kl import (
    binary_cross_entropy,
    binary_cross_entropy_rows,
    cross_entropy,
    cross_entropy_rows,
    kl,
)
from learning_diagrams.backends.torch.divergences.log_probabilities import (
    logs,
    logs_of_bits,
    logs_of_data_bits,
    softened,
)
from learning_diagrams.backends.torch.divergences.row_function import Ends, Key, RowFunction, by_rows
from learning_diagrams.backends.torch.functor.space import Carrier

Compare = Callable[..., Tensor]


def rows_of_labels(
    compare: Compare, reference: Tensor, prediction: Tensor, temperature: Tensor | None = None, **options: Any
) -> Tensor:
    """The value of each row, or of each row and token, by a comparison of log-probabilities."""
    reference, prediction = softened(reference, temperature), softened(prediction, temperature)
    if not (reference.dtype.is_floating_point or prediction.dtype.is_floating_point):
        return compare(logs(reference, reference), logs(prediction, reference), **options)
    return compare(logs(reference, prediction), logs(prediction, reference), **options)


def rows_of_bits(
    compare: Compare,
    data: bool,
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """The value of each row of bits; the reference is given as zeros and ones where it is data, otherwise as logits."""
    r = logs_of_data_bits(reference) if data else logs_of_bits(softened(reference, temperature))
    return compare(r, logs_of_bits(softened(prediction, temperature)), **options).sum(1)


def rows_of_tokens(
    each: Compare, reference: Tensor, prediction: Tensor, padding: int | None = None, mean: bool = False, **options: Any
) -> Tensor:
    """The value of each row of tokens, from the values [rows, length] of its tokens.

    Parameters
    ----------
    padding : int, the token of the reference that is not compared.
    mean : whether a row is averaged over its tokens, not summed.
    """
    if padding is not None and not reference.dtype.is_floating_point and prediction.dtype.is_floating_point:
        # An infinite value at padding would have a NaN gradient, though it is not compared.
        prediction = torch.where((reference == padding).unsqueeze(-1), 0.0, prediction)
    values = each(reference, prediction, **options)
    if padding is None or reference.dtype.is_floating_point:
        return values.mean(1) if mean else values.sum(1)
    counts = reference != padding
    total = torch.where(counts, values, 0.0).sum(1)
    return total / counts.sum(1).clamp(min=1) if mean else total


DATA: Ends = ("point", "distribution")  # data as reference, a kernel as prediction
KERNELS: Ends = ("distribution", "distribution")


def _entries() -> Iterator[tuple[Key, RowFunction]]:
    likelihoods: tuple[tuple[Carrier, RowFunction], ...] = (
        ("labels", RowFunction("cross_entropy", cross_entropy_rows, cross_entropy)),
        ("bits", RowFunction("binary_cross_entropy", binary_cross_entropy_rows, binary_cross_entropy)),
        ("tokens", by_rows("token_cross_entropy", partial(rows_of_tokens, cross_entropy_rows))),
    )
    for carrier, function in likelihoods:
        yield ("nll", carrier, *DATA), function
        yield ("kl", carrier, *DATA), function
    kl_rows = partial(rows_of_labels, kl_of_logs)
    yield ("kl", "labels", *KERNELS), RowFunction("kl", kl_rows, kl)
    yield ("kl", "bits", *KERNELS), by_rows("binary_kl", partial(rows_of_bits, kl_of_logs, False))
    yield ("kl", "tokens", *KERNELS), by_rows("token_kl", partial(rows_of_tokens, kl_rows))
    for name, compare in COMPARISONS.items():
        labels = by_rows(name, partial(rows_of_labels, compare))
        tokens = by_rows(f"{name}_of_tokens", partial(rows_of_tokens, labels.rows))
        for ends in _finite_ends(name):
            yield (name, "labels", *ends), labels
            yield (name, "tokens", *ends), tokens
        yield (name, "bits", *KERNELS), by_rows(f"{name}_of_bits", partial(rows_of_bits, compare, False))
        if DATA in _finite_ends(name):
            yield (name, "bits", *DATA), by_rows(f"{name}_of_data_bits", partial(rows_of_bits, compare, True))


def _finite_ends(name: str) -> list[Ends]:
    """The ends between which a comparison of outcomes is not always infinite."""
    if name == "reverse_kl":
        return [KERNELS]
    bounded: list[Ends] = [("distribution", "point"), ("point", "point")]
    return [KERNELS, DATA, *(bounded if name in ("jensen_shannon", "total_variation", "hellinger") else [])]


OUTCOMES: dict[Key, RowFunction] = dict(_entries())
