"""Rows of Parquet and Arrow files, read by pyarrow while they are trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_diagrams.backends.torch.data.foreign_column import array_of
from learning_diagrams.backends.torch.data.joined_columns import joined
from learning_diagrams.backends.torch.streaming.row_part import PIECE, Piece
from learning_diagrams.backends.torch.streaming.source_files import Paths, files_of, reading
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from learning_diagrams.errors import FileError, TypeMismatch, UnknownName, brief, did_you_mean

Names = Mapping[str | tuple[str, ...], str] | Sequence[str] | None
FileNames = Mapping[str, str | tuple[str, ...]]  # for a column of the sample space, what it is made of


class ParquetRows(StreamedRows):
    """The rows of Parquet files as batches, in which a column is an array; see `StreamedRows` for their order.

    >>> import pyarrow, pyarrow.parquet, tempfile
    >>> path = tempfile.mkdtemp() + "/rows.parquet"
    >>> pyarrow.parquet.write_table(pyarrow.table({"x": [1.0, 2.0, 3.0], "y": [1, None, 0]}), path)
    >>> for batch in ParquetRows(path, columns={"x": "pixels", "y": "label"}, batch_size=2):
    ...     print(batch)
    {'pixels': array([1., 2.]), 'label': (array([1, 0]), array([ True, False]))}
    {'pixels': array([3.]), 'label': (array([0]), array([ True]))}
    >>> [batch["column"].shape for batch in ParquetRows(path, columns={("x",): "column"}, batch_size=2)]
    [(2, 1), (1, 1)]

    Parameters
    ----------
    paths : path of a file, or of a folder for its .parquet files, or a list of paths. A part is a row group.
    columns : dict from column of the files to column of the sample space; a list where both have one name; None for
        all columns. A tuple of columns with a number a row makes one column of vectors: {("width", "height"): "size"}
        for a space Euclidean(2). A row is present where all of them are.
    batch_size, seed, drop_last, share : as for `StreamedRows`.
    shuffle : int, rows in a window that is shuffled in each pass; 0, the default, keeps the order of the files.

    Raises
    ------
    FileError : pyarrow is missing; a file is not there, is damaged, or is of another kind; a column has another type
        than in the first file.
    UnknownName : a column that a file does not have.
    """

    def __init__(self, paths: Paths, columns: Names = None, **options: Any) -> None:
        arrow = _arrow("parquet")
        parts: list[_RowGroup] = []
        types = _Types()
        for file in files_of(paths, (".parquet",)):
            with reading(file, ValueError):
                metadata = arrow.read_metadata(file)
                schema = metadata.schema.to_arrow_schema()
            names = _names(columns, schema.names, file)
            types.require(file, schema, names)
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
        types = _Types()
        for file in files_of(paths, (".arrow", ".feather")):
            with reading(file, ValueError):
                schema, batches = _record_batches(arrow, file)
            names = _names(columns, schema.names, file)
            types.require(file, schema, names)
            parts += [_RecordBatch(file, batch, names) for batch in batches]
        super().__init__(parts, **options)


@dataclass(frozen=True)
class _RowGroup:
    file: Path
    number: int
    rows: int
    names: FileNames

    def pieces(self, start: int) -> Iterator[Piece]:
        arrow = _arrow("parquet")
        with reading(self.file, ValueError), arrow.ParquetFile(self.file, pre_buffer=False) as opened:
            done = 0
            for batch in opened.iter_batches(PIECE, [self.number], _read(self.names), use_threads=False):
                done += batch.num_rows
                if done > start:
                    yield _piece(batch.slice(max(0, start - done + batch.num_rows)), self.names, self.file)


@dataclass(frozen=True)
class _RecordBatch:
    file: Path
    batch: Any
    names: FileNames

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


def _record_batches(arrow: Any, file: Path) -> tuple[Any, list[Any]]:
    """The schema and the record batches of a file, mapped into memory."""
    import pyarrow

    mapped = pyarrow.memory_map(str(file))
    try:
        opened = arrow.open_file(mapped)
    except pyarrow.ArrowInvalid:  # the form of a stream has no footer
        mapped.seek(0)
        stream = arrow.open_stream(mapped)
        return stream.schema, [*stream]
    return opened.schema, [opened.get_batch(i) for i in range(opened.num_record_batches)]


def _piece(batch: Any, names: FileNames, file: Path) -> Piece:
    columns = {name: batch.column(batch.schema.get_field_index(name)) for name in _read(names)}
    arrays = {name: array_of(f"column {name!r} of {str(file)!r}", column) for name, column in columns.items()}
    return {
        name: arrays[theirs]
        if isinstance(theirs, str)
        else joined(f"column {name!r} of {str(file)!r}", [(part, *arrays[part]) for part in theirs])
        for name, theirs in names.items()
    }


def _read(names: FileNames) -> list[str]:
    """The columns of the file that are read, each once."""
    return [*dict.fromkeys(part for theirs in names.values() for part in _parts(theirs))]


def _parts(theirs: Any) -> tuple[Any, ...]:
    return theirs if isinstance(theirs, tuple) else (theirs,)


class _Types:
    """The types of columns in the first file, which all files have."""

    def __init__(self) -> None:
        self._first: tuple[Path, dict[str, Any]] | None = None

    def require(self, file: Path, schema: Any, names: FileNames) -> None:
        """`FileError` if a column that is read has another type than in the first file."""
        types = {name: schema.field(name).type for name in _read(names)}
        self._first = self._first or (file, types)
        for name, known in self._first[1].items():
            if types.get(name, known) != known:
                raise FileError(
                    f"column {name!r} of {str(file)!r} has the type {types[name]}, and in {str(self._first[0])!r} "
                    f"{known}; the files of a source have one type for each column"
                )


def _names(columns: Names, known: Sequence[str], file: Path) -> dict[str, str | tuple[str, ...]]:
    """For each column that is read, the column of the file, or the columns that make it."""
    columns = known if columns is None else columns
    listed = isinstance(columns, Mapping | Sequence) and not isinstance(columns, str)
    pairs: list[tuple[Any, Any]] = (
        [*columns.items()] if isinstance(columns, Mapping) else [(name, name) for name in (columns if listed else ())]
    )
    if not listed or not all(isinstance(name, str) for theirs, own in pairs for name in (*_parts(theirs), own)):
        raise TypeMismatch(f"columns= is a dict or a list of names of columns, or None; got {brief(columns)}")
    names = {own: theirs for theirs, own in pairs}
    for name in _read(names):
        if name not in known:
            raise UnknownName(f"{str(file)!r} has no column {name!r}; {did_you_mean(name, known)}")
    if not names or len(names) < len(pairs) or () in names.values():
        raise TypeMismatch(f"columns= names different columns, at least one; got {brief(columns)}")
    return names
