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

from learning_diagrams.backends.torch.measuring.compared_ends import End, Reading
from learning_diagrams.backends.torch.plans.names.centre import mean_of, median_of
from learning_diagrams.backends.torch.plans.names.registry import METRICS
from learning_diagrams.errors import DataError


class MeanOver:
    """The mean over all numbers that it was fed with; for a metric, of how far predictions are from targets."""

    same_space = True  # of prediction and target
    fits = "it compares numbers, as those of Euclidean(3); labels and bits have an accuracy"

    def __init__(self, power: int) -> None:
        self.power = power
        self.reset()

    def reset(self) -> None:
        self.sum, self.count = 0.0, 0

    def reading(self, end: End) -> Reading | None:
        """How the values at an end are read: a distribution by the centre whose error is the least."""
        space = end.space
        if space.outcomes is not None or space.dtype == torch.bool or (end.kind == "distribution" and space.logits):
            return None
        return median_of if self.power == 1 else mean_of

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
    """How often the likeliest outcome of a prediction is the outcome that the target has.

    A prediction is logits [rows, …, outcomes], for labels [rows, …]; or it is made of outcomes as the target is. A bit
    counts as one outcome, so that the accuracy of bits is a mean over all bits.
    """

    fits = "it compares labels and bits, as those of Finite(3), Tokens(10, 5) and Bernoulli(3); numbers have an error"

    def __init__(self) -> None:
        super().__init__(1)

    def reading(self, end: End) -> Reading | None:
        """How the values at an end become outcomes."""
        if end.space.carrier == "bits":
            return _bits_of_logits if end.kind == "distribution" else _bits
        if end.space.outcomes is None:
            return None
        return _likeliest if end.kind == "distribution" else _labels

    def values(self, prediction: Tensor, target: Tensor) -> Tensor:
        if prediction.is_floating_point():
            prediction = _likeliest(prediction)
        _require_equal(prediction.shape, target.shape)
        return prediction == target


def _bits_of_logits(logits: Tensor) -> Tensor:
    return logits > 0


def _bits(points: Tensor) -> Tensor:
    return points > 0.5  # 0 and 1; a box without logits may return what lies between them


def _likeliest(logits: Tensor) -> Tensor:
    return logits.argmax(-1)


def _labels(points: Tensor) -> Tensor:
    return points


def _require_equal(prediction: torch.Size, target: torch.Size) -> None:
    if prediction != target:
        raise DataError(f"the prediction has {[*prediction]} numbers or outcomes, and the target {[*target]}")


METRICS.register("accuracy", Accuracy)
METRICS.register("mean_squared_error", partial(MeanOver, 2))
METRICS.register("mean_absolute_error", partial(MeanOver, 1))
