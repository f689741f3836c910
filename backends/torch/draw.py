"""Draws: a sample of a law, reparametrised where the law allows it, so that gradients pass."""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.errors import CompileError


def draw(law: Distribution, box: str) -> Tensor:
    """One sample a row of a law [rows, *shape].

    Raises
    ------
    CompileError : a gradient should pass through the draw, and the law has no reparametrised sample.
    """
    if law.has_rsample:
        return law.rsample()
    if torch.is_grad_enabled():
        raise CompileError(
            f"a gradient should pass through the draw of kernel {box!r}, but {type(law).__name__} has no "
            f"reparametrised sample, so none would; freeze {box!r} and every box before it, or return a distribution "
            "with rsample"
        )
    return law.sample()


@overload
def expand(row: Tensor, rows: int, ndim: int) -> Tensor: ...
@overload
def expand(row: Distribution, rows: int, ndim: int) -> Distribution: ...
def expand(row: Tensor | Distribution, rows: int, ndim: int) -> Tensor | Distribution:
    """What a box from I returns, one row or none, for every row; no memory is copied.

    Parameters
    ----------
    row : a tensor [*shape] or [1, *shape], or a Distribution of that shape.
    rows : how many rows.
    ndim : the length of shape.
    """
    if isinstance(row, Distribution):
        found = len(row.batch_shape) + len(row.event_shape)
        kept = row.batch_shape[found - ndim :]
        wide: Distribution = row.expand(torch.Size((rows, *kept)))
        return wide
    return row.expand(rows, *row.shape[row.ndim - ndim :])
