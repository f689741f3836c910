"""Streams of batches from data sets of different sizes.

An epoch is one pass over the largest sample space, which is the one that needs most batches. A smaller sample space is
reshuffled and repeated, in full batches only, so that no row stands twice in a batch.

>>> import torch
>>> data = {"large": {"x": torch.arange(5)}, "small": {"y": torch.arange(2)}}
>>> [[len(columns) for columns in (batch["large"]["x"], batch["small"]["y"])]
...  for batch in batches(data, batch_size=2, epochs=1)]
[[2, 2], [2, 2], [1, 2]]
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from itertools import chain, islice
from typing import Protocol

import torch
from torch.utils.data import DataLoader

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import map_column
from learning_diagrams.backends.torch.data.source import Indexed, Ready, Source, Table, open_source
from learning_diagrams.backends.torch.data.space_reader import Columns, SpaceReader
from learning_diagrams.errors import DataError, UnknownName, brief, did_you_mean, plural, require_flag
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.user_warning import warn


class Reads(Protocol):
    """An objective, as far as batches depend on it."""

    @property
    def layout(self) -> BatchLayout: ...
    @property
    def dtype(self) -> torch.dtype | None: ...
    @property
    def steps_made(self) -> int: ...


class Batches(Protocol):
    """Endless batches of one sample space, and its columns if all values are at hand."""

    columns: Columns | None

    def __iter__(self) -> Iterator[Columns]: ...


def batches(
    data: Mapping[str, Source],
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | Mapping[str, int] = 64,
    drop_last: bool = False,
    shuffle: bool = True,
    seed: int | None = 0,
    objective: Reads | None = None,
    strict: bool = True,
) -> Iterator[dict[str, Columns]]:
    """The batches that `fit` trains on, for a loop written by hand.

    One call with `epochs=2` has two orders of rows. Two calls of one epoch have the same order, unless `objective` has
    made steps between them or `seed` is another one; with `seed=None` they are as two passes over a DataLoader.

    >>> import torch
    >>> def epoch(seed):
    ...     data = {"rows": {"x": torch.arange(8)}}
    ...     return [batch["rows"]["x"].tolist() for batch in batches(data, epochs=1, seed=seed)]
    >>> epoch(0) == epoch(0), epoch(None) == epoch(None)
    (True, False)

    Parameters
    ----------
    data : dict from sample space to its data, each of a kind of its own: a table of columns of equal length (a dict of
        tensors, arrays or lists; a DataFrame; a table of Arrow); a map-style or iterable Dataset, a list or another
        iterable, of dicts that are rows or ready batches; a DataLoader, whose batches and order are its own; `Rows` of
        such data, where items are tuples. {} where the objective reads no sample space: each batch is {}, too.
    epochs, steps : int, passes over the largest sample space, or batches; exactly one of the two. The largest is that
        whose pass has most batches, with its own batch size. A pass over a DataLoader, or over ready batches, is as
        many batches as it says.
    batch_size : int, rows in a batch; or a dict from sample space to int. Ready batches keep their size.
    drop_last : bool, whether the last, short batch of a pass over the largest sample space is left out.
    shuffle : bool, whether rows are in random order, in another order for each pass. Ready batches, and rows of an
        iterable, keep their order.
    seed : int or None, of the order of rows, which depends on the seed, on the name of the sample space and on the
        steps that the objective has made; None draws every order from torch's global generator, which
        torch.manual_seed sets.
    objective : Objective that reads the batches. It tells a row from a batch, gives arrays their dtype, and pairs the
        rows of sample spaces. Without it an item of a list or a Dataset is a row, and that of an iterable a batch.
    strict : bool, whether sample spaces and columns that the objective does not have are an error or are left out.

    Raises
    ------
    DataError : data of no known kind, columns of unequal length, or an epoch of data that has no length.
    """
    streams = open_streams(data, batch_size, drop_last, shuffle, seed, objective, strict)
    require_sizes(streams, batch_size)
    layout = None if objective is None else objective.layout
    yield from batches_of(streams, count_steps(streams, epochs, steps), layout)


def batches_of(streams: Mapping[str, Batches], steps: int, layout: BatchLayout | None) -> Iterator[dict[str, Columns]]:
    """A number of batches, each with one of every stream; paired sample spaces are cut to equal length.

    Labels, bits and soft labels that were not at hand when the stream was opened are checked batch by batch.
    """
    names = [name for name, stream in streams.items() if stream.columns is None]
    iterators = {name: iter(stream) for name, stream in streams.items()}
    for _ in range(steps):
        batch = {name: next(iterator) for name, iterator in iterators.items()}
        if layout is not None:
            batch = layout.cut(batch)
            layout.check(batch, strict=False)
            for name in names:
                layout.check_values(name, batch[name])
        yield batch


class Stream:
    """Endless batches of one sample space.

    Attributes
    ----------
    rows : int, the number of rows; None for data that come in an order of their own.
    steps : int, the number of batches in one pass; None for an iterable without a length.
    columns : dict from column to Column if all values are at hand, else None.
    """

    def __init__(
        self, source: Table | Indexed | Ready, size: int, shuffle: bool, generator: torch.Generator | None
    ) -> None:
        self.source, self.size, self.shuffle, self.generator = source, size, shuffle, generator
        self.rows = source.rows
        self.columns = source.columns if isinstance(source, Table) else None
        self.drop_last = False

    @property
    def steps(self) -> int | None:
        if isinstance(self.source, Ready) and not self.source.by_rows:
            return self.source.length
        rows = self.source.length if isinstance(self.source, Ready) else self.source.rows
        if rows is None:
            return None
        return max(1, rows // self.size) if self.drop_last else math.ceil(rows / self.size)

    @property
    def batch_rows(self) -> int | None:
        """The rows of a full batch; None for ready batches whose source does not say it."""
        if isinstance(self.source, Ready) and not self.source.by_rows:
            size = getattr(self.source.source, "batch_size", None)
            return size if isinstance(size, int) else None
        return self.size if self.rows is None else min(self.size, self.rows)

    def __iter__(self) -> Iterator[Columns]:
        return chain.from_iterable(iter(self.one_pass, None))

    def few(self, most: int) -> Columns:
        """The first rows, at most as many as a batch has; of data that come in batches the first batch."""
        if isinstance(self.source, Ready):
            return next(self.one_pass())
        return self.source.take(torch.arange(min(self.size, self.source.rows, most)))

    def one_pass(self, first: int = 0, resumed: bool = False) -> Iterator[Columns]:
        """The batches of a pass whose order is drawn now, from the batch with number `first` on.

        Parameters
        ----------
        resumed : bool, whether the source goes on with a pass, of which nothing may be left.
        """
        if isinstance(self.source, Ready):
            return islice(self.source.one_pass(self.size, self.drop_last, resumed), first, None)
        take, rows, size = self.source.take, self.source.rows, min(self.size, self.source.rows)
        stop = rows - rows % size if self.drop_last else rows
        order = torch.randperm(rows, generator=self.generator) if self.shuffle else torch.arange(rows)
        return (take(order[start : start + size]) for start in range(first * size, stop, size))


def open_streams(
    data: Mapping[str, Source],
    batch_size: int | Mapping[str, int],
    drop_last: bool,
    shuffle: bool = True,
    seed: int | None = 0,
    objective: Reads | None = None,
    strict: bool = True,
) -> dict[str, Stream]:
    """A stream for each sample space; the orders of rows are independent.

    Raises `DataError` for data that do not fit the objective, as far as they are at hand: a column that is missing,
    unknown or of another shape, labels out of range, batches that would be too short for the different rows that the
    objective draws together, or unequal in its pairs.
    """
    require_flag("strict", strict)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**62):
        raise DataError(f"seed must be a whole number from 0 to 2^62 or None, got {brief(seed)}")
    layout = None if objective is None else objective.layout
    if not isinstance(data, Mapping) or (not data and (layout is None or layout.read)):
        raise DataError(
            f"data maps sample spaces to their data, as in {{'digits': {{'pixels': X}}}}; got {brief(data)}"
        )
    if isinstance(batch_size, Mapping):
        for name in batch_size:
            if name not in data:
                raise UnknownName(f"batch_size names the sample space {name!r}; {did_you_mean(str(name), data)}")
    known = data.keys() if layout is None else layout.spaces.keys()
    streams = {}
    for name, source in sorted(data.items(), key=lambda pair: str(pair[0])):
        if not strict and name not in known:
            continue
        size = batch_size.get(name, 64) if isinstance(batch_size, Mapping) else batch_size
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise DataError(f"batch_size of sample space {name!r} must be a whole number ≥ 1, got {size!r}")
        reader = SpaceReader(name, strict=strict)
        if objective is not None and name in known:
            reader = SpaceReader(name, objective.layout, objective.dtype, strict)
        generator = None if seed is None else _generator(seed, name, 0 if objective is None else objective.steps_made)
        streams[name] = Stream(open_source(reader, source), size, shuffle, generator)
    if layout is not None:
        for name in layout.read:
            if name not in streams:
                raise DataError(f"there is no data for sample space {name!r}; {did_you_mean(name, data)}")
        layout.refuse_unknown(dict.fromkeys(streams))
    _set_drop_last(streams, drop_last)
    if layout is not None:
        _check_at_hand(streams, layout)
        _require_enough(streams, layout)
    return streams


def _set_drop_last(streams: Mapping[str, Stream], drop_last: bool) -> None:
    """Let all but the largest sample spaces leave short batches out; those of most batches, and then of most rows."""
    rows = {name: stream.rows for name, stream in streams.items() if stream.rows is not None}
    sizes = {name: (math.ceil(number / streams[name].size), number) for name, number in rows.items()}
    largest = max(sizes.values(), default=(0, 0))
    for name, stream in streams.items():
        if drop_last and sizes.get(name) == largest and largest[1] < stream.size:
            raise DataError(
                f"sample space {name!r} has {plural(largest[1], 'row')}, so with drop_last=True and batch_size "
                f"{stream.size} an epoch has no batch; lower batch_size"
            )
        stream.drop_last = drop_last or sizes.get(name, largest) < largest


def require_sizes(streams: Mapping[str, Stream], batch_size: int | Mapping[str, int]) -> None:
    """Raise `DataError` for a number of rows that sources of files would not heed; warn of a DataLoader that does not.

    They make the batches themselves. The number 64 is what is taken where nobody gives a number.
    """
    ready = {name: stream.source for name, stream in streams.items() if isinstance(stream.source, Ready)}
    making = {n: each for n, each in ready.items() if each.of_files or isinstance(each.source, DataLoader)}
    own = {name: getattr(source.source, "batch_size", None) for name, source in making.items()}
    if not isinstance(batch_size, Mapping):
        batch_size = dict.fromkeys(own, batch_size) if batch_size != 64 and own.keys() == streams.keys() else {}
    for name, size in own.items():
        if size is not None and batch_size.get(name, size) != size:
            fault = f"batch_size of sample space {name!r} is {batch_size[name]}, and its data come in batches of {size}"
            if making[name].of_files:
                raise DataError(f"{fault} rows; give batch_size to the source, or leave it out here")
            warn(f"{fault} rows, which stay; give batch_size to the DataLoader, and leave it out here")


def _generator(seed: int, space: str, start: int) -> torch.Generator:
    """The generator of a sample space's order, which no other sample space changes."""
    digest = blake2b(repr((seed, space, int(start))).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big"))


def _check_at_hand(streams: Mapping[str, Stream], layout: BatchLayout) -> None:
    """Check the first batch and all labels of the sample spaces whose values are at hand."""
    at_hand = {name: stream.columns for name, stream in streams.items() if stream.columns is not None}
    read = {name: columns for name, columns in layout.read.items() if name in at_hand}
    layout = replace(layout, read=read, paired=tuple(group for group in layout.paired if {*group} <= {*read}))
    first = {
        name: {column: map_column(lambda rows, n=streams[name].size: rows[:n], v) for column, v in columns.items()}  # type: ignore[misc]
        for name, columns in at_hand.items()
    }
    layout.check(layout.cut(first) if all({*read[n]} <= {*first[n]} for n in read) else first)
    for name in read:
        layout.check_values(name, at_hand[name])


def _require_enough(streams: Mapping[str, Stream], layout: BatchLayout) -> None:
    for name, stream in streams.items():
        draws, last = layout.draws.get(name, 1), (stream.rows or 0) % stream.size
        if stream.rows is not None and not stream.drop_last and 0 < last < draws:
            raise DataError(
                f"{draws} different rows of sample space {name!r} are drawn together, and its last batch would have "
                f"{plural(last, 'row')}; set {by_door('drop_last=True', plan='drop_last: true')}, or another batch_size"
            )
    for group in layout.paired:
        sizes = {name: min(streams[name].size, streams[name].rows or streams[name].size) for name in group}
        if len(set(sizes.values())) > 1:
            lengths = ", ".join(f"{name!r} {size}" for name, size in sizes.items())
            raise DataError(
                f"rows of these sample spaces are paired by position, and their batches would differ in length: "
                f"{lengths}; set batch_size{by_door('=', plan=': ')}{min(sizes.values())}"
            )


def count_steps(streams: Mapping[str, Stream], epochs: int | None, steps: int | None) -> int:
    """The number of batches; `DataError` unless exactly one of epochs and steps is given."""
    for keyword, count in (("epochs", epochs), ("steps", steps)):
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
            raise DataError(f"{keyword} must be a whole number ≥ 0, got {count!r}")
    if (epochs is None) == (steps is None):
        raise DataError(f"give either epochs or steps, got epochs={epochs!r} and steps={steps!r}")
    if steps is not None:
        return steps
    length = epoch_length(streams)
    if not streams:
        raise DataError(
            "the learning diagram reads no sample space, so no number of rows says how long an epoch is; give "
            f"{by_door('steps= instead of epochs=', plan='steps instead of epochs')}"
        )
    if length is None:
        once = [name for name, stream in streams.items() if isinstance(stream.source, Ready) and stream.source.once]
        raise DataError(
            f"the data of sample space {once[0]!r} is a generator or another iterator, which gives one pass only; give "
            "a list, a Dataset or a DataLoader, or steps="
            if once
            else "an iterable without a length does not say how long an epoch is; give steps="
        )
    return (epochs or 0) * length


def epoch_length(streams: Mapping[str, Stream]) -> int | None:
    """The number of batches in one pass over the largest sample space; None if no sample space has a length.

    The largest is that whose pass has most batches. So each sample space is gone through at least once, but for a last
    batch that is short.
    """
    return max((stream.steps for stream in streams.values() if stream.steps is not None), default=None)
