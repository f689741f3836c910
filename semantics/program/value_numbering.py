"""Value numbering: statements in order, in which a computation that occurs twice stands once.

A statement is found again by its operation and its operands. A draw is not numbered: two draws are two values.

>>> numbering = ValueNumbering()
>>> numbering.count(256, "samples") is numbering.count(256, "samples"), len(numbering.statements)
(True, 1)

Source: Cocke & Schwartz, *Programming Languages and Their Compilers* (1970), for value numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from learning_diagrams.semantics.functor.space import Sampling, Space
from learning_diagrams.semantics.program.statement import (
    Apply,
    ColumnDraw,
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
)


class ValueNumbering:
    """Statements in the making.

    Attributes
    ----------
    statements : list of Statement, in an order in which every variable is defined before its uses.
    """

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._variables: dict[Hashable, tuple[Variable, ...]] = {}

    def read(self, cell: ColumnDraw, space: Space) -> Variable:
        """The values of a column, points of a space."""
        target = Variable(cell.column, space, "point", True, frozenset({cell}))
        return self._number(("read", cell), lambda: Read(target, cell))[0]

    def space_of(self, cell: ColumnDraw) -> Space:
        """The space of a column that has been read."""
        space = self._variables["read", cell][0].space
        assert space is not None, "columns lie in spaces"
        return space

    def count(self, of: Variable | int, hint: str) -> Variable:
        """The number of rows of a variable, or a fixed number."""
        target = Variable(hint, None, "point", constant=True)
        return self._number(("count", of), lambda: Count(target, of))[0]

    def apply(self, call: Apply) -> tuple[Variable, ...]:
        """The outputs of a box on some arguments; the targets of the call where they are new."""
        return self._number(("apply", call.box, call.arguments), lambda: call)

    def expand(self, source: Variable, rows: Variable) -> Variable:
        """The output of a box from I, repeated for every row."""
        target = replace(source, hint=source.hint.removesuffix("_out") + "_rows")
        return self._number(("expand", source, rows), lambda: Expand(target, source, rows))[0]

    def detach(self, source: Variable) -> Variable:
        """The variable as a constant, through which no gradient passes."""
        if source.constant:
            return source
        target = replace(source, hint=f"{source.hint.removesuffix('_out')}_detached", constant=True)
        return self._number(("detach", source), lambda: Detach(target, source))[0]

    def one_hot(self, point: Variable) -> Variable:
        """Labels as one-hot vectors; any other point unchanged."""
        if point.kind != "point" or point.space is None or point.space.outcomes is None:
            return point
        target = replace(point, hint=f"{point.hint}_one_hot", kind="vector")
        return self._number(("one-hot", point), lambda: OneHot(target, point))[0]

    def labels(self, vectors: Variable, hint: str) -> Variable:
        """One-hot vectors as labels."""
        target = replace(vectors, hint=hint, kind="point")
        return self._number(("labels", vectors), lambda: Labels(target, vectors))[0]

    def draw(self, distribution: Variable, sampling: Sampling, target: Variable) -> Variable:
        """A new draw from a distribution."""
        self.statements.append(Draw(target, distribution, sampling))
        return target

    def _number(self, key: Hashable, make: Callable[[], Statement]) -> tuple[Variable, ...]:
        """The variables of the statement under a key; a new key makes the statement."""
        if key not in self._variables:
            statement = make()
            self.statements.append(statement)
            self._variables[key] = definitions(statement)
        return self._variables[key]
