"""The names that the learning diagrams of a plan declare: those of their terms, and those that no term uses.

A column that no term reads is data, and a metric may read it. A box that no term uses is no part of an objective.

>>> from learning_diagrams.documents.document import read_document
>>> from learning_diagrams.documents.serialization import from_document, written
>>> data = {"format": "learning-diagram/1", "objects": ["x"], "sample_spaces": {"rows": {"a": "x", "b": "x"}}}
>>> data |= {"boxes": {name: {"dom": ["x"], "cod": ["x"]} for name in ("f", "half")}}
>>> document = read_document(data | {"constraints": {"fit": {"lhs": "a >> f", "rhs": "a"}}})
>>> names = DeclaredNames([StageReading(written, document, from_document(document, written, LearningDiagram))])
>>> print(names.term("a >> f"), "and", names.term("b"))
a >> f and b
>>> print(names.unknown("boxes", "half", ["f"], "there is no box 'half'"))
box 'half' is declared, but no constraint and no axiom uses it, so it is no part of the learning diagram; use it in a \
constraint (frozen and of weight: 0 where it is only measured), or leave it out here
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.serialization import signature_of
from learning_diagrams.errors import DuplicateName, LearningDiagramError, UnknownName, did_you_mean
from learning_diagrams.files.lint_of_plan import StageReading
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.terms.parser import parse, parse_term

KINDS = {"objects": "object", "boxes": "box", "sample_spaces": "sample space", "columns": "column"}


class DeclaredNames:
    """The names that some learning diagrams declare.

    Parameters
    ----------
    readings : StageReading, of each learning diagram; a regime declares what it uses.
    """

    def __init__(self, readings: Iterable[StageReading] = ()) -> None:
        readings = [*readings]
        self._diagrams: list[LearningDiagram] = [reading.diagram for reading in readings]
        self._data, self._all = Signature(), Signature()
        for diagram in self._diagrams:
            for names in (self._data, self._all):
                _add(names, diagram.signature, diagram.signature.boxes)
        for document in (reading.document for reading in readings if reading.document is not None):
            declared = signature_of(document)
            _add(self._data, declared, ())
            _add(self._all, declared, declared.boxes)

    def term(self, text: str) -> Diagram:
        """Read a term over the boxes of the learning diagrams and over all declared columns.

        Raises `UnknownName` for a box that is declared and used by no term; errors as in `parse`.
        """
        try:
            return self._read(text, self._data)
        except LearningDiagramError:
            unused: list[str] = []
            with suppress(LearningDiagramError):
                unused = sorted(Signature.of([self.any_term(text)]).boxes.keys() - self._data.boxes.keys())
            if unused:
                raise self.unknown("boxes", unused[0], (), "") from None
            raise

    def any_term(self, text: str) -> Diagram:
        """Read a term over all names; errors as in `parse`."""
        return self._read(text, self._all)

    def _read(self, text: str, signature: Signature) -> Diagram:
        with suppress(LearningDiagramError):  # a bare name that the terms use may be that of further columns, too
            return parse(text, self._diagrams)
        return parse_term(text, signature)

    def unknown(self, kind: str, name: str, known: Iterable[str], message: str) -> UnknownName:
        """The error about a name that is not among those that are used; of a name that is declared it says so.

        Parameters
        ----------
        kind : str, "objects", "boxes", "sample_spaces" or "columns"; a column is named "space.column".
        message : str, what is said of a name that is not declared.
        """
        names = {f"{space}.{column}" for space, column in self._all.columns} if kind == "columns" else set()
        own = name.partition(".")[2] if kind == "columns" else name
        if name not in (names or getattr(self._all, kind)):
            return UnknownName(f"{message}; {did_you_mean(own, known)}")
        users = "no constraint, no axiom and no metric" if kind != "boxes" else "no constraint and no axiom"
        advice = "" if kind != "boxes" else " (frozen and of weight: 0 where it is only measured)"
        return UnknownName(
            f"{KINDS[kind]} {own!r} is declared, but {users} uses it, so it is no part of the "
            f"learning diagram; use it in a constraint{advice}, or leave it out here"
        )


def _add(signature: Signature, other: Signature, boxes: Iterable[str]) -> None:
    """Add the types, the columns and some boxes of another signature; a name keeps the meaning that it has."""
    for ty in (*other.objects.values(), *(space.ty for space in other.sample_spaces.values())):
        with suppress(DuplicateName):
            signature.add_type(ty)
    for box in (*(other.boxes[name] for name in boxes), *other.columns.values()):
        with suppress(DuplicateName):
            signature.add_box(box)
