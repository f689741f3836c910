"""Metrics by name: accuracy, mean_squared_error, mean_absolute_error. Each is fed with predictions and targets.

>>> import torch
>>> metric = Accuracy()
>>> metric.update(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
>>> metric.compute()
0.5
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from learning_diagrams.backends.torch.plans.names.registry import METRICS
from learning_diagrams.errors import DataError


class MeanOver:
    """The mean over all numbers that it was fed with; for a metric, of how far predictions are from targets."""

    same_space = True  # of prediction and target

    def __init__(self, power: int) -> None:
        self.power = power
        self.reset()

    def reset(self) -> None:
        self.sum, self.count = 0.0, 0

    def update(self, prediction: Tensor, target: Tensor) -> None:
        self._add(self.values(prediction, target))

    def values(self, prediction: Tensor, target: Tensor) -> Tensor:
        _require_equal(prediction.shape, target.shape)
        return (prediction - target).abs() ** self.power

    def _add(self, values: Tensor) -> None:
        self.sum += values.double().sum().item()
        self.count += values.numel()

    def compute(self) -> float:
        return self.sum / self.count if self.count else float("nan")


class Accuracy(MeanOver):
    """How often the likeliest outcome of logits [rows, …, outcomes] is the label [rows, …]."""

    def __init__(self) -> None:
        super().__init__(1)

    def values(self, prediction: Tensor, target: Tensor) -> Tensor:
        _require_equal(prediction.shape[:-1], target.shape)
        return prediction.argmax(-1) == target


def _require_equal(prediction: torch.Size, target: torch.Size) -> None:
    if prediction != target:
        raise DataError(f"the prediction has {[*prediction]} numbers or outcomes, and the target {[*target]}")


METRICS.register("accuracy", Accuracy)
METRICS.register("mean_squared_error", partial(MeanOver, 2))
METRICS.register("mean_absolute_error", partial(MeanOver, 1))
