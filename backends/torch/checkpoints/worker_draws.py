"""The random generators of the workers of a loader that keeps its own position, kept with that position.

The loader, a StatefulDataLoader of torchdata, asks the Dataset in each worker for its state after each batch. In a
worker this Dataset, a copy, is given the states of the generators beside its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from learning_diagrams.backends.torch.checkpoints.random_states import RandomStates


@contextmanager
def workers_keep_draws(loader: Any) -> Iterator[None]:
    """Inside, the workers that a loader starts keep the states of their generators."""
    if not getattr(loader, "num_workers", 0) or isinstance(loader.dataset, IterableDataset):
        yield  # the rows of an iterable are read again up to their place
        return
    before = loader.worker_init_fn
    loader.worker_init_fn = _Begin(before)
    try:
        yield
    finally:
        loader.worker_init_fn = before


@dataclass(frozen=True)
class _Begin:
    """What a worker does first."""

    before: Callable[[int], None] | None

    def __call__(self, number: int) -> None:
        if self.before is not None:
            self.before(number)
        dataset: Any = get_worker_info().dataset  # type: ignore[union-attr]
        state = _WorkerState(getattr(dataset, "state_dict", None), getattr(dataset, "load_state_dict", None))
        with suppress(AttributeError):  # of a list, or with slots
            dataset.state_dict, dataset.load_state_dict = state.state_dict, state.load_state_dict


@dataclass(frozen=True)
class _WorkerState:
    """The state of a Dataset, if it has one, and of the generators."""

    own_state: Callable[[], Any] | None
    load_own: Callable[[Any], Any] | None

    def state_dict(self) -> dict[str, Any]:
        states = RandomStates(torch.device("cpu")).state_dict()
        states["torch"] = states["torch"].numpy().tobytes()  # a tensor would hold a file of shared memory
        return {"draws": states, "own": None if self.own_state is None else self.own_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        states = dict(state["draws"])
        states["torch"] = torch.frombuffer(bytearray(states["torch"]), dtype=torch.uint8)
        RandomStates(torch.device("cpu")).load_state_dict(states)
        if self.load_own is not None:
            self.load_own(state["own"])
