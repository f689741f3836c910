"""Data checked before anything runs: the layout of its first rows, and its labels where all values are at hand."""

from __future__ import annotations

from collections.abc import Mapping

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import map_column
from learning_diagrams.backends.torch.data.stream import Source, Stream
from learning_diagrams.errors import DataError, did_you_mean


def known_data(data: Mapping[str, Source], layout: BatchLayout) -> dict[str, Source]:
    """The sample spaces and columns that a layout has: the data of `strict=False`."""
    known = layout.spaces
    return {
        name: {column: values for column, values in source.items() if column in known[name]}
        if isinstance(source, Mapping)
        else source
        for name, source in data.items()
        if name in known
    }


def check_data(layout: BatchLayout, data: Mapping[str, Source], streams: Mapping[str, Stream], strict: bool) -> None:
    """Raise `DataError` for data that does not fit a layout, as far as this can be seen without a batch."""
    for name in layout.read:
        if name not in data:
            raise DataError(f"there is no data for sample space {name!r}; {did_you_mean(name, data)}")
    at_hand = {name: columns for name, columns in data.items() if isinstance(columns, Mapping)}
    if len(at_hand) < len(data):
        return
    first = {
        name: {column: map_column(lambda rows, n=name: rows[: streams[n].size], v) for column, v in columns.items()}  # type: ignore[misc]
        for name, columns in at_hand.items()
    }
    layout.check(layout.cut(first) if all(set(layout.read[n]) <= set(first[n]) for n in layout.read) else first, strict)
    for name in layout.read:
        layout.check_values(name, at_hand[name])
