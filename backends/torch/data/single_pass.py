"""A single pass over data, in order: each row of each sample space is seen once, for measuring.

>>> from learning_diagrams.backends.torch.data.batch import BatchLayout
>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> spaces = {"a": {"x": Finite(9)}, "b": {"y": Finite(9)}}
>>> layout = BatchLayout(spaces, {"a": ("x",), "b": ("y",)}, {"a": 1, "b": 1})
>>> data = {"a": {"x": torch.arange(5)}, "b": {"y": torch.arange(3)}}
>>> [({name: len(next(iter(columns.values()))) for name, columns in batch.items()}, sorted(fresh))
...  for batch, fresh in SinglePass(data, layout, None, 2)]
[({'a': 2, 'b': 2}, ['a', 'b']), ({'a': 2, 'b': 1}, ['a', 'b']), ({'a': 1, 'b': 2}, ['a'])]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import torch

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.data.space_reader import Columns
from learning_diagrams.backends.torch.data.stream import batches_of, open_streams
from learning_diagrams.errors import DataError
from learning_diagrams.errors.door import by_door


class SinglePass:
    """The batches of one pass over every sample space, each with the names of the sample spaces whose rows are new.

    A sample space that ends before another one begins again, and its rows are no longer new. Of paired sample spaces
    the longer one counts, and the shorter one is repeated in full batches, as in training.

    Parameters
    ----------
    layout, dtype : what reads the batches, as of an objective.
    batch_size : int, rows at a time; None takes all rows as one batch. A DataLoader keeps its own batches.
    strict : bool, whether sample spaces and columns that the layout does not have are an error.

    Attributes
    ----------
    steps : dict from sample space to int, the number of batches with new rows.
    """

    def __init__(
        self,
        data: Mapping[str, Source],
        layout: BatchLayout,
        dtype: torch.dtype | None,
        batch_size: int | Mapping[str, int] | None,
        strict: bool = True,
    ) -> None:
        self.layout, self.dtype, self.steps_made = replace(layout, paired=()), dtype, 0
        if isinstance(data, Mapping):  # a source that keeps its position may be in use by training
            data = {name: source.apart() if hasattr(type(source), "apart") else source for name, source in data.items()}
        groups = _joined(layout.paired)
        if batch_size is None:
            batch_size = sys.maxsize
            if groups:
                whole = open_streams(data, batch_size, False, shuffle=False, objective=self, strict=strict)
                rows = {name: stream.rows or sys.maxsize for name, stream in whole.items()}
                batch_size = {name: min(rows[other] for other in groups.get(name, {name})) for name in rows}
        self.layout = layout
        self.streams = open_streams(data, batch_size, False, shuffle=False, objective=self, strict=strict)
        self.steps: dict[str, int] = {}
        self._longest: dict[str, frozenset[str]] = {}  # for a sample space that is repeated, those it is repeated for
        for name, stream in self.streams.items():
            lengths = {other: self._length(other) for other in groups.get(name, {name})}
            longest = frozenset(other for other, length in lengths.items() if length == max(lengths.values()))
            stream.drop_last = name not in longest
            if stream.drop_last:
                self._longest[name] = longest
                if stream.rows is not None and stream.rows % min(stream.size, stream.rows):
                    raise DataError(
                        f"sample space {name!r} has {stream.rows} rows, and is repeated beside the longer "
                        f"{min(longest)!r}; batches of {stream.size} rows would leave out the last of its rows; "
                        f"{by_door('leave batch_size=None', plan='leave out batch_size')}, or take a divisor of "
                        f"{stream.rows}"
                    )
            self.steps[name] = max(self.streams[other].steps or 0 for other in lengths)

    def _length(self, name: str) -> int:
        """The rows of a sample space, or the batches of its loader."""
        length = self.streams[name].rows or self.streams[name].steps
        if length is None:
            raise DataError(
                f"the data of sample space {name!r} has no length, so there is no last batch to measure on; give "
                "tensors, a Dataset or a DataLoader of one"
            )
        return length

    def require_whole(self, spaces: frozenset[str], what: str) -> None:
        """Raise `DataError` if a row of the sample spaces that something reads is new more often than another row."""
        for name in sorted(spaces & self._longest.keys()):
            if spaces.isdisjoint(self._longest[name]):
                raise DataError(
                    f"{what} reads sample space {name!r}, which is repeated because its rows are paired with those of "
                    f"the longer {min(self._longest[name])!r}; give paired sample spaces equally many rows"
                )

    def require_none_repeated(self, what: str) -> None:
        """Raise `DataError` if a sample space is repeated because a longer one is paired with it."""
        for name, longest in sorted(self._longest.items()):
            raise DataError(
                f"{what} pairs the rows of {name!r} with those of the longer {min(longest)!r}; give both equally many"
            )

    def __len__(self) -> int:
        return max(self.steps.values(), default=1)  # without sample spaces there is one batch, which has no rows

    def __iter__(self) -> Iterator[tuple[dict[str, Columns], frozenset[str]]]:
        for i, batch in enumerate(batches_of(self.streams, len(self), self.layout)):
            yield batch, frozenset(name for name, steps in self.steps.items() if i < steps)

    def steps_of(self, spaces: Iterable[str]) -> int:
        """The number of batches in which rows of some sample spaces are new; 0 for no sample space."""
        return max((self.steps[space] for space in spaces), default=0)


def _joined(paired: Iterable[tuple[str, ...]]) -> dict[str, set[str]]:
    """For each sample space that is paired those whose batches have its length, itself among them."""
    groups: dict[str, set[str]] = {}
    for pair in paired:
        joined = set(pair).union(*(groups.get(name, ()) for name in pair))
        groups |= dict.fromkeys(joined, joined)
    return groups
