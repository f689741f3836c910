"""Rows of tar shards in the form of WebDataset: the files of one stem are a row, and an ending is a column.

Files are read by the standard library and decoded here, and nothing in them is run: an address such as `pipe:` is not
one of a file, and arrays of objects are refused.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from learning_diagrams.backends.torch.streaming.row_part import PIECE, Piece
from learning_diagrams.backends.torch.streaming.source_files import Paths, files_of, reading
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from learning_diagrams.errors import FileError, TypeMismatch, brief

MOST_BYTES = 2**28  # of a file in a shard
Decode = Callable[[bytes], Any]


class TarShards(StreamedRows):
    """The rows of tar shards as batches; see `StreamedRows` for their order.

    Parameters
    ----------
    paths : path of a file, or of a folder for its .tar files, or a list of paths. A part is a shard, whose rows are
        counted when the source is made: the heads of all files in it are read for that.
    columns : dict from ending to column, as {"npy": "pixels", "cls": "label"}. A row must have a file of each ending.
    decode : dict from ending to function of bytes that returns an array or a number, all of one shape. Known are "npy"
        (numpy, without objects), "cls" (a whole number) and "json" (a number or nested lists of numbers).
    batch_size, shuffle, seed, drop_last, share : as for `StreamedRows`.

    Raises
    ------
    FileError : a file is not there or damaged; a row lacks an ending, or cannot be decoded; more than 256 MB in a file.
    TypeMismatch : an ending without a function.
    """

    def __init__(
        self, paths: Paths, columns: Mapping[str, str], decode: Mapping[str, Decode] | None = None, **options: Any
    ) -> None:
        if not isinstance(columns, Mapping) or not columns or len({*columns.values()}) < len(columns):
            raise TypeMismatch(
                f"columns= is a dict from ending to column, as {{'npy': 'pixels'}}; got {brief(columns)}"
            )
        known = DECODE | dict(decode or {})
        for ending in columns:
            if not callable(known.get(ending)):
                raise TypeMismatch(
                    f"decode= has no function for {ending!r}; give a function of bytes, as {{{ending!r}: read}}; known "
                    f"are {', '.join(DECODE)}"
                )
        functions = {ending: known[ending] for ending in columns}
        super().__init__([_Shard(file, columns, functions) for file in files_of(paths, (".tar",))], **options)


@dataclass(frozen=True)
class _Shard:
    file: Path
    columns: Mapping[str, str]
    decode: Mapping[str, Decode]

    @cached_property
    def rows(self) -> int:
        with reading(self.file, tarfile.TarError, EOFError), tarfile.open(self.file) as opened:
            return sum(1 for _ in self._rows(opened))

    def pieces(self, start: int) -> Iterator[Piece]:
        with reading(self.file, tarfile.TarError, EOFError), tarfile.open(self.file) as opened:
            rows: list[dict[str, Any]] = []
            for number, members in enumerate(self._rows(opened)):
                if number < start:
                    continue
                rows.append({self.columns[ending]: self._value(opened, ending, members[ending]) for ending in members})
                if len(rows) == PIECE:
                    yield self._piece(rows)
                    rows = []
            if rows:
                yield self._piece(rows)

    def _rows(self, opened: tarfile.TarFile) -> Iterator[dict[str, tarfile.TarInfo]]:
        """The files of each row by their endings; a row without all of them is a `FileError`."""
        stem, members = "", dict[str, tarfile.TarInfo]()
        for member in opened:
            if not member.isfile():
                continue
            folder, slash, name = member.name.rpartition("/")
            first, _, ending = name.partition(".")
            if f"{folder}{slash}{first}" != stem:
                if members:
                    yield self._whole(stem, members)
                stem, members = f"{folder}{slash}{first}", {}
            if ending in self.columns:
                members[ending] = member
        if members:
            yield self._whole(stem, members)

    def _whole(self, stem: str, members: dict[str, tarfile.TarInfo]) -> dict[str, tarfile.TarInfo]:
        for ending in self.columns:
            if ending not in members:
                raise FileError(f"{str(self.file)!r}: row {stem!r} has no file that ends in .{ending}")
        return members

    def _value(self, opened: tarfile.TarFile, ending: str, member: tarfile.TarInfo) -> Any:
        if member.size > MOST_BYTES:
            raise FileError(
                f"{str(self.file)!r}: {member.name!r} has {member.size} bytes, and at most {MOST_BYTES} are read"
            )
        content = opened.extractfile(member)
        try:
            return self.decode[ending](b"" if content is None else content.read())
        except Exception as error:  # the function may be the user's
            raise FileError(f"{str(self.file)!r}: {member.name!r} cannot be decoded: {error}") from error

    def _piece(self, rows: list[dict[str, Any]]) -> Piece:
        try:
            return {name: (np.stack([np.asarray(row[name]) for row in rows]), None) for name in rows[0]}
        except ValueError as error:
            raise FileError(f"{str(self.file)!r} has rows of unequal shape: {error}") from error


def _array(content: bytes) -> np.ndarray[Any, Any]:
    """An array of numpy; its head must say no more than the bytes that are there."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject or prod(shape) * dtype.itemsize > len(content) - file.tell():
        raise ValueError("its head says that it holds objects, or more bytes than are there")
    return np.load(io.BytesIO(content), allow_pickle=False)  # type: ignore[no-any-return]


DECODE: dict[str, Decode] = {"npy": _array, "cls": int, "json": json.loads}
