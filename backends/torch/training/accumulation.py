"""Accumulation: which batches a step of an optimizer joins.

>>> sizes = step_sizes(length=5, accumulate=2)
>>> sizes, list(in_steps(range(8), sizes))
([2, 2, 1], [[0, 1], [2, 3], [4], [5, 6], [7]])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import TypeVar

Item = TypeVar("Item")


def step_sizes(length: int | None, accumulate: int) -> list[int]:
    """How many batches each step of an epoch joins; the last step takes what is left of the epoch.

    Parameters
    ----------
    length : int or None, the number of batches in an epoch; None if there are no epochs.
    """
    if length is None:
        return [accumulate]
    return [accumulate] * (length // accumulate) + ([length % accumulate] if length % accumulate else [])


def in_steps(batches: Iterable[Item], sizes: Iterable[int]) -> Iterator[list[Item]]:
    """The batches of each step, until there are no more."""
    iterator = iter(batches)
    for size in cycle(sizes):
        joined = list(islice(iterator, size))
        if not joined:
            return
        yield joined
