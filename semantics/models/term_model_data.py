"""A model of normal forms as plain data: its letters in order, its rules, and the paths at which the goal fails.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.equation import Equation
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> rule = Equation(g >> f, Id(x))
>>> written_model(TermModel((f, g), (rule,)), Signature.of([rule.lhs]))
{'order': 'shortlex', 'letters': ['f', 'g'], 'rules': [{'lhs': 'g >> f', 'rhs': 'id(x)'}]}
"""

from __future__ import annotations

from typing import Any, Literal

from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import AxiomShape
from learning_diagrams.errors import FileError
from learning_diagrams.semantics.models.paths.path_rewriting import is_letter
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.question_data import (
    QuestionShape,
    read_box,
    read_equation,
    written_equation,
)
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_box

TERM_FORMAT = "term-countermodel/1"


class TermCountermodelShape(QuestionShape):
    """The shape of a countermodel of normal forms."""

    format: Literal["term-countermodel/1"]
    order: Literal["shortlex"]
    letters: list[str]
    rules: list[AxiomShape]
    inputs: list[str]
    outcome: list[str]


def written_model(model: TermModel, signature: Signature) -> dict[str, Any]:
    return {
        "order": "shortlex",
        "letters": [print_box(box, signature) for box in model.letters],
        "rules": [written_equation(rule, signature) for rule in model.rules],
    }


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
