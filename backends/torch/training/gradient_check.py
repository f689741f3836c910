"""The gradient that an optimizer is about to use: its norm, its clipping, and why it is not finite.

>>> linear = torch.nn.Linear(1, 1, bias=False)
>>> optimizer = torch.optim.SGD(linear.parameters(), lr=0.1)
>>> (3 * linear(torch.ones(1, 1))).sum().backward()
>>> norm_of(gradients_of(optimizer))
tensor(3.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.errors import NonFiniteGradient, plural


def gradients_of(optimizer: Optimizer) -> list[Tensor]:
    """The gradients of an optimizer's parameters, without those that are None; of a sparse one its values."""
    gradients = []
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if (gradient := parameter.grad) is not None:
                if gradient.is_sparse:
                    parameter.grad = gradient.coalesce()
                    gradient = parameter.grad._values()
                gradients.append(gradient)
    return gradients


def norm_of(gradients: list[Tensor]) -> Tensor:
    """The Euclidean norm of a gradient, a 0-d tensor: NaN or infinite if one entry is, or if the norm overflows."""
    if not gradients:
        return torch.zeros(())
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    return norm


def norm_without_overflow(gradients: list[Tensor]) -> Tensor:
    """The norm in float64: not finite only if an entry is not finite."""
    norm: Tensor = torch.stack([gradient.abs().double().square().sum() for gradient in gradients]).sum().sqrt()
    return norm


def clip(gradients: list[Tensor], norm: Tensor, greatest: float) -> None:
    """Scale gradients of a norm in place so that the norm is at most `greatest`, as `clip_grad_norm_` does."""
    if gradients:
        torch._foreach_mul_(gradients, (greatest / (norm + 1e-6)).clamp(max=1.0))


def non_finite_gradient(objective: Objective, weighted: Iterable[Mapping[str, Tensor]], at: int) -> NonFiniteGradient:
    """The error of a gradient that is not finite: its parameters, their boxes, and the terms that gave it.

    Parameters
    ----------
    weighted : for each batch of the step the weighted terms, computed again while this function runs.
    """
    fault = {
        f"parameter {name!r} of box {box!r}": parameter
        for box in objective.boxes.names
        for name, parameter in objective.boxes.of(box).named_parameters()
        if parameter.grad is not None and not _is_finite(parameter.grad)
    }
    parameters = list(fault.values())
    guilty: dict[str, None] = {}
    buffers = [(buffer, buffer.clone()) for buffer in objective.buffers()]
    for terms in weighted:
        for name, value in terms.items():
            parts = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)
            if not all(part is None or _is_finite(part) for part in parts):
                guilty[name] = None
    for buffer, before in buffers:
        buffer.copy_(before)
    first, *others = fault or ["a parameter"]
    where = f"{first} and {plural(len(others), 'other')}" if others else first
    names = ", ".join(map(repr, guilty))
    what = f"the gradient of term {names}" if guilty else "the gradient of the total, though of no single term,"
    return NonFiniteGradient(
        f"{what} is not finite in {where} at step {at}, and no step was made; the values are finite and a slope is "
        "not, as of √ or log at 0, or of acos at 1: add a small number inside, or look at the data of that constraint; "
        "the error's history holds the steps before"
    )


def _is_finite(gradient: Tensor) -> bool:
    return bool(torch.isfinite(gradient._values() if gradient.is_sparse else gradient).all())
