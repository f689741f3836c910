"""A program printed as Python: the text that `objective.code` shows, that runs, and that `explain` shows for a file.

The text is printed from the statements of the program. Names of boxes, columns and constraints enter it in three forms:
as identifiers that are spelled anew, as quoted strings, or in comments of one line. So no name can become code.

>>> printer = Printer({"loss"}, str)
>>> print(printer.loss([Term("fit", "f = g", (), (), "weight_fit", 0.5)], frozenset()))
def loss(batch, boxes, constants):
    # fit: f = g
    fit = constants['zero']  # the theory proves it
<BLANKLINE>
    total = constants['weight_fit'] * fit  # 0.5
    return total, {
        'fit': fit,
    }
<BLANKLINE>
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.functor.space import Cell, Positions
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

INDENT = "    "


@dataclass(frozen=True)
class Distance:
    """A summand of a term: function(references, predictions, options).

    Parameters
    ----------
    function : str, the name of the function in the code.
    references, predictions : tuples of Variable, one for an output wire; in law, one for each output wire.
    options : tuple of pairs (name, text), or (name, Variable) of a number that boxes compute.
    coupled : bool, whether the value of a row depends on the other rows, so that it takes `present`.
    positions : Positions or None, the positions of a row that are compared.
    whole : bool, whether it compares whole rows, so that it does not take `positions`.
    ragged : tuple of pairs (Variable, Positions), in law the ends that are 0 at absent positions.
    """

    function: str
    references: tuple[Variable, ...]
    predictions: tuple[Variable, ...]
    options: tuple[tuple[str, str | Variable], ...] = ()
    coupled: bool = False
    positions: Positions | None = None
    whole: bool = True
    ragged: tuple[tuple[Variable, Positions], ...] = ()


@dataclass(frozen=True)
class Term:
    """A constraint in the loss: its name, its equation as text, and its computation.

    Parameters
    ----------
    title : str, the comment over its statements.
    statements : tuple of Statement, those that no earlier term has computed.
    distances : tuple of Distance, one for each output wire; one in law; empty where the theory proves the constraint.
    weight : str, the name of its weight among the constants.
    weight_value : float or Schedule, that weight.
    in_law : bool, whether the two sides are compared as distributions, so that the term is not a mean over rows.
    number : Variable or None, a number that boxes compute, a further factor of the weight.

    Attributes
    ----------
    keys : tuple of (space, column, shift), the columns that a side reads; a row counts where all of them are present.
    positions : tuple of Positions, those of the output wires that have positions.
    """

    name: str
    title: str
    statements: tuple[Statement, ...]
    distances: tuple[Distance, ...]
    weight: str
    weight_value: float | Schedule
    in_law: bool = False
    number: Variable | None = None
    keys: tuple[Cell, ...] = field(init=False)
    positions: tuple[Positions, ...] = field(init=False)

    def __post_init__(self) -> None:
        # Computed at once: torch.compile cannot trace a cached property.
        variables = (v for distance in self.distances for v in (*distance.references, *distance.predictions))
        object.__setattr__(self, "keys", keys_of(variables))
        positions = (distance.positions for distance in self.distances)
        object.__setattr__(self, "positions", tuple(each for each in positions if each is not None))


class Names:
    """Python identifiers for names: each close to its name, and no two the same.

    >>> names = Names({"loss"})
    >>> names.new("loss"), names.new("a b"), names.new("1")
    ('loss2', 'a_b', '_1')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._of: dict[Variable, str] = {}

    def new(self, hint: str) -> str:
        name = re.sub(r"[^0-9A-Za-z_]", "_", hint) or "_"
        name = f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) or name == "__debug__" else name
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
    reserved : names of the functions and arguments of the back end, which no variable may have.
    key : function from the name of a box to the key of its module.
    """

    def __init__(self, reserved: Iterable[str], key: Callable[[str], str]) -> None:
        self.reserved, self.key = frozenset(reserved), key

    def loss(self, terms: Sequence[Term], unchecked: frozenset[str], note: str = "") -> str:
        """The function `loss(batch, boxes, constants)` that returns the total and its terms.

        note : str, a comment over them.
        """
        names = Names(self.reserved)
        lines = ["def loss(batch, boxes, constants):", *([f"{INDENT}# {one_line(note)}"] if note else [])]
        results: list[str] = []
        total: list[str] = []
        for term in terms:
            lines += self._head(term, names, unchecked)
            result = names.new(term.name)
            parts = [call_text(d, d.function, _sides(d, names), names, _mean(d)) for d in term.distances]
            value = " + ".join(parts) if parts else "constants['zero']  # the theory proves it"
            results.append(f"{INDENT * 2}{term.name!r}: {result},")
            if term.weight_value == 0:
                lines += [f"{INDENT}with torch.no_grad():  # weight 0: no part of the total"]
                lines += [f"{INDENT * 2}{result} = {value}", ""]
                continue
            lines += [f"{INDENT}{result} = {value}", ""]
            start = "total + " if total else ""
            weight = f"constants[{term.weight!r}] * " if term.number is None or term.weight_value != 1 else ""
            number = f"{_number(term.number, names)} * " if term.number else ""
            comment = f"  # {term.weight_value!r}" if weight else ""
            total.append(f"{INDENT}total = {start}{weight}{number}{result}{comment}")
        lines += total or [f"{INDENT}total = constants['zero']"]
        return "\n".join([*lines, f"{INDENT}return total, {{", *results, f"{INDENT}}}"]) + "\n"

    def rows(self, terms: Sequence[Term], unchecked: frozenset[str]) -> str:
        """The function `rows(batch, present, boxes, constants)` that returns the values of each term row by row.

        The number that weighs a term, where boxes compute one, is returned under ("weight", name of the term).

        A term in law has one value. It counts the samples of a side whose columns are present. A box of several columns
        that are not all present in a row is applied to a row in which they are, so that its value there is defined.
        """
        names = Names(self.reserved)
        lines = ["def rows(batch, present, boxes, constants):"]
        results = []
        for term in terms:
            lines += self._head(term, names, unchecked, by_rows=True)
            result = names.new(term.name)
            parts = [self._values(distance, names, term.in_law) for distance in term.distances]
            lines += [f"{INDENT}{result} = {' + '.join(parts) or _ZERO}", ""]
            results.append(f"{INDENT * 2}{term.name!r}: {result},")
            if term.number:
                results.append(f"{INDENT * 2}{('weight', term.name)!r}: {_number(term.number, names)},")
        return "\n".join([*lines, f"{INDENT}return {{", *results, f"{INDENT}}}"]) + "\n"

    def model(
        self,
        inputs: Sequence[tuple[str, Variable | str]],
        statements: Sequence[Statement],
        outputs: Sequence[Variable],
        unchecked: frozenset[str],
    ) -> str:
        """The function `model(boxes, *inputs)` that returns a tensor or a tuple of tensors.

        Parameters
        ----------
        inputs : pairs (hint, Variable), and for a sample space (hint, its name), whose argument maps names to columns.
        """
        names = Names(self.reserved)
        arguments = [names[value] if isinstance(value, Variable) else names.new(hint) for hint, value in inputs]
        spaces = [(value, name) for (_, value), name in zip(inputs, arguments, strict=True) if isinstance(value, str)]
        lines = [f"def model({', '.join(['boxes', *arguments])}):"]
        if spaces:
            lines.append(f"{INDENT}batch = {{{', '.join(f'{space!r}: {name}' for space, name in spaces)}}}")
        lines += self._statements(statements, names, unchecked)
        returned = ", ".join(names[output] for output in outputs)
        return "\n".join([*lines, f"{INDENT}return {returned if len(outputs) == 1 else f'({returned})'}"]) + "\n"

    def _values(self, distance: Distance, names: Names, in_law: bool) -> str:
        """The values of a distance row by row, or its one value in law."""
        if in_law:
            sides = _sides(distance, names, dict(distance.ragged))
            return call_text(distance, distance.function, sides, names, _presence(distance))
        operands = operand_texts((*distance.references, *distance.predictions), names, by_rows=True)
        more = [*compared(distance), *(rows_present(distance) if distance.coupled else ())]
        return call_text(distance, f"{distance.function}_rows", operands, names, more)

    def _head(self, term: Term, names: Names, unchecked: frozenset[str], by_rows: bool = False) -> list[str]:
        title = f"{INDENT}# {one_line(term.name)}: {one_line(term.title)}"
        return [title, *self._statements(term.statements, names, unchecked, by_rows)]

    def _statements(
        self, statements: Sequence[Statement], names: Names, unchecked: frozenset[str], by_rows: bool = False
    ) -> list[str]:
        lines: list[str] = []
        guarded = False
        for statement in statements:
            constant = isinstance(statement, Apply | Draw) and all(v.constant for v in definitions(statement))
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
            case Draw(target, distribution, sampling):
                operands = [names[distribution], *map(repr, sampling.arguments)]
                return f"{names[target]} = {sampling.function}({', '.join(operands)})"
            case Detach(target, source):
                known = source.kind != "distribution" or (source.space is not None and source.space.logits)
                return f"{names[target]} = " + (f"{names[source]}.detach()" if known else f"detach({names[source]})")
            case OneHot(target, source):
                assert source.space is not None, "labels lie in a space"
                return f"{names[target]} = one_hot({names[source]}, {source.space.outcomes}, boxes)"
            case Labels(target, source):
                return f"{names[target]} = {names[source]}.argmax(-1)"
            case Apply(targets, box, arguments, uses):
                operands = operand_texts(arguments, names, by_rows)
                module = f"boxes[{self.key(box)!r}]"
                checked = f"check({', '.join([repr(box), module, *operands])})"
                call = checked if box in unchecked else f"{module}({', '.join(operands)})"
                comment = f"  # calls {one_line(', '.join(uses))}" if uses else ""
                return f"{', '.join(names[target] for target in targets)} = {call}{comment}"


_ZERO = "constants['zero']"
LONGEST = 200  # characters of a comment


def one_line(text: str) -> str:
    """A text in the form that a comment can hold: printable, and cut after 200 characters."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"


def call_text(distance: Distance, function: str, sides: Sequence[str], names: Names, more: Sequence[str] = ()) -> str:
    options = [f"{key}={value if isinstance(value, str) else _number(value, names)}" for key, value in distance.options]
    positions = distance.positions
    if positions is not None and positions.size is None:
        sides = [f"*same_sizes({', '.join(sides)})"]
    return f"{function}({', '.join([*sides, *options, *more])})"


def _mean(distance: Distance) -> list[str]:
    """The mean over all positions that a batch without masks has."""
    return ["mean=True"] if distance.positions is not None and distance.positions.counted else []


def compared(distance: Distance) -> list[str]:
    """The positions that are compared, where some may be absent."""
    positions = None if distance.whole else distance.positions
    return [f"positions={_present_positions(positions)}"] if positions is not None and positions.keys else []


def _number(variable: Variable, names: Names) -> str:
    """The one number of a point that a box from I computes, without its dimensions."""
    return f"{names[variable]}.reshape(())"


def operand_texts(arguments: Sequence[Variable], names: Names, by_rows: bool) -> list[str]:
    """The operands of a function of rows; by rows, those of several columns as values that are present together."""
    operands = [names[argument] for argument in arguments]
    if not by_rows or len({argument.cells for argument in arguments}) < 2:
        return operands
    return [f"*together(present({', '.join(map(repr, keys_of(arguments)))}), {', '.join(operands)})"]


def _sides(distance: Distance, names: Names, ragged: Mapping[Variable, Positions] = MappingProxyType({})) -> list[str]:
    return [_joined(side, names, ragged) for side in (distance.references, distance.predictions)]


def _joined(side: Sequence[Variable], names: Names, ragged: Mapping[Variable, Positions]) -> str:
    ends = [
        f"zero_where_absent({names[end]}, {_present_positions(ragged[end])})" if end in ragged else names[end]
        for end in side
    ]
    return ends[0] if len(ends) == 1 else f"join({', '.join(ends)})"


def _present_positions(positions: Positions) -> str:
    return f"present.positions({', '.join(map(repr, positions.keys))}, ndim={positions.ndim})"


def _presence(distance: Distance) -> list[str]:
    sides = (("reference", distance.references), ("prediction", distance.predictions))
    return [f"{side}_present=present({', '.join(map(repr, keys_of(variables)))})" for side, variables in sides]


def rows_present(distance: Distance) -> list[str]:
    return [f"present=present({', '.join(map(repr, keys_of((*distance.references, *distance.predictions))))})"]


def keys_of(variables: Iterable[Variable]) -> tuple[Cell, ...]:
    """The columns from which some variables are computed: (space, column, shift)."""
    cells: frozenset[ColumnDraw] = frozenset().union(*(variable.cells for variable in variables))
    return tuple(sorted((cell.space, cell.column, cell.shift) for cell in cells))
