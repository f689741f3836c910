"""Rows of Parquet and Arrow files, read by pyarrow while they are trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_diagrams.backends.torch.data.foreign_column import array_of
from learning_diagrams.backends.torch.streaming.row_part import PIECE, Piece
from learning_diagrams.backends.torch.streaming.source_files import Paths, files_of, reading
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from learning_diagrams.errors import FileError, TypeMismatch, UnknownName, brief, did_you_mean

Names = Mapping[str, str] | Sequence[str] | None


class ParquetRows(StreamedRows):
    """The rows of Parquet files as batches, in which a column is an array; see `StreamedRows` for their order.

    >>> import pyarrow, pyarrow.parquet, tempfile
    >>> path = tempfile.mkdtemp() + "/rows.parquet"
    >>> pyarrow.parquet.write_table(pyarrow.table({"x": [1.0, 2.0, 3.0], "y": [1, None, 0]}), path)
    >>> for batch in ParquetRows(path, columns={"x": "pixels", "y": "label"}, batch_size=2):
    ...     print(batch)
    {'pixels': array([1., 2.]), 'label': (array([1, 0]), array([ True, False]))}
    {'pixels': array([3.]), 'label': (array([0]), array([ True]))}

    Parameters
    ----------
    paths : path of a file, or of a folder for its .parquet files, or a list of paths. A part is a row group.
    columns : dict from column of the files to column of the sample space; a list where both have one name; None for
        all columns.
    batch_size, shuffle, seed, drop_last, share : as for `StreamedRows`.

    Raises
    ------
    FileError : pyarrow is missing; a file is not there, is damaged, or is of another kind.
    UnknownName : a column that a file does not have.
    """

    def __init__(self, paths: Paths, columns: Names = None, **options: Any) -> None:
        arrow = _arrow("parquet")
        parts: list[_RowGroup] = []
        for file in files_of(paths, (".parquet",)):
            with reading(file, ValueError):
                metadata = arrow.read_metadata(file)
                schema = metadata.schema.to_arrow_schema()
            names = _names(columns, schema.names, file)
            counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
            parts += [_RowGroup(file, i, rows, names) for i, rows in enumerate(counts)]
        super().__init__(parts, **options)


class ArrowRows(StreamedRows):
    """The rows of Arrow files as batches: of files of Arrow IPC (Feather), and of its streams, as `datasets` keeps.

    Parameters
    ----------
    paths : path of a file, or of a folder for its .arrow and .feather files, or a list of paths. A part is a record
        batch. Files are mapped into memory, and not read at once.
    columns, batch_size, shuffle, seed, drop_last, share : as for `ParquetRows`.

    Raises
    ------
    FileError, UnknownName : as for `ParquetRows`.
    """

    def __init__(self, paths: Paths, columns: Names = None, **options: Any) -> None:
        arrow = _arrow("ipc")
        parts: list[_RecordBatch] = []
        for file in files_of(paths, (".arrow", ".feather")):
            with reading(file, ValueError):
                batches = _record_batches(arrow, file)
            names = _names(columns, batches[0].schema.names if batches else [], file)
            parts += [_RecordBatch(file, batch, names) for batch in batches]
        super().__init__(parts, **options)


@dataclass(frozen=True)
class _RowGroup:
    file: Path
    number: int
    rows: int
    names: Mapping[str, str]

    def pieces(self, start: int) -> Iterator[Piece]:
        arrow = _arrow("parquet")
        with reading(self.file, ValueError), arrow.ParquetFile(self.file, pre_buffer=False) as opened:
            done = 0
            for batch in opened.iter_batches(PIECE, [self.number], [*self.names], use_threads=False):
                done += batch.num_rows
                if done > start:
                    yield _piece(batch.slice(max(0, start - done + batch.num_rows)), self.names, self.file)


@dataclass(frozen=True)
class _RecordBatch:
    file: Path
    batch: Any
    names: Mapping[str, str]

    @property
    def rows(self) -> int:
        return int(self.batch.num_rows)

    def pieces(self, start: int) -> Iterator[Piece]:
        for at in range(start, self.rows, PIECE):
            yield _piece(self.batch.slice(at, PIECE), self.names, self.file)


def _arrow(module: str) -> Any:
    try:
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise FileError("files of Parquet and Arrow need the package pyarrow: pip install pyarrow") from None
    return getattr(pyarrow, module)


def _record_batches(arrow: Any, file: Path) -> list[Any]:
    """The record batches of a file, mapped into memory."""
    import pyarrow

    mapped = pyarrow.memory_map(str(file))
    try:
        opened = arrow.open_file(mapped)
    except pyarrow.ArrowInvalid:  # the form of a stream has no footer
        mapped.seek(0)
        return [*arrow.open_stream(mapped)]
    return [opened.get_batch(i) for i in range(opened.num_record_batches)]


def _piece(batch: Any, names: Mapping[str, str], file: Path) -> Piece:
    columns = {name: batch.column(batch.schema.get_field_index(theirs)) for theirs, name in names.items()}
    return {name: array_of(f"column {name!r} of {str(file)!r}", column) for name, column in columns.items()}


def _names(columns: Names, known: Sequence[str], file: Path) -> dict[str, str]:
    """The columns that are read, by their names in the file."""
    columns = known if columns is None else columns
    listed = isinstance(columns, Mapping | Sequence) and not isinstance(columns, str)
    pairs = (
        [*columns.items()] if isinstance(columns, Mapping) else [(name, name) for name in (columns if listed else ())]
    )
    if not listed or not all(isinstance(name, str) for pair in pairs for name in pair):
        raise TypeMismatch(f"columns= is a dict or a list of names of columns, or None; got {brief(columns)}")
    names = dict(pairs)
    for name in names:
        if name not in known:
            raise UnknownName(f"{str(file)!r} has no column {name!r}; {did_you_mean(str(name), known)}")
    if not names or len({*names.values()}) < len(pairs):
        raise TypeMismatch(f"columns= names different columns, at least one; got {brief(columns)}")
    return names
