"""Learning diagrams in files: YAML or JSON, of one shape, read and never run.

>>> import os, tempfile
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> with tempfile.TemporaryDirectory() as folder:
...     save(d, os.path.join(folder, "fit.yaml"))
...     load(os.path.join(folder, "fit.yaml")) == d
True
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from learning_diagrams.errors import FileError, LearningDiagramError, TypeMismatch, brief
from learning_diagrams.files.plain_file import PlainFile, form_of, read_content, read_plain, to_bytes
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.storage.atomic_write import write_whole

if TYPE_CHECKING:
    from learning_diagrams.documents.document import Document, Place


PLAN = "learning-plan/2"  # the format of a file that has stages


def load(path: str | os.PathLike[str]) -> LearningDiagram:
    """Read a learning diagram from a file (.yaml, .yml or .json).

    Nothing in a file is run or imported. A declaration that no term uses is checked, and then dropped.

    Raises
    ------
    FileError : the file does not exist, is larger than 10 MB, or does not hold a learning diagram. An error names the
        file, the line and the path in the document, as in `distillation.yaml:12: constraints.distilled.weight: …`.
    ParseError, TypeMismatch, … : a term or a constraint is wrong. The error names the place in the same way, with a
        caret below a term.
    """
    return read_file(path).diagram


def save(diagram: LearningDiagram, path: str | os.PathLike[str]) -> None:
    """Write a learning diagram to a file (.yaml, .yml or .json), whole or not at all.

    `load` reads back an equal learning diagram. An existing file keeps its mode, and a link is followed. Comments of
    a file are lost when `load` reads the file and `save` writes it.

    Raises
    ------
    ParseError : a name cannot stand in a term.
    FileError : the file cannot be written, or `load` would refuse it, for example because it exceeds 10 MB.
    """
    if not isinstance(diagram, LearningDiagram):
        hint = "; write json.dumps(….to_dict())" if hasattr(diagram, "to_dict") else ""
        raise TypeMismatch(f"ld.save takes a learning diagram and a path, got {brief(diagram)}{hint}")
    name, form = form_of(path, "write")
    content = encode(diagram, form)
    try:
        same = read_bytes(content, form, name).diagram == diagram
    except LearningDiagramError as error:
        raise FileError(f"cannot write {name!r}: it could not be read back: {error}") from None
    if not same:
        raise FileError(f"cannot write {name!r}: it would be read back as another learning diagram")
    write_whole(Path(name), content)


class Reading(NamedTuple):
    """A file of a learning diagram: its plain data, its document, and the learning diagram that the document means."""

    file: PlainFile
    document: Document
    diagram: LearningDiagram


def encode(diagram: LearningDiagram, form: str) -> bytes:
    """The bytes of a learning diagram's file, whose form is "yaml" or "json"."""
    return to_bytes(diagram.to_dict(), form)


def read_file(path: str | os.PathLike[str]) -> Reading:
    """Read a file with its document and its lines; errors as in `load`."""
    return _reading(read_plain(path))


def read_bytes(content: bytes, form: str, name: str) -> Reading:
    """Read the bytes of a file; errors as in `load`."""
    return _reading(read_content(content, form, name))


def read_data(data: Any, where: Callable[[Place], str]) -> tuple[Document, LearningDiagram]:
    """Plain data as a document and as a learning diagram; an error begins with `where` of its place."""
    from learning_diagrams.documents.serialization import from_document, read_shape

    document = read_shape(data, where)
    return document, from_document(document, where, LearningDiagram)


def _reading(file: PlainFile) -> Reading:
    if isinstance(file.data, dict) and "stages" in file.data:
        form = file.data.get("format")
        advice = f"its format is {'missing' if form is None else brief(form)}: write format: {PLAN}"
        place: Place = ("format",) if "format" in file.data else ("stages",)
        if isinstance(form, str) and form.startswith("learning-plan/"):
            advice = "`check` and `train` read it; the folder of its run holds the diagram.json of each stage"
            place = ("stages",)
        raise FileError(f"{file.where(place)}: this is a plan, and no learning diagram; {advice}")
    return Reading(file, *read_data(file.data, file.where))
