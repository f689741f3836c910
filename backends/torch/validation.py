"""Validation: what is measured after an epoch, which state is kept, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from learning_diagrams.backends.torch.objective import Objective
from learning_diagrams.backends.torch.stream import Source, batches, epoch_length, open_streams
from learning_diagrams.errors import DataError, UnknownName, did_you_mean

Metric = Callable[[Objective], float | Tensor]


@dataclass(frozen=True)
class Validation:
    """What to measure after every epoch, in eval mode, and what to do with it.

    Parameters
    ----------
    data : validation data, as for `fit`; total and terms are measured on it. None where metrics are enough.
    metrics : by name, functions of the objective that return a number.
    monitor : what chooses the best state: "total", a term's or a metric's name.
    mode : whether the least or the greatest is best.
    patience : stop after so many epochs without a new best; None never stops.
    restore : whether the best state is put back at the end.
    batch_size : rows at a time; None takes all validation rows as one batch, which is exact.
    """

    data: Mapping[str, Source] | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    monitor: str = "total"
    mode: Literal["min", "max"] = "min"
    patience: int | None = None
    restore: bool = True
    batch_size: int | Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max"):
            raise DataError(f"mode of validation is 'min' or 'max', got {self.mode!r}")
        if self.data is None and self.monitor not in self.metrics:
            raise UnknownName(
                f"validation has no data, so it cannot monitor {self.monitor!r}; "
                f"{did_you_mean(self.monitor, self.metrics)}"
            )

    def measure(self, objective: Objective, device: torch.device) -> dict[str, float]:
        """Total, terms and metrics now; the objective is left in the mode it was in."""
        training = objective.training
        objective.eval()
        try:
            with torch.no_grad():
                measured = {} if self.data is None else self._losses(objective, device)
                return measured | {name: float(metric(objective)) for name, metric in self.metrics.items()}
        finally:
            objective.train(training)

    def _losses(self, objective: Objective, device: torch.device) -> dict[str, float]:
        assert self.data is not None
        size = self.batch_size
        if size is None:
            size = {name: stream.rows or 1 for name, stream in open_streams(self.data, 1, False).items()}
        streams = open_streams(self.data, size, False)
        if epoch_length(streams) is None:
            raise DataError("validation data must have a length: give dicts of tensors or Datasets")
        sums: dict[str, float] = {}
        seen = 0
        for batch in batches(self.data, epochs=1, batch_size=size, shuffle=False):
            on_device = {space: {k: v.to(device) for k, v in columns.items()} for space, columns in batch.items()}
            total, terms = objective(on_device)
            rows = max(len(next(iter(columns.values()))) for columns in batch.values())
            for name, value in {"total": total, **terms}.items():
                sums[name] = sums.get(name, 0.0) + rows * float(value)
            seen += rows
        return {name: value / seen for name, value in sums.items()}


class BestState:
    """The best state so far, by what a validation monitors."""

    def __init__(self, validation: Validation, objective: Objective) -> None:
        self.validation, self.objective = validation, objective
        self.value: float | None = None
        self.epoch = 0
        self._state: dict[str, Tensor] = {}

    def see(self, epoch: int, measured: Mapping[str, float]) -> bool:
        """Take in what an epoch measured; whether to stop for want of patience."""
        monitor, sign = self.validation.monitor, 1 if self.validation.mode == "min" else -1
        if monitor not in measured:
            raise UnknownName(
                f"validation monitors {monitor!r}, which is not measured; {did_you_mean(monitor, measured)}"
            )
        value = measured[monitor]
        if value == value and (self.value is None or sign * value < sign * self.value):
            self.value, self.epoch = value, epoch
            self._state = {key: tensor.detach().clone() for key, tensor in self.objective.state_dict().items()}
        patience = self.validation.patience
        return patience is not None and epoch - self.epoch >= patience

    def restore(self) -> None:
        if self._state and self.validation.restore:
            self.objective.load_state_dict(self._state)


def as_validation(given: Any) -> Validation | None:
    """A validation, or validation data, as a `Validation`."""
    return given if given is None or isinstance(given, Validation) else Validation(given)
