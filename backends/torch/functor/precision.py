"""Precision: losses are computed in float32 at least, also where models compute in half precision.

>>> total = in_full_precision(torch.dot)
>>> half = torch.full((3,), 0.1, dtype=torch.bfloat16)
>>> with torch.autocast("cpu", torch.bfloat16):
...     torch.dot(half, half).dtype, total(half, half).dtype
(torch.bfloat16, torch.float32)
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Transform

_WIDER = {torch.bfloat16: torch.float32, torch.float16: torch.float32, torch.complex32: torch.complex64}
_DEVICES = {"cpu", getattr(torch.accelerator.current_accelerator(), "type", "cpu")}


def wide(value: Tensor) -> Tensor:
    """The tensor in float32 at least, so that a sum over many rows keeps its digits; whole numbers stay."""
    return value.to(_WIDER[value.dtype]) if value.dtype in _WIDER else value


def in_full_precision(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function of tensors and Distributions, computed in float32 at least, whatever `torch.autocast` says."""

    @wraps(function)
    def computed(*ends: Any, **options: Any) -> Tensor:
        for device in _DEVICES:
            if torch.is_autocast_enabled(device):
                with torch.autocast(device, enabled=False):
                    return computed(*ends, **options)
        for end in ends:  # a loop costs half of what a call for each end does
            if not isinstance(end, Tensor) or end.dtype in _WIDER:
                ends = tuple(map_tensors(wide, end) for end in ends)
                break
        return function(*ends, **options)

    return computed


def map_tensors(function: Callable[[Tensor], Tensor], law: Any) -> Any:
    """A tensor under a function, or a distribution whose tensors are; containers of tensors are mapped part by part."""
    if isinstance(law, Tensor):
        return function(law)
    if isinstance(law, list):
        return [map_tensors(function, part) for part in law]
    if not isinstance(law, Distribution | Transform):
        return law
    mapped = copy(law)
    vars(mapped).update({name: map_tensors(function, part) for name, part in vars(law).items()})
    return mapped
