"""The terms of a loss as expressions: means over rows, over draws of outcomes, and over random numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.divergence_table import SymbolicDivergences
from learning_diagrams.backends.symbolic.evaluation import Evaluation, World, require_closed
from learning_diagrams.backends.symbolic.exact_values import entries_of, exact, shaped, symbols_of
from learning_diagrams.backends.symbolic.sample_data import SampleData
from learning_diagrams.backends.symbolic.space import Finite
from learning_diagrams.errors import CompileError
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.functor.space import Cell
from learning_diagrams.semantics.program.loss_program import LossProgram
from learning_diagrams.semantics.program.printer import Distance, Term, keys_of
from learning_diagrams.semantics.program.statement import Count, Read, Statement, Variable, live

LARGEST = 2_000  # operations of an expression that is expanded to see whether it is 0


class TermValues:
    """The values of the terms of a program on data.

    Parameters
    ----------
    program : LossProgram of the loss.
    table : SymbolicDivergences that the program was lowered with.
    evaluation, data : Evaluation and SampleData, with the unknowns of the table.
    """

    def __init__(
        self, program: LossProgram, evaluation: Evaluation, table: SymbolicDivergences, data: SampleData
    ) -> None:
        self.program, self.evaluation, self.table, self.data = program, evaluation, table, data

    def weight(self, term: Term) -> Any:
        """The factor of a term in the total."""
        weight = self.program.constants[term.weight]
        number = exact(weight(self.table.step) if isinstance(weight, Schedule) else weight, "a weight")
        return number if term.number is None else number * self._number(term.number)

    def value(self, term: Term) -> Any:
        """A term, without its weight: a mean over the rows in which all columns are present that its sides read."""
        where = f"constraint {term.name!r}"
        if term.in_law:
            return sympy.Add(*(self._in_law(distance, where) for distance in term.distances))
        ends = [end for distance in term.distances for end in (*distance.references, *distance.predictions)]
        rows, unknowns = self._rows(ends, where), self.evaluation.unknowns
        values: list[Any] = []
        for distance in term.distances if rows else ():
            function = self._function(distance)
            (r,), (p,) = distance.references, distance.predictions
            if distance.coupled:
                pairs = [(entries_of(world.values[r]), entries_of(world.values[p])) for (world, *_) in rows]
                random = (
                    symbols_of(entry for pair in pairs for side in pair for entry in side)
                    & unknowns.distributions.keys()
                )
                if random or any(len(worlds) > 1 for worlds in rows):
                    raise CompileError(
                        f"{where} compares each row with all rows, which has no closed form here beside random numbers"
                    )
                values.append(function(pairs))
                continue
            for world in (world for worlds in rows for world in worlds):
                value = _with_zero(function(world.values[r], world.values[p]))
                values.append(unknowns.expected(world.probability * value) / len(rows))
        return sympy.Add(*values)

    def _in_law(self, distance: Distance, where: str) -> Any:
        """A comparison of two distributions, each a list of weighted values; 0 where a side has no row."""
        sides = []
        for ends in (distance.references, distance.predictions):
            rows = self._rows(ends, where)
            sides.append([self._weighted(world, ends, len(rows), where) for worlds in rows for world in worlds])
        return self._function(distance)(*sides) if all(sides) else sympy.S.Zero

    def _weighted(self, world: World, ends: Sequence[Variable], rows: int, where: str) -> tuple[Any, list[Any]]:
        """The values of all ends in a world, and their weight. Of a distribution the weighted mean is known."""
        expected, values = self.evaluation.unknowns.expected, list[Any]()
        for end in ends:
            value = world.values[end]
            if end.kind == "distribution":
                return sympy.S.One, [expected(world.probability * chance) / rows for chance in entries_of(value)]
            values += entries_of(end.space.dirac(value) if isinstance(end.space, Finite) else value)
        if not symbols_of(values).isdisjoint(self.evaluation.unknowns.distributions):
            raise CompileError(
                f"{where} compares samples in law, and a side is random in ℝⁿ, where the mean over pairs has no closed "
                "form here; give its columns as lists"
            )
        return expected(world.probability) / rows, values

    def _rows(self, ends: Sequence[Variable], where: str) -> list[list[World]]:
        """The worlds of each row in which all columns are present that some variables are computed from."""
        keys = set(keys_of(ends))
        statements = [each for each in live(self.program.statements, ends) if not _only_counts(each, keys)]
        require_closed(statements, where)
        cells: dict[Cell, Any] = {_key(each): each.target.space for each in statements if isinstance(each, Read)}
        return [
            [
                World(chance * world.probability, world.values)
                for chance, columns in self.data.columns(cells, row)
                for world in self.evaluation.worlds(statements, columns)
            ]
            for row in self.data.rows(list(cells), where)
        ]

    def _function(self, distance: Distance) -> Callable[..., Any]:
        computed = {key: self._number(value) for key, value in distance.options if isinstance(value, Variable)}
        return partial(self.table.calls[distance.function], **computed)

    def _number(self, variable: Variable) -> Any:
        """The number that boxes from I compute."""
        where = f"the number {variable.hint}"
        ((world,),) = self._rows([variable], where)
        return shaped(world.values[variable], (), where)


def _key(read: Read) -> Cell:
    return read.cell.space, read.cell.column, read.cell.shift


def _only_counts(statement: Statement, keys: Collection[Cell]) -> bool:
    """Whether a statement only says how often a row is repeated, which a mean does not depend on."""
    return isinstance(statement, Count) or (isinstance(statement, Read) and _key(statement) not in keys)


def _with_zero(value: Any) -> Any:
    """The value, or 0 where its expansion shows that it is 0, as (a x + b)/a − b/a − x."""
    small = isinstance(value, sympy.Expr) and value.count_ops() <= LARGEST
    return sympy.S.Zero if small and sympy.expand(value) == 0 else value
