"""A step that an optimizer makes only with a finite gradient, decided on the device where the optimizer can.

>>> weight = torch.nn.Parameter(torch.ones(1))
>>> optimizer = torch.optim.SGD([weight], lr=0.5, fused=True)
>>> weight.grad = torch.ones(1)
>>> step_if_finite(optimizer, torch.tensor(float("inf"))), step_if_finite(optimizer, torch.tensor(1.0)), weight.item()
(tensor(True), tensor(False), 0.5)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


def step_if_finite(optimizer: Optimizer, norm: Tensor) -> Tensor:
    """Make a step unless the norm of the gradient is NaN or infinite; return whether it was skipped, a 0-d tensor.

    An optimizer with `fused=True` decides on the device, by the protocol of `torch.amp.GradScaler`. For another one the
    decision waits for the device.
    """
    skipped = ~torch.isfinite(norm)
    if getattr(optimizer, "_step_supports_amp_scaling", False):
        fused: Any = optimizer
        fused.grad_scale, fused.found_inf = None, skipped.float()
        try:
            optimizer.step()
        finally:
            del fused.grad_scale, fused.found_inf
    elif not skipped:
        optimizer.step()
    return skipped
