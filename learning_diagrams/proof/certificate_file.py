"""Certificates in files: JSON, written whole, and read without running or trusting anything.

>>> text = as_text({"format": "proof/1", "steps": [1, 2]})
>>> text.splitlines()
['{', '"format": "proof/1",', '"steps": [1, 2]', '}']
>>> from_text(text) == {"format": "proof/1", "steps": [1, 2]}
True
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from learning_diagrams.atomic_write import write_whole
from learning_diagrams.errors import FileError, shown

LARGEST = 50_000_000  # bytes


def write_certificate(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """Write what `to_dict` of a proof or a countermodel gives; the file is the old one or the new one, never a part."""
    try:
        content = as_text(data).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(f"{shown(error.object)} holds half of a surrogate pair, which no file can carry") from None
    write_whole(Path(path), content)


def read_certificate(path: str | os.PathLike[str]) -> Any:
    """The plain data in a file; whether it is a certificate is for the checker to say.

    Raises `FileError` where the file is missing, too large, or no JSON with each key given once.
    """
    name = os.fspath(path)
    try:
        if os.path.exists(name) and not os.path.isfile(name):
            raise FileError(f"cannot read {name!r}: it is no file")
        with open(name, "rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > LARGEST:
        raise FileError(f"{name}: the file is larger than {LARGEST // 1_000_000} MB, which is the most that is read")
    try:
        return from_text(content.decode("utf-8"))
    except RecursionError:
        raise FileError(f"{name}: the file is nested too deeply") from None
    except ValueError as error:
        raise FileError(f"{name}: this is not JSON: {error}") from None


def as_text(data: Mapping[str, Any]) -> str:
    """JSON with a line for each key."""
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_text(text: str) -> Any:
    """The inverse; a `ValueError` for a key given twice and for what is no finite number."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_refused)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key is given twice")
    return data


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")
