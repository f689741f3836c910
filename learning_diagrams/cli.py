"""The command line: `learning-diagrams check|explain|print|equal|prove|refute|check-proof|review|regimes|schema`.

A command returns its exit code: 0 (or None) all is well, 1 something was found. An error of the library is printed, and
its code is 2. This door imports inside its commands, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

if TYPE_CHECKING:
    from learning_diagrams.files.load_save import Reading
    from learning_diagrams.presentation.equation import Equation


P = ParamSpec("P")


def exits(run: Callable[P, int | None]) -> Callable[P, None]:
    """A command that ends with the exit code that a function returns."""

    @wraps(run)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_exit_code(run, *args, **kwargs))

    return command


def _exit_code(run: Callable[P, int | None], *args: P.args, **kwargs: P.kwargs) -> int:
    from learning_diagrams.errors import LearningDiagramError

    try:
        return run(*args, **kwargs) or 0
    except LearningDiagramError as error:
        print(error, file=sys.stderr)
        return 2


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
@exits
def check(files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Learning diagrams.")]) -> int:
    """Read files, and say what in them does nothing or cannot be trained."""
    return max(_exit_code(_check_file, file) for file in files)


def _check_file(file: str) -> int:
    reading = _read(file)
    findings = [f"{reading.file.where(place)}: {message}" for place, message in _findings(reading)]
    print("\n".join(findings) or f"{file}: fine, digest {reading.diagram.digest()}")
    return 1 if findings else 0


@app.command()
@exits
def explain(
    file: File,
    space: Annotated[
        list[str] | None, typer.Option(metavar="OBJECT=SPACE", help="A space, as in image='Euclidean(784)'.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="Trained weights, .safetensors.")] = None,
) -> None:
    """Say in words what a learning diagram asks for; with spaces, what it compiles to."""
    diagram = _read(file).diagram
    if weights is not None and not space:
        raise typer.BadParameter("--weights needs the spaces too: --space image='Euclidean(784)' …")
    print(_explained(diagram, _spaces(space or []), weights))


@app.command("print")
@exits
def show(file: File, form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.yaml) -> None:
    """Write the canonical form of a learning diagram."""
    from learning_diagrams.files.load_save import encode

    diagram = _read(file).diagram
    print(f"{diagram}\n" if form is Form.text else encode(diagram, form.value).decode("utf-8"), end="")


@app.command()
@exits
def equal(
    file: File,
    lhs: Annotated[str, typer.Argument(metavar="A", help="A term over the boxes that the file declares.")],
    rhs: Annotated[str, typer.Argument(metavar="B", help="A parallel term.")],
    theory: Laws = Theory.markov,
    evidence: Annotated[bool, typer.Option("--evidence", help="Print a model in which unequal terms differ.")] = False,
) -> int:
    """Decide whether two terms are equal: exit code 0 where they are, 1 where they are not."""
    from learning_diagrams.documents.serialization import signature_of
    from learning_diagrams.equality.decision import equal as decide
    from learning_diagrams.terms.parser import parse_term

    signature = signature_of(_read(file).document)
    terms = parse_term(lhs, signature), parse_term(rhs, signature)
    answer = decide(*terms, theory.value, evidence=True) if evidence else decide(*terms, theory.value)
    print(answer if evidence else f"{'equal' if answer else 'not equal'} in the theory {theory.value}")
    return 0 if answer else 1


Goal = Annotated[str, typer.Argument(metavar="NAME", help="A constraint, an axiom, or an equation of terms: A = B.")]
Assume = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="A constraint that is assumed besides the axioms.")
]
Budget = Annotated[int, typer.Option(min=1, help="How many diagrams, and how many models, may be looked at.")]
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="OUT", help="Where it is written, as JSON.")]


@app.command()
@exits
def prove(
    file: File,
    name: Goal,
    output: Output = None,
    assume: Assume = None,
    theory: Laws = Theory.markov,
    budget: Budget = 20_000,
) -> int:
    """Derive an equation from the axioms of a file: exit code 0 with a proof, 1 without one."""
    from learning_diagrams.proof.proof import Proof
    from learning_diagrams.semantics.reasoning.proving import prove as search

    goal, axioms = _question(file, name, assume)
    answer = search(goal, axioms, theory.value, budget)
    return _answered(answer, answer if isinstance(answer, Proof) else None, output)


@app.command()
@exits
def refute(
    file: File,
    name: Goal,
    output: Output = None,
    assume: Assume = None,
    theory: Laws = Theory.markov,
    budget: Budget = 20_000,
) -> int:
    """Find a finite model of a file's axioms in which an equation fails: exit code 0 with one, 1 without."""
    from learning_diagrams.semantics.models.countermodel import find_countermodel

    goal, axioms = _question(file, name, assume)
    model = find_countermodel(goal, tuple(axioms.values()), theory.value, budget)
    return _answered(f"no countermodel within the budget {budget:,}" if model is None else model, model, output)


def _question(file: str, name: str, assume: list[str] | None) -> tuple[Equation, dict[str, Equation]]:
    from learning_diagrams.files.named_equation import assumed, read_equation

    reading = _read(file)
    return read_equation(reading, name), assumed(reading, name, assume)


def _answered(answer: object, certified: Any, output: str | None) -> int:
    """Print an answer, and write its certificate where it has one."""
    from learning_diagrams.files.certificate_file import write_certificate

    print(answer)
    if certified is not None and output is not None:
        write_certificate(output, certified.to_dict())
        print(f"written to {output}")
    return 1 if certified is None else 0


@app.command("check-proof")
@exits
def check_proof(
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="A certificate that `prove -o` has written.")],
    statement: Annotated[
        str | None, typer.Option(metavar="NAME", help="What it has to prove: a name or an equation of --file.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The learning diagram whose axioms alone it may assume.")
    ] = None,
    assume: Assume = None,
) -> int:
    """Replay a certificate, and say what it proves and what it assumes: exit code 0 if it is accepted, 1 if not."""
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
    print(verdict.reason if verdict else f"rejected: {_counter(data, goal, axioms) or verdict.reason}")
    for name, axiom in verdict.axioms.items():
        print(f"  assumed: {name}: {axiom.lhs} = {axiom.rhs}")
    return 0 if verdict else 1


@app.command()
@exits
def review(
    file: File,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help='Columns, as JSON: {"space": {"column": [value, ...]}}.')
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="For each proof.")] = 2_000,
) -> int:
    """Say what a learning diagram says twice, cannot mean, or does not train: exit code 1 if anything."""
    from learning_diagrams.files.column_file import read_columns
    from learning_diagrams.semantics.reasoning.diagnosis import review as search

    reading = _read(file)
    columns = None if data is None else read_columns(data, reading.document.sample_spaces)
    findings: list[object] = list(search(reading.diagram, columns, budget))
    for finding in findings or ["nothing found"]:
        print(f"{file}: {finding}")
    return 1 if findings else 0


@regimes.callback()
def list_regimes(context: typer.Context) -> None:
    """List the training setups of the literature that come with the library."""
    if context.invoked_subcommand is None:
        from learning_diagrams.regimes.catalogue import sentences

        for name, sentence in sentences().items():
            print(f"{name:<22}  {sentence}")


@regimes.command("show")
@exits
def show_regime(name: Annotated[str, typer.Argument(metavar="NAME", help="One of the list.")]) -> None:
    """Write the file of one, to begin with: `regimes show NAME > mine.yaml`."""
    from learning_diagrams.regimes.catalogue import regime_file

    print(regime_file(name), end="")


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the buffered rest goes nowhere
        sys.exit(0)


def _read(file: str) -> Reading:
    from learning_diagrams.files.load_save import read_file

    return read_file(file)


def _counter(data: Any, goal: Equation | None, axioms: Mapping[str, Equation] | None) -> str:
    """The statement of a countermodel, evaluated again, where a proof was expected; empty for other data."""
    if not isinstance(data, dict) or data.get("format") != "countermodel/1":
        return ""
    from learning_diagrams.semantics.models.countermodel import Countermodel

    model = Countermodel.from_dict(data, goal, None if axioms is None else axioms.values())
    return f"this is no proof but a countermodel, and true: {model}"


def _findings(reading: Reading) -> Iterator[Any]:
    from learning_diagrams.files.lint import findings
    from learning_diagrams.semantics.divergences import divergence

    def check_divergence(name: str, options: Mapping[str, Any]) -> None:
        divergence(name).check(options, "")

    return findings(reading.document, reading.diagram, check_divergence)


def _spaces(options: list[str]) -> dict[str, str]:
    spaces: dict[str, str] = {}
    for item in options:
        name, equals, space = item.partition("=")
        if not equals or not name.strip() or not space.strip():
            raise typer.BadParameter(f"--space takes OBJECT=SPACE, as in image='Euclidean(784)'; got {item!r}")
        spaces[name.strip()] = space.strip()
    return spaces


def _explained(diagram: Any, spaces: dict[str, str], weights: str | None) -> str:
    if not spaces:
        return str(import_module("learning_diagrams.semantics.program.explanation").explain(diagram))
    try:
        torch_explanation = import_module("learning_diagrams.backends.torch.objective.explanation")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "learning_diagrams":
            raise
        print("explaining with spaces needs PyTorch: pip install 'learning-diagrams[torch]'", file=sys.stderr)
        raise typer.Exit(2) from None
    return str(torch_explanation.explain(diagram, spaces, weights))
