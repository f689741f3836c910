"""The reader of one sample space: rows and batches, as they come, become its columns.

An item of a source is a row or a batch, which its dimensions decide against the spaces of its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.column_check import place
from learning_diagrams.backends.torch.data.column_reader import is_pair, read_column
from learning_diagrams.backends.torch.data.mask import Column, mask_of, values_of
from learning_diagrams.backends.torch.data.rows import Rows
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import DataError, kind

Columns = Mapping[str, Column]


@dataclass(frozen=True)
class SpaceReader:
    """What is known of a sample space before its data are read.

    Parameters
    ----------
    name : str, of the sample space.
    layout : BatchLayout or None; without it nothing is known of spaces, and every column is kept.
    dtype : torch.dtype of the model, or None.
    strict : bool, whether columns that the layout does not have are an error; otherwise they are left out.
    rows : Rows or None, the names of the parts of tuples.
    """

    name: str
    layout: BatchLayout | None = None
    dtype: torch.dtype | None = None
    strict: bool = True
    rows: Rows | None = None

    def parts(self, item: Any) -> Mapping[str, Any]:
        """The known columns of an item, a row or a batch, as they come."""
        if self.rows is not None:
            item = self.rows.name(item)
        if not isinstance(item, Mapping):
            raise DataError(
                f"the rows and batches of sample space {self.name!r} must be dicts of columns, as {{'pixels': X}}, got "
                f"{kind(item)}; let the data set return dicts, or name the parts of tuples by Rows(source, columns=…)"
            )
        if self.layout is None:
            return item
        if self.strict:
            self.layout.refuse_unknown({self.name: item})
        known = self.layout.spaces[self.name]
        return item if item.keys() <= known.keys() else {name: part for name, part in item.items() if name in known}

    def read(self, item: Any) -> Columns:
        """The columns of an item as tensors."""
        return {name: self._column(name, part) for name, part in self.parts(item).items()}

    def with_vectors(self, columns: Columns) -> Columns:
        """The columns of a batch, where numbers [rows] in ℝ¹ are vectors [rows, 1]."""
        known: Mapping[str, Space] = self.layout.spaces[self.name] if self.layout is not None else {}
        read = dict(columns)
        for name, column in columns.items():
            if name in known and known[name].point_shape == (1,) and values_of(column).dim() == 1:
                values, mask = values_of(column).unsqueeze(1), mask_of(column)
                read[name] = values if mask is None else (values, mask)
        return read

    def is_row(self, item: Any, otherwise: bool) -> bool:
        """Whether an item is a row and not a batch, by its dimensions; `otherwise` where no space is known."""
        if self.layout is None:
            return otherwise
        known, parts = self.layout.spaces[self.name], self.parts(item)
        sizes = {
            name: list(values_of(self._column(name, part)).shape) for name, part in parts.items() if part is not None
        }
        if parts and not sizes:
            return True  # a row without a value
        extra = {name: len(shape) - len(known[name].point_shape) for name, shape in sizes.items()}
        if {*extra.values()} not in ({0}, {1}):
            shown = ", ".join(f"{name!r} has shape {shape}, in {known[name]!r}" for name, shape in sizes.items())
            raise DataError(
                f"an item of sample space {self.name!r} is neither a row nor a batch: {shown or 'it has no column'}; "
                "a row has the shape of a point in every column, and a batch one dimension more"
            )
        return 0 in extra.values()

    def batches(self, rows: Iterable[Any], size: int, drop_last: bool) -> Iterator[Columns]:
        """Rows put together in their order, `size` at a time."""
        iterator = iter(rows)
        while (items := list(islice(iterator, size))) and not (drop_last and len(items) < size):
            yield self.collate(items)

    def collate(self, items: Sequence[Any]) -> Columns:
        """A batch of rows. A cell that is None is absent; a cell may be a pair of a value and whether it is present."""
        rows = [self.parts(item) for item in items]
        for row in rows:
            if row.keys() != rows[0].keys():
                raise self._fault(f"one has the columns {sorted(rows[0])}, another {sorted(row)}")
        return {name: self._stack(name, [row[name] for row in rows]) for name in rows[0]}

    def _stack(self, name: str, cells: list[Any]) -> Column:
        pairs = [is_pair(cell) for cell in cells]
        try:
            if any(pairs) or any(cell is None for cell in cells):
                parts = [cell if pair else (cell, cell is not None) for cell, pair in zip(cells, pairs, strict=True)]
                filler = next((value for value, _ in parts if value is not None), None)
                filler = self._filler(name) if filler is None else filler
                values = self._stack(name, [filler if value is None else value for value, _ in parts])
                masks = torch.broadcast_tensors(*(torch.as_tensor(present) for _, present in parts))  # type: ignore[no-untyped-call]
                return values_of(values), torch.stack(masks)
            if all(isinstance(cell, Tensor) for cell in cells):
                return torch.stack(cells)
            return self._column(name, cells)
        except RuntimeError as error:
            raise self._fault(str(error).splitlines()[0]) from error

    def _filler(self, name: str) -> Tensor:
        """The value of an absent cell in a batch in which all are absent."""
        if self.layout is None:
            raise self._fault(f"no row has a value in column {name!r}")
        space = self.layout.spaces[self.name][name]
        return torch.zeros([size or 1 for size in space.point_shape], dtype=space.dtype or self.dtype)

    def _column(self, name: str, part: Any) -> Column:
        if isinstance(part, list) and any(cell is None for cell in part):
            return self._stack(name, part)
        space = None if self.layout is None else self.layout.spaces[self.name][name]
        return read_column(place(self.name, name), part, space, self.dtype)

    def _fault(self, what: str) -> DataError:
        return DataError(
            f"the rows of sample space {self.name!r} do not make a batch: {what}; give rows of equal keys and shapes, "
            "or a DataLoader whose collate_fn pads them"
        )
