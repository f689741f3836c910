"""Certificates in files: JSON, written whole; `plain_file.read_table` reads them.

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

from learning_diagrams.files.plain_file import encode_by
from learning_diagrams.storage.atomic_write import write_whole


def write_certificate(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """Write the `to_dict` of a proof or of a countermodel; at every moment the file is the old one or the new one."""
    write_whole(Path(path), encode_by(as_text, dict(data)))


def as_text(data: Mapping[str, Any]) -> str:
    """JSON with a line for each key."""
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
