"""Minima of a formula, where SymPy solves for a vanishing gradient.

>>> a, b = sympy.symbols("a b")
>>> value = (a - 1) ** 2 + 3
>>> minima(value, [a], [2 * a - 2], sympy.ImmutableDenseMatrix([[2]]), False)
[Minimum(at={a: 1}, value=3, kind='global')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sympy

from learning_diagrams.backends.symbolic.exact import real_symbols


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


@dataclass(frozen=True)
class Unsolved:
    """The answer where no minimum is found; it is false.

    reason : str, what SymPy does not decide.
    """

    reason: str

    def __bool__(self) -> bool:
        return False


def minima(
    total: Any, parameters: Sequence[Any], gradient: Sequence[Any], hessian: Any, least: bool
) -> list[Minimum] | Unsolved:
    """The minima among the points at which the gradient vanishes.

    least : bool, whether 0 is the least value that the total may have.
    """
    if not parameters:
        return Unsolved("no parameter is trained")
    reals = real_symbols([total, *parameters])
    back = {real: symbol for symbol, real in reals.items()}
    total, hessian = total.xreplace(reals), hessian.xreplace(reals)
    unknowns = [reals.get(parameter, parameter) for parameter in parameters]
    try:
        points = sympy.solve([slope.xreplace(reals) for slope in gradient], unknowns, dict=True)
    except Exception as error:  # SymPy's solvers raise errors of many kinds
        return Unsolved(f"SymPy does not solve for a vanishing gradient: {error}")
    convex = hessian.is_positive_semidefinite
    answers = []
    for point in points:
        value = sympy.simplify(total.subs(point))
        everywhere = convex is True or (least and value == 0)
        if everywhere or hessian.subs(point).is_positive_definite is True:
            at = {symbol.xreplace(back): number.xreplace(back) for symbol, number in point.items()}
            answers.append(Minimum(at, value.xreplace(back), "global" if everywhere else "local"))
    if answers:
        return answers
    if not points:
        return Unsolved("SymPy finds no point at which the gradient vanishes")
    shown = [{symbol.xreplace(back): number.xreplace(back) for symbol, number in point.items()} for point in points]
    return Unsolved(f"the gradient vanishes at {shown}, and SymPy does not decide whether a minimum is there")
