"""Columns read as tensors: what is not a tensor takes the dtype that its space and the model need.

A tensor is taken as it is, because its dtype is a choice. The dtype of other arrays often is an accident: NumPy, pandas
and Python compute in float64. Their numbers are cast where NumPy calls the cast "same_kind": floats, whole numbers and
bools to the floating dtype of the model, whole numbers and bools to labels, and never a float to a label.

>>> from learning_diagrams.backends.torch.functor.discrete import Bernoulli, Finite
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> read_column("x", np.zeros((3, 2)), Euclidean(2), torch.float32).dtype
torch.float32
>>> read_column("y", np.array([3, 1], dtype="uint8"), Finite(10)), read_column("b", [[True, False]], Bernoulli(2))
(tensor([3, 1]), tensor([[1., 0.]]))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.column_check import WHOLE
from learning_diagrams.backends.torch.data.foreign_column import Array, array_of
from learning_diagrams.backends.torch.data.mask import Column
from learning_diagrams.backends.torch.data.text_column import described
from learning_diagrams.backends.torch.functor.discrete import without_label
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import DataError, brief
from learning_diagrams.errors.door import by_door


def read_column(place: str, column: Any, space: Space | None = None, dtype: torch.dtype | None = None) -> Column:
    """A column as a tensor, or as a tensor and a mask if some rows are absent.

    Parameters
    ----------
    place : str, the column, as messages name it.
    column : Tensor, array, Series, list; or a pair of these and a bool mask.
    space : Space of the column; None if it is not known, and then numbers keep their dtype.
    dtype : torch.dtype of the model; None keeps floating dtypes.

    Raises
    ------
    DataError : values that are no numbers, or that the space does not take.
    """
    if isinstance(column, Tensor):
        return column
    if is_pair(column):
        values, mask = column[0], column[1]
        read = read_column(place, values, space, dtype)
        present = mask if isinstance(mask, Tensor) else _flags(place, mask)
        return (read, present) if isinstance(read, Tensor) else (read[0], read[1] & present)
    if isinstance(column, list | tuple) and any(isinstance(part, Tensor) for part in column):
        raise DataError(
            f"{place} is a list of tensors, of which the first dimension may be rows or, as PyTorch's default_collate "
            "puts lists together, features; give one tensor: torch.stack(column), or torch.stack(column, 1)"
        )
    array, mask = array_of(place, column)
    values = _tensor(place, array, space, dtype if hasattr(column, "dtype") else dtype or torch.get_default_dtype())
    return values if mask is None else (values, torch.as_tensor(mask))


def is_pair(column: Any) -> bool:
    """Whether a value is a pair of values and mask: a list of two values, as in JSON, is not."""
    if not isinstance(column, tuple | list) or len(column) != 2:
        return False
    values, mask = column
    if isinstance(column, tuple) and (hasattr(values, "dtype") or hasattr(values, "drop_null")):
        return True
    if isinstance(mask, bool | list):
        flags = np.array(mask, dtype=object).ravel()
        return isinstance(column, tuple) and all(isinstance(flag, bool) for flag in flags)
    return str(getattr(mask, "dtype", getattr(mask, "type", ""))).removeprefix("torch.").startswith("bool")


def _flags(place: str, mask: Any) -> Tensor:
    flags = np.array(array_of(place, mask)[0])
    if flags.dtype == object:
        raise DataError(
            f"the mask of {place} holds {brief(mask)}; give True where a row is present and False where it is not, or "
            "the values alone where every row is"
        )
    return torch.as_tensor(flags)


def _tensor(place: str, array: Array, space: Space | None, dtype: torch.dtype | None) -> Tensor:
    wanted = _wanted_dtype(array, space, dtype)
    kind = next((kind for test, kind in _KINDS if wanted is not None and test(wanted)), array.dtype)
    too_large = array.dtype.kind == "u" and kind is np.int64 and array.size and int(array.max()) >= 2**63
    if array.dtype.kind not in "biufc" or not np.can_cast(array.dtype, kind, "same_kind") or too_large:
        needed = "data are numbers" if space is None else f"{space!r} needs {space.dtype_name}"
        raise DataError(f"{place} has dtype {array.dtype}, where {needed}; {_advice(array, kind, space)}")
    with warnings.catch_warnings():  # PyTorch warns of read-only arrays, and nothing here writes into data
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        try:
            values = torch.from_numpy(array)
        except (TypeError, ValueError):  # another byte order, a negative stride, a dtype that PyTorch does not have
            values = torch.from_numpy(np.array(array, kind))
    return values if wanted is None else values.to(wanted)


_KINDS: tuple[tuple[Callable[[torch.dtype], bool], type], ...] = (
    (lambda dtype: dtype.is_floating_point, np.float64),
    (lambda dtype: dtype.is_complex, np.complex128),
    (lambda dtype: dtype == torch.bool, np.bool_),
    (lambda _: True, np.int64),
)


def _wanted_dtype(array: Array, space: Space | None, dtype: torch.dtype | None) -> torch.dtype | None:
    """The dtype of the tensor; None keeps that of the array."""
    if space is None and array.dtype.kind != "f":
        return torch.int64 if array.dtype.kind == "u" and array.dtype.itemsize > 1 else None
    if space is not None and space.dtype is not None:
        return space.dtype
    return dtype or (None if array.dtype.kind == "f" else torch.get_default_dtype())


def _advice(array: Array, kind: Any, space: Space | None) -> str:
    match array.dtype.kind:
        case "O" if array.size and isinstance(array.flat[0], np.ndarray):
            return "np.stack makes one array of arrays of one shape"
        case "O" | "S" | "U" | "T":
            labels = space is None or space.outcomes is not None
            how = ".astype('category').cat.codes numbers texts" if labels else ".astype(float) reads texts as '3.5'"
            what = f"it {described(array)}; texts and objects are no numbers"
            return f"{what}; in pandas {how}, and .convert_dtypes() finds numbers among objects"
        case "f" if kind is np.int64:
            if space is not None and np.isnan(array).any():
                return without_label(space)
            return by_door(f"{WHOLE}: .astype('int64')", plan=f"{WHOLE}; write them without a point")
    return "convert it"
