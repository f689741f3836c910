"""A batch: for each sample space its columns, tensors of equal length; and what a learning diagram needs of it.

The checks look at shapes and dtypes only, never at values, so they cost no wait for a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.program import Count, Read, Statement
from learning_diagrams.backends.torch.space import Finite, Space
from learning_diagrams.errors import DataError, did_you_mean
from learning_diagrams.sample_space import Column

Batch = Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True)
class BatchLayout:
    """What a batch must look like.

    Parameters
    ----------
    spaces : the space of each column that the learning diagram has, by sample space and name.
    read : the columns that the loss reads, by sample space; a sample space with none only has its rows counted.
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
        columns: Iterable[Column],
        names: Iterable[str],
        statements: Sequence[Statement],
        spaces: Mapping[str, Space],
        paired: Iterable[tuple[str, ...]],
    ) -> BatchLayout:
        """The layout for the columns of a learning diagram and the statements of its loss."""
        known: dict[str, dict[str, Space]] = {name: {} for name in names}
        for column in columns:
            known[column.space.name][column.name] = spaces[column.cod.inside[0].name]
        read: dict[str, list[str]] = {}
        draws: dict[str, int] = {}
        for statement in statements:
            if isinstance(statement, Read):
                read.setdefault(statement.space, []).append(statement.column)
                draws[statement.space] = max(draws.get(statement.space, 1), statement.shift + 1)
            elif isinstance(statement, Count) and isinstance(statement.of, str):
                read.setdefault(statement.of, [])
        return cls(known, {space: tuple(dict.fromkeys(names)) for space, names in read.items()}, draws, tuple(paired))

    def check(self, batch: Any, strict: bool = True) -> None:
        """Raise `DataError` where a batch lacks what is read, has what is unknown, or does not fit."""
        if not isinstance(batch, Mapping):
            raise DataError(f"a batch maps sample spaces to columns, {self._example()}; got {_kind(batch)}")
        if strict:
            self._refuse_unknown(batch)
        for space, names in self.read.items():
            columns = batch.get(space)
            if not isinstance(columns, Mapping):
                found = "is missing" if columns is None else f"is {_kind(columns)}"
                raise DataError(f"sample space {space!r} {found}; a batch looks like {self._example()}")
            if not names and not columns:
                raise DataError(f"sample space {space!r} has no column, and its rows are counted; give one")
            rows = None
            for name in names or tuple(columns)[:1]:
                if name not in columns:
                    raise DataError(
                        f"column {name!r} of sample space {space!r} is missing; {did_you_mean(name, columns)}"
                    )
                rows = self._check_column(space, name, columns[name], rows)
            if rows is not None and rows < self.draws.get(space, 1):
                raise DataError(
                    f"sample space {space!r} has {rows} rows, and {self.draws.get(space, 1)} independent draws are "
                    "made from one batch; give more rows"
                )
        for group in self.paired:
            counts = {space: _rows(batch[space]) for space in group if space in self.read}
            if len(set(counts.values())) > 1:
                said = ", ".join(f"{space!r} has {rows}" for space, rows in counts.items())
                raise DataError(
                    f"rows of a product of sample spaces are paired by position, and their numbers differ: {said}"
                )

    def check_values(self, space: str, columns: Mapping[str, Tensor]) -> None:
        """Raise `DataError` for labels out of range; this looks at values, so it is for whole data sets, once."""
        for name in self.read.get(space, ()):
            values, where = columns[name], self.spaces[space].get(name)
            if isinstance(where, Finite) and values.numel():
                low, high = int(values.min()), int(values.max())
                if low < 0 or high >= where.n:
                    raise DataError(
                        f"column {name!r} of sample space {space!r} holds labels {low} … {high}, where {where!r} has "
                        f"0 … {where.n - 1}"
                    )

    def _check_column(self, space: str, name: str, value: Any, rows: int | None) -> int:
        where = self.spaces[space].get(name)
        if not isinstance(value, Tensor):
            raise DataError(f"column {name!r} of sample space {space!r} must be a tensor, got {_kind(value)}")
        if where is not None:
            if value.dim() == 0 or value.shape[1:] != where.point_shape:
                wanted = ", ".join(["rows", *map(str, where.point_shape)])
                raise DataError(
                    f"column {name!r} of sample space {space!r} has shape {list(value.shape)}, where {where!r} needs "
                    f"[{wanted}]"
                )
            if not where.admits(value.dtype):
                raise DataError(
                    f"column {name!r} of sample space {space!r} has dtype {_dtype(value)}, where {where!r} needs "
                    f"{where.dtype_name}"
                )
        count = value.shape[0]
        if rows is not None and count != rows:
            raise DataError(
                f"the columns of sample space {space!r} have unequal numbers of rows: {name!r} has {count}, "
                f"another {rows}"
            )
        if count == 0:
            raise DataError(f"column {name!r} of sample space {space!r} has no row; a mean over no row has no value")
        return count

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
                value, where = batch[space][name], self.spaces[space][name]
                what = f"column {name!r} of sample space {space!r}"
                if value.device != device:
                    return DataError(
                        f"{what} is on {value.device}, and the model is on {device}; move one to the other"
                    )
                if where.dtype is None and value.dtype != dtype:
                    return DataError(
                        f"{what} has dtype {_dtype(value)}, and the model computes in "
                        f"{str(dtype).removeprefix('torch.')}; convert one, as in column.float()"
                    )
            try:
                self.check_values(space, batch[space])
            except DataError as error:
                return error
        return None

    def _example(self) -> str:
        shown = (
            f"{space!r}: {{{', '.join(f'{name!r}: …' for name in names)}}}" for space, names in self.spaces.items()
        )
        return "{" + ", ".join(shown) + "}"


def _rows(columns: Mapping[str, Tensor]) -> int:
    return int(next(iter(columns.values())).shape[0])


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"
