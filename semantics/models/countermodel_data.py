"""A countermodel as plain data that a file can hold. Reading trusts nothing.

The data are a claim. The reader computes the claim again from the terms and the tables, and refuses a false claim.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.semantics.models.countermodel import find_countermodel
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> countermodel = find_countermodel(Equation(a, Id(x)), [Equation(a >> a, Id(x))])
>>> to_dict(countermodel)["tables"]
{'a': {'0': {'1': '1'}, '1': {'0': '1'}}}
>>> from_dict(to_dict(countermodel), make=type(countermodel)) == countermodel
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import THEORIES, Theory, determinism
from learning_diagrams.errors import FileError, LearningDiagramError, TypeMismatch, brief
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation, sides_text
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.bare_equation import bare
from learning_diagrams.proof.rules.question import require_one_meaning, symbols_of
from learning_diagrams.semantics.models import question_data as question
from learning_diagrams.semantics.models.finite_model import BoxKey, FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements, Row
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.refutation import Refutation, have_same_sides
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_box, print_term

FORMAT = "countermodel/1"
R = TypeVar("R", bound=Refutation)
MOST_ROWS = 100_000
_ELEMENTS = re.compile(r"(?:(?:0|[1-9][0-9]{0,8})(?:,(?:0|[1-9][0-9]{0,8}))*)?", re.ASCII)

Element = Annotated[int, Field(ge=0, le=10**9)]


class _CountermodelShape(question.QuestionShape):
    """The shape of a finite countermodel: a question, a model, and the place where the model breaks the goal."""

    format: Literal["countermodel/1"]
    deterministic: list[str]
    sizes: dict[str, Element]
    tables: dict[str, dict[str, dict[str, str]]]
    inputs: list[Element]
    outcome: list[Element]


def to_dict(countermodel: Refutation) -> dict[str, Any]:
    """A countermodel as nested dicts, lists, strings and numbers; a weight is a string, as "1/2".

    Raises `ParseError`: a name that the grammar of terms cannot carry. `TypeMismatch`, `DuplicateName`: boxes that no
    signature can hold, such as one that touches a sample space, or two boxes of the same name. `LimitExceeded`: a
    weight of more than four thousand digits.
    """
    goal, axioms, model = countermodel.goal, countermodel.axioms, countermodel.model
    boxes = (*model.letters, *model.others) if isinstance(model, TermModel) else ()
    signature = question.signature_of_question((goal, *axioms), boxes)
    terms = question.written(signature, goal, axioms)
    weights = {"lhs": question.written_weight(countermodel.lhs), "rhs": question.written_weight(countermodel.rhs)}
    place: dict[str, Any] = {"inputs": countermodel.inputs, "outcome": countermodel.outcome}
    head: dict[str, Any] = {"format": FORMAT, "theory": countermodel.theory}
    if isinstance(model, TermModel):
        head["format"] = question.TERM_FORMAT
        place = {key: [print_term(path, signature) for path in paths] for key, paths in place.items()}
        return head | terms | question.written_model(model, signature) | place | weights
    head["deterministic"] = list(model.deterministic)
    place = {key: list(elements) for key, elements in place.items()}
    return head | terms | _written_tables(model, signature) | place | weights


def _written_tables(model: FiniteModel, signature: Signature) -> dict[str, Any]:
    states = (space.state for space in signature.sample_spaces.values())
    boxes = [*signature.boxes.values(), *signature.columns.values(), *states]
    tables = {
        print_box(box, signature): {
            _written(arguments): {_written(outcome): question.written_weight(weight) for outcome, weight in row.items()}
            for arguments, row in model.rows[label(box)].items()
        }
        for box in boxes
        if label(box) in model.rows
    }
    return {"sizes": dict(model.sizes), "tables": tables}


def from_dict(
    data: Mapping[str, Any],
    goal: Equation | Constraint | None = None,
    axioms: Mapping[str, Equation | Constraint | Proof] | Iterable[Equation | Constraint | Proof] | None = None,
    theory: Theory | None = None,
    deterministic: Iterable[str] = (),
    *,
    make: type[R],
) -> R:
    """Read the data of `to_dict`, and check all of it.

    goal, axioms, theory, deterministic : the question that the countermodel must answer, as `prove` takes it; by
        default its own. A model of more axioms, of a theory with more laws, or with more functions, is as good. Lemmas
        hold in it.
    make : type of Refutation, the class of the result.

    Raises `FileError`: the data have another shape, claim something false, or are about another goal, axioms or theory.
    `ParseError`: a term that cannot be read. `TypeMismatch`: a term whose parts do not compose, sides that are not
    parallel, or a goal or axioms that `prove` would not take. `LimitExceeded`: the check would
    take more than some seconds.
    """
    shape = _read_shape(data)
    reader = question.term_reader(shape)
    statement, *assumed = (question.read_equation(terms, reader) for terms in (shape.goal, *shape.axioms))
    weights = question.read_weight(shape.lhs, "lhs"), question.read_weight(shape.rhs, "rhs")
    model: FiniteModel | TermModel
    inputs: tuple[Any, ...]
    if isinstance(shape, question.TermCountermodelShape):
        model = question.read_model(shape, reader)
        inputs, outcome = (tuple(map(reader.read, terms)) for terms in (shape.inputs, shape.outcome))
    else:
        model = _read_tables(shape, reader)
        inputs, outcome = tuple(shape.inputs), tuple(shape.outcome)
    countermodel = make(statement, tuple(assumed), shape.theory, model, inputs, outcome, *weights)
    if fault := countermodel.fault():
        raise FileError(f"the model does not refute the goal: {fault}")
    _require_about(countermodel, goal, axioms, theory)
    if isinstance(model, FiniteModel) and (missing := set(deterministic) - set(model.deterministic)):
        raise FileError(f"the countermodel does not take {brief(min(missing))} to be deterministic")
    return countermodel


def _read_tables(shape: _CountermodelShape, reader: TermReader) -> FiniteModel:
    if strange := set(shape.sizes) - {*shape.objects, *shape.sample_spaces}:
        raise FileError(f"sizes: {brief(min(strange))} is not among the objects")
    if sum(map(len, shape.tables.values())) > MOST_ROWS:
        raise FileError(f"there are more than {MOST_ROWS:,} rows, which is the most that is read")
    rows: dict[BoxKey, dict[Elements, Row]] = {}
    for term, table in shape.tables.items():
        rows[label(question.read_box(reader, term, "tables"))] = {
            _elements(arguments, term): {_elements(o, term): question.read_weight(w, term) for o, w in row.items()}
            for arguments, row in table.items()
        }
    try:
        return FiniteModel(shape.theory, shape.sizes, rows, tuple(shape.deterministic))
    except LearningDiagramError as error:
        raise FileError(f"the tables are not a model: {error}") from None


def _require_about(countermodel: Refutation, goal: Any, axioms: Any, theory: Theory | None) -> None:
    own = countermodel.theory
    if theory is not None:
        determinism(theory)
        if THEORIES.index(own) < THEORIES.index(theory):
            more = f"and need not be a model of the theory {theory}, which has more laws"
            hint = f"refute the goal in the theory {theory}, or ask for theory={own!r} (--theory {own})"
            raise FileError(f"the countermodel is of the theory {own}, {more}; {hint} if that is meant")
    goal = bare(goal)
    if goal is not None and not isinstance(goal, Equation):
        raise TypeMismatch(f"goal= takes an Equation(lhs, rhs), got {brief(goal)}")
    axioms = [] if axioms is None else [*Premises.read(axioms, own).axioms.values()]
    # Of the deterministic boxes only those of kind `Box` count here.
    if goal is not None and not have_same_sides(goal, countermodel.goal, own):
        raise FileError(f"the countermodel is about another goal: {countermodel.goal!r:.500}")
    question = [*([] if goal is None else [goal]), *axioms]
    require_one_meaning(symbols_of(question))
    for axiom in axioms:
        known = any(have_same_sides(axiom, other, own) for other in countermodel.axioms)
        if not known and not equal(axiom.lhs, axiom.rhs, own):
            hint = "its model need not satisfy it; refute the goal again, from all axioms"
            raise FileError(f"the countermodel lacks the axiom {axiom.name!r}, {sides_text(axiom):.500}: {hint}")
    interpreted = symbols_of([countermodel.goal, *countermodel.axioms]).keys()
    for equation in question:
        for kind, name, *_ in sorted(symbols_of([equation]).keys() - interpreted, key=repr):
            speaks = f"the axiom {equation.name!r} speaks" if equation.name else "the question speaks"
            hint = "a model has all that the question has; refute the goal again, from all axioms and boxes"
            raise FileError(f"the countermodel does not interpret {kind} {name!r}, of which {speaks}: {hint}")


def _read_shape(data: Any) -> _CountermodelShape | question.TermCountermodelShape:
    if not isinstance(data, Mapping):
        raise FileError(f"a countermodel is a mapping with the key 'format', got {brief(data)}")
    of_terms = data.get("format") == question.TERM_FORMAT
    try:
        return (question.TermCountermodelShape if of_terms else _CountermodelShape).model_validate(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step)[:60] for step in first["loc"]) or "the countermodel"
    name = question.TERM_FORMAT if of_terms else FORMAT
    raise FileError(f"{place}: {first['msg']}, got {brief(first['input'])}; a countermodel has the format {name!r}")


def _written(elements: Elements) -> str:
    return ",".join(map(str, elements))


def _elements(text: str, where: str) -> Elements:
    if len(text) > 10_000 or _ELEMENTS.fullmatch(text) is None:
        raise FileError(f"tables.{where}: {brief(text)} are not elements; elements are written as '0,1'")
    return tuple(map(int, text.split(","))) if text else ()
