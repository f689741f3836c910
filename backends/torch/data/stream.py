"""Streams of batches from data sets of different sizes.

An epoch is one pass over the largest sample space. A smaller sample space is reshuffled and repeated, in full batches
only, so that no row stands twice in a batch.

>>> import torch
>>> data = {"large": {"x": torch.arange(5)}, "small": {"y": torch.arange(2)}}
>>> [[len(columns) for columns in (batch["large"]["x"], batch["small"]["y"])]
...  for batch in batches(data, batch_size=2, epochs=1)]
[[2, 2], [2, 2], [1, 2]]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, default_collate

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.column_check import require_column, require_equal_rows
from learning_diagrams.backends.torch.data.mask import Column, map_column
from learning_diagrams.errors import DataError, UnknownName, brief, did_you_mean, plural


class HasLayout(Protocol):
    """An objective, as far as batches depend on it."""

    @property
    def layout(self) -> BatchLayout: ...


Columns = Mapping[str, Column]
Source = Any  # a dict of equal-length tensors, a map-style Dataset of dict rows, or an iterable of ready batches


def batches(
    data: Mapping[str, Source],
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | Mapping[str, int] = 64,
    drop_last: bool = False,
    shuffle: bool = True,
    seed: int | None = 0,
    objective: HasLayout | None = None,
) -> Iterator[dict[str, Columns]]:
    """The batches that `fit` trains on, for a loop written by hand.

    Parameters
    ----------
    data : dict from sample space to a dict of tensors of equal length, a map-style Dataset whose rows are dicts, or an
        iterable of ready batches.
    epochs, steps : int, passes over the largest sample space, or batches; exactly one of the two.
    batch_size : int, rows in a batch; or a dict from sample space to int.
    drop_last : bool, whether the last, short batch of a pass over the largest sample space is left out.
    shuffle : bool, whether rows are in random order, in another order for each pass.
    seed : int or None, of the order of rows; None takes the order from torch's global generator.
    objective : Objective whose constraints pair the rows of sample spaces; such spaces get batches of equal length.

    Raises
    ------
    DataError : data of no known kind, columns of unequal length, or an epoch of data that has no length.
    """
    layout = None if objective is None else objective.layout
    streams = open_streams(data, batch_size, drop_last, shuffle, seed, layout)
    yield from batches_of(streams, count_steps(streams, epochs, steps), layout)


def batches_of(streams: Mapping[str, Stream], steps: int, layout: BatchLayout | None) -> Iterator[dict[str, Columns]]:
    """A number of batches, each with one of every stream; paired sample spaces are cut to equal length."""
    iterators = {name: iter(stream) for name, stream in streams.items()}
    for _ in range(steps):
        batch = {name: next(iterator) for name, iterator in iterators.items()}
        yield batch if layout is None else layout.cut(batch)


class Stream:
    """Endless batches of one sample space.

    Attributes
    ----------
    rows : int, the number of rows; None for an iterable of ready batches.
    steps : int, the number of batches in one pass; None for an iterable of ready batches.
    """

    def __init__(self, name: str, source: Source, size: int, shuffle: bool, generator: torch.Generator | None) -> None:
        self.name, self.source, self.size = name, source, size
        self.shuffle, self.generator = shuffle, generator
        self.rows = _count_rows(name, source)
        self.drop_last = False

    @property
    def steps(self) -> int | None:
        if self.rows is None:
            return None
        return max(1, self.rows // self.size) if self.drop_last else math.ceil(self.rows / self.size)

    def __iter__(self) -> Iterator[Columns]:
        return self._ready() if self.rows is None else self._indexed(self.rows)

    def _indexed(self, rows: int) -> Iterator[Columns]:
        size = min(self.size, rows)
        stop = rows - rows % size if self.drop_last else rows
        while True:
            order = torch.randperm(rows, generator=self.generator) if self.shuffle else torch.arange(rows)
            for start in range(0, stop, size):
                yield self._take(order[start : start + size])

    def _take(self, index: Tensor) -> Columns:
        if isinstance(self.source, Mapping):
            return {
                name: map_column(lambda rows: rows[index.to(rows.device)], column)
                for name, column in self.source.items()
            }
        rows = [self.source[i] for i in index.tolist()]
        try:
            collated: Columns = default_collate(rows)
        except (TypeError, RuntimeError, KeyError) as error:
            raise DataError(
                f"the rows of sample space {self.name!r} do not make a batch: {str(error).splitlines()[0]}; give "
                "rows of equal keys and shapes"
            ) from error
        return _require_columns(self.name, collated)

    def _ready(self) -> Iterator[Columns]:
        while True:
            empty = True
            for batch in self.source:
                empty = False
                yield _require_columns(self.name, batch)
            if empty or iter(self.source) is self.source:
                raise DataError(
                    f"the batches of sample space {self.name!r} ran out; give an iterable that can be started again, "
                    "such as a DataLoader, or ask for fewer steps"
                )


def open_streams(
    data: Mapping[str, Source],
    batch_size: int | Mapping[str, int],
    drop_last: bool,
    shuffle: bool = True,
    seed: int | None = 0,
    layout: BatchLayout | None = None,
) -> dict[str, Stream]:
    """A stream for each sample space; the orders of rows are independent.

    Raises `DataError` if batches would be too short for the different rows of a layout, or unequal in its pairs.
    """
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**62):
        raise DataError(f"seed must be a whole number from 0 to 2^62 or None, got {brief(seed)}")
    if not isinstance(data, Mapping) or not data:
        raise DataError(
            f"data maps sample spaces to their data, as in {{'digits': {{'pixels': X}}}}; got {brief(data)}"
        )
    if isinstance(batch_size, Mapping):
        for name in batch_size:
            if name not in data:
                raise UnknownName(f"batch_size names the sample space {name!r}; {did_you_mean(str(name), data)}")
    streams = {}
    for i, (name, source) in enumerate(sorted(data.items())):
        size = batch_size.get(name, 64) if isinstance(batch_size, Mapping) else batch_size
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise DataError(f"batch_size of sample space {name!r} must be a whole number ≥ 1, got {size!r}")
        generator = None if seed is None else torch.Generator().manual_seed(seed + i)
        streams[name] = Stream(name, source, size, shuffle, generator)
    largest = max((stream.rows or 0 for stream in streams.values()), default=0)
    for name, stream in streams.items():
        if drop_last and stream.rows == largest and largest < stream.size:
            raise DataError(
                f"sample space {name!r} has {plural(largest, 'row')}, so with drop_last=True and batch_size "
                f"{stream.size} an epoch has no batch; lower batch_size"
            )
    for stream in streams.values():
        stream.drop_last = drop_last or (stream.rows or 0) < largest
    if layout is not None:
        _require_enough(streams, layout)
    return streams


def _require_enough(streams: Mapping[str, Stream], layout: BatchLayout) -> None:
    for name, stream in streams.items():
        draws, last = layout.draws.get(name, 1), (stream.rows or 0) % stream.size
        if stream.rows is not None and not stream.drop_last and 0 < last < draws:
            raise DataError(
                f"{draws} different rows of sample space {name!r} are drawn together, and its last batch would have "
                f"{plural(last, 'row')}; set drop_last=True, or another batch_size"
            )
    for group in layout.paired:
        sizes = {name: min(streams[name].size, streams[name].rows or streams[name].size) for name in group}
        if len(set(sizes.values())) > 1:
            lengths = ", ".join(f"{name!r} {size}" for name, size in sizes.items())
            raise DataError(
                f"rows of these sample spaces are paired by position, and their batches would differ in length: "
                f"{lengths}; set batch_size={min(sizes.values())}"
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
    if length is None:
        raise DataError("an iterable of ready batches has no length, so epochs= has no meaning; give steps=")
    return (epochs or 0) * length


def epoch_length(streams: Mapping[str, Stream]) -> int | None:
    """The number of batches in one pass over the largest sample space; None if no sample space has a length."""
    sized: Sequence[Stream] = [stream for stream in streams.values() if stream.rows is not None]
    return max(sized, key=lambda stream: (stream.rows, stream.steps)).steps if sized else None


def _count_rows(name: str, source: Source) -> int | None:
    """The rows of data that can be indexed; None for an iterable of ready batches."""
    if isinstance(source, IterableDataset):
        return None
    if isinstance(source, Tensor):
        raise DataError(
            f"the data of {name!r} is a tensor, where a sample space maps column names to tensors: "
            "{'space': {'column': tensor}}"
        )
    if isinstance(source, Mapping):
        if not source:
            raise DataError(f"sample space {name!r} has no column")
        lengths = {column: require_column(name, column, values) for column, values in source.items()}
        require_equal_rows(name, lengths)
        rows = next(iter(lengths.values()))
    elif hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        rows = len(source)
        if rows and not isinstance(source[0], Mapping):
            raise DataError(
                f"the rows of sample space {name!r} must be dicts of columns, got {type(source[0]).__name__}"
            )
    elif isinstance(source, Iterable):
        return None
    else:
        raise DataError(
            f"the data of sample space {name!r} must be a dict of tensors, a Dataset of dict rows or an iterable of "
            f"batches, got {type(source).__name__}"
        )
    if rows == 0:
        raise DataError(f"sample space {name!r} has no row")
    return rows


def _require_columns(name: str, batch: Any) -> Columns:
    """A ready batch, after a check that it is a mapping of tensors."""
    if not isinstance(batch, Mapping):
        raise DataError(
            f"the batches of sample space {name!r} must be dicts of columns, as {{'pixels': X}}, got "
            f"a {type(batch).__name__}; let the data set return dicts"
        )
    for column, values in batch.items():
        require_column(name, column, values)
    return batch
