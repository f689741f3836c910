"""What a stage lacks of what a metric reads: boxes that its learning diagram does not have, and columns without data.

A column of another stage is data: where its data are given, every stage that has the boxes of a metric can read it.
A stage that declares a column itself lacks no column, and data that are not given are a fault.

>>> from learning_diagrams.documents.document import read_document
>>> from learning_diagrams.documents.serialization import from_document, written
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> data = {"format": "learning-diagram/1", "objects": ["x"], "sample_spaces": {"rows": {"a": "x"}}}
>>> data |= {"boxes": {"f": {"dom": ["x"], "cod": ["x"]}}, "constraints": {"fit": {"lhs": "a >> f", "rhs": "a"}}}
>>> document = read_document(data)
>>> stage = StageReading(written, document, from_document(document, written, LearningDiagram))
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x = Ty("x")
>>> later = SampleSpace("later").column("b", x)
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> [str(error) for error in lacking(stage, [later >> f >> g], {})]
["no box is named 'g'; known: 'f'", "the learning diagram has no column 'later.b', and no data are given for it"]
>>> lacking(stage, [later >> f], {"later": {"b": [0]}})
[]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from learning_diagrams.backends.torch.plans.reading.data_reading import OpenStream
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import presence_of
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.serialization import signature_of
from learning_diagrams.errors import LearningDiagramError, UnknownName
from learning_diagrams.files.lint_of_plan import StageReading


def lacking(stage: StageReading, terms: Iterable[Diagram], data: Mapping[str, Any]) -> list[LearningDiagramError]:
    """The errors by which a stage cannot measure some terms on data; none where it can.

    data : dict from sample space to table, or to a function that opens a stream.
    """
    errors: list[LearningDiagramError] = []
    own = declared_columns(stage)
    read = [Signature.of([term]) for term in terms]
    for box in {box.name: box for signature in read for box in signature.boxes.values()}.values():
        try:
            stage.diagram.box(box)
        except LearningDiagramError as error:
            errors.append(error)
    for space, column in dict.fromkeys(key for signature in read for key in signature.columns):
        names = {column, presence_of(column) or column}
        if not any((space, name) in own for name in names) and not names & _given(data.get(space, {})):
            message = f"the learning diagram has no column '{space}.{column}', and no data are given for it"
            errors.append(UnknownName(message))
    return errors


def declared_columns(stage: StageReading) -> set[tuple[str, str]]:
    """The columns of a stage, as (sample space, name): those that its terms read, and others that it declares."""
    declared = {} if stage.document is None else signature_of(stage.document).columns
    return {*stage.diagram.signature.columns, *declared}


def _given(source: Any) -> set[str]:
    """The columns of a source."""
    return set(source.parts[0].columns if isinstance(source, OpenStream) else source)
