"""The change log, as a page."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pages() -> Iterator[tuple[str, str]]:
    yield "changelog.md", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
