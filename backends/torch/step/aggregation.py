"""The gradients of several terms made into one by an aggregator, where they meet.

An aggregator is a function of a Jacobian matrix, Tensor [terms, entries], that returns the gradient, Tensor [entries].
The sum over the rows is plain training. Those of torchjd resolve conflicts between terms (Quinton & Rey 2024).

>>> a, b = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
>>> gradients = {"p": [torch.ones(1), torch.ones(1)], "q": [torch.ones(1), None]}
>>> aggregate(lambda matrix: matrix.mean(0), gradients, [a, b])
>>> a.grad, b.grad
(tensor([1.]), tensor([1.]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.objective.gradients import flat
from learning_diagrams.errors import CompileError, brief

Aggregator = Callable[[Tensor], Tensor]
Gradients = Mapping[str, Sequence[Tensor | None]]


def aggregate(aggregator: Aggregator, gradients: Gradients, parameters: Sequence[nn.Parameter]) -> None:
    """Set the gradient of each parameter: aggregated where more than one term reaches it, else of the one term.

    A Jacobian that is not finite is summed, so that the gradient is not finite either.

    Parameters
    ----------
    gradients : dict from term to a list of a Tensor or None for each parameter.

    Raises
    ------
    CompileError : the aggregator does not return one number for each column.
    """
    columns = [[part for part in parts if part is not None] for parts in zip(*gradients.values(), strict=True)]
    shared = [number for number, parts in enumerate(columns) if len(parts) > 1]
    for parameter, parts in zip(parameters, columns, strict=True):
        parameter.grad = parts[0] if len(parts) == 1 else None
    if not shared:
        return
    rows = [parts for parts in gradients.values() if any(parts[number] is not None for number in shared)]
    matrix = torch.stack([flat([parts[n] for n in shared], [parameters[n] for n in shared]) for parts in rows])
    vector: Any = aggregator(matrix) if bool(torch.isfinite(matrix).all()) else matrix.sum(0)
    if not isinstance(vector, Tensor) or vector.shape != matrix.shape[1:]:
        result = f"shape {list(vector.shape)}" if isinstance(vector, Tensor) else brief(vector)
        raise CompileError(
            f"aggregator= takes a Jacobian [terms, entries], here {list(matrix.shape)}, and returns a gradient, a "
            f"Tensor [{matrix.shape[1]}]; got {result}"
        )
    split = torch.split(vector, [parameters[number].numel() for number in shared])
    for number, part in zip(shared, split, strict=True):
        parameters[number].grad = part.view_as(parameters[number]).to(parameters[number].dtype)
