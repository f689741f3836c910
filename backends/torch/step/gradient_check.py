"""The gradient that an optimizer is about to use: its norm, its clipping, and why it is not finite.

>>> linear = torch.nn.Linear(1, 1, bias=False)
>>> optimizer = torch.optim.SGD(linear.parameters(), lr=0.1)
>>> (3 * linear(torch.ones(1, 1))).sum().backward()
>>> parameters, gradients = gradients_of(optimizer)
>>> norms_of(gradients)
(tensor(3.),)
>>> forget_gradients(optimizer)
>>> linear.weight.grad is None
True
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.objective.gradients import term_gradients
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.errors import NonFiniteGradient, plural


def forget_gradients(optimizer: Optimizer) -> None:
    """Set the gradients of an optimizer's parameters to None, as its `zero_grad` does."""
    if getattr(optimizer.zero_grad, "__func__", None) is not Optimizer.zero_grad:
        return optimizer.zero_grad(set_to_none=True)
    for group in optimizer.param_groups:  # all that PyTorch's own does beside profiling, which takes ten times as long
        for parameter in group["params"]:
            parameter.grad = None


def gradients_of(optimizer: Optimizer) -> tuple[list[nn.Parameter], list[Tensor]]:
    """The parameters of an optimizer that have a gradient, and their gradients; of a sparse gradient its values."""
    parameters, gradients = [], []  # no dict: PyTorch hashes a parameter in Python
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if (gradient := parameter.grad) is not None:
                if gradient.is_sparse:
                    parameter.grad = gradient.coalesce()
                    gradient = parameter.grad._values()
                parameters.append(parameter)
                gradients.append(gradient)
    return parameters, gradients


def norms_of(gradients: list[Tensor]) -> tuple[Tensor, ...]:
    """The Euclidean norm of each gradient, 0-d tensors: NaN or infinite if an entry is, or if the norm overflows."""
    return torch._foreach_norm(gradients) if gradients else ()


def total_norm(norms: tuple[Tensor, ...]) -> Tensor:
    """The Euclidean norm of all gradients together."""
    norm: Any = torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.zeros(())
    whole: Tensor = norm.full_tensor() if hasattr(norm, "full_tensor") else norm  # of a sharded module
    return whole


def norm_without_overflow(gradients: list[Tensor]) -> Tensor:
    """The norm of all gradients in float64: not finite only if an entry is not finite."""
    return total_norm(tuple(gradient.abs().double().square().sum().sqrt() for gradient in gradients))


def clip(gradients: list[Tensor], norm: Tensor, greatest: float) -> None:
    """Scale gradients of a norm in place so that the norm is at most `greatest`, as `clip_grad_norm_` does."""
    if gradients:
        torch._foreach_mul_(gradients, (greatest / (norm + 1e-6)).clamp(max=1.0))


def guilty_terms(weighted: Iterable[Mapping[str, Tensor]], parameters: list[nn.Parameter]) -> list[str]:
    """The names of the terms whose gradient is not finite in some of the parameters.

    Parameters
    ----------
    weighted : for each batch of a step the weighted terms, computed again while this function runs.
    """
    guilty: dict[str, None] = {}
    for terms in weighted:
        for name, gradients in term_gradients(terms, parameters).items():
            if not all(part is None or is_finite(part) for part in gradients):
                guilty[name] = None
    return list(guilty)


def non_finite_gradient(
    objective: Objective, parameters: Container[nn.Parameter], terms: Iterable[str], at: int
) -> NonFiniteGradient:
    """The error of a gradient that is not finite in some parameters: their names, their boxes and the terms."""
    fault = [
        f"parameter {name!r} of box {box!r}"
        for box in objective.boxes.names
        for name, parameter in objective.boxes.of(box).named_parameters()
        if parameter in parameters
    ]
    first, *others = fault or ["a parameter"]
    where = f"{first} and {plural(len(others), 'other')}" if others else first
    names = ", ".join(map(repr, terms))
    return NonFiniteGradient(
        f"the gradient of {f'term {names}' if names else 'the total'} is not finite in {where} at step {at}, and no "
        "step was made; the values are finite and a slope is not, as of √ or log at 0, or of acos at 1: add a small "
        "number inside, or look at the data of that constraint; the error's history ends with this step"
    )


def is_finite(gradient: Tensor) -> bool:
    """Whether all entries are finite numbers; waits for the device."""
    return bool(torch.isfinite(gradient.coalesce().values() if gradient.is_sparse else gradient).all())
