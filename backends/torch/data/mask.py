"""Masks: columns in which some rows or positions are absent, given as `(tensor, mask)`, mask bool, True for present.

A mask is [rows], or as fine as the positions of a row. A row is present if one of its positions is. Absent values are
filled before a module reads them. In a row that is absent they have the value of a row that is present. A module must
compute on this value anyway, so the filling adds neither NaN nor infinity. If no row is present, and at an absent
position of a row that is present, values are filled with ½, and labels with the padding or with 0. A module that reads
several columns computes on rows in which all of them are present, see `impute_jointly`.

>>> from learning_diagrams.backends.torch.functor.discrete import Tokens
>>> column = torch.tensor([[float("nan")], [3.0]]), torch.tensor([False, True])
>>> impute(column).tolist()
[[3.0], [3.0]]
>>> padded(torch.tensor([[4, -100]]), Tokens(5, 2, padding=-100))
(tensor([[4, 0]]), tensor([[ True, False]]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.functor.space import Space

Column = Tensor | tuple[Tensor, Tensor]
Batch = Mapping[str, Mapping[str, Column]]


def is_masked(column: Any) -> bool:
    """Whether a column is a pair of values and mask; a list counts, because a DataLoader makes lists of pairs."""
    return isinstance(column, tuple | list) and len(column) == 2


def values_of(column: Column) -> Tensor:
    """The values [rows, …] of a column."""
    return column[0] if isinstance(column, tuple | list) else column


def mask_of(column: Column) -> Tensor | None:
    """The mask [rows, …] of a column; None if every row is present."""
    return column[1] if isinstance(column, tuple | list) else None


def rows_of(mask: Tensor) -> Tensor:
    """The rows [rows] that have a present position, by a mask [rows, …]."""
    return mask if mask.dim() == 1 else mask.flatten(1).any(1)


def as_fine_as(values: Tensor, mask: Tensor) -> Tensor:
    """A mask [rows, …] with dimensions of size 1 in place of those that only the values have."""
    return mask.reshape(mask.shape + (1,) * (values.dim() - mask.dim()))


def padded(column: Column, space: Space) -> Column:
    """A column with the mask that the padding of its space makes, and with the absent positions of rows filled."""
    values, mask = values_of(column), mask_of(column)
    if space.padding_label is not None:
        present = values != space.padding_label
        mask = present if mask is None else as_fine_as(values, mask) & present
    elif mask is None or mask.dim() == 1:
        return column
    return torch.where(as_fine_as(values, mask), values, space.filler), mask


def map_column(function: Callable[[Tensor], Tensor], column: Column) -> Column:
    """Apply a function of rows to the values of a column and to its mask."""
    mask = mask_of(column)
    return function(values_of(column)) if mask is None else (function(values_of(column)), function(mask))


def impute(column: Column) -> Tensor:
    """The values of a column, with absent rows filled."""
    values, mask = values_of(column), mask_of(column)
    if mask is None:
        return values
    filled = values[_present_rows(rows_of(mask))]
    neutral = 0.5 if values.is_floating_point() else 0
    present = mask.any().reshape((1,) * values.dim())
    return torch.where(present, filled, torch.full((), neutral, dtype=values.dtype, device=values.device))


def impute_jointly(present: Tensor | None, *values: Any) -> tuple[Any, ...]:
    """Values of several columns; rows that are not present take the values of one row that is present.

    `impute` fills the columns one by one, and a module need not compute on the pair of filled values: √|x − y| has no
    gradient at x = y. Distributions stay as they are. If no row is present, bits of presence are True, so that
    attention has something to attend to.

    Parameters
    ----------
    present : Tensor [rows] of bool, the rows in which all these values are present; None for every row.
    values : Tensors [rows, …].
    """
    if present is None or not all(isinstance(value, Tensor) for value in values):
        return values
    rows, none = _present_rows(present), ~present.any()
    return tuple(value[rows] | none if value.dtype == torch.bool else value[rows] for value in values)


def _present_rows(mask: Tensor) -> Tensor:
    """The number of each row, [rows]; for an absent row the number of the first present row, or 0."""
    rows = torch.arange(len(mask), device=mask.device)
    return torch.where(mask, rows, mask.to(torch.uint8).argmax())
