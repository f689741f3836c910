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
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from learning_diagrams.diagrams.box import Box, Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import AxiomShape, BoxShape, Document, Shape
from learning_diagrams.documents.serialization import signature_of
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import FileError, LearningDiagramError, LimitExceeded, TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rules.question import symbols_of
from learning_diagrams.semantics.models.finite_model import BoxKey, FiniteModel
from learning_diagrams.semantics.models.joint_distribution import Elements, Row
from learning_diagrams.semantics.models.refutation import Refutation
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_box, print_term

FORMAT = "countermodel/1"
R = TypeVar("R", bound=Refutation)
MOST_ROWS = 100_000
MOST_DIGITS = 4_000  # Python does not write longer whole numbers
_ELEMENTS = re.compile(r"(?:(?:0|[1-9][0-9]{0,8})(?:,(?:0|[1-9][0-9]{0,8}))*)?", re.ASCII)
_WEIGHT = re.compile(r"(0|[1-9][0-9]*)(?:/([1-9][0-9]*))?", re.ASCII)

Element = Annotated[int, Field(ge=0, le=10**9)]


class _CountermodelShape(Shape):
    """The shape of the data: boxes, equations between terms, a model, and the place where the model breaks the goal."""

    format: Literal["countermodel/1"]
    theory: Literal["symmetric", "markov", "cartesian"]
    deterministic: list[str]
    objects: list[str]
    sample_spaces: dict[str, dict[str, str]]
    boxes: dict[str, BoxShape]
    goal: AxiomShape
    axioms: list[AxiomShape]
    sizes: dict[str, Element]
    tables: dict[str, dict[str, dict[str, str]]]
    inputs: list[Element]
    outcome: list[Element]
    lhs: str
    rhs: str


def to_dict(countermodel: Refutation) -> dict[str, Any]:
    """A countermodel as nested dicts, lists, strings and numbers; a weight is a string, as "1/2".

    Raises `ParseError` for a name that the grammar of terms cannot carry, `TypeMismatch` or `DuplicateName` for boxes
    that no signature can hold, and `LimitExceeded` for a weight of more than four thousand digits.
    """
    goal, axioms, model = countermodel.goal, countermodel.axioms, countermodel.model
    signature = Signature.of([side for equation in (goal, *axioms) for side in (equation.lhs, equation.rhs)])
    spaces: dict[str, dict[str, str]] = {name: {} for name in signature.sample_spaces}
    for (space, name), column in signature.columns.items():
        spaces[space][name] = column.cod.inside[0].name

    def terms(equation: Equation) -> dict[str, str]:
        return {"lhs": print_term(equation.lhs, signature), "rhs": print_term(equation.rhs, signature)}

    states = (space.state for space in signature.sample_spaces.values())
    boxes = [*signature.boxes.values(), *signature.columns.values(), *states]
    return {
        "format": FORMAT,
        "theory": countermodel.theory,
        "deterministic": list(model.deterministic),
        "objects": list(signature.objects),
        "sample_spaces": spaces,
        "boxes": {
            name: {"dom": _names(box.dom), "cod": _names(box.cod), "kernel": not isinstance(box, Box)}
            for name, box in signature.boxes.items()
        },
        "goal": terms(goal),
        "axioms": [terms(axiom) for axiom in axioms],
        "sizes": dict(model.sizes),
        "tables": {
            print_box(box, signature): {
                _written(arguments): {_written(outcome): _weight(weight) for outcome, weight in row.items()}
                for arguments, row in model.rows[label(box)].items()
            }
            for box in boxes
            if label(box) in model.rows
        },
        "inputs": list(countermodel.inputs),
        "outcome": list(countermodel.outcome),
        "lhs": _weight(countermodel.lhs),
        "rhs": _weight(countermodel.rhs),
    }


def from_dict(
    data: Mapping[str, Any],
    goal: Equation | None = None,
    axioms: Iterable[Equation] | None = None,
    theory: Theory | None = None,
    deterministic: Iterable[str] = (),
    *,
    make: type[R],
) -> R:
    """Read the data of `to_dict`, and check all of it.

    Parameters
    ----------
    goal, axioms, theory, deterministic : the question that the countermodel must answer; by default its own. A model
        of more axioms, or with more functions, is as good.
    make : type of Refutation, the class of the result.

    Raises
    ------
    FileError : the data have another shape, claim something false, or are about another goal, axioms or theory.
    ParseError : a term that cannot be read.
    TypeMismatch : a term whose parts do not compose, or sides that are not parallel.
    LimitExceeded : the check would take more than some seconds.
    """
    shape = _read_shape(data)
    reader = _term_reader(shape)
    statement, *assumed = (
        Equation(reader.read(terms.lhs), reader.read(terms.rhs)) for terms in (shape.goal, *shape.axioms)
    )
    model = _read_model(shape, reader)
    weights = _read_weight(shape.lhs, "lhs"), _read_weight(shape.rhs, "rhs")
    elements = tuple(shape.inputs), tuple(shape.outcome)
    countermodel = make(statement, tuple(assumed), shape.theory, model, *elements, *weights)
    if fault := countermodel.fault():
        raise FileError(f"the model does not refute the goal: {fault}")
    _require_about(countermodel, goal, axioms, theory)
    if missing := set(deterministic) - set(model.deterministic):
        raise FileError(f"the countermodel does not take {brief(min(missing))} to be deterministic")
    return countermodel


def _term_reader(shape: _CountermodelShape) -> TermReader:
    fields: dict[str, Any] = {
        "objects": shape.objects,
        "sample_spaces": shape.sample_spaces,
        "boxes": shape.boxes,
        "constraints": {},
    }
    document = Document.model_construct(format="learning-diagram/1", **fields)
    if strange := set(shape.sizes) - {*shape.objects, *shape.sample_spaces}:
        raise FileError(f"sizes: {brief(min(strange))} is not among the objects")
    return TermReader(signature_of(document))


def _read_model(shape: _CountermodelShape, reader: TermReader) -> FiniteModel:
    if sum(map(len, shape.tables.values())) > MOST_ROWS:
        raise FileError(f"there are more than {MOST_ROWS:,} rows, which is the most that is read")
    rows: dict[BoxKey, dict[Elements, Row]] = {}
    for term, table in shape.tables.items():
        rows[_box(reader, term)] = {
            _elements(arguments, term): {_elements(o, term): _read_weight(w, term) for o, w in row.items()}
            for arguments, row in table.items()
        }
    try:
        return FiniteModel(shape.theory, shape.sizes, rows, tuple(shape.deterministic))
    except LearningDiagramError as error:
        raise FileError(f"the tables are not a model: {error}") from None


def _require_about(
    countermodel: Refutation, goal: Equation | None, axioms: Iterable[Equation] | None, theory: Theory | None
) -> None:
    own = countermodel.theory
    if theory is not None and own != theory:
        raise FileError(f"the countermodel is of the theory {own!r}, not of {brief(theory)}")
    if goal is not None and not _same(goal, countermodel.goal, own):
        raise FileError(f"the countermodel is about another goal: {countermodel.goal!r:.500}")
    asked = symbols_of([*([] if goal is None else [goal]), *(axioms or ())])
    if missing := asked.keys() - symbols_of([countermodel.goal, *countermodel.axioms]).keys():
        raise FileError(f"the countermodel does not interpret {' '.join(map(brief, min(missing)[:2]))}")
    for axiom in axioms or ():
        if not equal(axiom.lhs, axiom.rhs, own) and not any(_same(axiom, other, own) for other in countermodel.axioms):
            raise FileError(f"the countermodel does not have the axiom {axiom!r:.500}")


def _same(asked: Equation, written: Equation, theory: Theory) -> bool:
    """Whether two equations have equal sides in the theory, where only boxes of kind `Box` count as deterministic."""
    try:
        return equal(asked.lhs, written.lhs, theory) and equal(asked.rhs, written.rhs, theory)
    except TypeMismatch:  # not parallel
        return False


def _read_shape(data: Any) -> _CountermodelShape:
    if not isinstance(data, Mapping):
        raise FileError(f"a countermodel is a mapping with the key 'format', got {brief(data)}")
    try:
        return _CountermodelShape.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step)[:60] for step in first["loc"]) or "the countermodel"
    raise FileError(f"{place}: {first['msg']}, got {brief(first['input'])}; a countermodel has the format {FORMAT!r}")


def _box(reader: TermReader, term: str) -> BoxKey:
    diagram = reader.read(term)
    boxes = [box for layer in diagram.inside for box in layer.boxes_or_types[1::2]]
    if len(boxes) != 1 or print_box(boxes[0], reader.signature) != term:
        raise FileError(f"tables: {brief(term)} is not the name of one box; write it as a term does, as in state(rows)")
    return label(boxes[0])


def _names(ty: Ty) -> list[str]:
    return [ob.name for ob in ty.inside]


def _written(elements: Elements) -> str:
    return ",".join(map(str, elements))


def _elements(text: str, where: str) -> Elements:
    if len(text) > 10_000 or _ELEMENTS.fullmatch(text) is None:
        raise FileError(f"tables.{where}: {brief(text)} are not elements; elements are written as '0,1'")
    return tuple(map(int, text.split(","))) if text else ()


def _weight(weight: Fraction | int) -> str:
    if max(abs(weight.numerator), weight.denominator) >= 10**MOST_DIGITS:
        raise LimitExceeded(f"a weight has more than {MOST_DIGITS:,} digits, which no file holds")
    return str(weight)


def _read_weight(text: str, where: str) -> Fraction:
    match = _WEIGHT.fullmatch(text) if len(text) <= 2 * MOST_DIGITS + 1 else None
    if match is None:
        raise FileError(f"tables.{where}: {brief(text)} is not a weight; a weight is written as '1/2' or '1'")
    return Fraction(int(match[1]), int(match[2] or 1))
