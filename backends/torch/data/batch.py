"""A batch: for each sample space its columns, tensors of equal length; and what a learning diagram needs of it.

A column is a tensor [rows, …], or `(tensor, mask)`, see `mask`.

The checks look at shapes and dtypes only, never at values, so they cost no wait for a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import Batch, Column, impute, is_masked, map_column, mask_of, values_of
from learning_diagrams.backends.torch.functor.space import Bernoulli, Finite, Space, dtype_name
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DataError, did_you_mean, plural
from learning_diagrams.semantics.program.statement import Read, Statement


@dataclass(frozen=True)
class BatchLayout:
    """What a batch must look like.

    Parameters
    ----------
    spaces : the space of each column that the learning diagram has, by sample space and name.
    read : the columns that the loss reads, by sample space.
    draws : for each sample space, how many independent draws are made from one batch.
    paired : groups of sample spaces whose rows are paired by position.
    """

    spaces: Mapping[str, Mapping[str, Space]]
    read: Mapping[str, tuple[str, ...]]
    draws: Mapping[str, int]
    paired: tuple[tuple[str, ...], ...] = field(default=())

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
        return cls(
            known,
            {space: tuple(names) for space, names in read.items()},
            draws,
            tuple(sorted(group for group in groups if len(group) > 1)),
        )

    def check(self, batch: Any, strict: bool = True) -> bool:
        """Raise `DataError` where a batch lacks what is read, has what is unknown, or does not fit.

        Returns whether some column that is read has a mask.
        """
        if not isinstance(batch, Mapping):
            raise DataError(f"a batch maps sample spaces to columns, {self._example()}; got {_kind(batch)}")
        if strict:
            self._refuse_unknown(batch)
        masked = False
        for space, names in self.read.items():
            columns = batch.get(space)
            if not isinstance(columns, Mapping):
                found = "is missing" if columns is None else f"is {_kind(columns)}"
                raise DataError(f"sample space {space!r} {found}; a batch looks like {self._example()}")
            for name in names:
                if name not in columns:
                    raise DataError(
                        f"column {name!r} of sample space {space!r} is missing; {did_you_mean(name, columns)}"
                    )
                masked |= self._check_column(space, name, columns[name])
            self._check_rows(space, columns)
        for group in self.paired:
            counts = {space: self.rows(space, batch[space]) for space in group}
            if len(set(counts.values())) > 1:
                said = ", ".join(f"{space!r} has {rows}" for space, rows in counts.items())
                raise DataError(
                    f"rows of a product of sample spaces are paired by position, and their numbers differ: {said}"
                )
        return masked

    def fill(self, batch: Batch) -> dict[str, dict[str, Tensor]]:
        """The columns that are read, absent values filled."""
        return {space: {name: impute(batch[space][name]) for name in names} for space, names in self.read.items()}

    def check_values(self, space: str, columns: Mapping[str, Column]) -> None:
        """Raise `DataError` for labels out of range and bits that are none; it looks at present values, so once."""
        for name in self.read.get(space, ()):
            values, where, mask = values_of(columns[name]), self.spaces[space].get(name), mask_of(columns[name])
            if mask is not None and where is not None:
                values = values[mask]
            if isinstance(where, Bernoulli) and not ((values == 0) | (values == 1)).all():
                raise DataError(
                    f"column {name!r} of sample space {space!r} holds values from {values.min():.4g} to "
                    f"{values.max():.4g}, where the bits of {where!r} are 0 or 1"
                )
            outcomes = None if where is None else where.outcomes
            if outcomes is not None and values.numel():
                low, high = int(values.min()), int(values.max())
                if low < 0 or high >= outcomes:
                    raise DataError(
                        f"column {name!r} of sample space {space!r} holds labels {low} … {high}, where {where!r} has "
                        f"0 … {outcomes - 1}"
                    )

    def rows(self, space: str, columns: Mapping[str, Column]) -> int:
        """The number of rows of a sample space, by a column that is read."""
        return int(values_of(columns[self.read[space][0]]).shape[0])

    def dtype(self, batch: Batch) -> torch.dtype | None:
        """The dtype of the first floating column that is read; None where there is none."""
        columns = (values_of(batch[space][name]) for space, names in self.read.items() for name in names)
        return next((column.dtype for column in columns if column.dtype.is_floating_point), None)

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

    def _check_rows(self, space: str, columns: Mapping[str, Column]) -> None:
        first, *others = self.read[space]
        rows, draws = self.rows(space, columns), self.draws[space]
        for name in others:
            found = values_of(columns[name]).shape[0]
            if found != rows:
                raise DataError(
                    f"the columns of sample space {space!r} have unequal numbers of rows: {first!r} has {rows}, "
                    f"{name!r} has {found}"
                )
        if rows == 0:
            raise DataError(f"sample space {space!r} has no row; a mean over no row has no value")
        if rows < draws:
            raise DataError(
                f"sample space {space!r} has {plural(rows, 'row')}, and {draws} independent draws are made from one "
                "batch; give more rows"
            )

    def _check_column(self, space: str, name: str, column: Any) -> bool:
        """Raise where a column does not fit; whether it has a mask."""
        where, value = self.spaces[space][name], column
        if masked := is_masked(column):
            value = column[0]
        if not isinstance(value, Tensor):
            raise DataError(
                f"column {name!r} of sample space {space!r} must be a tensor or (tensor, mask), got "
                f"{f'{_kind(value)} beside a mask' if masked else _kind(value)}"
                f"{'; torch.from_numpy makes one of it' if hasattr(value, '__array_interface__') else ''}"
            )
        if masked:
            self._check_mask(space, name, value, column[1])
        if value.dim() == 0 or value.shape[1:] != where.point_shape:
            wanted = ", ".join(["rows", *map(str, where.point_shape)])
            hint = "; one-hot rows become labels by .argmax(1)" if isinstance(where, Finite) else ""
            raise DataError(
                f"column {name!r} of sample space {space!r} has shape {list(value.shape)}, where {where!r} needs "
                f"[{wanted}]{hint}"
            )
        if value.requires_grad:
            raise DataError(
                f"column {name!r} of sample space {space!r} requires a gradient, and columns are data: frozen boxes "
                "pass none back to them; .detach() it, or let a box return what is to be learned"
            )
        if not where.admits(value.dtype):
            hint = "labels are whole numbers: .long()" if isinstance(where, Finite) else "convert it, as in .float()"
            raise DataError(
                f"column {name!r} of sample space {space!r} has dtype {dtype_name(value.dtype)}, where {where!r} needs "
                f"{where.dtype_name}; {hint}"
            )
        return masked

    def _check_mask(self, space: str, name: str, values: Tensor, mask: Any) -> None:
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != values.shape[:1]:
            found = f"{list(mask.shape)} {dtype_name(mask.dtype)}" if isinstance(mask, Tensor) else _kind(mask)
            raise DataError(
                f"the mask of column {name!r} of sample space {space!r} must be a bool tensor [rows], True where a row "
                f"is present, beside values [rows, …]; got {found} beside values {list(values.shape)}"
            )
        if mask.device != values.device:
            raise DataError(
                f"the mask of column {name!r} of sample space {space!r} is on {mask.device}, and its values are on "
                f"{values.device}; move one to the other"
            )

    def _refuse_unknown(self, batch: Mapping[str, Any]) -> None:
        for space, columns in batch.items():
            if space not in self.spaces:
                raise DataError(
                    f"the batch has a sample space {space!r} that the learning diagram does not have; "
                    f"{did_you_mean(str(space), self.spaces)}; pass strict=False to ignore it"
                )
            if isinstance(columns, Mapping):
                for name in columns:
                    if name not in self.spaces[space]:
                        raise DataError(
                            f"sample space {space!r} has a column {name!r} that the learning diagram does not have; "
                            f"{did_you_mean(str(name), self.spaces[space])}; pass strict=False to ignore it"
                        )

    def explain(self, batch: Batch, dtype: torch.dtype, device: torch.device) -> DataError | None:
        """After PyTorch has failed on a batch: the fault in the batch that explains it, if there is one."""
        for space, names in self.read.items():
            for name in names:
                value, where = values_of(batch[space][name]), self.spaces[space][name]
                what = f"column {name!r} of sample space {space!r}"
                if value.device != device:
                    return DataError(
                        f"{what} is on {value.device}, and the model is on {device}; move one to the other"
                    )
                if where.dtype is None and value.dtype != dtype:
                    return DataError(
                        f"{what} has dtype {dtype_name(value.dtype)}, and the model computes in "
                        f"{dtype_name(dtype)}; convert it, as in .to({dtype})"
                    )
            try:
                self.check_values(space, batch[space])
            except DataError as error:
                return error
        return None

    def _example(self) -> str:
        examples = (
            f"{space!r}: {{{', '.join(f'{name!r}: …' for name in names)}}}" for space, names in self.spaces.items()
        )
        return "{" + ", ".join(examples) + "}"


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"
