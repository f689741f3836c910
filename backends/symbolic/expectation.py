"""Expectations: means over independent random numbers, of which each has a distribution or only its moments.

An expression is expanded first. So of a polynomial only the moments enter, and products of independent factors part.
What SymPy does not integrate stays an integral.

>>> a, unknowns = sympy.Symbol("a"), Unknowns()
>>> x = unknowns.new("x", Moments(0, 1))
>>> y = unknowns.new("y", sympy.stats.Normal("y", x, 2).pspace.distribution)
>>> unknowns.expected((a * y + 1) ** 2)
5*a**2 + 1
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
import sympy.stats

from learning_diagrams.backends.symbolic.exact_values import exact
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.short_text import short_repr


@dataclass(frozen=True)
class Moments:
    """A random number of which only mean and variance are known.

    As a column of a space of several features, each feature is such a number, independent of the others.

    Parameters
    ----------
    mean, variance : numbers or expressions.
    """

    mean: Any
    variance: Any

    __repr__ = short_repr

    def __post_init__(self) -> None:
        for name in ("mean", "variance"):
            object.__setattr__(self, name, exact(getattr(self, name), f"the {name} of Moments"))


class Unknowns:
    """Random numbers in the order in which they are drawn; the distribution of each may depend on those before it.

    Attributes
    ----------
    distributions : dict from symbol to a distribution of SymPy, or to Moments.
    """

    def __init__(self) -> None:
        self.distributions: dict[Any, Any] = {}

    def new(self, name: str, distribution: Any) -> Any:
        """A symbol for one more random number."""
        symbol = sympy.Dummy(name, real=True)
        self.distributions[symbol] = distribution
        return symbol

    def expected(self, value: Any) -> Any:
        """The mean of an expression over all random numbers in it.

        Raises `CompileError` where moments are needed that are not given.
        """
        for symbol, distribution in reversed(self.distributions.items()):
            if value.has(symbol):
                value = _mean(value, symbol, distribution)
        return value


def _mean(value: Any, symbol: Any, distribution: Any) -> Any:
    factors: defaultdict[Any, list[Any]] = defaultdict(list)
    for summand in sympy.Add.make_args(sympy.expand(value)):
        rest, factor = summand.as_independent(symbol, as_Add=False)
        if summand != 0:
            factors[factor].append(rest)
    return sympy.Add(
        *(sympy.Add(*rests) * _mean_of_factor(factor, symbol, distribution) for factor, rests in factors.items())
    )


def _mean_of_factor(factor: Any, symbol: Any, distribution: Any) -> Any:
    base, power = factor.as_base_exp()
    if factor == 1 or (base == symbol and power.is_Integer and power >= 0):
        return moment(distribution, 0 if factor == 1 else int(power))
    if isinstance(distribution, Moments):
        raise CompileError(
            f"the mean of {factor} is not known: of {symbol.name} only mean and variance are given; give a random "
            "symbol of sympy.stats, or a list of values"
        )
    return _integral(distribution, factor, symbol)


@lru_cache(maxsize=1024)
def moment(distribution: Any, order: int) -> Any:
    """The mean of the power of a random number.

    >>> moment(Moments(1, 2), 2), moment(sympy.stats.Normal("x", 0, 1).pspace.distribution, 4)
    (3, 3)
    """
    if isinstance(distribution, Moments):
        if order > 2:
            raise CompileError(
                f"the mean of the power {order} is needed, and Moments give mean and variance; give a random symbol of "
                "sympy.stats, or a list of values"
            )
        return (sympy.S.One, distribution.mean, distribution.variance + distribution.mean**2)[order]
    t = sympy.Dummy("t")
    try:
        generating = distribution.moment_generating_function(t)
    except NotImplementedError:  # as of Student's t
        generating = None
    if isinstance(generating, sympy.Expr) and not generating.has(sympy.Piecewise, sympy.Integral):
        value = generating.diff(t, order).subs(t, 0) if order else sympy.S.One
        if value.is_finite is not False and not value.has(sympy.nan):
            return sympy.simplify(value)
    x = sympy.Dummy("x", real=True)
    return _integral(distribution, x**order, x)


def _integral(distribution: Any, value: Any, symbol: Any) -> Any:
    try:
        return distribution.expectation(value, symbol)
    except NotImplementedError:  # SymPy tries generating functions first, which some distributions do not have
        return distribution.expectation(value, symbol, evaluate=False).doit()
