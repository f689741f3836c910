"""How an optimizer steps: with a closure or without one, and only with a finite gradient.

>>> weight = torch.nn.Parameter(torch.ones(1))
>>> optimizer = torch.optim.SGD([weight], lr=0.5, fused=True)
>>> weight.grad = torch.ones(1)
>>> step_if_finite(optimizer, torch.tensor(float("inf"))), step_if_finite(optimizer, torch.tensor(1.0)), weight.item()
(tensor(True), tensor(False), 0.5)
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.optimizers.joined import parts_of


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether an optimizer asks for the loss as often as it likes in a step, as LBFGS does.

    >>> weights = [torch.zeros(1)]
    >>> needs_closure(torch.optim.LBFGS(weights)), needs_closure(torch.optim.SGD(weights))
    (True, False)
    """
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is closure.empty


def step_if_finite(optimizer: Optimizer, norm: Tensor) -> Tensor:
    """Make a step unless the norm of the gradient is NaN or infinite; return whether it was skipped, a 0-d tensor.

    An optimizer with `fused=True` decides on the device, by the protocol of `torch.amp.GradScaler`. For another one the
    decision waits for the device.
    """
    skipped = ~torch.isfinite(norm)
    for part in parts_of(optimizer).values():
        if getattr(part, "_step_supports_amp_scaling", False):
            fused: Any = part
            fused.grad_scale, fused.found_inf = None, skipped.float()
            try:
                part.step()
            finally:
                del fused.grad_scale, fused.found_inf
        elif not skipped:
            part.step()
    return skipped


def fused_options(optimizer: object, modules: Iterable[nn.Module]) -> dict[str, bool]:
    """The option `fused` for a class of optimizers that has it, where all parameters are real and on a GPU.

    A fused optimizer takes no sparse gradient, as an embedding with `sparse=True` gives.

    >>> fused_options(torch.optim.Adam, [nn.Linear(1, 1)])
    {}
    """
    parts = [part for module in modules for part in module.modules()]
    fits = all(p.is_cuda and p.is_floating_point() for part in parts for p in part.parameters(recurse=False))
    sparse = any(getattr(part, "sparse", False) is True for part in parts)
    known = isinstance(optimizer, type) and "fused" in inspect.signature(optimizer).parameters
    return {"fused": True} if fits and known and not sparse else {}
