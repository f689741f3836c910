"""Divergences between points of ℝⁿ, by PyTorch's fused kernels; reference and prediction are [rows, …].

>>> import torch
>>> r, p = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]])
>>> [function(r, p).item() for function in (squared_error, mean_squared_error, absolute, huber)]
[25.0, 12.5, 7.0, 6.0]
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.row_function import RowFunction, by_rows, flat
from learning_diagrams.backends.torch.functor.precision import wide


def squared_error(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (prediction − reference)², sum over features, mean over rows."""
    return _over_features(functional.mse_loss, wide(prediction), wide(reference))


def squared_error_rows(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (prediction − reference)² for each row."""
    return flat(functional.mse_loss(wide(prediction), wide(reference), reduction="none")).sum(1)


def mean_squared_error(reference: Tensor, prediction: Tensor) -> Tensor:
    """The mean of (prediction − reference)² over features and rows."""
    return functional.mse_loss(wide(prediction), wide(reference))


def mean_squared_error_rows(reference: Tensor, prediction: Tensor) -> Tensor:
    """The mean of (prediction − reference)² over features, for each row."""
    return flat(functional.mse_loss(wide(prediction), wide(reference), reduction="none")).mean(1)


def absolute(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ |prediction − reference|, sum over features, mean over rows."""
    return _over_features(functional.l1_loss, wide(prediction), wide(reference))


def absolute_rows(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ |prediction − reference| for each row."""
    return flat(functional.l1_loss(wide(prediction), wide(reference), reduction="none")).sum(1)


def huber(reference: Tensor, prediction: Tensor, delta: float = 1.0) -> Tensor:
    """Σ h(prediction − reference), sum over features, mean over rows; h is quadratic up to `delta`, then linear."""
    return _over_features(functional.huber_loss, wide(prediction), wide(reference), delta=delta)


def huber_rows(reference: Tensor, prediction: Tensor, delta: float = 1.0) -> Tensor:
    """Σ h(prediction − reference) for each row."""
    return flat(functional.huber_loss(wide(prediction), wide(reference), reduction="none", delta=delta)).sum(1)


def cosine_rows(reference: Tensor, prediction: Tensor) -> Tensor:
    """1 − cos of the angle between prediction and reference as vectors, for each row."""
    cosines = functional.cosine_similarity(flat(wide(prediction)), flat(wide(reference)), dim=1)
    return (1 - cosines).clamp(min=0)  # a rounded cosine may exceed 1


def difference_rows(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (prediction − reference) for each row."""
    return flat(wide(prediction) - wide(reference)).sum(1)


def _over_features(kernel: Callable[..., Tensor], prediction: Tensor, reference: Tensor, **options: float) -> Tensor:
    """A fused kernel, summed over features and averaged over rows; for a single feature this is the kernel's mean."""
    if prediction.dim() == 2 and prediction.shape[1] == 1:
        return kernel(prediction, reference, **options)
    return kernel(prediction, reference, reduction="sum", **options) / prediction.shape[0]


# No value is negative.
POINTS = (
    RowFunction("squared_error", squared_error_rows, squared_error),
    RowFunction("mean_squared_error", mean_squared_error_rows, mean_squared_error),
    RowFunction("absolute", absolute_rows, absolute),
    RowFunction("huber", huber_rows, huber),
    by_rows("cosine", cosine_rows),
)
SIGNED = (by_rows("difference", difference_rows),)
