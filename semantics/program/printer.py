"""A program printed as Python: what `objective.code` shows, what runs, and what `explain` says of a file.

The text is made from the program's own statements. Names of boxes, columns and constraints enter it as identifiers
that are spelled anew, as quoted strings, or in comments of one line, so that no name can become code.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

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
)

INDENT = "    "


@dataclass(frozen=True)
class Distance:
    """A summand of a term: function(reference, prediction), with the text of each option.

    references, predictions : one variable each for an output wire; in law, those of all wires together.
    coupled : whether the value of a row depends on the other rows, so that it must know which are present.
    """

    function: str
    references: tuple[Variable, ...]
    predictions: tuple[Variable, ...]
    options: tuple[tuple[str, str], ...] = ()
    coupled: bool = False


@dataclass(frozen=True)
class Term:
    """A constraint in the loss: what it is called, what it says, how it is computed.

    distances : one for each output wire; one in law; none where the theory proves the constraint, whose term is 0.
    in_law : whether the two sides are compared as distributions, so that the term is no mean over rows.
    keys : the columns that either side reads, (space, column, shift): a row counts where all of them are present.
    """

    name: str
    title: str
    statements: tuple[Statement, ...]
    distances: tuple[Distance, ...]
    weight: str
    weight_value: float
    in_law: bool = False
    keys: tuple[tuple[str, str, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        # Made at once: torch.compile cannot trace a cached property.
        read = (v for one in self.distances for v in (*one.references, *one.predictions))
        object.__setattr__(self, "keys", _keys(read))


class Names:
    """Python identifiers for names: each as close to its name as it can be, and no two the same."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._of: dict[Variable, str] = {}

    def new(self, hint: str) -> str:
        name = re.sub(r"[^0-9A-Za-z_]", "_", hint) or "_"
        name = f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
        fresh, count = name, 1
        while fresh in self._taken:
            count += 1
            fresh = f"{name}{count}"
        self._taken.add(fresh)
        return fresh

    def __getitem__(self, variable: Variable) -> str:
        if variable not in self._of:
            self._of[variable] = self.new(variable.hint)
        return self._of[variable]


class Printer:
    """Prints programs for one back end.

    Parameters
    ----------
    reserved : the names that the back end's functions and arguments have taken.
    key : the key under which a box's module is found.
    """

    def __init__(self, reserved: Iterable[str], key: Callable[[str], str]) -> None:
        self.reserved, self.key = frozenset(reserved), key

    def loss(self, terms: Sequence[Term], unchecked: frozenset[str]) -> str:
        """The function `loss(batch, boxes, constants)` that returns the total and its terms."""
        names = Names(self.reserved)
        lines = ["def loss(batch, boxes, constants):"]
        results: list[str] = []
        total: list[str] = []
        for term in terms:
            lines += self._head(term, names, unchecked)
            result = names.new(term.name)
            parts = [_call(one, one.function, names) for one in term.distances]
            value = " + ".join(parts) if parts else "constants['zero']  # the theory proves it"
            lines += [f"{INDENT}{result} = {value}", ""]
            results.append(f"{INDENT * 2}{term.name!r}: {result},")
            start = "total + " if total else ""
            total.append(f"{INDENT}total = {start}constants[{term.weight!r}] * {result}  # {term.weight_value!r}")
        lines += total or [f"{INDENT}total = constants['zero']"]
        return "\n".join([*lines, f"{INDENT}return total, {{", *results, f"{INDENT}}}"]) + "\n"

    def rows(self, terms: Sequence[Term], unchecked: frozenset[str]) -> str:
        """The function `rows(batch, present, boxes, constants)` that returns the values of each term row by row.

        A term in law has one value, in which a side's samples count where `present` says that their columns are. What
        is made of several columns is made, where not all of them are present, of a row in which they are.
        """
        names = Names(self.reserved)
        lines = ["def rows(batch, present, boxes, constants):"]
        results = []
        for term in terms:
            lines += self._head(term, names, unchecked, by_rows=True)
            result = names.new(term.name)
            if term.in_law:
                parts = [_call(one, one.function, names, _presence(one)) for one in term.distances]
            else:
                parts = [
                    _call(one, f"{one.function}_rows", names, _rows_present(one) if one.coupled else (), by_rows=True)
                    for one in term.distances
                ]
            lines += [f"{INDENT}{result} = {' + '.join(parts) or _ZERO}", ""]
            results.append(f"{INDENT * 2}{term.name!r}: {result},")
        return "\n".join([*lines, f"{INDENT}return {{", *results, f"{INDENT}}}"]) + "\n"

    def model(
        self,
        inputs: Sequence[tuple[str, Variable | str]],
        statements: Sequence[Statement],
        outputs: Sequence[Variable],
        unchecked: frozenset[str],
    ) -> str:
        """The function `model(boxes, *inputs)` that returns a tensor or a tuple of tensors.

        A sample space among the inputs, given by its name, is a mapping of columns.
        """
        names = Names(self.reserved)
        arguments = [names[given] if isinstance(given, Variable) else names.new(hint) for hint, given in inputs]
        spaces = [(given, name) for (_, given), name in zip(inputs, arguments, strict=True) if isinstance(given, str)]
        lines = [f"def model({', '.join(['boxes', *arguments])}):"]
        if spaces:
            lines.append(f"{INDENT}batch = {{{', '.join(f'{space!r}: {name}' for space, name in spaces)}}}")
        lines += self._statements(statements, names, unchecked)
        returned = ", ".join(names[output] for output in outputs)
        return "\n".join([*lines, f"{INDENT}return {returned if len(outputs) == 1 else f'({returned})'}"]) + "\n"

    def _head(self, term: Term, names: Names, unchecked: frozenset[str], by_rows: bool = False) -> list[str]:
        title = f"{INDENT}# {one_line(term.name)}: {one_line(term.title)}"
        return [title, *self._statements(term.statements, names, unchecked, by_rows)]

    def _statements(
        self, statements: Sequence[Statement], names: Names, unchecked: frozenset[str], by_rows: bool = False
    ) -> list[str]:
        lines: list[str] = []
        guarded = False
        for statement in statements:
            constant = isinstance(statement, Apply | Draw) and _made_constant(statement)
            if constant and not guarded:
                lines.append(f"{INDENT}with torch.no_grad():")
            guarded = constant
            lines.append(INDENT * (2 if constant else 1) + self._statement(statement, names, unchecked, by_rows))
        return lines

    def _statement(self, statement: Statement, names: Names, unchecked: frozenset[str], by_rows: bool) -> str:
        match statement:
            case Read(target, cell):
                rolled = f".roll({cell.shift}, 0)" if cell.shift else ""
                return f"{names[target]} = batch[{cell.space!r}][{cell.column!r}]{rolled}"
            case Count(target, of):
                return f"{names[target]} = {of if isinstance(of, int) else f'{names[of]}.shape[0]'}"
            case Expand(target, source, rows):
                ndim = 0 if target.space is None else target.space.ndim(target.kind)
                return f"{names[target]} = expand({names[source]}, {names[rows]}, {'...' if ndim is None else ndim})"
            case Draw(target, law, sampling):
                given = [names[law], *map(repr, sampling.arguments)]
                return f"{names[target]} = {sampling.function}({', '.join(given)})"
            case Detach(target, source):
                known = source.kind != "distribution" or (source.space is not None and source.space.logits)
                return f"{names[target]} = " + (f"{names[source]}.detach()" if known else f"detach({names[source]})")
            case OneHot(target, source):
                assert source.space is not None, "labels lie in a space"
                return f"{names[target]} = one_hot({names[source]}, {source.space.outcomes}, boxes)"
            case Labels(target, source):
                return f"{names[target]} = {names[source]}.argmax(-1)"
            case Apply(targets, box, arguments):
                given = _given(arguments, names, by_rows)
                module = f"boxes[{self.key(box)!r}]"
                checked = f"check({', '.join([repr(box), module, *given])})"
                call = checked if box in unchecked else f"{module}({', '.join(given)})"
                return f"{', '.join(names[target] for target in targets)} = {call}"
        raise AssertionError(statement)


_ZERO = "constants['zero']"


def one_line(text: str) -> str:
    """A text as a comment can hold it."""
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def _made_constant(statement: Apply | Draw) -> bool:
    targets = statement.targets if isinstance(statement, Apply) else (statement.target,)
    return all(target.constant for target in targets)


def _call(distance: Distance, function: str, names: Names, more: Sequence[str] = (), by_rows: bool = False) -> str:
    if by_rows:
        sides = _given((*distance.references, *distance.predictions), names, by_rows)
    else:
        sides = [_joined(side, names) for side in (distance.references, distance.predictions)]
    options = [f"{key}={text}" for key, text in distance.options]
    return f"{function}({', '.join([*sides, *options, *more])})"


def _given(arguments: Sequence[Variable], names: Names, by_rows: bool) -> list[str]:
    """What a function of rows is called with: by rows, with values that are present together."""
    given = [names[argument] for argument in arguments]
    if not by_rows or len({argument.cells for argument in arguments}) < 2:
        return given
    return [f"*together(present({', '.join(map(repr, _keys(arguments)))}), {', '.join(given)})"]


def _joined(side: Sequence[Variable], names: Names) -> str:
    return names[side[0]] if len(side) == 1 else f"join({', '.join(names[one] for one in side)})"


def _presence(distance: Distance) -> list[str]:
    sides = (("reference", distance.references), ("prediction", distance.predictions))
    return [f"{side}_present=present({', '.join(map(repr, _keys(variables)))})" for side, variables in sides]


def _rows_present(distance: Distance) -> list[str]:
    return [f"present=present({', '.join(map(repr, _keys((*distance.references, *distance.predictions))))})"]


def _keys(variables: Iterable[Variable]) -> tuple[tuple[str, str, int], ...]:
    """The columns that some variables are made from: space, column, shift."""
    found: frozenset[ColumnDraw] = frozenset().union(*(variable.cells for variable in variables))
    return tuple(sorted((cell.space, cell.column, cell.shift) for cell in found))
