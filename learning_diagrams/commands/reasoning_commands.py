"""Commands that reason: `equal`, `prove`, `refute`, `check-proof` and `review`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learning_diagrams.commands.command import MARKOV, Assume, File, Laws, Theory
from learning_diagrams.commands.plugins import Plugins, import_plugins

if TYPE_CHECKING:
    from learning_diagrams.diagrams.signature import Signature
    from learning_diagrams.presentation.equation import Equation

Goal = Annotated[str, typer.Argument(metavar="NAME", help="A constraint, an axiom, or an equation of terms: A = B.")]
Budget = Annotated[int, typer.Option(min=1, help="How many diagrams, and how many models, may be looked at.")]
REFUTED = 3  # the exit code of `check-proof` for a true countermodel
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="OUT", help="Where it is written, as JSON.")]


def equal(
    file: File,
    lhs: Annotated[str, typer.Argument(metavar="A", help="A term over the boxes that the file declares.")],
    rhs: Annotated[str, typer.Argument(metavar="B", help="A parallel term.")],
    theory: Laws = MARKOV,
    evidence: Annotated[bool, typer.Option("--evidence", help="Print a model in which unequal terms differ.")] = False,
) -> int:
    """Decide whether two terms are equal: exit code 0 where they are, 1 where they are not."""
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.documents.serialization import signature_of
    from learning_diagrams.semantics.reasoning.evidence import equal as decide
    from learning_diagrams.terms.parser import parse_term

    signature = signature_of(read_diagram(file).document)
    terms = parse_term(lhs, signature), parse_term(rhs, signature)
    answer = decide(*terms, theory.value, evidence=True) if evidence else decide(*terms, theory.value)
    print(answer if evidence else f"{'equal' if answer else 'not equal'} in the theory {theory.value}")
    return 0 if answer else 1


def prove(
    file: File,
    name: Goal,
    output: Output = None,
    assume: Assume = None,
    theory: Laws = MARKOV,
    budget: Budget = 20_000,
    picture: Annotated[
        str | None, typer.Option(metavar="PICTURE", help="For a picture of the proof, .svg, .png, .pdf, .tikz or .tex.")
    ] = None,
    steps: Annotated[
        str | None, typer.Option(metavar="FIRST:END", help="The steps in the picture, as proof[FIRST:END] in Python.")
    ] = None,
) -> int:
    """Derive an equation from the axioms of a file: exit code 0 with a proof, 1 without one.

    The proof is written where -o says, or the countermodel that was found in its place. The proof is drawn where
    --picture says; --steps 0:5 and --steps 5:10 draw it in parts, which fit the pages of a paper.
    """
    from learning_diagrams.proof.proof import Proof, Unknown
    from learning_diagrams.semantics.reasoning.proving import prove as search

    part = _slice(steps, picture)
    goal, axioms, signature = _question(file, name, assume)
    answer = search(goal, axioms, theory.value, budget, signature=signature)
    _answered(answer, None if isinstance(answer, Unknown) else answer, output)
    if picture is not None and isinstance(answer, Proof):
        drawn = (answer if part is None else answer[part]).draw(picture)
        print(f"written to {picture}: {drawn.scene.width:g} × {drawn.scene.height:g} pixels")
    elif picture is not None:
        print(f"nothing is drawn to {picture}: there is no proof")
    return 0 if isinstance(answer, Proof) else 1


def refute(
    file: File, name: Goal, output: Output = None, assume: Assume = None, theory: Laws = MARKOV, budget: Budget = 20_000
) -> int:
    """Find a model of a file's axioms in which an equation fails: exit code 0 with one, 1 without or where it holds."""
    from learning_diagrams.proof.premises import Premises
    from learning_diagrams.proof.proof import Proof
    from learning_diagrams.semantics.models.countermodel import find_countermodel
    from learning_diagrams.semantics.reasoning.proving import FIRST, derive

    goal, axioms, signature = _question(file, name, assume)
    premises = Premises.read(axioms, theory.value).speaking_of(signature, goal)
    answer = derive(goal, premises, min(FIRST, budget))  # a short proof ends the search for models before it starts
    if not isinstance(answer, Proof):
        model = find_countermodel(goal, tuple(premises.axioms.values()), theory.value, budget)
        if model is not None:
            _answered(model, model, output)
            return 0
        answer = derive(goal, premises, budget)
    if isinstance(answer, Proof):
        _answered(f"it holds, so that no model refutes it: {answer}", answer, output)
    else:
        _answered(f"no countermodel and no proof within the budget {budget:,}", None, output)
    return 1


def _question(file: str, name: str, assume: list[str] | None) -> tuple[Equation, dict[str, Equation], Signature]:
    """The goal, the axioms, and the signature of the file, which belongs to the question."""
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.documents.serialization import signature_of
    from learning_diagrams.files.named_equation import assumed, read_equation

    reading = read_diagram(file)
    goal, axioms = read_equation(reading, name), assumed(reading, name, assume)
    if any(axiom.name == name for axiom in reading.diagram.axioms) and name not in axioms:
        print(f"{name} is an axiom of the file; it is asked of the other axioms:")
    return goal, axioms, signature_of(reading.document)


def _answered(answer: object, certified: Any, output: str | None) -> None:
    """Write the certificate of an answer if it has one, and print the answer."""
    from learning_diagrams.files.certificate_file import write_certificate

    if output is not None and certified is not None:
        write_certificate(output, certified.to_dict())
    print(answer)
    if output is not None and certified is None:
        print(f"nothing is written to {output}: there is neither a proof nor a countermodel")
    elif output is not None:
        print(f"written to {output}")


def _slice(steps: str | None, picture: str | None) -> slice | None:
    """The steps of a picture, as they stand on the command line."""
    if steps is None:
        return None
    if picture is None:
        raise typer.BadParameter("--steps needs --picture PICTURE, in which the steps are drawn")
    if not (ends := re.fullmatch(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?", steps)):
        raise typer.BadParameter(f"--steps takes FIRST:END, as in 0:5; got {steps!r}")
    return slice(*(int(end) if end else None for end in ends.groups()))


def check_proof(
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="A certificate that `prove -o` has written.")],
    statement: Annotated[str | None, typer.Option(metavar="NAME", help="The same, as an option.")] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The learning diagram whose axioms alone it may assume.")
    ] = None,
    assume: Assume = None,
    theory: Annotated[
        Theory | None, typer.Option(help="The laws that it may use; with --file markov, else those that it names.")
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="How many wires of diagrams may be read and compared.")] = 800_000,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="What it has to prove: a name or an equation of --file.")
    ] = None,
) -> int:
    """Replay a certificate, and print what it says: exit code 0 for a proof, 3 for a true countermodel, 1 otherwise."""
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.documents.serialization import signature_of
    from learning_diagrams.errors.door import in_words_of_plans
    from learning_diagrams.files.named_equation import assumed, read_equation
    from learning_diagrams.files.plain_file import read_table
    from learning_diagrams.proof.checker import check as replay

    if name is not None and statement is not None:
        raise typer.BadParameter(f"the statement is {name!r}, and by --statement {statement!r}; give one of them")
    statement = name if statement is None else statement
    if file is None and (statement is not None or assume):
        raise typer.BadParameter("a statement and --assume need --file FILE, in which their names stand")
    reading = None if file is None else read_diagram(file)
    goal = read_equation(reading, statement) if reading and statement is not None else None
    axioms = assumed(reading, statement or "", assume) if reading else None
    data = read_table(proof).data
    signature: Any = signature_of(reading.document) if reading else ()
    asked = MARKOV if theory is None and reading else theory
    laws: Any = None if asked is None else asked.value
    with in_words_of_plans():
        verdict = replay(data, goal, axioms, laws, signature=signature, budget=budget)
    counter = "" if verdict else _counter(data, goal, axioms, laws, signature)
    print(f"rejected: {counter}" if counter else verdict)
    left_out = {axiom.name for axiom in reading.diagram.axioms} - (axioms or {}).keys() if reading else set()
    if statement in left_out and verdict.reason.startswith(f"axioms.{statement}: "):
        print(f"  it is what is asked, so it is not assumed; --assume {shlex.quote(statement)} assumes it")
    for constraint in reading.diagram.constraints if reading and not verdict else ():
        if verdict.reason.startswith(f"axioms.{constraint.name}: "):
            print(f"  it is a constraint of the file; --assume {shlex.quote(constraint.name)} lets the proof assume it")
    return 0 if verdict else REFUTED if counter else 1


def review(
    file: File,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help='Columns, as JSON: {"space": {"column": [value, ...]}}.')
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="For each proof.")] = 2_000,
    plugin: Plugins = None,
) -> int:
    """List redundant, inconsistent and untrained parts of a learning diagram: exit code 1 if there are any."""
    import_plugins(plugin)
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.files.column_file import read_columns
    from learning_diagrams.semantics.reasoning.diagnosis import review as search

    reading = read_diagram(file)
    columns = None if data is None else read_columns(data, reading.document.sample_spaces)
    if columns is not None:  # the file may declare columns that no constraint reads
        read = reading.diagram.signature.columns
        columns = {space: {n: v for n, v in own.items() if (space, n) in read} for space, own in columns.items()}
        columns = {space: own for space, own in columns.items() if space in reading.diagram.signature.sample_spaces}
    findings: list[object] = list(search(reading.diagram, columns, budget))
    for finding in findings or ["nothing found"]:
        print(f"{file}: {finding}")
    return 1 if findings else 0


def _counter(data: Any, goal: Equation | None, axioms: Mapping[str, Equation] | None, laws: Any, signature: Any) -> str:
    """The statement of a countermodel, evaluated again, where a proof was expected; empty for other data."""
    if not isinstance(data, dict) or data.get("format") not in ("countermodel/1", "term-countermodel/1"):
        return ""
    from learning_diagrams.proof.premises import Premises
    from learning_diagrams.semantics.models.countermodel import Countermodel

    asked = Premises.read(axioms or {}, "markov").speaking_of(signature).axioms
    model = Countermodel.from_dict(data, goal, asked.values(), laws)
    return f"this is not a proof but a countermodel, and true: {model}"
