"""Findings about a file that can be read: declarations and terms without effect, and constraints that cannot train.

>>> from learning_diagrams.documents.document import read_document
>>> from learning_diagrams.documents.serialization import from_document, written
>>> document = read_document({"format": "learning-diagram/1", "objects": ["image"], "constraints": {}})
>>> list(findings(document, from_document(document, written, LearningDiagram)))
[(('objects', 0), "object 'image' is used by nothing; remove it")]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import Document, Place
from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.gradient_reach import reached

Finding = tuple[Place, str]


def findings(
    document: Document,
    diagram: LearningDiagram,
    used: Signature | None = None,
    check_divergence: Callable[[str, Mapping[str, Any]], None] = lambda name, options: None,
    is_always_zero: Callable[[Constraint], bool] = lambda constraint: constraint.reading.is_vacuous,
) -> Iterator[Finding]:
    """Each finding with its place in the document.

    Parameters
    ----------
    used : Signature, the names that terms use; by default those of the learning diagram alone.
    check_divergence : function of a name and of options, which raises a `LearningDiagramError` if no divergence has
        that name or does not take those options.
    is_always_zero : function from a constraint to bool, whether the theory alone makes its term 0.
    """
    for where, kind, name in unused(document, diagram.signature if used is None else used):
        user = "nothing" if kind in ("object", "sample space") else "no term"
        yield where, f"{kind} {name!r} is used by {user}; remove it"
    for constraint in diagram.constraints:
        place: Place = ("constraints", constraint.name)
        if is_always_zero(constraint):
            yield place, "the theory proves it, so its term is always 0; remove it, or correct its sides"
        elif not _trains(constraint, diagram):
            yield place, "it trains nothing: its boxes are all frozen or detached; unfreeze one, or remove it"
        if constraint.weight == 0:
            yield (*place, "weight"), "the weight is 0, so that its term trains nothing"
        yield from _divergences(constraint, check_divergence)
    yield from _left_out_of_the_game(diagram)


def unused(document: Document, signature: Signature) -> Iterator[tuple[Place, str, str]]:
    """What a document declares and nothing uses: its place, its kind and its name."""
    for i, name in enumerate(document.objects):
        if name not in signature.objects:
            yield ("objects", i), "object", name
    for space, columns in document.sample_spaces.items():
        if space not in signature.sample_spaces:
            yield ("sample_spaces", space), "sample space", space
            continue
        for name in columns:
            if (space, name) not in signature.columns:
                yield ("sample_spaces", space, name), "column", name
    for name in document.boxes:
        if name not in signature.boxes:
            yield ("boxes", name), "box", name


def _left_out_of_the_game(diagram: LearningDiagram) -> Iterator[Finding]:
    """In a game, constraints that no player plays for, and boxes that no player trains."""
    if diagram.players:
        played = {term for player in diagram.players for term, _ in player.terms}
        moved = {box for player in diagram.players for box in player.boxes}
        for constraint in diagram.constraints:
            if constraint.name not in played:
                yield ("constraints", constraint.name), "no player plays for it, so it trains nothing"
        for box in diagram.boxes:
            if box not in diagram.frozen and box.name not in moved:
                yield ("boxes", box.name), "no player trains it; give it to one, or freeze it"


def _trains(constraint: Constraint, diagram: LearningDiagram) -> bool:
    frozen = {box.name for box in diagram.frozen}
    return not frozen.issuperset(reached(constraint))


def _divergences(constraint: Constraint, check: Callable[[str, Mapping[str, Any]], None]) -> Iterator[Finding]:
    listed = isinstance(constraint.divergence, tuple)
    for i, divergence in enumerate(constraint.divergence if listed else [constraint.divergence]):
        if isinstance(divergence, Divergence):
            try:
                check(divergence.name, dict(divergence.options))
            except LearningDiagramError as error:
                place: Place = ("constraints", constraint.name, "divergence")
                yield (*place, i) if listed else place, str(error).removeprefix(": ")
