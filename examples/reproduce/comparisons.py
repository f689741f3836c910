"""A comparison of two methods: the difference of a figure, with an interval for other seeds and other test items.

The variance of the difference is the sum of two parts. Seeds: the differences of the two methods at one seed, as a
sample (paired by seed). Items: a paired bootstrap, where both methods and all seeds get the same drawn items. Each part
has its degrees of freedom, and their sum has those of Welch and Satterthwaite, so three seeds get a quantile of t.
What chance does to one item at one seed enters both parts, so the interval is rather too wide than too narrow.

Sources: Satterthwaite, *An approximate distribution of estimates of variance components* (1946); Welch, *The
generalization of “Student's” problem* (1947); Efron & Tibshirani, *An introduction to the bootstrap* (1993).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats

DRAWS = 2000
LEVEL = 0.95


class Figure(Protocol):
    """A figure that is a function of test items."""

    sums: np.ndarray

    @property
    def value(self) -> float: ...

    def resampled(self, weights: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Comparison:
    """The mean of a method minus that of a control, its standard errors, and the degrees of freedom of their sum."""

    difference: float
    seed_error: float
    item_error: float
    freedom: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference."""
        error = math.hypot(self.seed_error, self.item_error)
        quantile = float(stats.t.ppf((1 + LEVEL) / 2, self.freedom)) if error else 0.0
        return self.difference - quantile * error, self.difference + quantile * error

    def verdict(self, less: bool = False) -> str:
        """Better, worse, or not shown to differ; `less` says that a smaller figure is better."""
        low, high = self.interval
        if low <= 0 <= high:
            return "not shown to differ"
        return "better" if (low > 0) != less else "worse"


def compare(method: Sequence[Figure], control: Sequence[Figure]) -> Comparison:
    """Compare two methods by their figures at the same seeds on the same items.

    Raises ValueError if there are fewer than two seeds or two items, or if the two sides do not match.
    """
    seeds, items = len(method), {len(figure.sums) for figure in (*method, *control)}
    if seeds < 2 or len(control) != seeds or len(items) != 1 or min(items) < 2:
        raise ValueError(
            f"A comparison needs the same seeds and items on both sides, two or more of each, and got {seeds} and "
            f"{len(control)} seeds with {sorted(items)} items."
        )
    differences = [first.value - second.value for first, second in zip(method, control, strict=True)]
    by_seed = float(np.var(differences, ddof=1)) / seeds
    number = items.pop()
    by_item = _item_variance(method, control, number)
    parts = by_seed**2 / (seeds - 1) + by_item**2 / (number - 1)
    freedom = (by_seed + by_item) ** 2 / parts if parts else math.inf
    return Comparison(float(np.mean(differences)), math.sqrt(by_seed), math.sqrt(by_item), freedom)


def _item_variance(method: Sequence[Figure], control: Sequence[Figure], number: int) -> float:
    """The variance of the mean difference over drawn items; the bootstrap's n/(n−1) matters where items are few."""

    def difference(drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        rows = drawn.reshape(-1, number)
        places = rows + number * np.arange(len(rows))[:, None]
        weights = np.bincount(places.ravel(), minlength=rows.size).reshape(rows.shape).astype(float)
        total = sum(
            first.resampled(weights) - second.resampled(weights) for first, second in zip(method, control, strict=True)
        )
        return (total / len(method)).reshape(drawn.shape[:-1])

    drawn = stats.bootstrap(
        (np.arange(number),), difference, n_resamples=DRAWS, batch=500, vectorized=True, method="percentile", rng=0
    )
    return float(drawn.standard_error) ** 2 * number / (number - 1)
