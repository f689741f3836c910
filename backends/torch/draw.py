"""Draws: a sample of a law, reparametrised where the law allows it, so that gradients pass."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.errors import CompileError


def draw(law: Distribution, box: str, rows: int | None = None) -> Tensor:
    """One sample a row of a law [rows, *shape]; of a law from I, `rows` samples.

    Raises
    ------
    CompileError : gradients are wanted, and the law has no reparametrised sample.
    """
    shape = torch.Size() if rows is None else torch.Size((rows,))
    if law.has_rsample:
        sample = law.rsample(shape)
    elif torch.is_grad_enabled():
        raise CompileError(
            f"kernel {box!r} is trained and its draw feeds a box, but {type(law).__name__} has no reparametrised "
            f"sample, so no gradient would reach it; freeze {box!r}, or return a distribution with rsample"
        )
    else:
        sample = law.sample(shape)
    one_row = rows is not None and sample.ndim == 1 + len(law.batch_shape) + len(law.event_shape)
    return sample.squeeze(1) if one_row and tuple(law.batch_shape[:1]) == (1,) else sample


def expand(row: Tensor, rows: int, ndim: int) -> Tensor:
    """The one row that a box from I returns, [*shape] or [1, *shape], as [rows, *shape]; no memory is copied."""
    shape = row.shape if row.ndim == ndim else row.shape[1:]
    return row.expand(rows, *shape)
