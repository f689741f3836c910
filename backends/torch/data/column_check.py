"""The checks of a column that do not depend on its space: its kind, its mask, and its number of rows.

>>> require_column("digits", "label", torch.zeros(3))
3
>>> require_equal_rows("digits", {"label": 3, "pixels": 2})
Traceback (most recent call last):
    ...
learning_diagrams.errors.DataError: the columns of sample space 'digits' have unequal numbers of rows: 'label' has 3, \
'pixels' has 2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import is_masked
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.errors import DataError, kind


def place(space: str, name: str) -> str:
    """A column, as messages name it."""
    return f"column {name!r} of sample space {space!r}"


def require_column(space: str, name: str, column: Any) -> int:
    """The number of rows; `DataError` unless a column is a tensor [rows, …] or a pair of such a tensor and a mask."""
    masked = is_masked(column)
    values = column[0] if masked else column
    if not isinstance(values, Tensor) or values.dim() == 0:
        value = "a single number" if isinstance(values, Tensor) else kind(values)
        raise DataError(
            f"{place(space, name)} must be a tensor [rows, …] or (tensor, mask), got {value}"
            f"{' beside a mask' if masked else ''}"
            f"{'' if isinstance(values, Tensor) else '; fit and batches read arrays, frames and lists: '}"
            f"{'' if isinstance(values, Tensor) else 'next(batches(data, steps=1, objective=objective))'}"
        )
    if values.layout is not torch.strided or values.is_nested or values.is_meta:
        fault = "on the device meta, without numbers" if values.is_meta else "nested" if values.is_nested else "sparse"
        remedy = "pad it to one shape" if values.is_nested else "make it dense by .to_dense()"
        remedy = "move it to a device" if values.is_meta else remedy
        raise DataError(f"{place(space, name)} is {fault}; {remedy}")
    if masked:
        _require_mask(space, name, values, column[1])
    return len(values)


def require_equal_rows(space: str, rows: Mapping[str, int]) -> None:
    """Raise `DataError` if two columns of a sample space have different numbers of rows."""
    names = iter(rows)
    first = next(names)
    for name in names:
        if rows[name] != rows[first]:
            raise DataError(
                f"the columns of sample space {space!r} have unequal numbers of rows: {first!r} has {rows[first]}, "
                f"{name!r} has {rows[name]}"
            )


def _require_mask(space: str, name: str, values: Tensor, mask: Any) -> None:
    fits = isinstance(mask, Tensor) and mask.dtype == torch.bool and mask.dim() > 0
    if not fits or mask.shape != values.shape[: mask.dim()]:
        shown = f"{list(mask.shape)} {dtype_name(mask.dtype)}" if isinstance(mask, Tensor) else kind(mask)
        raise DataError(
            f"the mask of {place(space, name)} must be a bool tensor [rows], True where a row is present, or [rows, "
            f"…], as fine as the positions of a row, beside values [rows, …]; got {shown} beside values "
            f"{list(values.shape)}"
        )
    if mask.device != values.device:
        raise DataError(
            f"the mask of {place(space, name)} is on {mask.device}, and its values are on {values.device}; move one to "
            "the other"
        )
