"""A program printed as Julia: the loss of a learning diagram as a function of models and a batch.

It is printed from the statements from which the Python is. An array has its rows last: a column [rows, d₁, …, dₖ] is an
array (dₖ, …, d₁, rows), which lies in memory as the column does. Names enter the text in three forms: as identifiers
that are spelled anew, as quoted strings without interpolation, or in comments of one line. So no name can become code.

>>> print(JuliaPrinter({}).loss([Term("fit", "f = g", (), (), "weight_fit", 0.5)], {"weight_fit": 0.5}))
function loss(models, batch; step = 0)
    constants = (weight_fit = 0.5,)
    # fit: f = g
    fit = 0.0  # the theory proves it
<BLANKLINE>
    total = constants.weight_fit * fit
    return total, (fit = fit,)
end
<BLANKLINE>
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from learning_diagrams.errors import CompileError
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.lowering import Constant
from learning_diagrams.semantics.program.printer import Distance, Names, Term, one_line
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
)

INDENT = "    "
WORDS = frozenset(
    re.findall(
        r"\w+",
        """abstract baremodule begin break catch const continue do else elseif end export false finally for function
        global if import in isa let local macro module mutable primitive public quote return struct true try type using
        where while Inf NaN batch constants frozen ignore_derivatives loss models nothing pi step sum total""",
    )
)
_CONSTANT = re.compile(r"constants\['(\w+)'\]")


class JuliaNames(Names):
    """Julia identifiers for names; one that has no letter or digit could not be read in Julia.

    >>> JuliaNames(WORDS).new("end"), JuliaNames(WORDS).new("→")
    ('end2', 'value_')
    """

    def new(self, hint: str) -> str:
        return super().new(hint if re.search("[0-9A-Za-z]", hint) else f"value{hint}")


class JuliaPrinter:
    """Prints programs as Julia.

    Parameters
    ----------
    models : mapping from the names of boxes to the names of their models.
    reserved : names that no variable may have, besides the words of Julia: those of the functions that are called.
    """

    def __init__(self, models: Mapping[str, str], reserved: Iterable[str] = ()) -> None:
        self.models, self.reserved = models, {*WORDS, *reserved}

    def loss(self, terms: Sequence[Term], constants: Mapping[str, Constant]) -> str:
        """The function `loss(models, batch; step)` that returns the total and a named tuple of its terms.

        constants : mapping from names to numbers, tuples of numbers, and schedules, which move with `step`.

        Raises `CompileError` for a statement or a comparison that has no Julia here.
        """
        names = JuliaNames(self.reserved)
        numbers = named_tuple({name: number(value) for name, value in constants.items()})
        lines = ["function loss(models, batch; step = 0)", f"{INDENT}constants = {numbers}"]
        fields, results = JuliaNames(WORDS), dict[str, str]()
        total: list[str] = []
        for term in terms:
            field = fields.new(term.name)
            spelled = "" if field == term.name else f", returned as {field}"
            lines.append(f"{INDENT}# {one_line(term.name)}: {one_line(term.title)}{spelled}")
            lines += [f"{INDENT}{self._statement(statement, names)}" for statement in term.statements]
            result = names.new(term.name)
            parts = [_call(distance, names, term) for distance in term.distances]
            lines += [f"{INDENT}{result} = {' + '.join(parts) or '0.0  # the theory proves it'}", ""]
            results[field] = result
            if term.weight_value == 0:  # a part of the total for nobody
                continue
            computed = f"sum({names[term.number]}) * " if term.number else ""
            start = "total + " if total else ""
            total.append(f"{INDENT}total = {start}constants.{term.weight} * {computed}{result}")
        lines += total or [f"{INDENT}total = 0.0"]
        return "\n".join([*lines, f"{INDENT}return total, {named_tuple(results)}", "end"]) + "\n"

    def _statement(self, statement: Statement, names: Names) -> str:
        match statement:
            case Read(target, cell):
                column = f"batch[{quoted(cell.space)}][{quoted(cell.column)}]"
                return f"{names[target]} = " + (f"rolled({column}, {cell.shift})" if cell.shift else column)
            case Count(target, of):
                return f"{names[target]} = {of if isinstance(of, int) else f'rows({names[of]})'}"
            case Expand(target, source, rows):
                return f"{names[target]} = expanded({names[source]}, {names[rows]})"
            case Draw(target, distribution, sampling):
                if sampling.function not in ("expectation", "expectation_bits"):
                    raise CompileError(
                        f"{distribution.hint.removesuffix('_out')!r} is drawn by {sampling.function!r}, and Julia "
                        "draws others than PyTorch, so the loss would be another; sample='expectation' has no draw"
                    )
                return f"{names[target]} = {sampling.function}({names[distribution]})"
            case Detach(target, source):
                return f"{names[target]} = ignore_derivatives({names[source]})"
            case OneHot(target, source):
                assert source.space is not None, "labels lie in a space"
                return f"{names[target]} = one_hot({names[source]}, {source.space.outcomes})"
            case Labels(target, source):
                return f"{names[target]} = labels({names[source]})"
            case Apply(targets, box, arguments, uses):
                if uses:
                    raise CompileError(f"box {box!r} calls {', '.join(uses)}, and Julia has no such box here")
                call = f"models.{self.models[box]}({', '.join(names[argument] for argument in arguments)})"
                if all(variable.constant for variable in definitions(statement)):
                    call = f"ignore_derivatives(() -> {call})"
                return f"{', '.join(names[target] for target in targets)} = {call}"
            case _:
                assert_never(statement)


def _call(distance: Distance, names: Names, term: Term) -> str:
    if term.in_law:
        raise CompileError(f"constraint {term.name!r} is compared in law, by samples, which have no Julia here")
    options = [f"{key} = {_option(value, names)}" for key, value in distance.options]
    if distance.positions is not None and distance.positions.counted:
        options.append("mean = true")
    ends = ", ".join(names[end] for end in (*distance.references, *distance.predictions))
    return f"{distance.function}({'; '.join([ends, ', '.join(options)] if options else [ends])})"


def _option(value: str | Variable, names: Names) -> str:
    if isinstance(value, Variable):
        return f"sum({names[value]})"
    constant = _CONSTANT.fullmatch(value)
    return f"constants.{constant[1]}" if constant else literal(ast.literal_eval(value))


def number(value: Constant) -> str:
    """A number, a tuple of numbers, or the number of a schedule at `step`.

    >>> number(0.5), number(Schedule(((0, 0.0), (10, 1.0))))
    ('0.5', 'scheduled(step, ((0, 0.0), (10, 1.0),), false)')
    """
    if isinstance(value, Schedule):
        points = ", ".join(f"({steps}, {literal(number)})" for steps, number in value.points)
        return f"scheduled(step, ({points},), {literal(value.smooth)})"
    return literal(value)


def literal(value: float | bool | tuple[float, ...] | None) -> str:
    """A number, a truth value, nothing, or a tuple of numbers in Julia.

    >>> literal(True), literal(0.1), literal((1.0, float("inf"))), literal(None)
    ('true', '0.1', '(1.0, Inf)', 'nothing')
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return repr(value).replace("inf", "Inf").replace("nan", "NaN")


def named_tuple(entries: Mapping[str, str]) -> str:
    """A named tuple in Julia.

    >>> named_tuple({}), named_tuple({"a": "1"})
    ('(;)', '(a = 1,)')
    """
    return f"({', '.join(f'{name} = {value}' for name, value in entries.items())},)" if entries else "(;)"


def quoted(text: str) -> str:
    r"""A text as a string of Julia, in which nothing is interpolated.

    >>> print(quoted('a"$(run)\n'))
    "a\"\$(run)\u{a}"
    """
    return (
        '"'
        + "".join(
            f"\\{char}" if char in '"\\$' else char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text
        )
        + '"'
    )
