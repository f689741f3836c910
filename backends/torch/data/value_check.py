"""The check of the values of a column against its space: labels in range, bits, and probabilities.

>>> require_values("column 'label'", torch.tensor([0, 3]), Finite(3))
Traceback (most recent call last):
    ...
learning_diagrams.errors.DataError: column 'label' holds labels 0 … 3, where Finite(3) has 0 … 2
"""

from __future__ import annotations

import torch

from learning_diagrams.backends.torch.data.mask import Column, mask_of, padded, values_of
from learning_diagrams.backends.torch.functor.discrete import NO_LABEL, Bernoulli, Finite, without_label
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import DataError


def require_values(place: str, column: Column, space: Space) -> None:
    """Raise `DataError` for labels out of range, bits other than 0 and 1, and soft labels whose sum is not 1.

    Parameters
    ----------
    place : str, the column, as messages name it.
    column : tensor [rows, …], or a pair of it and a mask; only present values are read.
    """
    mask, values = mask_of(padded(column, space)), values_of(column)
    if mask is not None:
        values = values[mask]
    if isinstance(space, Finite) and space.soft:
        sums = values.double().sum(-1)
        tolerance = 1e-2 if values.itemsize < 4 else 1e-4
        if (values < 0).any() or not torch.allclose(sums, torch.ones_like(sums), atol=tolerance):
            raise DataError(
                f"{place} holds rows that are no probabilities, where those of {space!r} are ≥ 0 and have sum 1: the "
                f"least value is {values.min():.4g}, sums are {sums.min():.6g} … {sums.max():.6g}"
            )
    if isinstance(space, Bernoulli) and not torch.equal(values.bool().to(values.dtype), values):
        raise DataError(
            f"{place} holds values from {values.min():.4g} to {values.max():.4g}, where the bits of {space!r} are "
            "0 or 1"
        )
    if space.outcomes is not None and values.numel():
        low, high = int(values.min()), int(values.max())
        if low < 0 or high >= space.outcomes:
            labels = f"labels {low} … {high}, where {space!r} has 0 … {space.outcomes - 1}"
            labels += f"; {without_label(space, low)}" if low < 0 or high in NO_LABEL else ""
            raise DataError(f"{place} holds {labels}")
