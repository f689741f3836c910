"""The literature: every source that a docstring of the code names, with the file that follows it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from website.breakable_place import breakable
from website.errors.error_sites import FOLDERS, ROOT

_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef


def sources(path: Path) -> Iterator[str]:
    """The paragraphs of docstrings that begin with "Source:".

    >>> list(sources(ROOT / "learning_diagrams/presentation/player.py"))
    ['Goodfellow et al., *Generative adversarial networks* (2014).']
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, _DOCUMENTED):
            for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
                if paragraph.startswith("Source:"):
                    yield " ".join(paragraph.removeprefix("Source:").split())


def pages() -> Iterator[tuple[str, str]]:
    lines = [
        "# Literature",
        "",
        "What is ours, and what the neighbours of this library are, stands [on a page of its own](ours.md). Here is "
        "each source that a file of the code follows, as its docstring names it, beside the file.",
    ]
    room = ""
    for path in (
        path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if path == path.resolve()
    ):
        named = str(path.relative_to(ROOT))
        for source in sources(path):
            if room != named.rpartition("/")[0]:
                room = named.rpartition("/")[0]
                lines += ["", f"## {room}", "", "| file | source |", "|---|---|"]
            lines.append(f"| {breakable(path.name)} | {source} |")
    yield "mathematics/literature.md", "\n".join([*lines, ""])
