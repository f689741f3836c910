"""The command line, from the commands themselves: a section each, with arguments, options and their defaults."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from typer import Context
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from learning_diagrams.cli import app

PROGRAM = "learning-diagrams"


def pages() -> Iterator[tuple[str, str]]:
    root = get_command(app)
    sections = "\n".join(_section(name, command) for name, command in _commands(root, PROGRAM))
    head = f"# Command line\n\n{root.help} [Work in a terminal](../command-line.md) shows them at work."
    yield "reference/command-line.md", f"{head}\n\n{sections}"


def _commands(group: TyperGroup | TyperCommand, path: str) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in getattr(group, "commands", {}).items():
        yield f"{path} {name}", command
        yield from _commands(command, f"{path} {name}")


def _section(name: str, command: TyperCommand) -> str:
    context = Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    lines = [f"## {name.removeprefix(PROGRAM).strip()}", "", command.help or "", "", "```", usage, "```", ""]
    rows = [_row(parameter, context) for parameter in command.params if parameter.name != "help"]
    if rows:
        lines += ["| argument or option | what it is | default |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(parameter: TyperArgument | TyperOption, context: Context) -> str:
    names = ", ".join(parameter.opts) if isinstance(parameter, TyperOption) else ""
    takes = "" if getattr(parameter, "is_flag", False) else parameter.make_metavar(context)
    default = parameter.get_default(context, call=False)
    shown = "" if default in (None, False, ()) else str(getattr(default, "value", default))
    return f"| {_code(f'{names} {takes}'.strip())} | {getattr(parameter, 'help', None) or ''} | {_code(shown)} |"


def _code(text: str) -> str:
    """Code in a cell of a table, where a bar would end the cell."""
    return f"<code>{escape(text).replace('|', '&#124;')}</code>" if text else ""
