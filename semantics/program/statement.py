"""The statements of a program: straight-line code in which every variable has one definition.

>>> rows = Variable("rows", None, "point", constant=True)
>>> definitions(Count(rows, 3)), uses(Count(rows, 3)), live([Count(rows, 3)], [])
((Variable(hint='rows', space=None, kind='point', constant=True, cells=frozenset()),), (), [])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from learning_diagrams.semantics.functor.space import Kind, Sampling, Space


@dataclass(frozen=True)
class ColumnDraw:
    """A column in one draw of rows from its sample space.

    Parameters
    ----------
    space, column : str, the names of the sample space and of the column.
    shift : int ≥ 0, by how many rows the batch is rolled.
    """

    space: str
    column: str
    shift: int = 0


@dataclass(frozen=True, eq=False)
class Variable:
    """A tensor, a distribution or a number of rows that the program computes.

    Parameters
    ----------
    hint : str, the beginning of its name in the code.
    space : Space of the point, or under the distribution; None for a number of rows.
    kind : Kind, "point", "vector" or "distribution".
    constant : bool, whether it depends on data and frozen boxes only, so that no gradient passes through it.
    cells : frozenset of ColumnDraw, the columns from which it is computed.
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
    """target = the number of rows of a variable, or a fixed number."""

    target: Variable
    of: Variable | int


@dataclass(frozen=True)
class Apply:
    """targets = one call of a box's module; `uses` names the boxes that the module may call, at any depth."""

    targets: tuple[Variable, ...]
    box: str
    arguments: tuple[Variable, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expand:
    """target = the point or distribution that a box from I returns, repeated for every row."""

    target: Variable
    source: Variable
    rows: Variable


@dataclass(frozen=True)
class Draw:
    """target = a sample of a distribution."""

    target: Variable
    distribution: Variable
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
    """target = a point or a distribution as a constant, through which no gradient passes."""

    target: Variable
    source: Variable


Statement = Read | Count | Apply | Expand | Draw | OneHot | Labels | Detach


def definitions(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement defines."""
    return statement.targets if isinstance(statement, Apply) else (statement.target,)


def uses(statement: Statement) -> tuple[Variable, ...]:
    """The variables that a statement reads."""
    match statement:
        case Apply():
            return statement.arguments
        case Expand():
            return (statement.source, statement.rows)
        case Draw():
            return (statement.distribution,)
        case OneHot() | Labels() | Detach():
            return (statement.source,)
        case Count():
            return () if isinstance(statement.of, int) else (statement.of,)
        case Read():
            return ()


def live(statements: Sequence[Statement], results: Iterable[Variable]) -> list[Statement]:
    """The statements that some results need, directly or not, in order."""
    needed = set(results)
    kept = []
    for statement in reversed(statements):
        if not needed.isdisjoint(definitions(statement)):
            needed.update(uses(statement))
            kept.append(statement)
    return kept[::-1]
