"""A divergence as functions of tensors: its values row by row, and their mean, by a fused kernel where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class RowFunction:
    """Two functions of (reference, prediction, options).

    Parameters
    ----------
    name : what the mean is called in the code of a loss; the values are called `<name>_rows`.
    rows : the values, [rows].
    mean : their mean, a 0-d tensor.
    """

    name: str
    rows: Callable[..., Tensor]
    mean: Callable[..., Tensor]


def by_rows(name: str, rows: Callable[..., Tensor]) -> RowFunction:
    """A divergence that has no fused kernel: its mean is the mean of its values."""

    def mean(reference: Any, prediction: Any, **options: Any) -> Tensor:
        return rows(reference, prediction, **options).mean()

    return RowFunction(name, rows, mean)


def wide(value: Tensor) -> Tensor:
    """At least float32, so that a loss of half-precision models is summed with care."""
    return value if value.dtype in (torch.float32, torch.float64) else value.float()


def flat(value: Tensor) -> Tensor:
    """One vector a row: [rows, …] as [rows, features]."""
    return value.reshape(value.shape[0], -1)


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Distances |a_i − b_j|, [(rows,) n, m], of vectors [(rows,) n, features] and [(rows,) m, features]."""
    # By differences: PyTorch's other way, a matrix product, loses half of the digits where vectors are close.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
