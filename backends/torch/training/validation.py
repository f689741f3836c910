"""Validation: measurements while an objective is trained, the choice of the best state, and early stopping."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.backends.torch.checkpoints.objective_state import require_weights
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.functor.module_support import as_sharded
from learning_diagrams.backends.torch.measuring.absent_terms import AbsentTerms
from learning_diagrams.backends.torch.measuring.measurement import Measurement
from learning_diagrams.backends.torch.measuring.metric import Metric, require_metrics
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.errors import DataError, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.errors.user_warning import warn


def require_measured(monitor: str, names: Collection[str]) -> None:
    """Raise `UnknownName` for a measurement that is not made, so that it chooses no state.

    >>> require_measured("fitt", ["total", "fit"])
    Traceback (most recent call last):
    ...
    learning_diagrams.errors.UnknownName: validation does not measure 'fitt'; did you mean 'fit'? known: 'fit', 'total'
    """
    if monitor not in names:
        raise UnknownName(f"validation does not measure {brief(monitor)}; {did_you_mean(str(monitor), names)}")


@dataclass(frozen=True)
class Validation:
    """The measurements after every epoch, or every n steps (`validate_every` of `fit`), in eval mode; and their use.

    A term is Σ value · count / Σ count over the batches of validation data, and the total is Σ weight · term, so
    batches do not change them. A term that depends on several rows at once is measured on all rows as one batch.

    Parameters
    ----------
    data : validation data, as for `fit`; total and terms are measured on it. None measures metrics only.
    metrics : dict from str to function of the objective that returns a number, or to a tuple (metric object,
        prediction, target), see `Objective.evaluate`.
    monitor : str, the measurement that chooses the best state: "total", or the name of a term or metric.
    mode : "min" or "max", whether the least or the greatest value is best.
    patience : int or None, the number of validations without a new best value after which training stops; None never
        stops.
    restore : bool, whether the best state is put back at the end.
    batch_size : int, rows at a time, or a dict from sample space to int; None takes all validation rows as one batch. A
        DataLoader keeps its own batches.
    """

    data: Mapping[str, Source] | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    monitor: str = "total"
    mode: Literal["min", "max"] = "min"
    patience: int | None = None
    restore: bool = True
    batch_size: int | Mapping[str, int] | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max"):
            raise DataError(f"mode of validation is 'min' or 'max', got {brief(self.mode)}")
        require_metrics(self.metrics)
        patience = self.patience
        if patience is not None and (isinstance(patience, bool) or not isinstance(patience, int) or patience < 1):
            raise DataError(f"patience of validation is a number of validations ≥ 1 or None, got {brief(patience)}")

    def open(self, objective: Objective, strict: bool, absent: AbsentTerms | None = None) -> Measurement:
        """What is measured; the errors of data, metrics and monitor are raised here, before training."""
        measurement = Measurement(objective, self.data, self.metrics, self.batch_size, strict, absent)
        require_measured(self.monitor, measurement.names)
        return measurement

    def measure(
        self,
        objective: Objective,
        device: torch.device,
        strict: bool,
        limit: int | None = None,
        absent: AbsentTerms | None = None,
    ) -> dict[str, float]:
        """The measurements, with the same draws each time."""
        with seeded(0, device):
            return self.open(objective, strict, absent).measure(limit)


class BestState:
    """The best state so far, by the measurement that a validation monitors."""

    def __init__(self, validation: Validation, objective: Objective) -> None:
        self.validation, self.objective = validation, objective
        self.value: float | None = None
        self.epoch = self.step = 0
        self._since = 0
        self._state: dict[str, Tensor] = {}

    def see(self, epoch: int, step: int, measured: Mapping[str, float]) -> bool:
        """Compare measurements with the best ones; return whether patience has run out."""
        sign = 1 if self.validation.mode == "min" else -1
        value = measured[self.validation.monitor]
        self._since += 1
        if value == value and (self.value is None or sign * value < sign * self.value):
            self.value, self.epoch, self.step, self._since = value, epoch, step, 0
            self._state = _copies(self.objective.state_dict(keep_vars=True))
        return self.is_over

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self.validation.patience is not None and self._since >= self.validation.patience

    def state_dict(self) -> dict[str, Any]:
        """What has been seen, with the best state."""
        return {"seen": [self.value, self.epoch, self.step, self._since], "state": self._state}

    def require(self, state: Mapping[str, Any]) -> None:
        """`FileError`, or another plain error, for what no validation of the objective has seen."""
        value, *counts = state["seen"]
        refuse_if(
            len(counts) != 3 or not all(type(count) is int and count >= 0 for count in counts),
            f"it holds {brief(counts)} as epoch, step and age of the best validation",
        )
        number = type(value) in (int, float) and value == value
        refuse_if(
            not number and (value is not None or state["state"]),
            f"it holds {brief(value)} as the best value of validation",
        )
        if state["state"]:
            require_weights(state["state"], self.objective)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have seen what another one has seen."""
        self.value, self.epoch, self.step, self._since = state["seen"]
        now = self.objective.state_dict()
        self._state = {key: as_sharded(value, now.get(key)) for key, value in state["state"].items()}

    def restore(self) -> bool:
        """Put the best state back, and say so; a warning instead, if a callback has changed which boxes there are."""
        if not self._state or not self.validation.restore:
            return False
        now = self.objective.state_dict()
        fits = _shapes(now) == _shapes(self._state)
        if fits:
            self.objective.load_state_dict(self._state)
        else:
            warn(f"the best state, of epoch {self.epoch}, is not put back: the objective has other parameters by now")
        return fits


def _copies(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of the values of a state; a tensor with several names is copied once."""
    copies = {id(tensor): tensor.detach().clone() for tensor in {id(each): each for each in state.values()}.values()}
    return {key: copies[id(tensor)] for key, tensor in state.items()}


def _shapes(state: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in state.items()}


def as_validation(argument: Any) -> Validation | None:
    """A validation, or validation data, as a `Validation`."""
    if argument is None or isinstance(argument, Validation):
        return argument
    if not isinstance(argument, Mapping):
        raise DataError(f"validation= takes data as for training, or a Validation; got {brief(argument)}")
    return Validation(argument)
