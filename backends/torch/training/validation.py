"""Validation: measurements after each epoch, the choice of the best state, and early stopping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import Batch, Column, is_masked, map_column, values_of
from learning_diagrams.backends.torch.data.stream import Source, Stream, batches_of, epoch_length, open_streams
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.training.history import heading
from learning_diagrams.errors import DataError, DuplicateName, UnknownName, brief, did_you_mean

Metric = Callable[[Objective], float | Tensor]


@dataclass(frozen=True)
class Validation:
    """The measurements after every epoch, in eval mode, and their use.

    Parameters
    ----------
    data : validation data, as for `fit`; total and terms are measured on it. None measures metrics only.
    metrics : dict from str to function of the objective that returns a number.
    monitor : str, the measurement that chooses the best state: "total", or the name of a term or metric.
    mode : "min" or "max", whether the least or the greatest value is best.
    patience : int or None, the number of epochs without a new best value after which training stops; None never stops.
    restore : bool, whether the best state is put back at the end.
    batch_size : int, rows at a time, for data of one sample space; None takes all validation rows as one batch.
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
            raise DataError(f"mode of validation is 'min' or 'max', got {brief(self.mode)}")
        if not isinstance(self.metrics, Mapping) or not all(map(callable, self.metrics.values())):
            raise DataError(f"metrics of validation map names to functions, got {brief(self.metrics)}")
        patience = self.patience
        if patience is not None and (isinstance(patience, bool) or not isinstance(patience, int) or patience < 1):
            raise DataError(f"patience of validation is a number of epochs ≥ 1 or None, got {brief(self.patience)}")

    def require(self, objective: Objective, strict: bool) -> None:
        """Raise before training the errors that validation would raise after the first epoch."""
        losses = ["total", *(heading(constraint.name) for constraint in objective.diagram.constraints)]
        if self.data is None:
            losses = []
        else:
            self._open(objective, strict)
        for name in self.metrics:
            if name in losses:
                raise DuplicateName(f"the metric {name!r} of validation has the name of a term; give it another one")
        known = [*losses, *self.metrics]
        if self.monitor not in known:
            raise UnknownName(
                f"validation does not measure {brief(self.monitor)}; {did_you_mean(str(self.monitor), known)}"
            )

    def measure(self, objective: Objective, device: torch.device, strict: bool) -> dict[str, float]:
        """Measure total, terms and metrics; every part of the objective keeps its mode."""
        with in_mode(objective), torch.no_grad():
            objective.eval()
            measured = {} if self.data is None else self._losses(objective, device, strict)
            for name, metric in self.metrics.items():
                value = metric(objective)
                try:
                    measured[name] = float(value)
                except (TypeError, ValueError, RuntimeError):
                    raise DataError(f"metric {name!r} of validation must return a number, got {brief(value)}") from None
        return measured

    def _losses(self, objective: Objective, device: torch.device, strict: bool) -> dict[str, float]:
        streams = self._open(objective, strict)
        sums: dict[str, float] = {}
        seen = 0
        for batch in batches_of(streams, epoch_length(streams) or 0, objective.layout):
            total, terms = objective(to_device(batch, device), strict)
            rows = max(len(values_of(next(iter(columns.values())))) for columns in batch.values())
            for name, value in {"total": total, **{heading(term): value for term, value in terms.items()}}.items():
                sums[name] = sums.get(name, 0.0) + rows * float(value)
            seen += rows
        return {name: value / seen for name, value in sums.items()}

    def _open(self, objective: Objective, strict: bool) -> dict[str, Stream]:
        assert self.data is not None, "streams are opened where there is data"
        data = self.data
        size = self.batch_size
        if size is None:
            counts = {
                name: stream.rows or 1
                for name, stream in open_streams(data, 1, False, objective=objective, strict=strict).items()
            }
            paired = {
                name: min(counts[other] for other in group) for group in objective.layout.paired for name in group
            }
            size = counts | {name: least for name, least in paired.items() if name in counts}
        elif len(data) > 1:
            raise DataError("validation in batches is exact for one sample space only; leave batch_size=None")
        streams = open_streams(data, size, False, shuffle=False, objective=objective, strict=strict)
        length = epoch_length(streams)
        if length is None:
            raise DataError("validation data must have a length: give dicts of tensors or Datasets")
        if length > 1 and size is self.batch_size:
            _require_none_in_law(objective)
            _require_no_mask(objective, data, "leave batch_size=None")
        elif length > 1:  # paired sample spaces of unequal size
            in_pairs = {name: data[name] for group in objective.layout.paired for name in group}
            _require_no_mask(objective, in_pairs, "give paired sample spaces equally many rows")
        return streams


def _require_none_in_law(objective: Objective) -> None:
    """Raise `DataError` if the mean of a term over batches is not the term of all rows."""
    for constraint in objective.diagram.constraints:
        if constraint.tested == "in law":
            raise DataError(
                f"constraint {constraint.name!r} compares two sides in law, which batches of validation data cannot; "
                "leave batch_size=None"
            )


def _first(source: Source) -> Mapping[str, Any]:
    first = source[0] if hasattr(source, "__getitem__") else {}
    return first if isinstance(first, Mapping) else {}


def _require_no_mask(objective: Objective, data: Mapping[str, Source], hint: str) -> None:
    """Raise `DataError` if batches may have different numbers of rows that count."""
    for name, source in data.items():
        for column, values in (source if isinstance(source, Mapping) else _first(source)).items():
            if column in objective.layout.read.get(name, ()) and is_masked(values):
                raise DataError(
                    f"column {column!r} of sample space {name!r} has a mask, so batches of validation data weigh "
                    f"unequally; {hint}"
                )


class BestState:
    """The best state so far, by the measurement that a validation monitors."""

    def __init__(self, validation: Validation, objective: Objective) -> None:
        self.validation, self.objective = validation, objective
        self.value: float | None = None
        self.epoch = 0
        self._state: dict[str, Tensor] = {}

    def see(self, epoch: int, measured: Mapping[str, float]) -> bool:
        """Compare the measurements of an epoch with the best ones; return whether patience has run out."""
        sign = 1 if self.validation.mode == "min" else -1
        value = measured[self.validation.monitor]
        if value == value and (self.value is None or sign * value < sign * self.value):
            self.value, self.epoch = value, epoch
            self._state = {key: tensor.detach().clone() for key, tensor in self.objective.state_dict().items()}
        patience = self.validation.patience
        return patience is not None and epoch - self.epoch >= patience

    def restore(self) -> None:
        if self._state and self.validation.restore:
            self.objective.load_state_dict(self._state)


def as_validation(argument: Any) -> Validation | None:
    """A validation, or validation data, as a `Validation`."""
    if argument is None or isinstance(argument, Validation):
        return argument
    if not isinstance(argument, Mapping):
        raise DataError(f"validation= takes data as for training, or a Validation; got {brief(argument)}")
    return Validation(argument)


def to_device(batch: Batch, device: torch.device) -> dict[str, dict[str, Column]]:
    """A batch with every column on a device."""
    return {
        space: {
            name: map_column(lambda rows: rows.to(device, non_blocking=True), column)
            for name, column in columns.items()
        }
        for space, columns in batch.items()
    }
