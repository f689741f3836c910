"""Divergences between distributions on outcomes; a label is the distribution that is certain of one outcome.

An end on labels is logits, floating [rows, n], or labels, int64 [rows]; on tokens, or on pixels, logits [rows,
*positions, n] or labels [rows, *positions]; on soft labels logits or probabilities [rows, *positions, n]. Bits are
distributions on two outcomes each: logits, or zeros and ones, [rows, n]. The value of a row is summed over its bits or
positions. So total_variation and hellinger are at most 1, and jensen_shannon at most log 2, for each bit or position,
not for each row.

>>> import torch
>>> r, p = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
>>> round(OUTCOMES["total_variation", "labels", "distribution", "distribution"].mean(r, p).item(), 6)
0.4
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, get_args

from torch import Tensor

from learning_diagrams.backends.torch.divergences.comparisons import COMPARISONS, cross_entropy_of_logs, kl_of_logs
from learning_diagrams.backends.torch.divergences.fused_kl import (
    binary_cross_entropy,
    binary_cross_entropy_rows,
    cross_entropy,
    cross_entropy_rows,
    kl,
)
from learning_diagrams.backends.torch.divergences.log_probabilities import (
    log_of,
    logs,
    logs_of_bits,
    logs_of_data_bits,
    softened,
)
from learning_diagrams.backends.torch.divergences.row_function import (
    Ends,
    Key,
    RowFunction,
    at_positions,
    by_rows,
    over_positions,
)
from learning_diagrams.backends.torch.functor.space import Carrier
from learning_diagrams.semantics.functor.space import Kind

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
    positions: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """The value of each row of bits; the reference is given as zeros and ones where it is data, otherwise as logits."""
    reference, prediction = at_positions(positions, reference, prediction)
    r = logs_of_data_bits(reference) if data else logs_of_bits(softened(reference, temperature))
    return over_positions(compare(r, logs_of_bits(softened(prediction, temperature)), **options), positions)


def rows_of_tokens(
    each: Compare,
    reference: Tensor,
    prediction: Tensor,
    positions: Tensor | None = None,
    mean: bool = False,
    **options: Any,
) -> Tensor:
    """The value of each row of tokens, from the values [rows, *positions] of its tokens.

    Parameters
    ----------
    positions : Tensor [rows, *positions] of bool, True for a token that is compared; None for every token.
    mean : whether a row is averaged over its tokens, not summed.
    """
    return over_positions(each(*at_positions(positions, reference, prediction), **options), positions, mean)


def soft_rows(
    compare: Compare,
    ends: Ends,
    reference: Tensor,
    prediction: Tensor,
    temperature: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """The value of each row, or of each row and position; an end that is a point holds probabilities [rows, …, n]."""
    r, p = (
        log_of(end) if kind == "point" else logs(softened(end, temperature), end)
        for kind, end in zip(ends, (reference, prediction), strict=True)
    )
    return compare(r, p, **options)


DATA: Ends = ("point", "distribution")  # data as reference, a kernel as prediction
KERNELS: Ends = ("distribution", "distribution")


def _entries() -> Iterator[tuple[Key, RowFunction]]:
    likelihoods: tuple[tuple[Carrier, RowFunction], ...] = (
        ("labels", RowFunction("cross_entropy", cross_entropy_rows, cross_entropy)),
        ("bits", RowFunction("binary_cross_entropy", binary_cross_entropy_rows, binary_cross_entropy, True)),
        ("tokens", by_rows("token_cross_entropy", partial(rows_of_tokens, cross_entropy_rows), True)),
    )
    for carrier, function in likelihoods:
        yield ("nll", carrier, *DATA), function
        yield ("kl", carrier, *DATA), function
    kl_rows = partial(rows_of_labels, kl_of_logs)
    yield ("kl", "labels", *KERNELS), RowFunction("kl", kl_rows, kl)
    yield ("kl", "bits", *KERNELS), by_rows("binary_kl", partial(rows_of_bits, kl_of_logs, False), True)
    yield ("kl", "tokens", *KERNELS), by_rows("token_kl", partial(rows_of_tokens, kl_rows), True)
    soft = {"kl": kl_of_logs, **COMPARISONS}
    for name, compare in soft.items():
        for first, second in product(get_args(Kind)[:2], repeat=2):
            each = partial(soft_rows, compare, (first, second))
            title = f"soft_{name}" if (first, second) == DATA else f"soft_{name}_of_{first}_and_{second}"
            yield (name, "probabilities", first, second), by_rows(title, partial(rows_of_tokens, each), True)
    likelihood = partial(soft_rows, cross_entropy_of_logs, DATA)
    yield ("nll", "probabilities", *DATA), by_rows("soft_cross_entropy", partial(rows_of_tokens, likelihood), True)
    for name, compare in COMPARISONS.items():
        labels = by_rows(name, partial(rows_of_labels, compare))
        tokens = by_rows(f"{name}_of_tokens", partial(rows_of_tokens, labels.rows), True)
        for ends in _finite_ends(name):
            yield (name, "labels", *ends), labels
            yield (name, "tokens", *ends), tokens
        yield (name, "bits", *KERNELS), by_rows(f"{name}_of_bits", partial(rows_of_bits, compare, False), True)
        if DATA in _finite_ends(name):
            yield (name, "bits", *DATA), by_rows(f"{name}_of_data_bits", partial(rows_of_bits, compare, True), True)


def _finite_ends(name: str) -> list[Ends]:
    """The ends between which a comparison of outcomes is not always infinite."""
    if name == "reverse_kl":
        return [KERNELS]
    bounded: list[Ends] = [("distribution", "point"), ("point", "point")]
    return [KERNELS, DATA, *(bounded if name in ("jensen_shannon", "total_variation", "hellinger") else [])]


OUTCOMES: dict[Key, RowFunction] = dict(_entries())
