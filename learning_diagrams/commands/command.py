"""A command: its exit code (0 all is well, 1 a finding, 2 the input cannot be used); arguments that several take."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer

P = ParamSpec("P")
File = Annotated[str, typer.Argument(metavar="FILE", help="A learning diagram, or a plan with one; .yaml or .json.")]


class Theory(StrEnum):
    """A theory, which says when diagrams are equal."""

    symmetric = "symmetric"
    markov = "markov"
    cartesian = "cartesian"


MARKOV = Theory.markov
Laws = Annotated[Theory, typer.Option(help="Which laws hold.")]
Names = list[str] | None
Assume = Annotated[Names, typer.Option(metavar="NAME", help="A constraint that is assumed besides the axioms.")]


def exits(run: Callable[P, int | None]) -> Callable[P, None]:
    """A command that ends with the exit code that a function returns; None stands for 0."""

    @wraps(run)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(exit_code_of(run, *args, **kwargs))

    return command


def exit_code_of(run: Callable[P, int | None], *args: P.args, **kwargs: P.kwargs) -> int:
    """The exit code that a function returns. An error of the library is printed, and its code is 2."""
    from learning_diagrams.errors import LearningDiagramError

    try:
        with redirect_stdout(_Printable(sys.stdout)):
            return run(*args, **kwargs) or 0
    except LearningDiagramError as error:
        print(error, file=sys.stderr)
        return 2


@contextmanager
def past_closed_pipe(stream: Any) -> Iterator[None]:
    """What is written to a pipe that its reader has closed goes nowhere, from then on."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Printable:
    """A stream on which every text is printable, whatever the names in a file are.

    A reader that closes a pipe early, as `head` does, neither ends the command nor changes its exit code.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        from learning_diagrams.errors import printable

        with past_closed_pipe(self.stream):
            self.stream.write(printable(text))
        return len(text)

    def flush(self) -> None:
        with past_closed_pipe(self.stream):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
