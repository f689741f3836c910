"""The question that a countermodel answers, and a model of normal forms, as plain data, written as terms.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> goal = Equation(a, Id(x))
>>> written(signature_of_question([goal], []), goal, ())["goal"]
{'lhs': 'a', 'rhs': 'id(x)'}
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> rule = Equation(g >> f, Id(x))
>>> written_model(TermModel((f, g), (rule,)), Signature.of([rule.lhs]))
{'order': 'shortlex', 'letters': ['f', 'g'], 'rules': [{'lhs': 'g >> f', 'rhs': 'id(x)'}]}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import AxiomShape, BoxShape, Document, Shape
from learning_diagrams.documents.serialization import signature_of, written_box
from learning_diagrams.errors import FileError, LimitExceeded, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.paths.path_rewriting import is_letter
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_box, print_term

TERM_FORMAT = "term-countermodel/1"
MOST_DIGITS = 4_000  # Python does not write longer whole numbers
_WEIGHT = re.compile(r"(0|[1-9][0-9]*)(?:/([1-9][0-9]*))?", re.ASCII)


class QuestionShape(Shape):
    """The shape of the data of every countermodel: boxes, equations between terms, and two weights."""

    format: str
    theory: Literal["symmetric", "markov", "cartesian"]
    objects: list[str]
    sample_spaces: dict[str, dict[str, str]]
    boxes: dict[str, BoxShape]
    goal: AxiomShape
    axioms: list[AxiomShape]
    lhs: str
    rhs: str


class TermCountermodelShape(QuestionShape):
    """The shape of a countermodel of normal forms."""

    format: Literal["term-countermodel/1"]
    order: Literal["shortlex"]
    letters: list[str]
    rules: list[AxiomShape]
    inputs: list[str]
    outcome: list[str]


def signature_of_question(equations: Sequence[Equation], boxes: Iterable[markov.Box]) -> Signature:
    """The names in some equations and of more boxes. Errors are those of `Signature.of`."""
    sides = (side for equation in equations for side in equation.diagrams)
    return Signature.of([*sides, *(Id(box.dom) >> box for box in boxes)])


def written(signature: Signature, goal: Equation, axioms: Iterable[Equation]) -> dict[str, Any]:
    """Boxes and equations as plain data; `ParseError` for a name that the grammar of terms cannot carry."""
    spaces: dict[str, dict[str, str]] = {name: {} for name in signature.sample_spaces}
    for (space, name), column in signature.columns.items():
        spaces[space][name] = column.cod.inside[0].name
    return {
        "objects": list(signature.objects),
        "sample_spaces": spaces,
        "boxes": {name: written_box(box) for name, box in signature.boxes.items()},
        "goal": written_equation(goal, signature),
        "axioms": [written_equation(axiom, signature) for axiom in axioms],
    }


def written_equation(equation: Equation, signature: Signature) -> dict[str, str]:
    return {"lhs": print_term(equation.lhs, signature), "rhs": print_term(equation.rhs, signature)}


def term_reader(shape: QuestionShape) -> TermReader:
    """The reader of terms over the declared boxes."""
    declared = {name: getattr(shape, name) for name in ("objects", "sample_spaces", "boxes")}
    document = Document.model_construct(format="learning-diagram/1", constraints={}, **declared)
    return TermReader(signature_of(document))


def read_equation(terms: AxiomShape, reader: TermReader) -> Equation:
    return Equation(reader.read(terms.lhs), reader.read(terms.rhs))


def read_box(reader: TermReader, term: str, place: str) -> markov.Box:
    """The only box of a term; `FileError` for another term."""
    diagram: Diagram = reader.read(term)
    boxes = [box for layer in diagram.inside for box in layer.boxes_or_types[1::2]]
    if len(boxes) != 1 or print_box(boxes[0], reader.signature) != term:
        wanted = "the name of one box; write it as a term does, as in state(rows)"
        raise FileError(f"{place}: {brief(term)} is not {wanted}")
    return boxes[0]


def written_model(model: TermModel, signature: Signature) -> dict[str, Any]:
    letters = [print_box(box, signature) for box in model.letters]
    return {"order": "shortlex", "letters": letters, "rules": [written_equation(r, signature) for r in model.rules]}


def read_model(shape: TermCountermodelShape, reader: TermReader) -> TermModel:
    """The model over all declared boxes and the states of the sample spaces.

    Raises `FileError` where the letters are not all declared boxes of one wire to one wire, each one once.
    """
    letters = tuple(read_box(reader, term, "letters") for term in shape.letters)
    signature = reader.signature
    boxes = [*signature.boxes.values(), *signature.columns.values()]
    known = {label(box) for box in letters}
    for box in boxes:
        if is_letter(box) and label(box) not in known:
            raise FileError(f"letters: box {box.name!r} is missing, which goes from one wire to one wire")
    rules = tuple(read_equation(terms, reader) for terms in shape.rules)
    states = [space.state for space in signature.sample_spaces.values()]
    model = TermModel.of(letters, rules, [box for box in [*boxes, *states] if not is_letter(box)])
    if model.letters != letters:
        raise FileError("letters: each is a box of one wire to one wire, and stands there once")
    return model


def written_weight(weight: Fraction | int) -> str:
    if max(abs(weight.numerator), weight.denominator) >= 10**MOST_DIGITS:
        raise LimitExceeded(f"a weight has more than {MOST_DIGITS:,} digits, which no file holds")
    return str(weight)


def read_weight(text: str, where: str) -> Fraction:
    match = _WEIGHT.fullmatch(text) if len(text) <= 2 * MOST_DIGITS + 1 else None
    if match is None:
        raise FileError(f"tables.{where}: {brief(text)} is not a weight; a weight is written as '1/2' or '1'")
    return Fraction(int(match[1]), int(match[2] or 1))
