"""Streams in file order: training data that a plan reads while it trains, and says no order of."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from learning_diagrams.backends.torch.plans.names.registry import DATA
from learning_diagrams.backends.torch.plans.reading.data_reading import OpenStream
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.files.experiment_shape import name_and_options


def notes_of_streams(prepared: Prepared) -> Iterator[str]:
    """A note for each streamed source of training whose option `shuffle` is left out; each with its place."""
    experiment = prepared.experiment
    for name, entry in experiment.shape.data.items():
        stream = prepared.data.get(name)
        if not isinstance(stream, OpenStream) or stream.shuffle or entry.source is None:
            continue
        source, options = name_and_options(entry.source)
        if "shuffle" in options or "shuffle" not in inspect.signature(DATA.maker(source)).parameters:
            continue
        yield (
            f"{experiment.where(('data', name, 'source'))}: the rows of {name!r} are trained on in the order of the "
            "files, in each epoch; shuffle: 10000 in the source shuffles them anew in each epoch, so many rows at a "
            "time, and shuffle: 0 says that their order is meant"
        )
