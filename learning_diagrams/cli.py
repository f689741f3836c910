"""The command line: check, explain, print, draw, convert, difference, train, report, equal, prove, refute …

This door names the commands; the folder `commands` has their functions.
"""

from __future__ import annotations

import sys
import warnings

import typer

from learning_diagrams.commands import (
    convert_command,
    file_commands,
    reasoning_commands,
    report_commands,
    train_command,
)
from learning_diagrams.commands.command import exits, past_closed_pipe

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look at learning diagrams in files. Exit codes: 0 fine, 1 a finding or no proof, 2 unusable input, "
    "3 a true countermodel in check-proof.",
)
regimes = typer.Typer(invoke_without_command=True)
app.add_typer(regimes, name="regimes")
app.command("check")(exits(file_commands.check))
app.command("explain")(exits(file_commands.explain))
app.command("print")(exits(file_commands.show))
app.command("draw")(exits(file_commands.draw))
app.command("convert")(exits(convert_command.convert))
app.command("difference")(exits(file_commands.difference))
app.command("train")(exits(train_command.train))
app.command("report")(exits(report_commands.report))
app.command("equal")(exits(reasoning_commands.equal))
app.command("prove")(exits(reasoning_commands.prove))
app.command("refute")(exits(reasoning_commands.refute))
app.command("check-proof")(exits(reasoning_commands.check_proof))
app.command("review")(exits(reasoning_commands.review))
app.command("schema")(exits(file_commands.schema))
regimes.callback()(file_commands.list_regimes)
regimes.command("show")(exits(file_commands.show_regime))


def without_place(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning to the user, without the line of Python that gave it, which a command line does not have."""
    if issubclass(category, UserWarning):
        return f"warning: {message}\n"
    return with_place(message, category, filename, lineno, line)


with_place = warnings.formatwarning


def main() -> None:
    """The entry point; a reader that closes the pipe early ends it quietly."""
    warnings.formatwarning = without_place
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show
    try:
        app()
    finally:  # with the exit code of the command
        with past_closed_pipe(sys.stdout):
            sys.stdout.flush()


if __name__ == "__main__":
    main()
