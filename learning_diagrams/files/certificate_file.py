"""Certificates in files: JSON, written whole; `json_file` reads them.

>>> text = as_text({"format": "proof/1", "steps": [1, 2]})
>>> text.splitlines()
['{', '"format": "proof/1",', '"steps": [1, 2]', '}']
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from learning_diagrams.errors import FileError, brief
from learning_diagrams.files.atomic_write import write_whole


def write_certificate(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """Write what `to_dict` of a proof or a countermodel gives; the file is the old one or the new one, never a part."""
    try:
        content = as_text(data).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(f"{brief(error.object)} holds half of a surrogate pair, which no file can carry") from None
    write_whole(Path(path), content)


def as_text(data: Mapping[str, Any]) -> str:
    """JSON with a line for each key."""
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
