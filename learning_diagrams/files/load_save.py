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
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from learning_diagrams.errors import FileError, LearningDiagramError, TypeMismatch, brief
from learning_diagrams.files.atomic_write import write_whole
from learning_diagrams.learning_diagram import LearningDiagram

if TYPE_CHECKING:
    from learning_diagrams.documents.document import Document, Place
    from learning_diagrams.files.plain_data import DataBuilder

FORMATS = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
LARGEST = 10_000_000  # bytes


def load(path: str | os.PathLike[str]) -> LearningDiagram:
    """Read a learning diagram from a file (.yaml, .yml or .json).

    Nothing in a file is run or imported. What is declared in it and not used is checked, and then forgotten.

    Raises
    ------
    FileError : there is no such file, it is larger than 10 MB, or it holds something else. An error names the file, the
        line and the path in the document, as in `distillation.yaml:12: constraints.distilled.weight: …`.
    ParseError, TypeMismatch, … : a term or a constraint is wrong; the place is named alike, with a caret below a term.
    """
    return read_file(path).diagram


def save(diagram: LearningDiagram, path: str | os.PathLike[str]) -> None:
    """Write a learning diagram to a file (.yaml, .yml or .json), whole or not at all.

    `load` reads back an equal one. An existing file keeps its mode, and a link is followed. Comments survive only in a
    file that its user wrote: what `load` reads and `save` writes has none.

    Raises
    ------
    ParseError : a name that no term can carry.
    FileError : the file cannot be written, or `load` would refuse it, as one larger than 10 MB.
    """
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"ld.save takes a learning diagram and a path, got {brief(diagram)}")
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
    """What a file holds: its document, the learning diagram that it stands for, and the lines of its places."""

    name: str
    document: Document
    diagram: LearningDiagram
    data: DataBuilder

    def where(self, place: Place) -> str:
        """A place as `file:line: path`."""
        return _where(self.name, self.data, place)


def encode(diagram: LearningDiagram, form: str) -> bytes:
    """The bytes of a learning diagram's file, for a form of "yaml" or "json"."""
    return to_bytes(diagram.to_dict(), form)


def to_bytes(data: dict[str, Any], form: str) -> bytes:
    """Plain data as the bytes of a file, for a form of "yaml" or "json"."""
    from learning_diagrams.files.encoding import to_json, to_yaml

    try:
        return (to_yaml if form == "yaml" else to_json)(data).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(f"{brief(error.object)} holds half of a surrogate pair, which no file can carry") from None


def read_file(path: str | os.PathLike[str]) -> Reading:
    """Read a file with all that is known of it; errors as in `load`."""
    name, form = form_of(path, "read")
    return read_bytes(_content(name), form, name)


def read_plain(path: str | os.PathLike[str]) -> tuple[str, DataBuilder]:
    """The name of a file, and the plain data that it holds, whatever it means."""
    name, form = form_of(path, "read")
    return name, _plain(_content(name), form, name)


def read_bytes(content: bytes, form: str, name: str) -> Reading:
    """Read the bytes of a file; errors as in `load`."""
    from learning_diagrams.documents.serialization import from_document, read_shape

    data = _plain(content, form, name)

    def where(place: Place) -> str:
        return _where(name, data, place)

    document = read_shape(data.data(), where)
    return Reading(name, document, from_document(document, where, LearningDiagram), data)


def _plain(content: bytes, form: str, name: str) -> DataBuilder:
    from learning_diagrams.files.decoding import read_json, read_text, read_yaml
    from learning_diagrams.files.plain_data import SyntaxFault

    if len(content) > LARGEST:
        raise FileError(f"{name}: the file is larger than {LARGEST // 1_000_000} MB, which is the most that is read")
    try:
        text = read_text(content)
        data = (read_yaml if form == "yaml" else read_json)(text) if text.strip() else None
    except SyntaxFault as error:
        raise FileError(f"{name}:{error.line}: {error.message}") from None
    if data is None or data.data() is None:
        raise FileError(f"{name}: the file is empty; it needs the keys 'format' and 'constraints'")
    return data


def _where(name: str, data: DataBuilder, place: Place) -> str:
    from learning_diagrams.documents.serialization import written

    return f"{name}:{data.line(place)}: {written(place)}"


def form_of(path: Any, what: str) -> tuple[str, str]:
    """The path as a string, and the form that its suffix says."""
    if not isinstance(path, str | os.PathLike) or not isinstance(name := os.fspath(path), str):
        raise FileError(f"cannot {what} {brief(path)}: a path is a string or a pathlib.Path")
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in FORMATS:
        raise FileError(f"cannot {what} {name!r}: the name must end in {', '.join(FORMATS)}")
    return name, FORMATS[suffix]


def _content(name: str) -> bytes:
    """The bytes of a file, and never more of them than may be read."""
    try:
        if not stat.S_ISREG(os.stat(name).st_mode):  # opening a pipe would wait for its writer
            what = "a folder" if os.path.isdir(name) else "no file"
            raise FileError(f"cannot read {name!r}: it is {what}")
        with open(name, "rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise FileError(f"there is no file {name!r}") from None
    except FileError:
        raise
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
