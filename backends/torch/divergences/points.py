"""Divergences between points of ℝⁿ, by PyTorch's fused kernels; reference and prediction are [rows, …].

>>> import torch
>>> r, p = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]])
>>> {function.name: function.mean(r, p).item() for function in POINTS[:4]}
{'squared_error': 25.0, 'mean_squared_error': 12.5, 'absolute': 7.0, 'huber': 6.0}
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.divergences.row_function import (
    MEAN,
    NONE,
    SUM,
    Kernel,
    Key,
    RowFunction,
    at_positions,
    by_rows,
    directions,
    fused_mean,
    in_one_dtype,
    over_positions,
)

# `torch.nn.functional` expands both ends before it calls these, which costs as much as the kernel, in time and in
# nodes of the graph. Here the ends have one shape.
_kernels: Any = torch._C._nn


def _rows(
    kernel: Kernel, /, reference: Tensor, prediction: Tensor, positions: Tensor | None = None, **options: float
) -> Tensor:
    """The values of a fused kernel, summed over features, for each row."""
    reference, prediction = at_positions(positions, reference, prediction)
    return over_positions(kernel(prediction, reference, reduction=NONE, **options), positions)


def mean_squared_error(reference: Tensor, prediction: Tensor) -> Tensor:
    """The mean of (prediction − reference)² over features and rows."""
    value: Tensor = _kernels.mse_loss(prediction, reference, reduction=MEAN)
    return value


def mean_squared_error_rows(reference: Tensor, prediction: Tensor, positions: Tensor | None = None) -> Tensor:
    """The mean of (prediction − reference)² over features, for each row."""
    reference, prediction = at_positions(positions, reference, prediction)
    return over_positions(_kernels.mse_loss(prediction, reference, reduction=NONE), positions, mean=True)


def cosine_rows(reference: Tensor, prediction: Tensor, positions: Tensor | None = None) -> Tensor:
    """1 − cos of the angle between prediction and reference as vectors of the features compared, for each row."""
    reference, prediction = at_positions(positions, reference, prediction)
    cosines = (directions(prediction) * directions(reference)).sum(1)
    return (1 - cosines).clamp(min=0)  # a rounded cosine may exceed 1


def difference_rows(reference: Tensor, prediction: Tensor, positions: Tensor | None = None) -> Tensor:
    """Σ (prediction − reference) for each row."""
    reference, prediction = at_positions(positions, reference, prediction)
    return over_positions(prediction - reference, positions)


def complex_rows(
    power: int,
    mean: bool,
    /,
    reference: Tensor,
    prediction: Tensor,
    positions: Tensor | None = None,
) -> Tensor:
    """Σ |prediction − reference|^power for each row, or the mean over features, of complex points."""
    reference, prediction = at_positions(positions, reference, prediction)
    parts = torch.view_as_real(prediction - reference)
    # Not the square of the absolute value, whose gradient has a root.
    values = parts.square().sum(-1) if power == 2 else torch.linalg.vector_norm(parts, dim=-1)
    return over_positions(values, positions, mean)


def _huber(prediction: Tensor, reference: Tensor, reduction: int, delta: float | Tensor = 1.0) -> Tensor:
    """The fused kernel, or for a tensor `delta`, which the kernel does not take, its formula."""
    prediction, reference = in_one_dtype(prediction, reference)  # the kernel has no gradient for two dtypes
    if not isinstance(delta, Tensor):
        value: Tensor = _kernels.huber_loss(prediction, reference, reduction, delta)
        return value
    size = (prediction - reference).abs()
    values = torch.where(size <= delta, size.square() / 2, delta * (size - delta / 2))
    return {NONE: values, MEAN: values.mean(), SUM: values.sum()}[reduction]


def _fused(name: str, kernel: Kernel) -> RowFunction:
    return RowFunction(name, partial(_rows, kernel), partial(fused_mean, kernel), by_position=True)


# No value is negative.
POINTS = (
    _fused("squared_error", _kernels.mse_loss),
    RowFunction("mean_squared_error", mean_squared_error_rows, mean_squared_error, by_position=True),
    _fused("absolute", _kernels.l1_loss),
    _fused("huber", _huber),
    by_rows("cosine", cosine_rows, by_position=True),
)
SIGNED = (by_rows("difference", difference_rows, by_position=True),)
COMPLEX: dict[Key, RowFunction] = {
    (name, "complex", "point", "point"): by_rows(f"{name}_of_complex", partial(complex_rows, power, mean), True)
    for name, power, mean in (("squared_error", 2, False), ("mean_squared_error", 2, True), ("absolute", 1, False))
}
