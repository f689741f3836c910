"""The command line: `learning-diagrams check|explain|print|equal|schema`.

Exit codes: 0 all is well, 1 something was found, 2 the input cannot be used. This door imports inside its commands, so
that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from learning_diagrams.files import Reading

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look at learning diagrams in files. Exit codes: 0 fine, 1 a finding, 2 unusable input.",
)
File = Annotated[str, typer.Argument(metavar="FILE", help="A learning diagram, .yaml or .json.")]


class Form(StrEnum):
    """How `print` writes a learning diagram."""

    yaml = "yaml"
    json = "json"
    text = "text"


class Theory(StrEnum):
    """Whose laws `equal` decides by."""

    symmetric = "symmetric"
    markov = "markov"
    cartesian = "cartesian"


@app.command()
def check(files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Learning diagrams.")]) -> None:
    """Read files, and say what in them does nothing or cannot be trained."""
    worst = 0
    for file in files:
        with _refusing() as refused:
            reading = _read(file)
            found = [f"{reading.where(place)}: {said}" for place, said in _findings(reading)]
            for line in found:
                print(line)
            if not found:
                print(f"{file}: fine, digest {reading.diagram.digest()}")
            worst = max(worst, 1 if found else 0)
        worst = max(worst, *refused, 0)
    raise typer.Exit(worst)


@app.command()
def explain(
    file: File,
    space: Annotated[
        list[str] | None, typer.Option(metavar="OBJECT=SPACE", help="A space, as in image='Euclidean(784)'.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="Trained weights, .safetensors.")] = None,
) -> None:
    """Say in words what a learning diagram asks for; with spaces, what it compiles to."""
    with _refusing() as refused:
        diagram = _read(file).diagram
        if weights is not None and not space:
            raise typer.BadParameter("--weights needs the spaces too: --space image='Euclidean(784)' …")
        print(_explained(diagram, _spaces(space or []), weights))
    raise typer.Exit(max(refused, default=0))


@app.command("print")
def show(file: File, form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.yaml) -> None:
    """Write the canonical form of a learning diagram."""
    with _refusing() as refused:
        diagram = _read(file).diagram
        if form is Form.text:
            print(diagram)
        else:
            from learning_diagrams.files import encode

            print(encode(diagram, form.value).decode("utf-8"), end="")
    raise typer.Exit(max(refused, default=0))


@app.command()
def equal(
    file: File,
    lhs: Annotated[str, typer.Argument(metavar="A", help="A term over the boxes that the file declares.")],
    rhs: Annotated[str, typer.Argument(metavar="B", help="A parallel term.")],
    theory: Annotated[Theory, typer.Option(help="Which laws hold.")] = Theory.markov,
    evidence: Annotated[bool, typer.Option("--evidence", help="Print a model in which unequal terms differ.")] = False,
) -> None:
    """Decide whether two terms are equal: exit code 0 where they are, 1 where they are not."""
    answer: object = None
    with _refusing() as refused:
        from learning_diagrams.equality import equal as decide
        from learning_diagrams.serialization import signature_of
        from learning_diagrams.text import parse_term

        signature = signature_of(_read(file).document)
        terms = parse_term(lhs, signature), parse_term(rhs, signature)
        answer = decide(*terms, theory.value, evidence=True) if evidence else decide(*terms, theory.value)
        print(answer if evidence else f"{'equal' if answer else 'not equal'} in the theory {theory.value}")
    raise typer.Exit(max(refused, default=0 if answer else 1))


@app.command()
def schema() -> None:
    """Write the JSON Schema of the file format."""
    import json

    from learning_diagrams.document import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """The entry point; a reader that closes the pipe early ends it quietly."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
        sys.exit(0)


@contextmanager
def _refusing() -> Iterator[list[int]]:
    """Turns an error of the library into one message and, in the list, the exit code 2."""
    from learning_diagrams.errors import LearningDiagramError

    refused: list[int] = []
    try:
        yield refused
    except LearningDiagramError as error:
        print(error, file=sys.stderr)
        refused.append(2)


def _read(file: str) -> Reading:
    from learning_diagrams.files import read_file

    return read_file(file)


def _findings(reading: Reading) -> Iterator[Any]:
    from learning_diagrams.findings import findings
    from learning_diagrams.semantics.divergence import divergence

    def check_divergence(name: str, options: Mapping[str, Any]) -> None:
        divergence(name).check(options, "")

    return findings(reading.document, reading.diagram, check_divergence)


def _spaces(given: list[str]) -> dict[str, str]:
    spaces: dict[str, str] = {}
    for item in given:
        name, equals, space = item.partition("=")
        if not equals or not name.strip() or not space.strip():
            raise typer.BadParameter(f"--space takes OBJECT=SPACE, as in image='Euclidean(784)'; got {item!r}")
        spaces[name.strip()] = space.strip()
    return spaces


def _explained(diagram: Any, spaces: dict[str, str], weights: str | None) -> str:
    if not spaces:
        return str(import_module("learning_diagrams.semantics.explanation").explain(diagram))
    try:
        compiled = import_module("learning_diagrams.backends.torch.explanation")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "learning_diagrams":
            raise
        print("explaining with spaces needs PyTorch: pip install 'learning-diagrams[torch]'", file=sys.stderr)
        raise typer.Exit(2) from None
    return str(compiled.explain(diagram, spaces, weights))
