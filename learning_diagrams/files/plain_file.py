"""Files of plain data, in YAML or JSON: read, never run, and with the line of each value.

>>> file = read_content(b"a: 1\\nb: {c: 2}", "yaml", "d.yaml")
>>> file.data, file.where(("b", "c"))
({'a': 1, 'b': {'c': 2}}, 'd.yaml:2: b.c')
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Any, NamedTuple

from learning_diagrams.errors import FileError, brief

FORMATS = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
LARGEST = 10_000_000  # bytes
LARGEST_TABLE = 50_000_000  # bytes, of columns or a certificate


class PlainFile(NamedTuple):
    """The content of a file.

    name : str, the path as the caller wrote it.
    data : nested dicts, lists, strings and numbers.
    line : function from a place in the data to its line.
    """

    name: str
    data: Any
    line: Callable[[tuple[str | int, ...]], int]

    def where(self, place: tuple[str | int, ...]) -> str:
        """A place as `file:line: path`, the head of an error."""
        from learning_diagrams.documents.serialization import written

        return f"{self.name}:{self.line(place)}: {written(place)}"


def read_plain(path: str | os.PathLike[str]) -> PlainFile:
    """Read a file (.yaml, .yml or .json) of at most 10 MB; `FileError` if that fails."""
    name, form = form_of(path, "read")
    return read_content(_content(name, LARGEST), form, name)


def read_content(content: bytes, form: str, name: str) -> PlainFile:
    """Read the bytes of a file whose form is "yaml" or "json"; `FileError` if that fails."""
    from learning_diagrams.files.decoding import read_json, read_text, read_yaml
    from learning_diagrams.files.plain_data import SyntaxFault

    _require_size(content, LARGEST, name)
    try:
        text = read_text(content)
        builder = (read_yaml if form == "yaml" else read_json)(text) if text.strip() else None
    except SyntaxFault as fault:
        raise FileError(f"{name}:{fault.line}: {fault.message}") from None
    if builder is None or builder.data() is None:
        raise FileError(f"{name}: the file is empty")
    return PlainFile(name, builder.data(), builder.line)


def read_text_file(path: str | os.PathLike[str]) -> str:
    """The text of a file of at most 10 MB, in UTF-8 without control characters; `FileError` if that fails."""
    from learning_diagrams.files.decoding import read_text
    from learning_diagrams.files.plain_data import SyntaxFault

    name = os.fspath(path)
    content = _content(name, LARGEST)
    _require_size(content, LARGEST, name)
    try:
        return read_text(content)
    except SyntaxFault as fault:
        raise FileError(f"{name}:{fault.line}: {fault.message}") from None


def read_table(path: str | os.PathLike[str], largest: int = LARGEST_TABLE) -> PlainFile:
    """Read a JSON file of columns or a certificate, of at most `largest` bytes; `FileError` if that fails.

    The lines of its values are looked up when an error asks for them.
    """
    from learning_diagrams.files.decoding import decode, parse_json, read_json
    from learning_diagrams.files.plain_data import SyntaxFault

    name = os.fspath(path)
    content = read_bytes(name, largest)
    try:
        text = decode(content)
        data = parse_json(text)
    except SyntaxFault as fault:
        raise FileError(f"{name}:{fault.line}: {fault.message}") from None

    def line(place: tuple[str | int, ...]) -> int:
        try:
            return read_json(text, nodes=len(text)).line(place)
        except SyntaxFault as fault:  # `read_json` is the stricter reader
            return fault.line

    return PlainFile(name, data, line)


def form_of(path: Any, verb: str) -> tuple[str, str]:
    """The path as a string, and the form that its suffix names; `verb` is "read" or "write"."""
    if not isinstance(path, str | os.PathLike) or not isinstance(name := os.fspath(path), str):
        raise FileError(f"cannot {verb} {brief(path)}: a path is a string or a pathlib.Path")
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in FORMATS:
        raise FileError(f"cannot {verb} {name!r}: the name must end in {', '.join(FORMATS)}")
    return name, FORMATS[suffix]


def to_bytes(data: dict[str, Any], form: str) -> bytes:
    """Plain data as the bytes of a file, whose form is "yaml" or "json"."""
    from learning_diagrams.files.encoding import to_json, to_yaml

    return encode_by(to_yaml if form == "yaml" else to_json, data)


def encode_by(write: Callable[[dict[str, Any]], str], data: dict[str, Any]) -> bytes:
    """The text that a function makes of data, in UTF-8; `FileError` if it holds half of a surrogate pair."""
    try:
        return write(data).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(f"{brief(error.object)} holds half of a surrogate pair, which no file can carry") from None


def read_bytes(name: str, largest: int) -> bytes:
    """The bytes of a file of at most `largest` bytes; `FileError` if that fails."""
    content = _content(name, largest)
    _require_size(content, largest, name)
    return content


def _content(name: str, largest: int) -> bytes:
    """The bytes of a file, and never more than one byte above the limit."""
    try:
        if not stat.S_ISREG(os.stat(name).st_mode):  # opening a pipe would wait for its writer
            raise FileError(f"cannot read {name!r}: it is {'a folder' if os.path.isdir(name) else 'not a file'}")
        with open(name, "rb") as file:
            return file.read(largest + 1)
    except FileNotFoundError:
        raise FileError(f"there is no file {name!r}") from None
    except FileError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else "a path has no null character"
        raise FileError(f"cannot read {name!r}: {reason}") from None


def _require_size(content: bytes, largest: int, name: str) -> None:
    if len(content) > largest:
        raise FileError(f"{name}: the file is larger than {largest // 1_000_000} MB, which is the most that is read")
