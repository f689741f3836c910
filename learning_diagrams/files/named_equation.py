"""Equations as a command line names them: by the name of a constraint or axiom, or as two terms around "="."""

from __future__ import annotations

from collections.abc import Iterable

from learning_diagrams.documents.serialization import signature_of
from learning_diagrams.errors import UnknownName, did_you_mean
from learning_diagrams.files.load_save import Reading
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.terms.parser import parse_term


def read_equation(reading: Reading, text: str) -> Equation:
    """The equation that a text names in a file.

    Raises `UnknownName` if the text is neither a name nor two terms; `ParseError` or `TypeMismatch` for wrong terms.
    """
    diagram = reading.diagram
    known = {axiom.name: axiom for axiom in diagram.axioms}
    known |= {c.name: Equation(c.lhs, c.rhs, c.name) for c in diagram.constraints}
    if text in known:
        return known[text]
    lhs, equals, rhs = text.partition("=")
    if not equals:
        raise UnknownName(f"{reading.file.name}: no constraint or axiom is named {text!r}; {did_you_mean(text, known)}")
    signature = signature_of(reading.document)
    return Equation(parse_term(lhs, signature), parse_term(rhs, signature))


def assumed(reading: Reading, goal: str, assume: Iterable[str] | None) -> dict[str, Equation]:
    """The axioms of a file except the goal, and the constraints that the caller assumes too."""
    axioms = {axiom.name: axiom for axiom in reading.diagram.axioms if axiom.name != goal}
    return axioms | {name: read_equation(reading, name) for name in assume or []}
