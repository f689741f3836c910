"""What `check` asks of a learning diagram: `findings`, with the divergences and the decisions that are known here.

>>> from learning_diagrams.documents.document import read_document
>>> from learning_diagrams.documents.serialization import from_document, written
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> document = read_document({"format": "learning-diagram/1", "objects": ["image"], "constraints": {}})
>>> [place for place, _ in lint(document, from_document(document, written, LearningDiagram))]
[('objects', 0)]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from learning_diagrams.diagrams.signature import Signature
    from learning_diagrams.documents.document import Document
    from learning_diagrams.files.lint import Finding
    from learning_diagrams.learning_diagram import LearningDiagram


def lint(document: Document, diagram: LearningDiagram, used: Signature | None = None) -> Iterator[Finding]:
    """Each finding with its place; `used` as of `findings`."""
    from learning_diagrams.files.lint import findings
    from learning_diagrams.semantics.divergences import divergence
    from learning_diagrams.semantics.least_term import is_always_zero

    def check_divergence(name: str, options: Mapping[str, Any]) -> None:
        divergence(name).check(options, "")

    return findings(document, diagram, used, check_divergence, is_always_zero)
