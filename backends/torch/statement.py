"""The statements of a program: straight-line code in which every variable is made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from learning_diagrams.backends.torch.divergence import Kind
from learning_diagrams.backends.torch.space import Space


@dataclass(frozen=True, eq=False)
class Variable:
    """A tensor, a law or a number of rows that the program makes.

    hint : what its name in the code starts with.
    space : the space that it lies in, or has laws on; None for a number of rows.
    kind : whether it is a point or a law.
    constant : whether it depends on data and frozen boxes only, so that no gradient passes through it.
    """

    hint: str
    space: Space | None
    kind: Kind
    constant: bool


@dataclass(frozen=True)
class Read:
    """target = batch[space][column], rolled by `shift` rows."""

    target: Variable
    space: str
    column: str
    shift: int


@dataclass(frozen=True)
class Count:
    """target = the number of rows of a column or an input; 1 where there is neither."""

    target: Variable
    of: Variable | None


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
    box: str


Statement = Read | Count | Apply | Expand | Draw


def made_by(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement makes."""
    return statement.targets if isinstance(statement, Apply) else (statement.target,)


def used_by(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement needs."""
    match statement:
        case Apply():
            return statement.arguments
        case Expand():
            return (statement.source, statement.rows)
        case Draw():
            return (statement.law,)
        case Count():
            return () if statement.of is None else (statement.of,)
        case Read():
            return ()


def needed(statements: Sequence[Statement], results: Iterable[Variable]) -> list[Statement]:
    """The statements that some results need, in order."""
    wanted = set(results)
    kept = []
    for statement in reversed(statements):
        if not wanted.isdisjoint(made_by(statement)):
            wanted.update(used_by(statement))
            kept.append(statement)
    return kept[::-1]
