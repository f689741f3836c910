"""The program of a diagram, computed on expressions.

The fold makes a program of a diagram, as for PyTorch. Here each variable of the program is an expression. A draw from a
finite set or from bits splits the computation: a `World` for each outcome. A draw from ℝⁿ is a new unknown.

A stop-gradient replaces each symbol by a held one, which is put back after differentiation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.closed_form import ClosedForms
from learning_diagrams.backends.symbolic.exact_values import arranged, replaced, symbols_of
from learning_diagrams.backends.symbolic.expectation import Unknowns
from learning_diagrams.backends.symbolic.space import MOST_WORLDS, Bernoulli, Finite
from learning_diagrams.errors import CompileError, LimitExceeded
from learning_diagrams.semantics.functor.space import Cell
from learning_diagrams.semantics.program.statement import (
    Apply,
    Count,
    Detach,
    Draw,
    Expand,
    Labels,
    OneHot,
    Read,
    Statement,
    Variable,
    definitions,
    uses,
)

NO_INPUTS: Mapping[Variable, Any] = MappingProxyType({})


@dataclass(frozen=True)
class World:
    """A choice of all outcomes that are drawn.

    Parameters
    ----------
    probability : expression.
    values : dict from variable of the program to its value.
    """

    probability: Any = sympy.S.One
    values: dict[Variable, Any] = field(default_factory=dict)


class Evaluation:
    """Computes programs on expressions.

    Parameters
    ----------
    forms : ClosedForms of the boxes.
    unknowns : Unknowns, to which draws from ℝⁿ are added.

    Attributes
    ----------
    held : dict from each symbol that a stop-gradient has met to the symbol in its place.
    """

    def __init__(self, forms: ClosedForms, unknowns: Unknowns) -> None:
        self.forms, self.unknowns = forms, unknowns
        self.held: dict[Any, Any] = {}

    def worlds(
        self, statements: Sequence[Statement], columns: Mapping[Cell, Any], inputs: Mapping[Variable, Any] = NO_INPUTS
    ) -> list[World]:
        """The worlds of a program, in which the columns and the inputs have these values."""
        worlds = [World(values=dict(inputs))]
        for statement in statements:
            worlds = [after for world in worlds for after in self._step(world, statement, columns)]
            if len(worlds) > MOST_WORLDS:
                raise LimitExceeded(
                    f"more than {MOST_WORLDS} choices of outcomes are drawn, of which each is a summand"
                )
        return worlds

    def _step(self, world: World, statement: Statement, columns: Mapping[Cell, Any]) -> Iterable[World]:
        values = world.values
        match statement:
            case Read(target, cell):
                values[target] = columns[cell.space, cell.column, cell.shift]
            case Count():  # a mean does not depend on how often a row is repeated
                pass
            case Expand(target, source, _) | OneHot(target, source) | Labels(target, source):
                values[target] = values[source]
            case Detach(target, source):
                values[target] = self._hold(values[source])
            case Apply(targets, box, arguments, _):
                cod = [(target.space, target.kind) for target in targets]
                dom = [argument.space for argument in arguments]
                results = self.forms.apply(box, [values[argument] for argument in arguments], dom, cod)  # type: ignore[arg-type]
                values.update(zip(targets, results, strict=True))
            case Draw(target, distribution, _):
                space, value = distribution.space, values[distribution]
                if isinstance(space, Finite | Bernoulli):
                    outcomes = [(chance, point) for chance, point in space.draws(value) if chance != 0]
                    return [World(world.probability * p, {**values, target: point}) for p, point in outcomes]
                drawn = [self.unknowns.new(target.hint, each) for each in value]
                values[target] = arranged(drawn, getattr(space, "shape", ()))
        return [world]

    def _hold(self, value: Any) -> Any:
        """The value as a constant: a held symbol in place of each symbol that is not random."""
        for symbol in symbols_of([value]) - self.unknowns.distributions.keys() - set(self.held.values()):
            self.held.setdefault(symbol, sympy.Dummy(symbol.name, **symbol.assumptions0))
        return replaced(value, self.held)


def require_closed(statements: Sequence[Statement], where: str) -> None:
    """Raise `CompileError` for what has no closed form here.

    A box that calls other boxes has none. A stop-gradient after a draw from a trained kernel has none: the sum over
    outcomes moves with the parameters, and no symbol in the outcome would be held.
    """
    drawn: set[Variable] = set()
    for statement in statements:
        if isinstance(statement, Apply) and statement.uses:
            raise CompileError(
                f"{where}: box {statement.box!r} uses {', '.join(map(repr, statement.uses))}, and functions in closed "
                "form call no boxes; wire the diagram of these boxes in its place"
            )
        if isinstance(statement, Draw) and not statement.distribution.constant:
            drawn.update(definitions(statement))
        elif not drawn.isdisjoint(uses(statement)):
            if isinstance(statement, Detach):
                raise CompileError(
                    f"{where}: detach= stops the gradient behind a draw from a trained kernel, which has no closed "
                    "form; detach or freeze the kernel itself"
                )
            drawn.update(definitions(statement))
