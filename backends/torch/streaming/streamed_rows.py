"""Rows of a source that is larger than memory, as batches: in another order in each pass, and from any position on.

A pass takes the parts of the source in random order, cuts their rows into windows, and shuffles each window. So only a
window is in memory. Each order follows from seed, pass and window, so a pass goes on from a position of two numbers.

>>> class Numbers:
...     rows = 5
...     def pieces(self, start):
...         yield {"x": (np.arange(start, 5), None)}
>>> source = StreamedRows([Numbers(), Numbers()], batch_size=4)
>>> [batch["x"].tolist() for batch in source], len(source)
([[0, 1, 2, 3], [4, 0, 1, 2], [3, 4]], 3)
>>> source.load_state_dict({"pass": 0, "batch": 2, "digest": source.state_dict()["digest"]})
>>> [batch["x"].tolist() for batch in source]
[[3, 4]]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from hashlib import blake2b
from itertools import accumulate
from typing import Any

import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.streaming.row_part import PIECE, Piece, RowPart, share_of
from learning_diagrams.errors import DataError, FileError, brief, require_count
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.errors.user_warning import warn

Batch = Mapping[str, Array | tuple[Array, Array]]


class StreamedRows(IterableDataset[Batch]):
    """The batches of parts that are read one after the other; each `iter` is a pass.

    A batch is a dict of NumPy arrays, or of pairs of values and mask; `DataLoader(source, batch_size=None)` makes
    tensors of them.

    Parameters
    ----------
    parts : list of RowPart, as row groups of Parquet.
    batch_size : int, rows in a batch; the last batch of a pass may have fewer.
    shuffle : int, rows in a window, which are in memory together, as many whole batches as fit, at least one; 0 keeps
        the order of the source.
    seed : int, from which the orders of all passes follow.
    drop_last : bool, whether a short batch at the end of a pass is left out.
    share : (int, int), of several processes the number of this one, and how many they are: it reads its own rows, which
        are as many in each, and no others. `fit` then trains on the batches of all processes together.

    Raises
    ------
    DataError : there is no row, or no whole batch; a share that is not (number, count); later, rows of unequal shape.
    TypeMismatch : a number that is not whole, or too small.
    """

    gives_batches = True  # so that nobody looks at the first item, and takes the position

    def __init__(
        self,
        parts: Sequence[RowPart],
        *,
        batch_size: int = 64,
        shuffle: int = 0,
        seed: int = 0,
        drop_last: bool = False,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        require_count("batch_size", batch_size)
        require_count("shuffle", shuffle, 0)
        require_count("seed", seed, 0)
        if not (isinstance(share, tuple) and [*map(type, share)] == [int, int] and 0 <= share[0] < share[1]):
            raise DataError(f"share= is the number of a process and how many they are, as (0, 2); got {brief(share)}")
        parts = parts if share == (0, 1) else share_of(parts, *share)
        self.parts, self.share, self.batch_size, self.drop_last = parts, share, batch_size, drop_last
        self.shuffle, self.seed = shuffle, seed
        self.rows = sum(part.rows for part in parts)
        self._window = max(1, (shuffle or PIECE) // batch_size) * batch_size
        if 0 < shuffle < min(2 * batch_size, self.rows):
            warn(
                f"shuffle={shuffle} is less than two batches of {batch_size} rows, so the rows of a batch are the same "
                f"in each pass, up to the ends of parts; take shuffle={2 * batch_size} or more"
            )
        self._pass, self._start, self._taken = 0, 0, 0
        self._last: Batch = {}
        if len(self) == 0:
            raise DataError(f"the source has {self.rows} rows, so a pass has no batch of {batch_size} rows")

    def __len__(self) -> int:
        """The number of batches in a pass."""
        return self.rows // self.batch_size if self.drop_last else -(-self.rows // self.batch_size)

    def __repr__(self) -> str:
        return one_line(f"<{type(self).__name__}: {self.rows} rows in {len(self.parts)} parts>")

    def __iter__(self) -> Iterator[Batch]:
        if get_worker_info() is not None:
            raise DataError(f"{self!r} is read by one process, so its DataLoader has num_workers=0")
        start, self._start, self._taken = self._start, 0, self._start
        order = self._shuffled(len(self.parts), "parts")
        first = start * self.batch_size // self._window
        for number, window in enumerate(self._windows(order, first * self._window), start=first):
            rows = len(next(iter(window.values()))[0])
            places = self._shuffled(rows, number)
            done = start - number * self._window // self.batch_size if number == first else 0
            for at in range(done * self.batch_size, rows, self.batch_size):
                index = places[at : at + self.batch_size]
                if self.drop_last and len(index) < self.batch_size:
                    break
                self._taken += 1
                self._last = {name: _taken(column, index) for name, column in window.items()}
                yield self._last
        self._pass, self._taken = self._pass + 1, 0

    def apart(self) -> StreamedRows:
        """The same rows from the first pass on; a pass over them does not change the position here."""
        other = copy(self)
        other._pass = other._start = other._taken = 0
        return other

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass have the order of pass `epoch`, from 0 on."""
        self._pass = epoch

    def state_dict(self) -> dict[str, Any]:
        """The position: the pass, the batches that were taken of it, and digests of the order and of the last batch."""
        state = {"pass": self._pass, "batch": self._taken, "digest": self._digest()}
        return state | {"last": _print(self._last)} if self._taken and self._last else state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a position of an equal source; `FileError` for other rows, or no such position."""
        if not isinstance(state, Mapping) or state.get("digest") != self._digest():
            raise FileError(
                "the position is one of another source: rows, parts, batch_size, shuffle, seed or drop_last differ "
                f"from those of {self!r}"
            )
        number, batch = state.get("pass"), state.get("batch")
        if type(number) is not int or type(batch) is not int or number < 0 or not 0 <= batch <= len(self):
            raise FileError(f"there is no batch {brief(batch)} of pass {brief(number)} in {self!r}")
        if batch and "last" in state:
            before = self.apart()
            before._pass, before._start = number, batch - 1
            self._last = next(iter(before))
            if _print(self._last) != state["last"]:
                raise FileError(f"the rows of {self!r} are others than those of the position")
        self._pass, self._start, self._taken = number, batch, batch

    def _digest(self) -> str:
        parts = [part.rows for part in self.parts]
        facts = [parts, self.batch_size, self.shuffle, self.seed, self.drop_last]
        return blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()

    def _shuffled(self, count: int, what: str | int) -> Array:
        """The numbers below `count` in an order that follows from seed and pass; in order where nothing is shuffled."""
        if not self.shuffle:
            return np.arange(count)
        key = blake2b(repr((self.seed, self._pass, what)).encode(), digest_size=8).digest()
        return np.random.default_rng(int.from_bytes(key, "big")).permutation(count)

    def _windows(self, order: Array, skipped: int) -> Iterator[Piece]:
        """The rows of the parts in an order, without the first `skipped` rows, a window at a time."""
        ends = [*accumulate(self.parts[i].rows for i in order)]
        held: list[Piece] = []
        missing = self._window
        for i, end in zip(order, ends, strict=True):
            part = self.parts[i]
            if end <= skipped:
                continue
            for piece in part.pieces(max(0, skipped - (end - part.rows))):
                start, rows = 0, len(next(iter(piece.values()))[0])
                while start < rows:
                    stop = min(rows, start + missing)
                    held.append({name: _cut(column, slice(start, stop)) for name, column in piece.items()})
                    missing -= stop - start
                    start = stop
                    if not missing:
                        yield _joined(held)
                        held, missing = [], self._window
        if held:
            yield _joined(held)


def _print(batch: Batch) -> str:
    """A checksum of a batch."""
    arrays = [array for column in batch.values() for array in (column if isinstance(column, tuple) else (column,))]
    contents = (repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes() for array in arrays)
    return blake2b(b"".join(contents), digest_size=16).hexdigest()


def _cut(column: tuple[Array, Array | None], index: Any) -> tuple[Array, Array | None]:
    values, present = column
    return values[index], None if present is None else present[index]


def _taken(column: tuple[Array, Array | None], index: Array) -> Array | tuple[Array, Array]:
    values, present = _cut(column, index)
    return values if present is None else (values, present)


def _joined(pieces: Sequence[Piece]) -> Piece:
    """The rows of some pieces one after the other."""
    joined = {}
    for name in pieces[0]:
        values = [piece[name][0] for piece in pieces]
        masks = [piece[name][1] for piece in pieces]
        present = None
        if any(mask is not None for mask in masks):
            present = np.concatenate(
                [np.ones(len(rows), bool) if mask is None else mask for rows, mask in zip(values, masks, strict=True)]
            )
        if len({rows.shape[1:] for rows in values}) > 1:
            shapes = ", ".join(str(list(rows.shape[1:])) for rows in values[:3])
            raise DataError(f"the rows of column {name!r} have different shapes: {shapes}, …; pad them in the file")
        joined[name] = np.concatenate(values), present
    return joined
