"""The centre of a distribution, from which an error is measured: its mean, or its median.

>>> from torch.distributions import LogNormal
>>> skewed = LogNormal(torch.zeros(2), torch.ones(2))
>>> mean_of(skewed), median_of(skewed)
(tensor([1.6487, 1.6487]), tensor([1., 1.]))
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from learning_diagrams.errors import DataError, kind


def mean_of(value: Any) -> Tensor:
    """The mean of a distribution, whose squared error is the least; a tensor as it is."""
    if isinstance(value, Tensor):
        return value
    try:
        mean: Tensor = value.mean
    except (AttributeError, NotImplementedError):
        raise DataError(f"no mean is known of {kind(value)}; let a box take the point that is compared") from None
    return mean


def median_of(value: Any) -> Tensor:
    """The median of a distribution, whose absolute error is the least; its mean where PyTorch computes no median."""
    marginal: Any = value
    while isinstance(marginal, Independent):
        marginal = marginal.base_dist
    if not isinstance(marginal, Distribution):
        return mean_of(value)
    try:
        median: Tensor = marginal.icdf(torch.tensor(0.5))
    except NotImplementedError:
        return mean_of(value)
    return median
