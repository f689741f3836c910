"""Minima of a formula, where SymPy solves for a vanishing gradient.

>>> a = sympy.Symbol("a", real=True)
>>> value = (a - 1) ** 2 + 3
>>> minima(value, [a], [2 * a - 2], sympy.ImmutableDenseMatrix([[2]]), False, {})
[Minimum(at={a: 1}, value=3, kind='global')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sympy

from learning_diagrams.errors.short_text import short_repr


@dataclass(frozen=True)
class Minimum:
    """A minimum of a loss.

    Parameters
    ----------
    at : mapping from parameters to expressions; a parameter that is missing is free, and others may depend on it.
    value : expression, the loss there.
    kind : "global" or "local".
    """

    at: Mapping[Any, Any]
    value: Any
    kind: Literal["global", "local"]

    __repr__ = short_repr


@dataclass(frozen=True)
class Unsolved:
    """The answer where no minimum is found; it is false.

    reason : str, what SymPy does not decide.
    """

    reason: str

    __repr__ = short_repr

    def __bool__(self) -> bool:
        return False


def minima(
    total: Any, parameters: Sequence[Any], gradient: Sequence[Any], hessian: Any, least: bool, back: Mapping[Any, Any]
) -> list[Minimum] | Unsolved:
    """The minima among the points at which the gradient vanishes.

    Parameters
    ----------
    total : expression in real symbols, like gradient and hessian.
    back : mapping from real symbols to those of the answer.
    least : bool, whether 0 is the least value that the total may have.
    """
    if not parameters:
        return Unsolved("no parameter is trained")
    try:
        points = sympy.solve(list(gradient), list(parameters), dict=True)
    except Exception as error:  # SymPy's solvers raise errors of many kinds
        return Unsolved(f"SymPy does not solve for a vanishing gradient: {error}")
    if not points:
        return Unsolved("SymPy finds no point at which the gradient vanishes")
    smooth = not total.has(sympy.Abs, sympy.sign, sympy.Piecewise)
    convex = smooth and hessian.is_positive_semidefinite is True
    answers, shown = [], []
    for point in points:
        value = sympy.simplify(total.subs(point))
        shown.append({symbol.xreplace(back): number.xreplace(back) for symbol, number in point.items()})
        everywhere = convex or (least and value == 0)
        if everywhere or (smooth and hessian.subs(point).is_positive_definite is True):
            answers.append(Minimum(shown[-1], value.xreplace(back), "global" if everywhere else "local"))
    return answers or Unsolved(f"the gradient vanishes at {shown}, and SymPy decides of none whether it is a minimum")
