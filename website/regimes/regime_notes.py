"""What the pages of regimes say beside what the functions say, from `website/regimes/*.yaml`, and their edits, run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import learning_diagrams as ld
from learning_diagrams import regimes

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Edit:
    """An edit of a regime: why one makes it, its code, and what it changes."""

    why: str
    code: str
    difference: ld.Difference


@cache
def notes() -> dict[str, dict[str, Any]]:
    """The entry of each regime, by the name of its function."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    return {name: entry for file in files for name, entry in file.items()}


@cache
def edits(name: str) -> tuple[Edit, ...]:
    """The edits of a regime, run one after the other with the names that its page has."""
    return tuple(_run(name))


def _run(name: str) -> Iterator[Edit]:
    regime = getattr(regimes, name)()
    names: dict[str, Any] = {"ld": ld, "regimes": regimes, name: regime}
    for entry in notes()[name]["edits"]:
        exec(entry["code"], names)
        yield Edit(entry["why"], entry["code"].rstrip(), ld.difference(regime, names["edited"]))
