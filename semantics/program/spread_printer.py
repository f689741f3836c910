"""The program of a loss whose rows are spread over several processes, of which each computes a part.

Every variable has the rows of a sample space, or it is the same in every process. What depends on one row is computed
on the rows of this process, behind `present.call`, which makes the draws of these rows those of all rows. What depends
on several rows is computed on all rows, which `present.joined` brings together, in every process.

>>> from learning_diagrams.semantics.program.statement import ColumnDraw
>>> x = Variable("x", None, "point", True)
>>> read = Read(x, ColumnDraw("rows", "x", 1))
>>> spread_of([read])[x]
'rows'
>>> print(SpreadPrinter({}, str).rows([Term("t", "", (read,), (), "w", 1.0)], frozenset()).splitlines()[2].strip())
x = present.shifted('rows', 'x', 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from learning_diagrams.semantics.program.printer import (
    Distance,
    Names,
    Printer,
    Term,
    call_text,
    compared,
    keys_of,
    operand_texts,
    rows_present,
)
from learning_diagrams.semantics.program.statement import (
    Apply,
    Count,
    Draw,
    Expand,
    Read,
    Statement,
    Variable,
    definitions,
    uses,
)


def spread_of(statements: Iterable[Statement]) -> dict[Variable, str]:
    """The sample space whose rows a variable has; a variable that is the same in every process is left out."""
    spread: dict[Variable, str] = {}
    for statement in statements:
        match statement:
            case Read(_, cell):
                space: str | None = cell.space
            case Count(_, of):
                space = None if isinstance(of, int) else spread.get(of)
            case Expand(_, _, rows):
                space = spread.get(rows)
            case _:
                space = next((spread[variable] for variable in uses(statement) if variable in spread), None)
        if space is not None:
            spread |= dict.fromkeys(definitions(statement), space)
    return spread


class SpreadPrinter(Printer):
    """Prints `rows(batch, present, boxes, constants)`, where the batch has the rows of one process."""

    _spread: Mapping[Variable, str]

    def rows(self, terms: Sequence[Term], unchecked: frozenset[str]) -> str:
        self._spread = spread_of(statement for term in terms for statement in term.statements)
        return super().rows(terms, unchecked)

    def _values(self, distance: Distance, names: Names, in_law: bool) -> str:
        ends = (*distance.references, *distance.predictions)
        space = self._spread.get(ends[0])
        if in_law:
            return super()._values(distance, _JoinedNames(names, self._spread), in_law)
        if space is None:
            return super()._values(distance, names, in_law)
        operands, function = self._operands(ends, names), f"{distance.function}_rows"
        if distance.coupled:
            sides = [f"*present.joined({space!r}, {', '.join(operands)})"]
            value = call_text(distance, function, sides, names, [*compared(distance), *rows_present(distance)])
            return f"present.own({space!r}, {value})"
        more = [text.replace("=", f"=present.own({space!r}, ", 1) + ")" for text in compared(distance)]
        value = call_text(distance, function, operands, names, more)
        laws = any(end.kind == "distribution" and not (end.space and end.space.logits) for end in ends)
        return value.replace("(", f"(present.compare)({space!r}, {function}, ", 1)[len(function) :] if laws else value

    def _statement(self, statement: Statement, names: Names, unchecked: frozenset[str], by_rows: bool) -> str:
        space = self._spread.get(definitions(statement)[0])
        if space is None:
            return super()._statement(statement, names, unchecked, by_rows)
        match statement:
            case Read(target, cell) if cell.shift:
                return f"{names[target]} = present.shifted({space!r}, {cell.column!r}, {cell.shift})"
            case Draw(target, distribution, sampling):
                operands = [repr(space), sampling.function, names[distribution], *map(repr, sampling.arguments)]
                return f"{names[target]} = present.call({', '.join(operands)})"
            case Apply(targets, box, arguments):
                module = f"boxes[{self.key(box)!r}]"
                called = ["check", repr(box), module] if box in unchecked else [module]
                operands = [repr(space), *called, *self._operands(arguments, names)]
                return f"{', '.join(names[target] for target in targets)} = present.call({', '.join(operands)})"
        return super()._statement(statement, names, unchecked, by_rows)

    def _operands(self, arguments: Sequence[Variable], names: Names) -> list[str]:
        """Operands, those of several columns as values that are present together in some row of some process."""
        if len({argument.cells for argument in arguments}) < 2:
            return operand_texts(arguments, names, by_rows=False)
        space = next(self._spread[argument] for argument in arguments if argument in self._spread)
        keys = ", ".join(map(repr, keys_of(arguments)))
        return [f"*present.together({space!r}, present({keys}), {', '.join(names[each] for each in arguments)})"]


class _JoinedNames(Names):
    """The names of variables; those with rows of this process are brought together."""

    def __init__(self, names: Names, spread: Mapping[Variable, str]) -> None:
        self._names, self._spread = names, spread

    def __getitem__(self, variable: Variable) -> str:
        space = self._spread.get(variable)
        name = self._names[variable]
        return name if space is None else f"*present.joined({space!r}, {name})"
