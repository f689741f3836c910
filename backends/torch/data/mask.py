"""Masks: columns in which some rows are absent, given as `(tensor, mask)` with mask bool [rows], True for present.

Absent values are filled before a module reads them, with the value of a row that is present. A module must compute on
this value anyway, so the filling adds neither NaN nor infinity. If no row is present, values are filled with ½, and
labels with 0. A module that reads several columns computes on rows in which all of them are present, see `impute_jointly`.

>>> import torch
>>> column = torch.tensor([[float("nan")], [3.0]]), torch.tensor([False, True])
>>> impute(column).tolist()
[[3.0], [3.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

Column = Tensor | tuple[Tensor, Tensor]
Batch = Mapping[str, Mapping[str, Column]]


def is_masked(column: Any) -> bool:
    """Whether a column is a pair of values and mask; a list counts, because a DataLoader makes lists of pairs."""
    return isinstance(column, tuple | list) and len(column) == 2


def values_of(column: Column) -> Tensor:
    """The values [rows, …] of a column."""
    return column[0] if isinstance(column, tuple | list) else column


def mask_of(column: Column) -> Tensor | None:
    """The mask [rows] of a column; None if every row is present."""
    return column[1] if isinstance(column, tuple | list) else None


def map_column(function: Callable[[Tensor], Tensor], column: Column) -> Column:
    """Apply a function of rows to the values of a column and to its mask."""
    mask = mask_of(column)
    return function(values_of(column)) if mask is None else (function(values_of(column)), function(mask))


def impute(column: Column) -> Tensor:
    """The values of a column, with absent values filled."""
    values, mask = values_of(column), mask_of(column)
    if mask is None:
        return values
    filled = values[_present_rows(mask)]
    neutral = 0.5 if values.is_floating_point() else 0
    present = mask.any().reshape((1,) * values.dim())
    return torch.where(present, filled, torch.full((), neutral, dtype=values.dtype, device=values.device))


def impute_jointly(present: Tensor | None, *values: Any) -> tuple[Any, ...]:
    """Values of several columns; rows that are not present take the values of one row that is present.

    `impute` fills the columns one by one, and a module need not compute on the pair of filled values: √|x − y| has no
    gradient at x = y. Distributions stay as they are.

    Parameters
    ----------
    present : Tensor [rows] of bool, the rows in which all these values are present; None for every row.
    values : Tensors [rows, …].
    """
    if present is None or not all(isinstance(value, Tensor) for value in values):
        return values
    rows = _present_rows(present)
    return tuple(value[rows] for value in values)


def _present_rows(mask: Tensor) -> Tensor:
    """The number of each row, [rows]; for an absent row the number of the first present row, or 0."""
    rows = torch.arange(len(mask), device=mask.device)
    return torch.where(mask, rows, mask.to(torch.uint8).argmax())


class Presence:
    """The rows of a batch that are present, for given columns (space, column, shift)."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __call__(self, *cells: tuple[str, str, int]) -> Tensor | None:
        """The rows [rows] in which all these columns are present; None if no column has a mask."""
        present: Tensor | None = None
        for space, column, shift in cells:
            mask = mask_of(self.batch[space][column])
            if mask is not None:
                mask = mask.roll(shift) if shift else mask
                present = mask if present is None else present & mask
        return present


def mean_of_present(values: Tensor, present: Tensor | None) -> Tensor:
    """The mean of values [rows] over the rows that are present; 0 if no row is present."""
    if present is None:
        return values.mean()
    return torch.where(present, values, 0.0).sum() / present.sum().clamp(min=1)
