"""The batch of all processes, from the rows that each of them has read."""

from __future__ import annotations

from collections.abc import Container

import torch
from torch import distributed

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch, Column, is_masked, map_column, values_of
from learning_diagrams.backends.torch.processes.world import joined_at, of_all
from learning_diagrams.errors import DataError, LearningDiagramError


def whole_batch(layout: BatchLayout, batch: Batch, strict: bool, spaces: Container[str] | None = None) -> Batch:
    """The rows of all processes, in the order of the processes, in each of them.

    Parameters
    ----------
    spaces : the sample spaces of which each process has rows of its own; None for all.

    Raises
    ------
    DataError : the batch of some process does not fit; the error comes in each process.
    """
    names = [name for name in layout.read if spaces is None or name in spaces]
    fault, rows, masked = "", {}, set()
    try:
        layout.check(batch, strict)
        rows = {name: layout.rows(name, batch[name]) for name in names}
        masked = {(name, key) for name in names for key, column in batch[name].items() if is_masked(column)}
    except LearningDiagramError as error:
        fault = str(error)
    told = of_all((fault, rows, masked))
    for number, (reason, *_) in enumerate(told):
        if reason:
            raise DataError(f"the batch of process {number}: {reason}")
    result = dict(batch)
    for name in names:
        counts = [rows[name] for _, rows, _ in told]
        start, every = sum(counts[: distributed.get_rank()]), sum(counts)
        result[name] = {
            key: map_column(
                lambda part, start=start, every=every: joined_at(part, start, every),  # type: ignore[misc]
                _with_mask(column) if any((name, key) in masked for *_, masked in told) else column,
            )
            for key, column in sorted(batch[name].items())
        }
    return result


def _with_mask(column: Column) -> Column:
    """A column with a mask, as another process has one."""
    values = values_of(column)
    return column if is_masked(column) else (values, torch.ones(len(values), dtype=torch.bool, device=values.device))
