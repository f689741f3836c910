"""Columns of NumPy, pandas and Arrow, and plain lists, as an array and the rows that are present.

pandas and Arrow are known by what their values can do, so neither is imported.

>>> array_of("x", [[1.0, 2.0], [3.0, 4.0]])[0].shape
(2, 2)
>>> array_of("x", np.ma.masked_array([1, 2], mask=[True, False]))[1].tolist()
[False, True]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learning_diagrams.errors import DataError

Array = np.ndarray[Any, Any]


def array_of(place: str, column: Any) -> tuple[Array, Array | None]:
    """The values of a column and a mask of its present rows, which is None if every row is present.

    Absent values are those of nullable columns (pandas, Arrow) and of masked arrays (NumPy). They are filled by zeros.

    Parameters
    ----------
    place : str, the column, as messages name it.
    column : anything that NumPy reads as an array; a Series, a DataFrame as a matrix, an array of Arrow.

    Raises
    ------
    DataError : NaN in a column of pandas, which does not tell an absent value from a fault; lists of unequal length.
    """
    if hasattr(column, "to_arrow"):  # polars, cuDF
        column = column.to_arrow()
    if hasattr(column, "drop_null"):
        return _of_arrow(place, column)
    if hasattr(column, "isna"):
        return _of_pandas(place, column)
    try:
        array = np.asanyarray(column)
    except (ValueError, TypeError, RuntimeError) as error:
        ragged = "inhomogeneous" in str(error)
        fault = "rows of unequal shape; pad them, and give (values, mask)" if ragged else str(error).splitlines()[0]
        raise DataError(f"{place} is not an array: {fault}") from error
    if not isinstance(array, np.ma.MaskedArray):
        return np.asarray(array), None
    present = ~np.ma.getmaskarray(array)
    if present.ndim > 1 and (present == present[(slice(None), *[slice(1)] * (present.ndim - 1))]).all():
        present = present.reshape(len(present), -1)[:, 0]
    return array.filled(0), None if present.all() else present


def _of_pandas(place: str, column: Any) -> tuple[Array, Array | None]:
    if hasattr(column, "columns"):
        parts = [array_of(place, column[name]) for name in column.columns]
        if any(present is not None for _, present in parts):
            raise DataError(f"{place} is a frame with absent values; give an array and a mask of its rows")
        return np.stack([values for values, _ in parts], axis=1), None
    if hasattr(column.dtype, "pyarrow_dtype"):
        return _of_arrow(place, column.array.__arrow_array__())
    absent = np.asarray(column.isna())
    dtype = getattr(column.dtype, "numpy_dtype", None)
    values = np.asarray(column) if dtype is None else column.to_numpy(dtype=dtype, na_value=dtype.type(0))
    if absent.any() and values.dtype.kind == "f" and (dtype is None or np.isnan(values).any()):
        raise DataError(
            f"{place} holds NaN in row {int(np.argmax(absent))}, by which pandas means an absent value or a fault; "
            "fill it by .fillna, or let .convert_dtypes() make a nullable column, whose absent values become a mask"
        )
    return values, ~absent if absent.any() else None


def _of_arrow(place: str, column: Any) -> tuple[Array, Array | None]:
    array = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    values = _dense(place, array.drop_null())
    if not array.null_count:
        return values, None
    present = array.is_valid().to_numpy(zero_copy_only=False)
    full = np.zeros((len(present), *values.shape[1:]), values.dtype)
    full[present] = values
    return full, present


def _dense(place: str, array: Any) -> Array:
    """The values of an array of Arrow that has no null; lists of equal length become further dimensions."""
    if hasattr(array, "to_numpy_ndarray"):  # the extension type of tensors of one shape
        return np.asarray(array.to_numpy_ndarray())
    if not hasattr(array, "flatten") or not hasattr(array.type, "value_type"):
        return np.asarray(array.to_numpy(zero_copy_only=False))
    inner = array.flatten()
    lengths = {len(row) for row in array} if not hasattr(array.type, "list_size") else {array.type.list_size}
    if len(lengths) > 1 or inner.null_count:
        fault = "absent values inside its lists" if inner.null_count else f"lists of {min(lengths)} to {max(lengths)}"
        raise DataError(f"{place} holds {fault}; give lists of equal length, without absent values")
    values = _dense(place, inner)
    return values.reshape(len(array), next(iter(lengths), 0), *values.shape[1:])
