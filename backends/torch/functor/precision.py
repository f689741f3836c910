"""Precision: losses are computed in float32 at least, also where models compute in half precision."""

from __future__ import annotations

import torch
from torch import Tensor


def wide(value: Tensor) -> Tensor:
    """The tensor in float32 at least, so that a sum over many rows keeps its digits."""
    return value if value.dtype in (torch.float32, torch.float64) else value.float()
