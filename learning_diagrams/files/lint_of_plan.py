"""The findings about the learning diagrams of a plan: those of each, but for what another part of the plan uses.

>>> from learning_diagrams.documents.document import read_document
>>> from learning_diagrams.documents.serialization import from_document, written
>>> document = read_document({"format": "learning-diagram/1", "objects": ["image"], "constraints": {}})
>>> from learning_diagrams.files.lint import findings
>>> reading = StageReading(written, document, from_document(document, written, LearningDiagram))
>>> list(plan_findings([reading, reading], (), findings))
["objects[0]: object 'image' is used by nothing; remove it"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import Document, Place
from learning_diagrams.files.lint import Finding
from learning_diagrams.files.load_save import read_data
from learning_diagrams.files.plain_file import PlainFile
from learning_diagrams.learning_diagram import LearningDiagram

Lint = Callable[[Document, LearningDiagram, Signature], Iterable[Finding]]


class StageReading(NamedTuple):
    """The learning diagram of a stage of a plan, with its document.

    where : function from a place in the document to the beginning of a message.
    document : Document, or None for a regime, which is named and not written.
    """

    where: Callable[[Place], str]
    document: Document | None
    diagram: LearningDiagram


def stage_readings(file: PlainFile) -> Iterator[StageReading]:
    """The learning diagrams of a plan of the format learning-plan/1, which states each of them."""
    for i, stage in enumerate(file.data["stages"]):

        def where(inner: Place, number: int = i) -> str:
            return file.where(("stages", number, "diagram", *inner))

        yield StageReading(where, *read_data(stage["diagram"], where))


def plan_findings(readings: Iterable[StageReading], measured: Sequence[Diagram], lint: Lint) -> Iterator[str]:
    """A line for each finding; a learning diagram of several stages is reported once.

    Parameters
    ----------
    measured : the terms that the metrics of the plan read. What they read is used. A constraint that trains nothing is
        meant where it alone holds a box for them that no gradient trains.
    lint : function from a document, its learning diagram, and the signature of what the plan uses, to findings.
    """
    different = {id(reading.diagram): reading for reading in readings}.values()
    read = Signature.of(measured)
    used = _joined([reading.diagram.signature for reading in different] + [read])
    for reading in different:
        if reading.document is None:
            continue
        holding = _holding(reading.diagram, read)
        for place, text in lint(reading.document, reading.diagram, used):
            if place[:1] != ("constraints",) or place[1] not in holding or place[2:] not in ((), ("weight",)):
                yield f"{reading.where(place)}: {text}"


def _holding(diagram: LearningDiagram, read: Signature) -> set[str]:
    """The constraints that are the only one with some frozen box, as one that follows another, that metrics read."""
    owners: dict[str, list[str]] = {box.name: [] for box in diagram.frozen if box.name in read.boxes}
    for constraint in diagram.constraints:
        for box in owners.keys() & set(constraint.boxes):
            owners[box].append(constraint.name)
    return {names[0] for names in owners.values() if len(names) == 1}


def _joined(signatures: Iterable[Signature]) -> Signature:
    """The names of some signatures together, which may give one name two meanings."""
    joined = Signature()
    for each in signatures:
        joined.objects.update(each.objects)
        joined.boxes.update(each.boxes)
        joined.sample_spaces.update(each.sample_spaces)
        joined.columns.update(each.columns)
    return joined
