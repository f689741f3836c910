"""Values that `fit` has checked before the step, so that the objective does not check them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from learning_diagrams.backends.torch.objective.objective import Objective


@contextmanager
def values_known(objective: Objective) -> Iterator[None]:
    """Let an objective, and those of its players, take the labels, bits and soft labels of batches as they are."""
    objectives = (objective, *objective.players.values())
    for each in objectives:
        each.values_known = True
    try:
        yield
    finally:
        for each in objectives:
            each.values_known = False
