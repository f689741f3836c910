"""Spaces of the symbolic back end, and the values on them.

A point of ℝⁿ is a column of expressions, and a label is a number. A distribution on n outcomes is the column of its
probabilities. A distribution on ℝⁿ is a SymPy distribution for each feature, all of them independent.

>>> Finite(3).distribution([1, 1, 2], "here")
Traceback (most recent call last):
...
learning_diagrams.errors.CompileError: here must be probabilities ≥ 0 that sum to 1, got [1, 1, 2]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, ClassVar

import sympy
from sympy.stats.rv import RandomSymbol

from learning_diagrams.backends.symbolic.exact_values import arranged, entries_of, exact, shaped
from learning_diagrams.errors import CompileError, LimitExceeded, require_count
from learning_diagrams.semantics.functor.space import Cell, Kind, Sampling

MOST_WORLDS = 4096
ROUNDING = 1e-9  # of a sum that is tried at a point


@dataclass(frozen=True, repr=False)
class Space(ABC):
    """A space of expressions of one shape."""

    shape: tuple[int, ...]
    divergence: ClassVar[str] = "kl"
    outcomes: ClassVar[int | None] = None
    logits: ClassVar[bool] = False
    one_hot: ClassVar[bool] = False

    def __repr__(self) -> str:
        sizes = self.shape if self.outcomes is None else (self.outcomes,)
        return f"{type(self).__name__}({', '.join(map(str, sizes))})"

    def sampling(self, box: str) -> Sampling:
        """Draws are summed over outcomes, or integrated; nothing is relaxed."""
        return Sampling("draw", (box,))

    def ndim(self, kind: Kind) -> int:
        return len(self.shape)

    def compared(self, columns: Mapping[Cell, Any]) -> None:
        return None

    def point(self, value: Any, where: str) -> Any:
        """A value as a point of the space; `CompileError` if it is none."""
        return shaped(value, self.shape, where)

    @abstractmethod
    def distribution(self, value: Any, where: str) -> Any:
        """A value as a distribution on the space; `CompileError` if it is none."""

    def generic(self, name: str) -> list[Any]:
        """Points that stand for all: one of symbols, or each outcome."""
        symbols = [sympy.Dummy(name, real=True) for _ in range(prod(self.shape))]
        return [arranged(symbols, self.shape)]


@dataclass(frozen=True, init=False, repr=False)
class Euclidean(Space):
    """ℝ^shape, measured by squared error, the sum over features.

    A point is an expression for the shape (), a column for (n,), a matrix for (m, n), otherwise an array. A kernel
    into the space returns an independent random symbol of `sympy.stats` for each feature.
    """

    divergence: ClassVar[str] = "squared_error"

    def __init__(self, *shape: int) -> None:
        for size in shape:
            require_count("a size of Euclidean", size)
        object.__setattr__(self, "shape", shape)

    def distribution(self, value: Any, where: str) -> Any:
        symbols = entries_of(self.point(value, where))
        distributions: list[Any] = [getattr(getattr(s, "pspace", None), "distribution", None) for s in symbols]
        if (
            None in distributions
            or len(set(symbols)) < len(symbols)
            or any(distribution.has(RandomSymbol) for distribution in distributions)
        ):
            raise CompileError(
                f"{where} must be one independent random symbol of sympy.stats for each feature, as in "
                f"Normal('y', a * x, 1); got {symbols}"
            )
        return tuple(distributions)


@dataclass(frozen=True, init=False, repr=False)
class Finite(Space):
    """A set of n outcomes, measured by Kullback–Leibler divergence in nats.

    A point is a label 0 … n−1. A kernel into the space returns n probabilities; `softmax` makes them of logits.
    """

    n: int = 0

    def __init__(self, n: int) -> None:
        require_count("the number of outcomes of Finite", n)
        object.__setattr__(self, "shape", ())
        object.__setattr__(self, "n", n)

    @property
    def outcomes(self) -> int:  # type: ignore[override]
        return self.n

    def point(self, value: Any, where: str) -> Any:
        label = super().point(value, where)
        label = label if label.is_Integer else sympy.simplify(label)
        if not label.is_Integer or not 0 <= label < self.n:
            raise CompileError(f"{where} must be a label 0 … {self.n - 1}, got {label}")
        return label

    def distribution(self, value: Any, where: str) -> Any:
        return _probabilities(value, self.n, where, 1)

    def generic(self, name: str) -> list[Any]:
        return [sympy.Integer(label) for label in range(self.n)]

    def draws(self, distribution: Any) -> list[tuple[Any, Any]]:
        """The probability of each point, and the point."""
        return list(zip(entries_of(distribution), self.generic(""), strict=True))

    def dirac(self, point: Any) -> Any:
        """The distribution that is certain of a point."""
        return arranged([sympy.Integer(label == point) for label in range(self.n)], (self.n,))


@dataclass(frozen=True, init=False, repr=False)
class Bernoulli(Space):
    """n independent bits, measured by Kullback–Leibler divergence in nats, the sum over bits.

    A point is a column of n zeros and ones. A kernel into the space returns the n probabilities of a one.
    """

    def __init__(self, n: int) -> None:
        require_count("the number of bits of Bernoulli", n)
        object.__setattr__(self, "shape", (n,))

    def distribution(self, value: Any, where: str) -> Any:
        return _probabilities(value, self.shape[0], where)

    def generic(self, name: str) -> list[Any]:
        if 2 ** self.shape[0] > MOST_WORLDS:
            raise LimitExceeded(f"{self} has more than {MOST_WORLDS} points, of which each would be a case")
        return [arranged(list(map(sympy.Integer, bits)), self.shape) for bits in product((0, 1), repeat=self.shape[0])]

    def draws(self, distribution: Any) -> list[tuple[Any, Any]]:
        """The probability of each point, and the point."""
        chances = entries_of(distribution)
        return [
            (sympy.Mul(*(q if bit else 1 - q for q, bit in zip(chances, entries_of(bits), strict=True))), bits)
            for bits in self.generic("")
        ]

    def dirac(self, point: Any) -> Any:
        """The distribution that is certain of a point."""
        return point


def _probabilities(value: Any, n: int, where: str, total: int | None = None) -> Any:
    """A column of n probabilities of a given sum. The sum of formulas is tried at a point."""
    column = shaped(value, (n,), where)
    chances = entries_of(column)
    rest = sympy.S.Zero if total is None else sympy.Add(*chances) - total
    if rest != 0:
        symbols = sorted(rest.free_symbols, key=sympy.default_sort_key)
        rest = sympy.N(rest.subs({symbol: sympy.Rational(k + 2, 7 + k) for k, symbol in enumerate(symbols)}))
    if any(p.is_negative or (1 - p).is_negative for p in chances) or (rest.is_number and abs(rest) > ROUNDING):
        sums = "" if total is None else f" that sum to {total}"
        raise CompileError(f"{where} must be probabilities ≥ 0{sums}, got {chances}")
    return column


def softmax(logits: Any) -> Any:
    """Probabilities with these logits, as PyTorch's kernels return them: exp(logit), divided by the sum of these.

    >>> a = sympy.Symbol("a")
    >>> softmax([0, a])
    Matrix([
    [     1/(exp(a) + 1)],
    [exp(a)/(exp(a) + 1)]])

    Parameters
    ----------
    logits : list or column of n expressions.
    """
    listed = logits if hasattr(logits, "tolist") else tuple(logits)
    powers = [sympy.exp(exact(logit, "a logit")) for logit in entries_of(listed)]
    return arranged([power / sympy.Add(*powers) for power in powers], (len(powers),))
