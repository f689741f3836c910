"""The data of an experiment: each sample space from its source, checked against the spaces of its columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.plans.names.registry import DATA
from learning_diagrams.backends.torch.plans.reading.columns import (
    PartForSpaces,
    chosen,
    chosen_rows,
    read_for,
    require_finite,
    require_known,
    shapes_of,
    split_rows,
)
from learning_diagrams.backends.torch.plans.reading.declared_names import DeclaredNames
from learning_diagrams.backends.torch.plans.reading.number_dtypes import common_dtype
from learning_diagrams.backends.torch.plans.reading.scaled_numbers import require_numbers
from learning_diagrams.backends.torch.plans.reading.sources import Streamed, Table
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import presence_of
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import Place
from learning_diagrams.errors import DataError, LearningDiagramError, UnknownName, did_you_mean, printable
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.files.experiment_shape import (
    ColumnShape,
    DataShape,
    RowsShape,
    SplitShape,
    name_and_options,
)
from learning_diagrams.learning_diagram import LearningDiagram


@dataclass(frozen=True)
class OpenStream:
    """Opens a source that is read while it is trained on.

    shuffle : int, rows in a window that is shuffled.
    """

    parts: tuple[PartForSpaces, ...]
    shuffle: int

    def __call__(self, columns: Iterable[str], batch_size: int, seed: int, drop_last: bool) -> StreamedRows:
        parts = [replace(p, columns={n: shape for n, shape in p.columns.items() if n in columns}) for p in self.parts]
        return StreamedRows(parts, batch_size=batch_size, shuffle=self.shuffle, seed=seed, drop_last=drop_last)


def opened(
    data: Mapping[str, Any],
    columns: Mapping[str, Collection[str]],
    batch_size: int | Mapping[str, int],
    seed: int = 0,
    drop_last: bool = False,
) -> dict[str, Any]:
    """The data of some sample spaces, with some columns of each, as `fit` takes them."""
    data = {name: source for name, source in data.items() if name in columns}
    sizes = batch_size if isinstance(batch_size, Mapping) else dict.fromkeys(data, batch_size)
    return {
        name: source(columns[name], sizes.get(name, 64), seed, drop_last)
        if isinstance(source, OpenStream)
        else {column: values for column, values in source.items() if column in columns[name]}
        for name, source in data.items()
    }


@dataclass
class DataReading:
    """Reads the data of sample spaces; each file is read once.

    Parameters
    ----------
    spaces : dict from object to Space.
    declared : DeclaredNames, by which an error tells a name that nothing uses from one that there is not.
    """

    experiment: Experiment
    spaces: Mapping[str, Space]
    faults: Faults
    declared: DeclaredNames = field(default_factory=DeclaredNames)
    _opened: dict[str, Table | Streamed] = field(default_factory=dict)
    _trained: dict[str, set[str]] = field(default_factory=dict)  # the columns of each sample space in training

    def read(
        self,
        place: Place,
        entries: Mapping[str, DataShape],
        sample_spaces: Mapping[str, Mapping[str, str]],
        needed: Mapping[str, Mapping[str, str]] | None = None,
        other: bool = False,
    ) -> dict[str, Any]:
        """For each sample space in some entries, its table, or a function that opens its stream.

        sample_spaces : dict from name to dict from column to object, of all columns that may be given.
        needed : dict as `sample_spaces`, of the columns that are read where an entry names none; None: of all.
        other : bool, whether what an entry leaves out is as in the training data.
        """
        data = {}
        needed = sample_spaces if needed is None else needed
        for name, entry in entries.items():
            with self.faults.at(*place, name):
                if sample_spaces and name not in sample_spaces:
                    message = f"there is no sample space {name!r}"
                    raise self.declared.unknown("sample_spaces", name, sample_spaces, message)
                own = entry
                if other and name in self.experiment.shape.data:
                    entry = _filled(entry, self.experiment.shape.data[name])
                if not sample_spaces:  # no learning diagram could be read
                    self._check_own_names((*place, name), own, entry)
                    continue
                source = self._source(_said((*place, name), own, "source"), entry)
                if source is None:
                    continue
                read = [key for key in needed.get(name, {}) if presence_of(key) is None]
                columns = shapes_of(entry.columns, read)
                if other and own.columns is not None and self._is_by_names(own, name):
                    # Where `columns` are left out, each column is that of its own name.
                    columns = shapes_of(None, [key for key in read if key in _names_in(source)]) | columns
                if not other:
                    self._trained[name] = {*columns}
                elif own.source in (None, self.experiment.shape.data[name].source if name in self._trained else None):
                    taken, names = self._trained.get(name, set()) - (own.columns or {}).keys(), {*_names_in(source)}
                    # A column that the source of the training data does not have is told there.
                    columns = {k: c for k, c in columns.items() if k not in taken or names.issuperset(c.columns)}
                columns = {key: columns[key] for key in columns if self._fits(key, (*place, name), sample_spaces[name])}
                wanted = {key: self.spaces[sample_spaces[name][key]] for key in columns}
                rows_at = _said((*place, name), own, "rows")
                data[name] = self._read((*place, name), entry, source, columns, wanted, rows_at)
        return data

    def _is_by_names(self, own: DataShape, name: str) -> bool:
        """Whether an entry takes the source of the training data, whose columns are those of their own names."""
        trained = self.experiment.shape.data.get(name)
        return trained is not None and trained.columns is None and own.source in (None, trained.source)

    def _check_own_names(self, place: Place, own: DataShape, entry: DataShape) -> None:
        """Keep the faults of the names in an entry that are wrong in every learning diagram.

        own : DataShape, what the entry says itself; it has no fault of what it takes from the training data.
        """
        if entry.source is None:  # which is right where the name is that of another sample space
            return
        source = self._source(_said(place, own, "source"), entry)
        if source is not None:
            for column, shape in shapes_of(own.columns, ()).items():
                with self.faults.at(*place, "columns", column):
                    require_known(shape, _names_in(source))
        if own.rows is not None:
            with self.faults.at(*place, "rows", "split"):
                self._split(own.rows)

    def _split(self, rows: RowsShape) -> SplitShape:
        splits = self.experiment.shape.splits
        if rows.split not in splits:
            raise UnknownName(f"there is no split {rows.split!r}; {did_you_mean(rows.split, splits)}")
        return splits[rows.split]

    def _index(self, rows: RowsShape, count: int, at: Place) -> Array | None:
        """The numbers of the rows that are taken of `count` rows; None where that is a fault, which is kept."""
        pieces = dict[str, Array]()
        with self.faults.at(*at, "split"):
            split = self._split(rows)
            with self.faults.at("splits", rows.split):
                pieces = split_rows(split, count)
        with self.faults.at(*at, "part"):
            return chosen_rows(pieces, rows) if pieces else None
        return None

    def _source(self, at: Place, entry: DataShape) -> Table | Streamed | None:
        """The source of an entry; None where it cannot be read, whose fault is kept at a place."""
        if entry.source is None:
            raise DataError("lacks the key 'source'")
        key = repr(entry.source)
        if key not in self._opened:
            with self.faults.at(*at):
                self._opened[key] = self._made(*name_and_options(entry.source))
        return self._opened.get(key)

    def _made(self, name: str, options: Mapping[str, Any]) -> Table | Streamed:
        try:
            return _arrays(DATA.make(name, options, self.experiment.folder))
        except LearningDiagramError:
            raise
        except Exception as error:  # of a maker that a user has registered
            reason = f"{type(error).__name__}: {printable(str(error))[:200]}"
            raise DataError(f"source {name!r} cannot be read: {reason}") from error

    def _fits(self, column: str, place: Place, columns: Mapping[str, str]) -> bool:
        """Whether a column is one of the sample space, and its object has a space."""
        with self.faults.at(*place, "columns", column):
            if column not in columns:
                message = f"the sample space has no column {column!r}"
                raise self.declared.unknown("columns", f"{place[-1]}.{column}", columns, message)
        return columns.get(column) in self.spaces

    def _read(
        self,
        place: Place,
        entry: DataShape,
        source: Table | Streamed,
        columns: Mapping[str, ColumnShape],
        spaces: Mapping[str, Space],
        rows_at: Place,
    ) -> Any:
        names = _names_in(source)
        index: Any = slice(None)
        dtype = common_dtype(self.spaces.values())
        known = [*dict.fromkeys(name for shape in columns.values() for name in shape.columns if name in names)]
        if isinstance(source, Streamed) and entry.rows is not None:
            if source.table is None:
                raise DataError(
                    "rows: takes a part of a source whose rows are counted and held in memory, and these are read "
                    "while they are trained on; write the parts to files of their own"
                )
            source = source.table(known) if known else {}
        elif isinstance(source, Streamed):
            return self._stream(place, source, columns, spaces, dtype)
        lengths = {name: _length(source[name]) for name in known}
        if entry.rows is not None and lengths:  # without a column that can be read, its own fault says so
            index = self._index(entry.rows, min(lengths.values()), rows_at)
            if index is None:
                return {}
        read = {}
        for column, shape in columns.items():
            with self.faults.at(*place, "columns", column):
                require_known(shape, names)
                if len({*lengths.values()}) > 1 or not lengths[shape.columns[0]]:
                    raise DataError(
                        f"column {shape.columns[0]!r} has {lengths[shape.columns[0]]} rows; the columns of a sample "
                        "space have equally many, at least one"
                    )
                values = chosen(shape, source)
                named = f"column {shape.column!r}"
                require_numbers(named, values[0] if isinstance(values, tuple) else values, spaces[column])
                values = tuple(each[index] for each in values) if isinstance(values, tuple) else values[index]
                numbers = np.arange(lengths[shape.columns[0]])[index]
                read[column] = read_for(named, shape, values, spaces[column], dtype, numbers)
                require_finite(named, read[column], numbers)
        return read

    def _stream(
        self,
        place: Place,
        source: Streamed,
        columns: Mapping[str, ColumnShape],
        spaces: Mapping[str, Space],
        dtype: torch.dtype | None,
    ) -> OpenStream | Table:
        """What opens a stream, with the columns that have no fault; an empty table where there is none."""
        known = dict[str, ColumnShape]()
        for column, shape in columns.items():
            with self.faults.at(*place, "columns", column):
                require_known(shape, source.names)
                known[column] = shape
        if not known:
            return {}
        parts = source.parts([*dict.fromkeys(name for shape in known.values() for name in shape.columns)])
        StreamedRows(parts, batch_size=1)  # so that a source without a row is found now
        piece = next(next(part for part in parts if part.rows).pieces(0))
        for column, shape in known.items():
            with self.faults.at(*place, "columns", column):  # so that columns which do not fit are found now
                read_for(f"column {column!r}", shape, chosen(shape, piece), spaces[column], dtype)
        return OpenStream(tuple(PartForSpaces(part, known, spaces, dtype) for part in parts), source.shuffle)


def _said(place: Place, own: DataShape, key: str) -> Place:
    """The place of a key that is in force for an entry: its own, or that of the training data where it says none."""
    return (*place, key) if getattr(own, key) is not None else ("data", place[-1], key)


def _arrays(source: Any) -> Table | Streamed:
    """A source whose columns are arrays; a maker that a user has registered may give tensors or lists."""
    if isinstance(source, Streamed):
        return source
    return {
        name: tuple(map(np.asarray, values)) if isinstance(values, tuple) else np.asarray(values)
        for name, values in source.items()
    }


def _names_in(source: Table | Streamed) -> Sequence[str]:
    """The names of all columns of a source."""
    return source.names if isinstance(source, Streamed) else [*source]


def _length(values: Any) -> int:
    """The rows of a column; a number alone has none."""
    shape = np.shape(values[0] if isinstance(values, tuple) else values)
    return shape[0] if shape else 0


def columns_of(diagrams: Iterable[LearningDiagram], terms: Iterable[Diagram] = ()) -> dict[str, dict[str, str]]:
    """For each sample space the columns that learning diagrams and terms read, and the object that each ends in."""
    listed: dict[str, dict[str, str]] = {}
    read = [column for diagram in diagrams for column in diagram.columns]
    for column in (*read, *Signature.of(terms).columns.values()):
        listed.setdefault(column.dom.inside[0].name, {})[column.name] = column.cod.inside[0].name
    return listed


def _filled(entry: DataShape, other: DataShape) -> DataShape:
    """An entry with the keys, and the columns, of another one where it leaves them out; another source has its own."""
    filled = {key: value for key, value in vars(other).items() if key not in entry.model_fields_set}
    if entry.source is not None and entry.source != other.source:
        filled = {}
    elif entry.columns is not None:
        filled["columns"] = {**(other.columns or {}), **entry.columns}
    return entry.model_copy(update=filled)
