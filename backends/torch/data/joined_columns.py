"""Columns of numbers side by side: the k-th is the k-th number of a row. A row is present where all of them are.

>>> joined("x", [("width", np.array([1, 2]), None), ("height", np.array([0.5, 0]), np.array([True, False]))])
(array([[1. , 0.5],
       [2. , 0. ]]), array([ True, False]))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.data.text_column import described
from learning_diagrams.errors import DataError


def joined(place: str, columns: Sequence[tuple[str, Array, Array | None]]) -> tuple[Array, Array | None]:
    """The vectors [rows, columns], and which rows are present, [rows] bool, or None for all.

    Parameters
    ----------
    place : str, the column that is made, as messages name it.
    columns : list of name, values [rows] and mask, in the order of the vectors; as many rows in each.

    Raises `DataError` for a column with other values than a number a row.
    """
    for name, values, _ in columns:
        if values.ndim != 1 or values.dtype.kind not in "biufc":
            fault = f"has rows of the shape {[*values.shape[1:]]}" if values.ndim != 1 else described(values)
            raise DataError(f"{place} is made of {', '.join(repr(part) for part, *_ in columns)}, and {name!r} {fault}")
    masks = [mask for *_, mask in columns if mask is not None]
    present: Array | None = np.logical_and.reduce(masks) if masks else None
    return np.stack([values for _, values, _ in columns], axis=1), present
