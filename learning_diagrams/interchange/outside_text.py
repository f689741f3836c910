"""Texts from outside: their size is looked at before they are parsed, their JSON is plain data, their names are names.

>>> json_value('{"a": [1]}', "a text")
{'a': [1]}
>>> require_name("a b", "object", "a text")
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: a text: the object name 'a b' cannot stand in a term: a name is words of letters, \
digits and underscores, joined by dots, and not I
"""

from __future__ import annotations

from typing import Any

from learning_diagrams.errors import FileError, TypeMismatch, brief
from learning_diagrams.files.plain_file import LARGEST, read_content
from learning_diagrams.terms.printer import RULE, is_name


def require_text(text: object, where: str) -> str:
    """The text; `TypeMismatch` for another value, `FileError` for more than 10 MB.

    where : str, what the text is, at the head of errors.
    """
    if not isinstance(text, str):
        raise TypeMismatch(f"{where} must be a string, got {brief(text)}")
    if len(text) > LARGEST:
        raise FileError(f"{where}: the text is larger than {LARGEST // 1_000_000} MB, which is the most that is read")
    return text


def json_value(text: object, where: str) -> Any:
    """The plain data of a JSON text; `FileError` for another text, for nesting and numbers that are too large."""
    return _value(text, "json", where)


def yaml_value(text: object, where: str) -> Any:
    """The plain data of a YAML text, as in a file of ours; `FileError` as for JSON."""
    return _value(text, "yaml", where)


def _value(text: object, form: str, where: str) -> Any:
    try:
        content = require_text(text, where).encode("utf-8")
    except UnicodeEncodeError:
        raise FileError(f"{where}: the text holds half of a surrogate pair, which is not a character") from None
    return read_content(content, form, where).data


def require_name(name: str, kind: str, where: str) -> str:
    """The name; `FileError` where the grammar of terms cannot carry it.

    kind : str, what the name is of, such as "object" or "box".
    """
    if not is_name(name):
        raise FileError(f"{where}: the {kind} name {brief(name)} cannot stand in a term: {RULE}")
    return name


def require_rows(value: object, kind: type, where: str) -> Any:
    """The list or the dict; `FileError` for another value."""
    if not isinstance(value, kind):
        raise FileError(f"{where}: must be a {'list' if kind is list else 'mapping'}, got {brief(value)}")
    return value


def require_place(value: object, count: int, where: str, first: int = 0) -> int:
    """A whole number from `first` to below `first + count`, less `first`; `FileError` for another value."""
    if isinstance(value, bool) or not isinstance(value, int) or not first <= value < first + count:
        numbers = f"from {first} to {first + count - 1}" if count else "that could stand here: there are none"
        raise FileError(f"{where}: must be a whole number {numbers}, got {brief(value)}")
    return value - first
