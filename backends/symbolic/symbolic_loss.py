"""The loss of a learning diagram as a formula.

>>> from learning_diagrams.backends.symbolic.expectation import Moments
>>> from learning_diagrams.backends.symbolic.space import Euclidean
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> y, rows = Ty("y"), SampleSpace("rows")
>>> f, g, h = (Box(name, y, y) for name in "fgh")
>>> triangle = LearningDiagram(Constraint("commutes", f >> g, h, over=rows.column("x", y)))
>>> a, b, c = sympy.symbols("a b c")
>>> F = SymbolicFunctor({y: Euclidean()}, {f: lambda x: a * x, g: lambda x: b * x, h: lambda x: c * x})
>>> value = loss(triangle, F, {"rows": {"x": Moments(mean=0, variance=1)}})
>>> sympy.factor(value.total), [sympy.factor(slope) for slope in value.gradient()]
((a*b - c)**2, [2*b*(a*b - c), 2*a*(a*b - c), -2*(a*b - c)])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.closed_form import ClosedForms
from learning_diagrams.backends.symbolic.divergence_table import SymbolicDivergences
from learning_diagrams.backends.symbolic.evaluation import Evaluation
from learning_diagrams.backends.symbolic.expectation import Unknowns
from learning_diagrams.backends.symbolic.functor import SymbolicFunctor
from learning_diagrams.backends.symbolic.minimum import Minimum, Unsolved, minima
from learning_diagrams.backends.symbolic.sample_data import SampleData
from learning_diagrams.backends.symbolic.term_values import TermValues
from learning_diagrams.errors import CompileError, TypeMismatch, brief, printable, require_count
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.semantics.least_term import is_least
from learning_diagrams.semantics.program.loss_program import lower_loss
from learning_diagrams.semantics.program.statement import Apply


@dataclass(frozen=True)
class SymbolicLoss:
    """A loss as a formula.

    Parameters
    ----------
    total : expression, the sum of the terms times their weights.
    terms : mapping from the name of each constraint to its term, an expression without weight.
    parameters : tuple of symbols, the parameters of the boxes that are trained, in order of name.
    """

    total: Any
    terms: Mapping[str, Any]
    parameters: tuple[Any, ...]
    _total: Any = field(repr=False)  # in real symbols, and in held ones where a stop-gradient stands
    _reals: Mapping[Any, Any] = field(repr=False)  # from symbols to real ones
    _held: Mapping[Any, Any] = field(repr=False)  # from held symbols to real ones
    _least: bool = field(repr=False)  # whether 0 is the least value

    __repr__ = short_repr

    def latex(self) -> str:
        """The total as LaTeX; a notebook shows it."""
        return printable(sympy.latex(self.total))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def gradient(self, *parameters: Any) -> list[Any]:
        """The derivative of the total by each parameter, by default by each of `parameters`.

        No derivative passes a stop-gradient (`detach=`). At a kink the derivative of |x| is 0, as in PyTorch.
        """
        wanted = self._real(parameters or self.parameters)
        return [self._shown(sympy.diff(self._total, symbol)) for symbol in wanted]

    def hessian(self, *parameters: Any) -> Any:
        """The matrix of second derivatives of the total; none passes a stop-gradient, and at a kink they are 0."""
        return self._hessian(self._real(parameters or self.parameters)).applyfunc(self._shown)

    def minimisers(self, *parameters: Any) -> list[Minimum] | Unsolved:
        """The minima of the total in the parameters, where SymPy solves for a vanishing gradient.

        A minimum is global where the total is 0 and cannot be less, or where the Hessian is nowhere negative. It is
        local where only the Hessian at the point is positive. What is neither is not listed.
        """
        if self._total.has(*self._held):
            return Unsolved("a stop-gradient stands in the loss, so training does not end at its minima")
        wanted = self._real(parameters or self.parameters)
        slopes = [sympy.diff(self._total, symbol) for symbol in wanted]
        return minima(self._total, wanted, slopes, self._hessian(wanted), self._least, self._back)

    def _hessian(self, wanted: Sequence[Any]) -> Any:
        rows = [[sympy.diff(self._total, first, second) for second in wanted] for first in wanted]
        return sympy.ImmutableDenseMatrix(rows).xreplace(self._held).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)

    def _real(self, symbols: Sequence[Any]) -> list[Any]:
        for symbol in symbols:
            if not isinstance(symbol, sympy.Symbol):
                raise TypeMismatch(f"a parameter is a symbol of SymPy, as in `parameters`; got {brief(symbol)}")
        return [self._reals.get(symbol, symbol) for symbol in symbols]

    @property
    def _back(self) -> dict[Any, Any]:
        return {real: symbol for symbol, real in self._reals.items()}

    def _shown(self, value: Any) -> Any:
        return value.xreplace(self._held).xreplace(self._back)


def loss(
    diagram: LearningDiagram, functor: SymbolicFunctor, data: Mapping[str, Mapping[str, Any]], step: int = 0
) -> SymbolicLoss:
    """The loss of a learning diagram on some data, as a formula.

    Draws of outcomes are summed, and random numbers integrated, so that the value is the mean of what PyTorch computes.
    On lists it is the value on one batch of these rows. Its gradient is exact also where that of PyTorch is estimated,
    as by "straight-through".

    Parameters
    ----------
    data : mapping from the name of a sample space to columns. A column is a list of numbers or of symbols, or such a
        list and a mask; or random: an expression in random symbols of `sympy.stats`, or `Moments`.
    step : int ≥ 0, the number of training steps before, at which schedules are read.

    Raises
    ------
    TypeMismatch : `step` is not a whole number ≥ 0.
    CompileError : a game or a moving average; a divergence without a closed form; what a box cannot compute.
    UnknownName : an object without a space, a box without a function, a column without data.
    DataError : columns of unequal lengths.
    """
    require_count("step", step, least=0)
    if diagram.players or diagram.ema:
        what = "players have a loss each: restrict the diagram to the terms of one player"
        if diagram.ema:
            what = "a moving average follows training: give its box a function of its own, and leave ema= out"
        raise CompileError(f"a formula is of one loss at one point of the parameters; {what}")
    unknowns = Unknowns()
    table = SymbolicDivergences(step, unknowns)
    spaces = {ty.inside[0].name: functor.space(ty.inside[0].name) for ty in diagram.objects}
    program = lower_loss(diagram, spaces, table, ())
    forms = ClosedForms(functor.forms.entries, functor.forms.reals)  # it knows the parameters of this loss alone
    evaluation, rows = Evaluation(forms, unknowns), SampleData(data, unknowns, forms.reals)
    terms = TermValues(program, evaluation, table, rows)
    values = {term.name: terms.value(term) for term in program.terms}
    weights = {term.name: terms.weight(term) for term in program.terms}
    total = sympy.Add(*(weights[name] * value for name, value in values.items() if weights[name] != 0))
    frozen = {box.name for box in diagram.frozen}
    applied = {statement.box for statement in program.statements if isinstance(statement, Apply)}
    fixed, trained = forms.parameters(applied & frozen), forms.parameters(applied - frozen)
    for others, what in ((fixed, "a parameter of a frozen box"), (rows.symbols, "in the data")):
        if shared := trained & others:
            names = ", ".join(sorted(symbol.name for symbol in shared))
            raise CompileError(f"the symbol {names} is a parameter of a trained box, and is {what}; use two symbols")
    held = {stopped: symbol for symbol, stopped in evaluation.held.items()}
    back = forms.reals.back

    def shown(value: Any) -> Any:
        return value.xreplace(held).xreplace(back)

    return SymbolicLoss(
        shown(total),
        {name: shown(value) for name, value in values.items()},
        tuple(sorted((back.get(symbol, symbol) for symbol in trained), key=sympy.default_sort_key)),
        total,
        dict(forms.reals.symbols),
        held,
        all(is_least(constraint, table.kind, spaces) for constraint in diagram.constraints),
    )
