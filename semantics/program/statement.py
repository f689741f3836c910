"""The statements of a program: straight-line code in which every variable is made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from learning_diagrams.semantics.functor.space import Kind, Sampling, Space


@dataclass(frozen=True)
class ColumnDraw:
    """A column of a sample space as one draw from it sees it: its rows rolled by `shift`."""

    space: str
    column: str
    shift: int = 0


@dataclass(frozen=True, eq=False)
class Variable:
    """A tensor, a law or a number of rows that the program makes.

    hint : what its name in the code starts with.
    space : the space that it lies in, or has laws on; None for a number of rows.
    kind : whether it is a point or a law.
    constant : whether it depends on data and frozen boxes only, so that no gradient passes through it.
    cells : the columns that it is made from.
    """

    hint: str
    space: Space | None
    kind: Kind
    constant: bool
    cells: frozenset[ColumnDraw] = frozenset()


@dataclass(frozen=True)
class Read:
    """target = batch[space][column], rolled by `shift` rows."""

    target: Variable
    cell: ColumnDraw


@dataclass(frozen=True)
class Count:
    """target = the number of rows of a column or an input, or a fixed number where it is made from neither."""

    target: Variable
    of: Variable | int


@dataclass(frozen=True)
class Apply:
    """targets = one call of a box's module."""

    targets: tuple[Variable, ...]
    box: str
    arguments: tuple[Variable, ...]


@dataclass(frozen=True)
class Expand:
    """target = the one point or law that a box from I returns, for every row."""

    target: Variable
    source: Variable
    rows: Variable


@dataclass(frozen=True)
class Draw:
    """target = a sample of a law."""

    target: Variable
    law: Variable
    sampling: Sampling


@dataclass(frozen=True)
class OneHot:
    """target = the one-hot vectors of labels."""

    target: Variable
    source: Variable


@dataclass(frozen=True)
class Labels:
    """target = the labels of one-hot vectors."""

    target: Variable
    source: Variable


@dataclass(frozen=True)
class Detach:
    """target = a point or a law as a number: no gradient passes through it."""

    target: Variable
    source: Variable


Statement = Read | Count | Apply | Expand | Draw | OneHot | Labels | Detach


def definitions(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement makes."""
    return statement.targets if isinstance(statement, Apply) else (statement.target,)


def uses(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement needs."""
    match statement:
        case Apply():
            return statement.arguments
        case Expand():
            return (statement.source, statement.rows)
        case Draw():
            return (statement.law,)
        case OneHot() | Labels() | Detach():
            return (statement.source,)
        case Count():
            return () if isinstance(statement.of, int) else (statement.of,)
        case Read():
            return ()


def live(statements: Sequence[Statement], results: Iterable[Variable]) -> list[Statement]:
    """The statements that some results need, in order."""
    wanted = set(results)
    kept = []
    for statement in reversed(statements):
        if not wanted.isdisjoint(definitions(statement)):
            wanted.update(uses(statement))
            kept.append(statement)
    return kept[::-1]
