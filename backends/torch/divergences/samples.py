"""Divergences between the distributions of two sides: of samples, or of the averages on one finite space.

The samples of the two sides are [n, …] and [m, …]; n and m may differ. `*_present`, bool [n] and [m], are True for the
samples that count. The value is that of the two empirical distributions, so it is ≥ 0, and 0 for equal samples.

>>> import torch
>>> a = torch.tensor([[0.0], [2.0]])
>>> [round(f(a, a + 1).item(), 4) for f in (energy_distance, mmd, sliced_wasserstein)]
[1.0, 0.22, 1.0]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.comparisons import COMPARISONS, kl_of_logs
from learning_diagrams.backends.torch.divergences.row_function import distances, flat, in_one_dtype


def mmd(
    reference: Tensor,
    prediction: Tensor,
    bandwidth: float = 1.0,
    reference_present: Tensor | None = None,
    prediction_present: Tensor | None = None,
) -> Tensor:
    """The squared maximum mean discrepancy, for the kernel exp(−|x − y|² / 2 bandwidth²)."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-distances(a, b).square() / (2 * bandwidth**2))

    return -_double_difference(kernel, reference, prediction, reference_present, prediction_present)


def energy_distance(
    reference: Tensor,
    prediction: Tensor,
    reference_present: Tensor | None = None,
    prediction_present: Tensor | None = None,
) -> Tensor:
    """2 E|P − R| − E|P − P′| − E|R − R′|, in the unit of the samples."""
    return _double_difference(distances, reference, prediction, reference_present, prediction_present)


def _double_difference(
    distance: Callable[[Tensor, Tensor], Tensor], reference: Tensor, prediction: Tensor, *present: Tensor | None
) -> Tensor:
    """2 E distance(P, R) − E distance(P, P′) − E distance(R, R′)."""
    r, p = in_one_dtype(_vectors(reference), _vectors(prediction))
    u, v = weights(r, present[0]), weights(p, present[1])
    value = 2 * v @ distance(p, r) @ u - v @ distance(p, p) @ v - u @ distance(r, r) @ u
    return value * (u.sum() * v.sum()).round()  # 0 where a side has no sample


def sliced_wasserstein(
    reference: Tensor,
    prediction: Tensor,
    projections: int = 64,
    reference_present: Tensor | None = None,
    prediction_present: Tensor | None = None,
) -> Tensor:
    """The squared Wasserstein distance of order 2 along random directions, mean over directions."""
    r, p = in_one_dtype(_vectors(reference), _vectors(prediction))
    u, v = weights(r, reference_present), weights(p, prediction_present)
    directions = functional.normalize(torch.randn(projections, r.shape[1], dtype=r.dtype, device=r.device), dim=1)
    along_r, mass_r = _quantiles(directions @ r.T, u)
    along_p, mass_p = _quantiles(directions @ p.T, v)
    steps = torch.cat([mass_r, mass_p], 1).sort(1).values  # the levels at which a quantile function may jump
    widths = torch.diff(steps, dim=1, prepend=torch.zeros_like(steps[:, :1]))
    middles = steps - widths / 2
    gap = _at(along_r, mass_r, middles) - _at(along_p, mass_p, middles)
    return (widths * gap.square()).sum(1).mean() * (u.sum() * v.sum()).round()


def _quantiles(values: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Values [directions, n] in order, and the cumulative mass at each."""
    ordered, index = values.sort(1)
    return ordered, weight[index].cumsum(1)


def _at(ordered: Tensor, mass: Tensor, levels: Tensor) -> Tensor:
    """The quantile function at levels [directions, k]."""
    index = torch.searchsorted(mass.contiguous(), levels.contiguous()).clamp(max=ordered.shape[1] - 1)
    return ordered.gather(1, index)


def weights(samples: Tensor, present: Tensor | None) -> Tensor:
    """The weight of each sample, [n]: equal weights of sum 1 on present samples; all 0 if no sample is present."""
    if present is None:
        return torch.full_like(samples[:, 0], 1 / samples.shape[0])
    counted = present.to(samples.dtype)
    return counted / counted.sum().clamp(min=1)


def _vectors(samples: Tensor) -> Tensor:
    """Samples [n, …] as floating vectors [n, features]."""
    samples = flat(samples)
    return samples if samples.dtype.is_floating_point else samples.to(torch.get_default_dtype())


def join(*values: Tensor) -> Tensor:
    """Samples of a product of wires, [n, features], from the samples [n, …] of each wire."""
    return torch.cat([_vectors(value) for value in values], 1)


class _OneOfEqualRows(torch.autograd.Function):
    """Logits [1, n] of equal rows [rows, n] that share their memory. The gradient of a slice would not share it."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        ctx.rows = len(value)
        return value[:1].clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        shares: Tensor = gradient / ctx.rows
        return shares.expand(ctx.rows, -1)


def _average(value: Tensor, other: Tensor, outcomes: int, present: Tensor | None) -> Tensor:
    """Log-probabilities [n] of the average of distributions, given as logits [rows, n] or as labels [rows].

    The average is uniform if no row is present. Labels take the dtype of `other`, where that is floating.
    """
    if value.dtype.is_floating_point:
        if value.stride(0) == 0:  # one law for every row, as a kernel from I has
            value, present = _OneOfEqualRows.apply(value), None  # type: ignore[no-untyped-call]
        rows = torch.softmax(value, -1)
        average = weights(rows, present) @ rows
    else:
        floating = other.dtype if other.dtype.is_floating_point else torch.get_default_dtype()
        seen = torch.ones_like(value) if present is None else present.to(value.dtype)
        counts = torch.zeros(outcomes, dtype=value.dtype, device=value.device).index_add(0, value, seen)
        average = counts.to(floating) / seen.sum().clamp(min=1)
    if present is not None:
        average = torch.where(present.any(), average, 1 / outcomes)
    return torch.where(average > 0, average.clamp(min=torch.finfo(average.dtype).tiny).log(), -torch.inf)


def of_averages(
    compare: Callable[..., Tensor],
    reference: Tensor,
    prediction: Tensor,
    outcomes: int = 0,
    reference_present: Tensor | None = None,
    prediction_present: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """A comparison of the average distributions of two sides on one finite space; 0 if a side has no sample."""
    r = _average(reference, prediction, outcomes, reference_present)
    p = _average(prediction, reference, outcomes, prediction_present)
    empty = [mask.logical_not().all() for mask in (reference_present, prediction_present) if mask is not None]
    value = compare(r, p, **options)
    return torch.where(torch.stack(empty).any(), 0.0, value) if empty else value


SAMPLES: dict[str, Callable[..., Tensor]] = {f.__name__: f for f in (mmd, energy_distance, sliced_wasserstein)}
AVERAGES: dict[str, Callable[..., Tensor]] = {
    f"{name}_in_law": partial(of_averages, compare) for name, compare in {"kl": kl_of_logs, **COMPARISONS}.items()
}
