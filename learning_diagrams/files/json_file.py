"""JSON in files, read without running or trusting anything.

>>> from_text('{"steps": [1, 2]}')
{'steps': [1, 2]}
"""

from __future__ import annotations

import json
import os
from typing import Any

from learning_diagrams.errors import FileError

LARGEST = 50_000_000  # bytes


def read_json_file(path: str | os.PathLike[str]) -> Any:
    """The plain data in a file.

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


def from_text(text: str) -> Any:
    """The data that a text stands for; a `ValueError` for a key given twice and for what is no finite number."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_refused)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key is given twice")
    return data


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")
