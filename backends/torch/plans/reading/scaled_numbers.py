"""The numbers of a column of a source, as a plan scales them for a space: (number − subtract) / divide.

>>> import numpy as np
>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> counted_from_1 = ColumnShape(column="kind", subtract=1)
>>> scaled("kind", counted_from_1, np.array([1, 2, 3]), Finite(3), torch.float32)
array([0, 1, 2])
>>> scaled("kind", counted_from_1, np.array([1, 2, 3]), Euclidean(), torch.float32)
array([0., 1., 2.], dtype=float32)
"""

from __future__ import annotations

import numpy as np
import torch

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.data.text_column import described
from learning_diagrams.backends.torch.functor.discrete import NO_LABEL
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import DataError
from learning_diagrams.files.experiment_shape import ColumnShape

LARGEST = 2**53  # up to which a floating number tells every whole number


def require_numbers(place: str, values: Array, space: Space) -> None:
    """Raise `DataError` for a column of texts, or of objects that are no numbers.

    values : array [rows, …], the whole column of the source, so that its row is that of the source.
    """
    if values.dtype.kind in "biufc":
        return
    wanted, how = "numbers", "write numbers with a decimal point, as 3.5"
    if space.outcomes:
        wanted = f"labels from 0 to {space.outcomes - 1}"
        how = "write a column of numbers into the file, as pandas makes it by .astype('category').cat.codes"
    raise DataError(
        f"{place} {described(values)}, where {space!r} needs {wanted}; a plan does not read texts: {how}, and "
        "leave absent fields empty"
    )


def scaled(
    place: str, shape: ColumnShape, values: Array, space: Space, dtype: torch.dtype, present: Array | None = None
) -> Array:
    """The numbers of a column after `subtract` and `divide`; labels stay whole numbers.

    A label -100 or 255 that is the padding of the space stays as it is.

    Parameters
    ----------
    values : array [rows, …] of numbers.
    dtype : torch.dtype of floating numbers where the space says none.
    present : bool [rows, …], which rows are present; None: all. What fills the others stays a label.

    Raises `DataError` for a division by 0, and for labels that would be no whole numbers.
    """
    if (shape.subtract, shape.divide) == (0, 1):
        return values
    if shape.divide == 0:
        raise DataError(f"{place} is divided by 0")
    if space.dtype == torch.int64:
        return _labels(place, shape, values, space, present)
    exact = {torch.float64, torch.complex64, torch.complex128} & {space.dtype or dtype}
    values = (values - shape.subtract) / shape.divide
    return values if exact else values.astype(np.float32)


def _labels(place: str, shape: ColumnShape, values: Array, space: Space, present: Array | None) -> Array:
    if shape.divide != 1:
        raise DataError(
            f"{place} is divided by {shape.divide:g}, which makes numbers that are no labels, and {space!r} takes "
            "labels, whole numbers; leave out divide"
        )
    if not shape.subtract.is_integer() or abs(shape.subtract) > LARGEST:
        raise DataError(
            f"subtract is {shape.subtract:g} for {place}, which makes numbers that are no labels, and {space!r} takes "
            "labels, whole numbers; subtract a whole number, as 1 where labels are counted from 1"
        )
    if values.dtype.kind not in "biu" or (values.size and values.dtype.kind == "u" and int(values.max()) >= 2**63):
        return values  # whose own fault is told where they are read
    labels = values.astype(np.int64)
    moved = labels - int(shape.subtract)
    if space.padding_label in NO_LABEL:
        moved = np.where(labels == space.padding_label, labels, moved)
    if present is not None:
        moved = np.where(present.reshape(*present.shape, *[1] * (moved.ndim - present.ndim)), moved, int(space.filler))
    return moved
