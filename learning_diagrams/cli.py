"""The command line: `learning-diagrams check|explain|print|equal|prove|refute|check-proof|review|regimes|schema`.

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
    from learning_diagrams.files.load_save import Reading
    from learning_diagrams.presentation.equation import Equation

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look at learning diagrams in files. Exit codes: 0 fine, 1 a finding, 2 unusable input.",
)
app.add_typer(regimes := typer.Typer(invoke_without_command=True), name="regimes")
File = Annotated[str, typer.Argument(metavar="FILE", help="A learning diagram, .yaml or .json.")]


class Form(StrEnum):
    """How `print` writes a learning diagram."""

    yaml = "yaml"
    json = "json"
    text = "text"


class Theory(StrEnum):
    """Whose laws hold."""

    symmetric = "symmetric"
    markov = "markov"
    cartesian = "cartesian"


Laws = Annotated[Theory, typer.Option(help="Which laws hold.")]


@app.command()
def check(files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Learning diagrams.")]) -> None:
    """Read files, and say what in them does nothing or cannot be trained."""
    worst = 0
    for file in files:
        with _refusing() as refused:
            reading = _read(file)
            found = [f"{reading.file.where(place)}: {said}" for place, said in _findings(reading)]
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
            from learning_diagrams.files.load_save import encode

            print(encode(diagram, form.value).decode("utf-8"), end="")
    raise typer.Exit(max(refused, default=0))


@app.command()
def equal(
    file: File,
    lhs: Annotated[str, typer.Argument(metavar="A", help="A term over the boxes that the file declares.")],
    rhs: Annotated[str, typer.Argument(metavar="B", help="A parallel term.")],
    theory: Laws = Theory.markov,
    evidence: Annotated[bool, typer.Option("--evidence", help="Print a model in which unequal terms differ.")] = False,
) -> None:
    """Decide whether two terms are equal: exit code 0 where they are, 1 where they are not."""
    answer: object = None
    with _refusing() as refused:
        from learning_diagrams.documents.serialization import signature_of
        from learning_diagrams.equality.decision import equal as decide
        from learning_diagrams.terms.parser import parse_term

        signature = signature_of(_read(file).document)
        terms = parse_term(lhs, signature), parse_term(rhs, signature)
        answer = decide(*terms, theory.value, evidence=True) if evidence else decide(*terms, theory.value)
        print(answer if evidence else f"{'equal' if answer else 'not equal'} in the theory {theory.value}")
    raise typer.Exit(max(refused, default=0 if answer else 1))


Goal = Annotated[str, typer.Argument(metavar="NAME", help="A constraint, an axiom, or an equation of terms: A = B.")]
Assume = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="A constraint that is assumed besides the axioms.")
]
Budget = Annotated[int, typer.Option(min=1, help="How many diagrams, and how many models, may be looked at.")]
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="OUT", help="Where it is written, as JSON.")]


@app.command()
def prove(
    file: File,
    name: Goal,
    output: Output = None,
    assume: Assume = None,
    theory: Laws = Theory.markov,
    budget: Budget = 20_000,
) -> None:
    """Derive an equation from the axioms of a file: exit code 0 with a proof, 1 without one."""
    proved = False
    with _refusing() as refused:
        from learning_diagrams.files.named_equation import assumed, read_equation
        from learning_diagrams.proof.proof import Proof
        from learning_diagrams.semantics.reasoning.proving import prove as search

        reading = _read(file)
        answer = search(read_equation(reading, name), assumed(reading, name, assume), theory.value, budget)
        print(answer)
        proved = isinstance(answer, Proof)
        if isinstance(answer, Proof) and output is not None:
            _write(output, answer)
    raise typer.Exit(max(refused, default=0 if proved else 1))


@app.command()
def refute(
    file: File,
    name: Goal,
    output: Output = None,
    assume: Assume = None,
    theory: Laws = Theory.markov,
    budget: Budget = 20_000,
) -> None:
    """Find a finite model of a file's axioms in which an equation fails: exit code 0 with one, 1 without."""
    model = None
    with _refusing() as refused:
        from learning_diagrams.files.named_equation import assumed, read_equation
        from learning_diagrams.semantics.models.countermodel import find_countermodel

        reading = _read(file)
        goal, axioms = read_equation(reading, name), assumed(reading, name, assume)
        model = find_countermodel(goal, tuple(axioms.values()), theory.value, budget)
        print(model if model is not None else f"no countermodel within the budget {budget:,}")
        if model is not None and output is not None:
            _write(output, model)
    raise typer.Exit(max(refused, default=0 if model is not None else 1))


@app.command("check-proof")
def check_proof(
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="A certificate that `prove -o` has written.")],
    statement: Annotated[
        str | None, typer.Option(metavar="NAME", help="What it has to prove: a name or an equation of --file.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The learning diagram whose axioms alone it may assume.")
    ] = None,
    assume: Assume = None,
) -> None:
    """Replay a certificate, and say what it proves and what it assumes: exit code 0 if it is accepted, 1 if not."""
    accepted = False
    with _refusing() as refused:
        from learning_diagrams.files.named_equation import assumed, read_equation
        from learning_diagrams.files.plain_file import read_table
        from learning_diagrams.proof.checker import check as replay

        if file is None and (statement is not None or assume):
            raise typer.BadParameter("--statement and --assume need --file FILE, in which their names stand")
        reading = None if file is None else _read(file)
        goal = read_equation(reading, statement) if reading and statement is not None else None
        axioms = assumed(reading, statement or "", assume) if reading else None
        data = read_table(proof).data
        verdict = replay(data, goal, axioms)
        accepted = bool(verdict)
        print(verdict.reason if accepted else f"rejected: {_counter(data, goal, axioms) or verdict.reason}")
        for name, axiom in verdict.axioms.items():
            print(f"  assumed: {name}: {axiom.lhs} = {axiom.rhs}")
    raise typer.Exit(max(refused, default=0 if accepted else 1))


@app.command()
def review(
    file: File,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help='Columns, as JSON: {"space": {"column": [value, ...]}}.')
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="For each proof.")] = 2_000,
) -> None:
    """Say what a learning diagram says twice, cannot mean, or does not train: exit code 1 if anything."""
    found: list[object] = []
    with _refusing() as refused:
        from learning_diagrams.files.column_file import read_columns
        from learning_diagrams.semantics.reasoning.review import review as findings

        reading = _read(file)
        columns = None if data is None else read_columns(data, reading.document.sample_spaces)
        found += findings(reading.diagram, columns, budget)
        for finding in found:
            print(f"{file}: {finding}")
        if not found:
            print(f"{file}: nothing found")
    raise typer.Exit(max(refused, default=1 if found else 0))


@regimes.callback()
def list_regimes(context: typer.Context) -> None:
    """List the training setups of the literature that come with the library."""
    if context.invoked_subcommand is None:
        from learning_diagrams.regimes.catalogue import sentences

        for name, sentence in sentences().items():
            print(f"{name:<22}  {sentence}")


@regimes.command("show")
def show_regime(name: Annotated[str, typer.Argument(metavar="NAME", help="One of the list.")]) -> None:
    """Write the file of one, to begin with: `regimes show NAME > mine.yaml`."""
    with _refusing() as refused:
        from learning_diagrams.regimes.catalogue import regime_file

        print(regime_file(name), end="")
    raise typer.Exit(max(refused, default=0))


@app.command()
def schema() -> None:
    """Write the JSON Schema of the file format."""
    import json

    from learning_diagrams.documents.document import json_schema

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
    from learning_diagrams.files.load_save import read_file

    return read_file(file)


def _counter(data: Any, goal: Equation | None, axioms: Mapping[str, Equation] | None) -> str:
    """What a countermodel says, evaluated again, where a proof was expected; nothing where it is none."""
    if not isinstance(data, dict) or data.get("format") != "countermodel/1":
        return ""
    from learning_diagrams.semantics.models.countermodel import Countermodel

    model = Countermodel.from_dict(data, goal, None if axioms is None else axioms.values())
    return f"this is no proof but a countermodel, and true: {model}"


def _write(path: str, answer: Any) -> None:
    from learning_diagrams.files.certificate_file import write_certificate

    write_certificate(path, answer.to_dict())
    print(f"written to {path}")


def _findings(reading: Reading) -> Iterator[Any]:
    from learning_diagrams.files.lint import findings
    from learning_diagrams.semantics.divergences import divergence

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
        return str(import_module("learning_diagrams.semantics.program.explanation").explain(diagram))
    try:
        compiled = import_module("learning_diagrams.backends.torch.objective.explanation")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "learning_diagrams":
            raise
        print("explaining with spaces needs PyTorch: pip install 'learning-diagrams[torch]'", file=sys.stderr)
        raise typer.Exit(2) from None
    return str(compiled.explain(diagram, spaces, weights))
