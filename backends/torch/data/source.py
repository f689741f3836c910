"""Sources: the data of a sample space, of which some can be indexed by row, and others come as they are.

>>> open_source(SpaceReader("a"), {"x": [1, 2, 3]}).rows
3
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from learning_diagrams.backends.torch.data.column_check import require_column, require_equal_rows
from learning_diagrams.backends.torch.data.mask import map_column
from learning_diagrams.backends.torch.data.rows import Rows
from learning_diagrams.backends.torch.data.space_reader import Columns, SpaceReader
from learning_diagrams.errors import DataError, kind

Source = Any  # a table, a Dataset, a DataLoader, a list, or another iterable; Rows round one whose items are tuples


@dataclass(frozen=True)
class Table:
    """Columns at hand, all of equal length."""

    columns: Columns
    rows: int

    def take(self, index: Tensor) -> Columns:
        """The rows with these numbers."""
        return {
            name: map_column(lambda rows: rows[index.to(rows.device)], column) for name, column in self.columns.items()
        }


@dataclass(frozen=True)
class Indexed:
    """Rows that are fetched by their number, of a map-style Dataset or a list."""

    reader: SpaceReader
    source: Any
    rows: int

    def take(self, index: Tensor) -> Columns:
        """The rows with these numbers, put together."""
        numbers = index.tolist()
        fetch = getattr(self.source, "__getitems__", None)  # as PyTorch's own loader does
        return self.reader.collate(fetch(numbers) if fetch else [self.source[i] for i in numbers])


@dataclass(frozen=True)
class Ready:
    """Items that come in an order of their own: ready batches, or rows that are put together as they come.

    Attributes
    ----------
    length : int or None, the number of items in a pass.
    by_rows : bool or None, whether the items are rows; None leaves it to the first item of a pass.
    of_files : bool, whether the items are batches of columns of files, where ℝ¹ is a column of numbers.
    indexed : bool, whether the items are fetched by their number.
    """

    reader: SpaceReader
    source: Any
    length: int | None
    by_rows: bool | None
    indexed: bool = False
    of_files: bool = False
    rows: ClassVar[None] = None

    @property
    def once(self) -> bool:
        """Whether the source is an iterator, which gives one pass only."""
        return isinstance(self.source, Iterator)

    def one_pass(self, size: int, drop_last: bool, resumed: bool = False) -> Iterator[Columns]:
        """The batches of a pass, which begins at once; `DataError` where it is empty, unless it goes on with one."""
        items = map(self.source.__getitem__, range(self.length or 0)) if self.indexed else iter(self.source)
        return self._batches(items, size, drop_last, resumed)

    def _batches(self, items: Iterator[Any], size: int, drop_last: bool, resumed: bool) -> Iterator[Columns]:
        batch = None
        for first in items:
            by_rows = self.reader.is_row(first, False) if self.by_rows is None else self.by_rows
            whole = chain([first], items)
            for batch in self.reader.batches(whole, size, drop_last) if by_rows else map(self.batch, whole):
                yield batch
        if batch is None and not resumed:  # an empty pass, or an iterator that has given its only one
            raise DataError(
                f"the batches of sample space {self.reader.name!r} ran out; give an iterable that can be started "
                "again, such as a DataLoader, or ask for fewer steps"
            )

    def batch(self, item: Any) -> Columns:
        """A ready batch, after a check of its columns."""
        columns = self.reader.read(item)
        if self.of_files:
            columns = self.reader.with_vectors(columns)
        for name, column in columns.items():
            require_column(self.reader.name, name, column)
        return columns


def open_source(reader: SpaceReader, source: Source) -> Table | Indexed | Ready:
    """The source of a sample space, by what the data can do.

    Raises `DataError` for data of no known kind, without a row, or with an item that is neither a row nor a batch.
    """
    name = reader.name
    if isinstance(source, Rows):
        reader, source = replace(reader, rows=source), source.source
    columns = _columns_of(name, source)
    if columns is not None and reader.rows is not None:
        raise DataError(f"the data of sample space {name!r} are a table, whose columns have names; leave Rows out")
    if columns is not None:
        return _open_table(reader, columns)
    if reader.rows is None and hasattr(source, "__array__"):
        raise DataError(
            f"the data of {name!r} is {kind(source)}, where a sample space maps column names to tensors: "
            "{'space': {'column': tensor}}"
        )
    length = _length(source)
    if length == 0:
        raise DataError(f"sample space {name!r} has no row, or its loader no batch")
    streaming = isinstance(source, DataLoader | IterableDataset) or not hasattr(source, "__getitem__")
    if length is not None and not streaming:
        if reader.is_row(source[0], True):
            return Indexed(reader, source, length)
        return Ready(reader, source, length, by_rows=False, indexed=True)
    if not isinstance(source, Iterable):
        raise DataError(
            f"the data of sample space {name!r} must be a table (a dict of columns, a DataFrame, a table of Arrow), a "
            f"Dataset, a DataLoader or an iterable of rows or batches, got {kind(source)}"
        )
    of_files = getattr(source.dataset if isinstance(source, DataLoader) else source, "gives_batches", False)
    if of_files and isinstance(source, DataLoader) and (source.num_workers or source.batch_sampler is not None):
        raise DataError(
            f"the data of sample space {name!r} is a DataLoader of {kind(source.dataset)}, which makes the batches "
            "itself, in one process; give it alone, or as DataLoader(source, batch_size=None) without workers"
        )
    if of_files or (isinstance(source, DataLoader) and source.batch_sampler is not None):
        return Ready(reader, source, length, by_rows=False, of_files=of_files)
    if length is None or isinstance(source, Iterator):
        return Ready(reader, source, None, by_rows=None)
    return Ready(reader, source, length, by_rows=reader.is_row(next(iter(source)), False))


def _columns_of(name: str, source: Any) -> Mapping[str, Any] | None:
    """The columns of a dict, of a frame (pandas, polars) or of a table of Arrow; None for other data."""
    if isinstance(source, Mapping):
        return source
    if hasattr(source, "columns") and hasattr(source, "dtypes"):
        names, column = list(source.columns), source.__getitem__
    elif hasattr(source, "column_names") and hasattr(source, "column"):
        names, column = list(source.column_names), source.column
    else:
        return None
    if len({*names}) < len(names):
        raise DataError(f"the table of sample space {name!r} has two columns of one name: {names}")
    return {each: column(each) for each in names}


def _open_table(reader: SpaceReader, columns: Mapping[str, Any]) -> Table:
    read = reader.read(columns)
    if not read:
        raise DataError(f"sample space {reader.name!r} has no column")
    lengths = {name: require_column(reader.name, name, column) for name, column in read.items()}
    require_equal_rows(reader.name, lengths)
    rows = next(iter(lengths.values()))
    if rows == 0:
        raise DataError(f"sample space {reader.name!r} has no row")
    return Table(read, rows)


def _length(source: Any) -> int | None:
    try:
        return len(source)
    except (TypeError, NotImplementedError):  # a DataLoader has __len__, also over a Dataset without a length
        return None
