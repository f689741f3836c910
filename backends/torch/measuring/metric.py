"""Metrics: a function of the objective, or a metric object that is fed with the values of morphisms on data.

A metric object has `update`, `compute` and `reset`, as every metric of torchmetrics has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.presence import all_of
from learning_diagrams.backends.torch.measuring.compared_ends import Reading, readings_of
from learning_diagrams.backends.torch.measuring.measurable import Measurable
from learning_diagrams.backends.torch.measuring.morphism_on_data import MorphismOnData
from learning_diagrams.errors import DataError, TypeMismatch, brief, kind

Metric = Any  # a function of the objective, or a tuple (metric object, prediction, target)


class FedMetric:
    """A metric object and the morphisms whose values are the arguments of its `update`, in order."""

    def __init__(self, objective: Measurable, name: str, metric: Any, *diagrams: Any) -> None:
        self.name = name
        self.morphisms = [MorphismOnData(objective, diagram, f"metric {name!r}") for diagram in diagrams]
        self._readings = readings_of(name, metric, diagrams, objective.functor.space)
        if isinstance(metric, torch.nn.Module):
            metric.to(objective.constants["zero"].device)
        self._metric: Any = metric
        self.reset()

    @property
    def spaces(self) -> frozenset[str]:
        """The sample spaces whose rows the metric is fed with."""
        return frozenset(space for morphism in self.morphisms for space in morphism.spaces)

    def update(self, batch: Batch) -> None:
        """Feed the metric with the rows, or positions, of a batch in which every column that it reads is present."""
        sides = [morphism(batch) for morphism in self.morphisms]
        values = [value for outputs, _ in sides for value in outputs]
        if self._readings is not None:
            values = [self._read(read, value) for read, value in zip(self._readings, values, strict=True)]
        present = all_of([mask for _, mask in sides])
        if present is not None:
            for value in values:
                if not isinstance(value, Tensor) or value.shape[: present.dim()] != present.shape:
                    shown = list(value.shape) if isinstance(value, Tensor) else kind(value)
                    raise DataError(
                        f"metric {self.name!r} is fed with {shown}, which cannot be cut to what is present of "
                        f"{list(present.shape)} rows and positions; give columns without a mask"
                    )
            values = [value[present] for value in values]
        if present is None or present.any():
            self._call("update", *values)

    def _read(self, read: Reading, value: Any) -> Any:
        try:
            return read(value)
        except DataError as error:
            raise DataError(f"metric {self.name!r}: {error}") from error

    def reset(self) -> None:
        """Forget all rows."""
        self._call("reset")

    def compute(self) -> Any:
        return self._call("compute")

    def _call(self, method: str, *values: Any) -> Any:
        try:
            return getattr(self._metric, method)(*values)
        except Exception as error:
            shapes = ", ".join(brief(list(getattr(value, "shape", ()))) for value in values)
            raise DataError(
                f"metric {self.name!r}: {method}{f' of values {shapes}' if values else ''} failed: {error}"
            ) from error


def fed_metrics(objective: Measurable, metrics: Mapping[str, Metric]) -> list[FedMetric]:
    """The metrics that are fed with values, reset."""
    return [FedMetric(objective, name, *metric) for name, metric in metrics.items() if isinstance(metric, tuple)]


def require_metrics(metrics: Any) -> None:
    """Raise an error for what is no mapping from names to metrics."""
    if not isinstance(metrics, Mapping):
        raise DataError(f"metrics= maps names to functions or metric objects, got {brief(metrics)}")
    for name, metric in metrics.items():
        if isinstance(metric, tuple):
            if len(metric) < 2 or not _is_fed(metric[0]):
                raise TypeMismatch(
                    f"metric {name!r} is a tuple (metric object, prediction, target), whose object has update, compute "
                    "and reset, as in (MeanSquaredError(), pixels >> student, label); a function of "
                    f"the objective stands alone; got ({', '.join(map(brief, metric))})"
                )
        elif _is_fed(metric):
            raise TypeMismatch(
                f"metric {name!r} is a metric object; say which morphisms it compares, as in "
                f"({getattr(metric, '__name__', type(metric).__name__)}(…), pixels >> student, label)"
            )
        elif not callable(metric) or not _takes_one(metric):
            raise DataError(
                f"metric {name!r} must be a function of the objective alone, or a tuple (metric object, prediction, "
                f"target); got {brief(metric)}"
            )


def number(name: str, value: Any) -> float:
    """The value of a metric; `DataError` if it is no number."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"metric {name!r} must give a number, got {brief(value)}") from None


def _takes_one(metric: Callable[..., Any]) -> bool:
    """Whether a function may be called with one argument; a function written in C does not always say."""
    try:
        inspect.signature(metric).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _is_fed(metric: Any) -> bool:
    return all(callable(getattr(metric, method, None)) for method in ("update", "compute", "reset"))
