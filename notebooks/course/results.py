"""The results of long cells, kept by the digest of what they train: `results/DIGEST-NAME-SEED.json`.

A kept result is read where the digest, the name and the seed are the same. `RECOMPUTE=1` in the environment computes
every result anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import learning_diagrams as ld
from learning_diagrams.storage.atomic_write import write_whole

FOLDER = Path(__file__).resolve().parent.parent / "results"
_ANEW: set[Path] = set()  # what this process has computed: RECOMPUTE=1 computes a result once


def kept(diagram: ld.LearningDiagram, name: str, compute: Callable[[int], Any], seed: int = 0) -> Any:
    """What `compute(seed)` returns, plain data as JSON holds it; read from its file where there is one."""
    path = FOLDER / f"{diagram.digest()[:16]}-{name}-{seed}.json"
    if path.exists() and (path in _ANEW or os.environ.get("RECOMPUTE") != "1"):
        return json.loads(path.read_text(encoding="utf-8"))
    result = compute(seed)
    FOLDER.mkdir(exist_ok=True)
    write_whole(path, json.dumps(result, indent=1, sort_keys=True).encode() + b"\n")
    _ANEW.add(path)
    return result
