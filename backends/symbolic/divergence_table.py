"""The divergences of the symbolic back end: which formula belongs to a divergence, a space and two kinds of ends.

>>> table = SymbolicDivergences(0, Unknowns())
>>> call = table.pointwise(Divergence("kl"), Finite(2), "point", "distribution", "here")
>>> table.calls[call.function](sympy.S.One, sympy.Matrix([sympy.Rational(1, 4), sympy.Rational(3, 4)]))
log(4/3)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.divergences import (
    OUTCOMES,
    POINTS,
    SAMPLES,
    cross_entropy,
    info_nce,
    log_density,
    softened,
)
from learning_diagrams.backends.symbolic.exact_values import entries_of, exact
from learning_diagrams.backends.symbolic.expectation import Unknowns
from learning_diagrams.backends.symbolic.space import Bernoulli, Euclidean, Finite, Space
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import CompileError
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.divergences import DivergenceKind, divergence
from learning_diagrams.semantics.functor.space import Kind
from learning_diagrams.semantics.program.lowering import DivergenceCall

Ends = tuple[Kind, Kind]  # of the reference and of the prediction
_BOUNDED = ("jensen_shannon", "total_variation", "hellinger")  # finite between any two labels


class SymbolicDivergences:
    """The divergence table of one loss.

    Parameters
    ----------
    step : int ≥ 0, the number of training steps before, at which schedules are read.
    unknowns : Unknowns of the loss.

    Attributes
    ----------
    calls : dict from the names in the program to functions of reference and prediction.
    """

    def __init__(self, step: int, unknowns: Unknowns) -> None:
        self.step, self.unknowns = step, unknowns
        self.calls: dict[str, Callable[..., Any]] = {}

    def kind(self, name: str, where: str = "") -> DivergenceKind:
        """The divergence of that name; `UnknownName` if no divergence has the name."""
        return divergence(name, where)

    def pointwise(
        self, asked: Divergence | None, space: Space, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        """The call that compares two ends of a wire; `CompileError` where no closed form is known."""
        asked = asked or Divergence(space.divergence)
        across = asked.name == "info_nce" and isinstance(space, Euclidean) and (reference, prediction) == _POINTS
        if across:
            function: Callable[..., Any] | None = info_nce
        elif isinstance(space, Euclidean):
            function = self._on_points(asked, (reference, prediction), where)
        else:
            function = _on_outcomes(asked, space, (reference, prediction), where)
        if function is None:
            ends = f"{space!r} with a {reference} as reference (rhs) and a {prediction} as prediction (lhs)"
            raise self._misfit(asked, ends, where)
        return self._call(function, asked, where, coupled=across)

    def _on_points(self, asked: Divergence, ends: Ends, where: str) -> Callable[..., Any] | None:
        name = asked.name
        if ends == _POINTS and name in POINTS:
            return lambda r, p, **options: POINTS[name](entries_of(r), entries_of(p), **options)
        if asked.options:
            return None
        if ends == ("point", "distribution") and name == "nll":
            pairs = partial(zip, strict=True)
            return lambda r, p: (
                -sympy.Add(*(log_density(distribution, at, where) for at, distribution in pairs(entries_of(r), p)))
            )
        if ends == ("distribution", "distribution") and name == "kl":
            return partial(self._kl_of_densities, where)
        if ends == ("distribution", "distribution") and name == "reverse_kl":
            return lambda r, p: self._kl_of_densities(where, p, r)
        return None

    def _kl_of_densities(self, where: str, r: Sequence[Any], p: Sequence[Any]) -> Any:
        """log r − log p at new random numbers under r, summed over features; the mean over all numbers comes later."""
        numbers = [self.unknowns.new("x", distribution) for distribution in r]
        return sympy.Add(
            *(log_density(a, x, where) - log_density(b, x, where) for x, a, b in zip(numbers, r, p, strict=True))
        )

    def in_law(self, asked: Divergence | None, spaces: tuple[Space, ...], where: str) -> DivergenceCall:
        """The call that compares two sides from I, lists of pairs (weight, entries of all wires)."""
        first = spaces[0]
        outcomes = first.n if isinstance(first, Finite) and len(spaces) == 1 else None
        asked = asked or Divergence("energy_distance" if outcomes is None else "kl")
        if asked.name in SAMPLES:
            return self._call(SAMPLES[asked.name], asked, where, drawn=True)
        formula = OUTCOMES.get(asked.name)
        if outcomes is None or formula is None or asked.name == "nll" or dict(asked.options).keys() - {"alpha"}:
            raise self._misfit(asked, f"sides in law into {' ⊗ '.join(map(repr, spaces))}", where)
        return self._call(partial(_of_averages, formula, outcomes), asked, where)

    def _call(
        self, function: Callable[..., Any], asked: Divergence, where: str, drawn: bool = False, coupled: bool = False
    ) -> DivergenceCall:
        """A call in which all options are bound that no box computes."""
        computed = tuple((key, value) for key, value in asked.options if isinstance(value, Diagram))
        unbound = {"samples", *dict(computed)}  # all samples count, whatever their number
        fixed = {key: self._number(value, where) for key, value in asked.options if key not in unbound}
        name = f"{asked.name}_{len(self.calls)}"
        self.calls[name] = partial(function, **fixed)
        return DivergenceCall(name, buffers=computed, drawn=drawn, coupled=coupled)

    def _number(self, value: Any, where: str) -> Any:
        if isinstance(value, tuple):
            return [self._number(each, where) for each in value]
        if isinstance(value, bool):
            return value
        return exact(value(self.step) if isinstance(value, Schedule) else value, where)

    def _misfit(self, asked: Divergence, ends: str, where: str) -> CompileError:
        options = f" and options {', '.join(dict(asked.options))}" if asked.options else ""
        known = ", ".join(sorted({*POINTS, *OUTCOMES, *SAMPLES, "info_nce"}))
        return CompileError(
            f"{where}: divergence {asked.name!r} has no closed form here on {ends}{options}; these have one, each on "
            f"its spaces: {known}"
        )


_POINTS: Ends = ("point", "point")


def _on_outcomes(asked: Divergence, space: Space, ends: Ends, where: str) -> Callable[..., Any] | None:
    name, labels, (reference, prediction) = asked.name, isinstance(space, Finite), ends
    for_data = {"label_smoothing", "class_weight"}.intersection(dict(asked.options))
    if name not in OUTCOMES or (prediction == "point" and not (labels and name in _BOUNDED)):
        return None
    if name == ("reverse_kl" if reference == "point" else "nll") or (for_data and (ends != _LABEL or not labels)):
        return None
    weights = dict(asked.options).get("class_weight")
    if isinstance(weights, tuple) and len(weights) != space.outcomes:
        raise CompileError(f"{where}: class_weight has {len(weights)} numbers, and {space!r} {space.outcomes} outcomes")

    def function(r: Any, p: Any, temperature: Any = 1, **options: Any) -> Any:
        sides = []
        for kind, value in zip(ends, (r, p), strict=True):
            distributions = _distributions(value, space, kind)
            sides.append(
                distributions
                if kind == "point"
                else [softened(distribution, temperature) for distribution in distributions]
            )
        formula = cross_entropy if for_data else OUTCOMES[name]
        return sympy.Add(*(formula(a, b, **options) for a, b in zip(*sides, strict=True)))

    return function


_LABEL: Ends = ("point", "distribution")


def _distributions(value: Any, space: Space, kind: Kind) -> list[Sequence[Any]]:
    """The distributions of which the divergences add up: one on the outcomes, or one for each bit."""
    if isinstance(space, Finite):
        return [entries_of(value if kind == "distribution" else space.dirac(value))]
    assert isinstance(space, Bernoulli), "outcomes lie in finite sets and bits"
    return [(1 - chance, chance) for chance in entries_of(value)]


def _of_averages(formula: Callable[..., Any], outcomes: int, r: Any, p: Any, **options: Any) -> Any:
    """A formula of the average distributions of two sides."""
    means = (
        [sympy.Add(*(weight * distribution[k] for weight, distribution in side)) for k in range(outcomes)]
        for side in (r, p)
    )
    return formula(*means, **options)
