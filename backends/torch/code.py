"""A program printed as the Python that runs: `objective.code` is this text, and nothing else is executed.

The text is made from the program's own statements. Names of boxes, columns and constraints enter it as identifiers
that are spelled anew, as quoted strings, or in comments of one line, so that no name can become code.
"""

from __future__ import annotations

import keyword
import linecache
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from learning_diagrams.backends.torch.box_modules import escape
from learning_diagrams.backends.torch.divergence import FUNCTIONS
from learning_diagrams.backends.torch.draw import draw, expand
from learning_diagrams.backends.torch.statement import Apply, Count, Draw, Expand, Read, Statement, Variable

INDENT = "    "


@dataclass(frozen=True)
class Distance:
    """One output wire of a term: function(reference, prediction), with a constant for each option."""

    function: str
    reference: Variable
    prediction: Variable
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Term:
    """A constraint in the loss: what it is called, what it says, how it is computed.

    distances : one for each output wire; none where the theory proves the constraint, whose term is 0.
    """

    name: str
    title: str
    statements: tuple[Statement, ...]
    distances: tuple[Distance, ...]
    weight: str
    weight_value: float


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


def print_loss(terms: Sequence[Term], unchecked: frozenset[str]) -> str:
    """The function `loss(batch, boxes, constants)` that returns the total and its terms."""
    names = Names(RESERVED)
    lines = ["def loss(batch, boxes, constants):"]
    results: list[str] = []
    total: list[str] = []
    for term in terms:
        lines.append(f"{INDENT}# {_comment(term.name)}: {_comment(term.title)}")
        lines += _print_statements(term.statements, names, unchecked)
        result = names.new(term.name)
        parts = [_print_distance(distance, names) for distance in term.distances]
        value = " + ".join(parts) if parts else "constants['zero']  # the theory proves it"
        lines += [f"{INDENT}{result} = {value}", ""]
        results.append(f"{INDENT * 2}{term.name!r}: {result},")
        start = "total + " if total else ""
        total.append(f"{INDENT}total = {start}constants[{term.weight!r}] * {result}  # {term.weight_value!r}")
    lines += total or [f"{INDENT}total = constants['zero']"]
    return "\n".join([*lines, f"{INDENT}return total, {{", *results, f"{INDENT}}}"]) + "\n"


def print_model(
    inputs: Sequence[tuple[str, Variable | str]],
    statements: Sequence[Statement],
    outputs: Sequence[Variable],
    unchecked: frozenset[str],
) -> str:
    """The function `model(boxes, *inputs)` that returns a tensor or a tuple of tensors.

    A sample space among the inputs, given by its name, is a mapping of columns.
    """
    names = Names(RESERVED)
    arguments = [names[given] if isinstance(given, Variable) else names.new(hint) for hint, given in inputs]
    spaces = [(given, name) for (_, given), name in zip(inputs, arguments, strict=True) if isinstance(given, str)]
    lines = [f"def model({', '.join(['boxes', *arguments])}):"]
    if spaces:
        lines.append(f"{INDENT}batch = {{{', '.join(f'{space!r}: {name}' for space, name in spaces)}}}")
    lines += _print_statements(statements, names, unchecked)
    returned = ", ".join(names[output] for output in outputs)
    return "\n".join([*lines, f"{INDENT}return {returned if len(outputs) == 1 else f'({returned})'}"]) + "\n"


def _print_statements(statements: Sequence[Statement], names: Names, unchecked: frozenset[str]) -> list[str]:
    lines: list[str] = []
    guarded = False
    for statement in statements:
        constant = isinstance(statement, Apply | Draw) and _made_constant(statement)
        if constant and not guarded:
            lines.append(f"{INDENT}with torch.no_grad():")
        guarded = constant
        lines.append(INDENT * (2 if constant else 1) + _print_statement(statement, names, unchecked))
    return lines


def _made_constant(statement: Apply | Draw) -> bool:
    targets = statement.targets if isinstance(statement, Apply) else (statement.target,)
    return all(target.constant for target in targets)


def _print_statement(statement: Statement, names: Names, unchecked: frozenset[str]) -> str:
    match statement:
        case Read(target, space, column, shift):
            rolled = f".roll({shift}, 0)" if shift else ""
            return f"{names[target]} = batch[{space!r}][{column!r}]{rolled}"
        case Count(target, column):
            return f"{names[target]} = {'1' if column is None else f'{names[column]}.shape[0]'}"
        case Expand(target, source, rows):
            ndim = 0 if target.space is None else len(target.space.row_shape(target.kind))
            return f"{names[target]} = expand({names[source]}, {names[rows]}, {ndim})"
        case Draw(target, law, box):
            return f"{names[target]} = draw({names[law]}, {box!r})"
        case Apply(targets, box, arguments):
            given = [names[argument] for argument in arguments]
            module = f"boxes[{escape(box)!r}]"
            checked = f"check({', '.join([repr(box), module, *given])})"
            call = checked if box in unchecked else f"{module}({', '.join(given)})"
            return f"{', '.join(names[target] for target in targets)} = {call}"
    raise AssertionError(statement)


def _print_distance(distance: Distance, names: Names) -> str:
    options = [f"{key}=constants[{constant!r}]" for key, constant in distance.options]
    return f"{distance.function}({', '.join([names[distance.reference], names[distance.prediction], *options])})"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def make_function(code: str, name: str, title: str, check: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The function that printed code defines; tracebacks show its lines."""
    filename = f"<{_comment(title)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {**_NAMESPACE, "check": check}
    exec(compile(code, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


_NAMESPACE: dict[str, Any] = {"torch": torch, "draw": draw, "expand": expand, **FUNCTIONS}
RESERVED = frozenset({*_NAMESPACE, "check", "batch", "boxes", "constants", "total", "loss", "model"})
