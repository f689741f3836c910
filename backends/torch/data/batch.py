"""A batch: for each sample space its columns, of equal length; and the columns that a learning diagram needs.

A column is a tensor [rows, …], or `(tensor, mask)`, see `mask`. The column of presence of another column is its mask,
and a batch need not have it.

The checks read shapes and dtypes only and no values, so they do not wait for a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.column_check import WHOLE, place, require_column, require_equal_rows
from learning_diagrams.backends.torch.data.mask import (
    Batch,
    Column,
    as_fine_as,
    impute,
    is_masked,
    map_column,
    mask_of,
    padded,
    values_of,
)
from learning_diagrams.backends.torch.data.value_check import require_values
from learning_diagrams.backends.torch.functor.discrete import without_label
from learning_diagrams.backends.torch.functor.space import Space, dtype_name, fits
from learning_diagrams.diagrams.sample_space import presence_of
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DataError, did_you_mean, kind, plural, require_flag
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.layout import layout_advice
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.program.statement import Read, Statement


@dataclass(frozen=True)
class BatchLayout:
    """The columns of a batch, their spaces, and how the loss reads them.

    Parameters
    ----------
    spaces : dict from sample space to dict from column to Space, all columns of the learning diagram.
    read : dict from sample space to tuple of str, the columns that the loss reads.
    draws : dict from sample space to int, the number of different rows that are drawn together.
    paired : tuple of tuples of str, groups of sample spaces whose rows are paired by position.
    """

    spaces: Mapping[str, Mapping[str, Space]]
    read: Mapping[str, tuple[str, ...]]
    draws: Mapping[str, int]
    paired: tuple[tuple[str, ...], ...] = field(default=())
    _silent: tuple[tuple[str, str], ...] = field(default=(), init=False, repr=False, compare=False)
    _checked: tuple[Any, bool] = field(default=(None, False), init=False, repr=False, compare=False)

    __repr__ = short_repr

    def __post_init__(self) -> None:
        read = ((space, name) for space, names in self.read.items() for name in names)
        silent = (cell for cell in read if self.spaces[cell[0]][cell[1]].carrier in ("probabilities", "bits"))
        object.__setattr__(self, "_silent", tuple(silent))

    @classmethod
    def of(
        cls,
        signature: Signature,
        statements: Sequence[Statement],
        spaces: Mapping[str, Space],
        paired: Iterable[tuple[str, ...]],
    ) -> BatchLayout:
        """The layout for a learning diagram's signature and the statements of its loss."""
        known: dict[str, dict[str, Space]] = {name: {} for name in sorted(signature.sample_spaces)}
        for (space, name), column in sorted(signature.columns.items()):
            known[space][name] = spaces[column.cod.inside[0].name]
        read: dict[str, dict[str, None]] = {}
        draws: dict[str, int] = {}
        for statement in statements:
            if isinstance(statement, Read):
                cell = statement.cell
                read.setdefault(cell.space, {})[cell.column] = None
                draws[cell.space] = max(draws.get(cell.space, 1), cell.shift + 1)
        groups = {tuple(space for space in group if space in read) for group in paired}
        pairs = tuple(sorted(group for group in groups if len(group) > 1))
        return cls(known, {space: tuple(names) for space, names in read.items()}, draws, pairs)

    def check(self, batch: Any, strict: bool = True) -> bool:
        """Raise `DataError` if a batch lacks a column that is read, has an unknown column, or does not fit.

        Return whether a column that is read has a mask, padding or presence, so that the batch is to be prepared.
        """
        shapes = _shapes_of(batch)
        if shapes is None:
            return self._check(batch, strict)
        known, masked = self._checked
        if shapes != known:  # those of the batch before, which strict=True let pass
            masked = self._check(batch, strict)
            if strict:
                object.__setattr__(self, "_checked", (shapes, masked))
        return masked

    def _check(self, batch: Any, strict: bool) -> bool:
        require_flag("strict", strict)
        if not isinstance(batch, Mapping):
            raise DataError(f"a batch maps sample spaces to columns, {self._example()}; got {kind(batch)}")
        if strict:
            self.refuse_unknown(batch)
        masked = False
        for space, names in self.read.items():
            columns = batch.get(space)
            if not isinstance(columns, Mapping):
                fault = "is missing" if columns is None else f"is {kind(columns)}"
                raise DataError(f"sample space {space!r} {fault}; a batch looks like {self._example()}")
            rows = {}
            for name in names:
                if name not in columns and (base := presence_of(name)) is not None:
                    name, masked = base, True
                if name not in columns:
                    raise DataError(f"{place(space, name)} is missing; {did_you_mean(name, columns)}")
                rows[name] = require_column(space, name, columns[name])
                masked |= is_masked(columns[name]) or self.spaces[space][name].padding_label is not None
                self._require_fit(space, name, columns[name])
            self._require_rows(space, rows)
        for group in self.paired:
            counts = {space: self.rows(space, batch[space]) for space in group}
            if len(set(counts.values())) > 1:
                numbers = ", ".join(f"{space!r} has {rows}" for space, rows in counts.items())
                raise DataError(
                    f"rows of a product of sample spaces are paired by position, and their numbers differ: {numbers}"
                )
        return masked

    @property
    def padded(self) -> list[str]:
        """The columns that are read and whose padding makes a mask, as "space.column"."""
        read = [(space, name) for space, names in self.read.items() for name in names]
        return [f"{space}.{name}" for space, name in read if self.spaces[space][name].padding_label is not None]

    def prepare(self, batch: Batch) -> Batch:
        """A checked batch with the masks that padding makes, absent positions filled, and the columns of presence."""
        result = {space: dict(columns) for space, columns in batch.items() if space in self.read}
        for space, names in self.read.items():
            columns, known = result[space], self.spaces[space]
            for name in names:
                base = presence_of(name)
                if base is None or name in columns:
                    columns[name] = padded(columns[name], known[name])
                else:
                    values, mask = values_of(columns[base]), mask_of(padded(columns[base], known[base]))
                    shape = values.shape[: 1 + len(known[base].position_shape)]
                    full = torch.ones(shape, dtype=torch.bool, device=values.device)
                    columns[name] = full if mask is None else full & as_fine_as(full, mask)
        return result

    def fill(self, batch: Batch) -> dict[str, dict[str, Tensor]]:
        """The columns that are read, with absent rows filled."""
        return {space: {name: impute(batch[space][name]) for name in names} for space, names in self.read.items()}

    def check_silent_values(self, batch: Batch) -> None:
        """Raise `DataError` for soft labels that are no probabilities and for bits that are not 0 or 1, on a CPU.

        PyTorch computes with such values, and fails by itself at labels out of range.
        """
        for space, name in self._silent:
            if values_of(batch[space][name]).device.type == "cpu" and not torch.compiler.is_compiling():
                try:
                    self.check_values(space, batch[space], (name,))
                except RuntimeError:  # under torch.func.vmap a value has no number
                    continue

    def check_values(self, space: str, columns: Mapping[str, Column], names: Iterable[str] | None = None) -> None:
        """Raise `DataError` for labels out of range, bits other than 0 and 1, and soft labels whose sum is not 1.

        Only present values are read, of the columns `names`, by default of all columns that are read.
        """
        for name in self.read.get(space, ()) if names is None else names:
            target = self.spaces[space].get(name)
            if name in columns and target is not None:
                require_values(place(space, name), columns[name], target)

    def rows(self, space: str, columns: Mapping[str, Column]) -> int:
        """The number of rows of a sample space, by a column that is read."""
        first = self.read[space][0]
        return len(values_of(columns[first if first in columns else str(presence_of(first))]))

    def dtype(self, batch: Batch) -> torch.dtype | None:
        """The dtype of the first floating column that is read; None if there is no such column."""
        columns = (batch[space][name] for space, names in self.read.items() for name in names if name in batch[space])
        dtypes = (values_of(column).dtype for column in columns)
        return next((dtype.to_real() for dtype in dtypes if dtype.is_floating_point or dtype.is_complex), None)

    def cut(self, batch: Batch) -> dict[str, Mapping[str, Column]]:
        """A batch in which paired sample spaces have equally many rows: those of the shortest."""
        result = dict(batch)
        for group in self.paired:
            least = min(self.rows(space, batch[space]) for space in group)
            for space in group:
                result[space] = {
                    name: map_column(lambda rows, n=least: rows[:n], column)  # type: ignore[misc]
                    for name, column in batch[space].items()
                }
        return result

    def _require_rows(self, space: str, rows: Mapping[str, int]) -> None:
        require_equal_rows(space, rows)
        count, draws = next(iter(rows.values())), self.draws[space]
        if count == 0:
            raise DataError(f"sample space {space!r} has no row; a mean over no row has no value")
        if count < draws:
            raise DataError(
                f"sample space {space!r} has {plural(count, 'row')}, and {draws} different rows are drawn together; "
                "give more rows"
            )

    def _require_fit(self, space: str, name: str, column: Column) -> None:
        """Raise `DataError` if a column does not have the shape and dtype of its space, or if its mask is too fine."""
        target, values, mask = self.spaces[space][name], values_of(column), mask_of(column)
        if not fits(values.shape[1:], target.point_shape):
            wanted = ", ".join(["rows", *("any" if size is None else str(size) for size in target.point_shape)])
            hint = "; one-hot rows become labels by .argmax(1)" if target.outcomes is not None else ""
            hint = "; labels become probabilities by one_hot" if target.carrier == "probabilities" else hint
            if advice := layout_advice(values.shape[1:], target.point_shape):
                hint = f"; {advice}"
            raise DataError(
                f"{place(space, name)} has shape {list(values.shape)}, where {target!r} needs [{wanted}]{hint}"
            )
        if mask is not None and mask.dim() - 1 > len(target.position_shape):
            raise DataError(
                f"the mask of {place(space, name)} is {list(mask.shape)}, and a row of {target!r} has positions "
                f"{list(target.position_shape)}; give a mask [rows], or one that is as fine as these"
            )
        if values.requires_grad:
            raise DataError(
                f"{place(space, name)} requires a gradient, but columns are data and get no gradient; pass "
                "column.detach(), or let a box return what is to be learned"
            )
        if not target.admits(values.dtype):
            whole = target.outcomes is not None
            hint = (
                by_door(f"{WHOLE}: .long()", plan=f"{WHOLE}; write them without a point")
                if whole
                else f"convert it, as in .to({target.dtype or 'torch.float32'})"
            )
            if whole and values.is_floating_point() and values.isnan().any():
                hint = without_label(target)
            raise DataError(
                f"{place(space, name)} has dtype {dtype_name(values.dtype)}, where {target!r} needs "
                f"{target.dtype_name}; {hint}"
            )

    def refuse_unknown(self, batch: Mapping[str, Any]) -> None:
        """Raise `DataError` for sample spaces and columns that the learning diagram does not have."""
        for space, columns in batch.items():
            if space not in self.spaces:
                owner = next((owner for owner, names in self.spaces.items() if space in names), None)
                remedy = (
                    "pass strict=False to ignore it"
                    if owner is None
                    else f"{space!r} is a column: give {{{owner!r}: {{{space!r}: …}}}}"
                )
                raise DataError(
                    f"the batch has a sample space {space!r} that the learning diagram does not have; "
                    f"{did_you_mean(str(space), self.spaces)}; {remedy}"
                )
            if isinstance(columns, Mapping):
                for name, values in columns.items():
                    if name not in self.spaces[space]:
                        mask = isinstance(values, Tensor) and values.dtype == torch.bool
                        hint = "; if it is the mask of a column, give that column as (values, mask)" if mask else ""
                        raise DataError(
                            f"sample space {space!r} has a column {name!r} that the learning diagram does not have; "
                            f"{did_you_mean(str(name), self.spaces[space])}; pass strict=False to ignore it{hint}"
                        )

    def explain(self, batch: Batch, dtype: torch.dtype, device: torch.device) -> DataError | None:
        """The fault of a batch that explains why PyTorch failed on it; None if there is no such fault."""
        for space, names in self.read.items():
            for name in names:
                if name not in batch[space]:
                    continue  # a presence, which the batch need not have
                values, target = values_of(batch[space][name]), self.spaces[space][name]
                column = place(space, name)
                if values.device != device:
                    return DataError(
                        f"{column} is on {values.device}, and the model is on {device}; move one to the other"
                    )
                if target.dtype is None and values.dtype != dtype:
                    return DataError(
                        f"{column} has dtype {dtype_name(values.dtype)}, and the model computes in "
                        f"{dtype_name(dtype)}; convert it, as in .to({dtype})"
                    )
                if values is batch[space][name] and not values.isfinite().all():
                    row = int((~values.isfinite()).nonzero()[0, 0])
                    return DataError(
                        f"{column} holds NaN or ∞ in row {row} of the batch; leave the row out, or "
                        + by_door(
                            "give (values, mask)",
                            plan="let the source say that it is absent: by an empty field, or null",
                        )
                    )
            try:
                self.check_values(space, batch[space])
            except DataError as error:
                return error
        return None

    def _example(self) -> str:
        columns = {space: ", ".join(f"{name!r}: …" for name in names) for space, names in self.spaces.items()}
        return "{" + ", ".join(f"{space!r}: {{{shown}}}" for space, shown in columns.items()) + "}"


def _shapes_of(batch: Any) -> list[Any] | None:
    """All of a batch that its check depends on, where all columns are plain tensors; otherwise None."""
    if type(batch) is not dict or torch.compiler.is_compiling():
        return None
    shapes: list[Any] = []
    for space, columns in batch.items():
        if type(columns) is not dict:
            return None
        shapes.append(space)
        for name, column in columns.items():
            if type(column) is not Tensor:
                return None
            shapes += name, column.shape, column.dtype, column.requires_grad
    return shapes
