"""Whether an equation holds in closed form, and the difference of its sides where it does not.

>>> from learning_diagrams.backends.symbolic.space import Euclidean
>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> y, (a, b) = Ty("y"), sympy.symbols("a b")
>>> f, g = Box("f", y, y), Box("g", y, y)
>>> F = SymbolicFunctor({y: Euclidean()}, {f: lambda x: a * x + 1, g: lambda x: (x - b) / a})
>>> answer = compare(Equation(f >> g, Id(y)), F)
>>> answer.holds, answer.difference
(False, ((1 - b)/a,))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.exact_values import entries_of
from learning_diagrams.backends.symbolic.functor import SymbolicFunctor
from learning_diagrams.backends.symbolic.output_distributions import Joint, OutputDistributions
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation

TRIALS, ROUNDING = 16, 1e-9


@dataclass(frozen=True)
class Comparison:
    """The answer of `compare`, true where the equation holds.

    Parameters
    ----------
    holds : bool, or None where SymPy does not decide.
    difference : tuple of expressions, lhs − rhs where they differ, else (). For sides without draws, of each entry of
        each output; otherwise of the probability of each outcome.
    at : tuple, the inputs at which the sides differ, symbols among them.
    """

    holds: bool | None
    difference: tuple[Any, ...]
    at: tuple[Any, ...]

    __repr__ = short_repr

    def __bool__(self) -> bool:
        return self.holds is True


def compare(equation: Equation | Constraint, functor: SymbolicFunctor) -> Comparison:
    """Whether both sides of an equation are one function, or one kernel, for all values of all symbols.

    The sides are compared at a generic point: symbols for numbers, and each label and each bit. Draws of outcomes are
    summed. Of a constraint the equation counts, not `over` and not the data.

    Raises
    ------
    TypeMismatch : no equation, or no `SymbolicFunctor`.
    CompileError : a side draws from ℝⁿ or from data. UnknownName : an object or box that the functor does not know.
    """
    if not isinstance(equation, Equation | Constraint) or not isinstance(functor, SymbolicFunctor):
        raise TypeMismatch(
            f"compare takes an equation or a constraint, and a SymbolicFunctor; got {brief(equation)}, {brief(functor)}"
        )
    where = f"the equation {equation.lhs} = {equation.rhs}"
    graphs = equation.graphs[:2]
    distributions = OutputDistributions(graphs, functor.spaces, functor.forms, where)
    names = (getattr(hole, "hint", None) or hole[1] for hole in distributions.holes)  # type: ignore[index]
    generic = [space.generic(name) for name, space in zip(names, distributions.holes.values(), strict=True)]
    inputs = _named([entry for points in generic for point in points for entry in entries_of(point)])
    undecided: Comparison | None = None
    for point in product(*generic):
        simple = [sympy.simplify(each) for each in _difference(*distributions.at(point))]
        zero = [_vanishes(each) for each in simple]
        if all(zero):
            continue
        back = functor.forms.reals.back | inputs
        shown = (tuple(each.xreplace(back) for each in part) for part in (simple, point))
        answer = Comparison(False if False in zero else None, *shown)
        if answer.holds is False:
            return answer
        undecided = undecided or answer
    return undecided or Comparison(True, (), ())


def _vanishes(value: Any) -> bool | None:
    """Whether an expression is 0: as it stands, or at some points not. Not SymPy's `equals`, to which |x| is x."""
    if value == 0:
        return True
    draw, symbols = Random(0), sorted(value.free_symbols, key=sympy.default_sort_key)
    for _ in range(TRIALS):
        number = sympy.N(value.subs({symbol: sympy.Rational(draw.randint(-40, 40), 16) for symbol in symbols}))
        if number.is_real and abs(number) > ROUNDING:
            return False
    return None


def _named(entries: Sequence[Any]) -> dict[Any, Any]:
    """A symbol to show for each symbol of a generic point, with a number where its name occurs again."""
    symbols = [entry for entry in entries if isinstance(entry, sympy.Symbol)]
    names = [symbol.name for symbol in symbols]
    numbered = (
        f"{name}_{names[:i].count(name) + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)
    )
    return {symbol: sympy.Symbol(name, real=True) for symbol, name in zip(symbols, numbered, strict=True)}


def _difference(lhs: Joint, rhs: Joint) -> list[Any]:
    """The entries of lhs − rhs: of the outputs where neither is random, otherwise of the probabilities."""
    if len(lhs) == len(rhs) == 1:
        (left,), (right,) = lhs, rhs
        p, r = ([entry for output in outputs for entry in entries_of(output)] for outputs in (left, right))
        return [a - b for a, b in zip(p, r, strict=True)]
    return [lhs.get(outputs, 0) - rhs.get(outputs, 0) for outputs in {**lhs, **rhs}]
