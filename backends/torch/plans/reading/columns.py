"""The columns of a sample space, made of those of a source: chosen, cut to some rows, scaled, and read for a space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

import numpy as np
import torch

from learning_diagrams.backends.torch.data.column_reader import read_column
from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.data.joined_columns import joined
from learning_diagrams.backends.torch.data.mask import Column, map_column
from learning_diagrams.backends.torch.functor.discrete import NO_LABEL, without_label
from learning_diagrams.backends.torch.functor.space import Space, fits
from learning_diagrams.backends.torch.plans.reading.scaled_numbers import require_numbers, scaled
from learning_diagrams.backends.torch.streaming.row_part import Piece, RowPart
from learning_diagrams.errors import DataError, UnknownName, did_you_mean
from learning_diagrams.files.experiment_shape import ColumnShape, RowsShape, SplitShape


def split_rows(split: SplitShape, count: int) -> dict[str, Array]:
    """For each part of a split the numbers of its rows, of a source of `count` rows.

    Shares end at the nearest rows, so that shares which add up to 1 take every row.

    >>> {part: numbers.tolist() for part, numbers in split_rows(SplitShape(parts={"train": 0.5, "test": 2}), 8).items()}
    {'train': [0, 1, 2, 3], 'test': [4, 5]}

    Raises `DataError` for more rows than there are, and for a part without rows.
    """
    order = np.arange(count) if split.shuffle is None else np.random.default_rng(split.shuffle).permutation(count)
    whole, share, ends = 0, 0.0, [0]
    for size in split.parts.values():
        whole, share = (whole + size, share) if isinstance(size, int) else (whole, share + size)
        ends.append(whole + floor(share * count + 0.5))
    sizes = [end - start for start, end in pairwise(ends)]
    if sum(sizes) > count or not all(sizes):
        raise DataError(f"the parts of the split have {' + '.join(map(str, sizes))} rows, and the source has {count}")
    return dict(zip(split.parts, np.split(order, ends[1:]), strict=False))


def chosen_rows(parts: Mapping[str, Array], rows: RowsShape) -> Array:
    """The numbers of the rows of some parts of a split.

    Raises `UnknownName` for a part that the split does not have.
    """
    wanted = [rows.part] if isinstance(rows.part, str) else [*dict.fromkeys(rows.part)]
    for name in wanted:
        if name not in parts:
            raise UnknownName(f"the split has no part {name!r}; {did_you_mean(name, parts)}")
    return np.concatenate([np.arange(0), *(parts[name] for name in wanted)])


def read_for(
    place: str,
    shape: ColumnShape,
    values: Any,
    space: Space,
    dtype: torch.dtype | None = None,
    numbers: Array | None = None,
) -> Column:
    """A column of a source as one of a sample space.

    Parameters
    ----------
    place : str, the column, as messages name it.
    values : array [rows, …], or a pair of it and bool [rows].
    dtype : torch.dtype of floating numbers where the space says none; None for PyTorch's default.
    numbers : array [rows] of the numbers of the rows in the source; None where they are not known.

    Raises `DataError` if the column does not fit the space.
    """
    dtype = dtype or torch.get_default_dtype()
    mask = None
    if isinstance(values, tuple):
        values, mask = values
    require_numbers(place, values, space)
    values = scaled(place, shape, values, space, dtype, mask)
    if shape.shape is not None:
        try:
            values = values.reshape(len(values), *shape.shape)
        except ValueError:
            raise DataError(f"a row of {place} has the shape {[*values.shape[1:]]}, and not {shape.shape}") from None
    column = read_column(place, values if mask is None else (values, mask), space, dtype)
    rows = column[0] if isinstance(column, tuple) else column
    if not fits(rows.shape[1:], space.point_shape):
        raise DataError(
            f"a row of {place} has the shape {[*rows.shape[1:]]}, and {space!r} needs "
            f"{[*space.point_shape]}; say shape: in columns, or change the space"
        )
    if space.outcomes and rows.numel():
        _require_labels(place, rows, space, space.outcomes, numbers, shape.subtract == 0)
    return column


def _require_labels(
    place: str, rows: torch.Tensor, space: Space, outcomes: int, numbers: Array | None, bare: bool
) -> None:
    """Raise `DataError` for a label that the space does not have.

    bare : bool, whether nothing is subtracted from the labels of the source.
    """
    is_label = torch.ones_like(rows, dtype=torch.bool) if space.padding_label is None else rows != space.padding_label
    wrong = is_label & ((rows < 0) | (rows >= outcomes))
    if not wrong.any():
        return
    labels = rows[is_label]
    least, most = int(labels.min()), int(labels.max())
    hint = f"; {without_label(space, least)}" if least < 0 or most in NO_LABEL else ""
    if bare and least > 0 and most == outcomes:
        hint = "; labels that are counted from 1 are counted from 0 by subtract: 1 in columns"
    row = int(wrong.reshape(len(rows), -1).any(1).nonzero()[0])
    first = ""
    if numbers is not None:
        label = int(rows[row][wrong[row]].flatten()[0])
        first = f"; the first that it does not take is {label} in row {numbers[row]} (counted from 0)"
    raise DataError(f"{place} has labels from {least} to {most}, and {space!r} takes 0 to {outcomes - 1}{first}{hint}")


def require_finite(place: str, column: Column, rows: Array) -> None:
    """Raise `DataError` for NaN or ∞ at a place that is present.

    >>> require_finite("column 'x'", (torch.tensor([0.0, torch.nan]), torch.tensor([True, False])), np.arange(2))

    rows : array [rows] of the numbers of the rows in the source.
    """
    values, mask = column if isinstance(column, tuple) else (column, None)
    if not (values.is_floating_point() or values.is_complex()) or values.isfinite().all():
        return
    bad = ~values.isfinite()
    if mask is not None:
        bad &= mask.reshape(*mask.shape, *[1] * (bad.ndim - mask.ndim))
    found = bad.reshape(len(bad), -1).any(1).nonzero().flatten()
    if len(found):
        first = f"row {rows[int(found[0])]}"
        where = first if len(found) == 1 else f"{len(found)} rows, the first of which is {first}"
        absent = "leave such rows out, or let the source say that a value is absent: by an empty field, or null"
        raise DataError(f"{place} holds NaN or ∞ in {where} (counted from 0); {absent}")


@dataclass(frozen=True)
class PartForSpaces:
    """A part of a source that is read while it is trained on, with its columns as those of a sample space."""

    part: RowPart
    columns: Mapping[str, ColumnShape]
    spaces: Mapping[str, Space]
    dtype: torch.dtype | None = None

    @property
    def rows(self) -> int:
        return self.part.rows

    def pieces(self, start: int) -> Iterator[Piece]:
        for piece in self.part.pieces(start):
            yield {name: self._read(name, shape, piece) for name, shape in self.columns.items()}

    def _read(self, name: str, shape: ColumnShape, piece: Piece) -> tuple[Array, Array | None]:
        column = read_for(f"column {name!r}", shape, chosen(shape, piece), self.spaces[name], self.dtype)
        arrays = map_column(_array, column)  # type: ignore[arg-type]
        return arrays if isinstance(arrays, tuple) else (arrays, None)  # type: ignore[return-value]


def shapes_of(columns: Mapping[str, str | ColumnShape] | None, names: Sequence[str]) -> dict[str, ColumnShape]:
    """For each column of a sample space, how it is made; without a say, of the column that has its name."""
    chosen: Mapping[str, str | ColumnShape] = {name: name for name in names} if columns is None else columns
    return {n: ColumnShape(column=c) if isinstance(c, str) else c for n, c in chosen.items()}


def require_known(shape: ColumnShape, names: Sequence[str]) -> None:
    """Raise `UnknownName` for a column that the source does not have."""
    for name in shape.columns:
        if name not in names:
            raise UnknownName(f"the source has no column {name!r}; {did_you_mean(name, names)}")


def chosen(shape: ColumnShape, source: Mapping[str, Any]) -> Any:
    """The values of a column of a source, or a pair of values and mask; several columns are joined to vectors."""
    parts = [part if isinstance(part := source[name], tuple) else (part, None) for name in shape.columns]
    if not isinstance(shape.column, str):
        parts = [joined("the vector", [(name, *part) for name, part in zip(shape.column, parts, strict=True)])]
    values, present = parts[0]
    return values if present is None else (values, present)


def _array(rows: torch.Tensor) -> Array:
    return (rows.float() if rows.dtype == torch.bfloat16 else rows).numpy()  # NumPy has no bfloat16
