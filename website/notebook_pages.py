"""The twelve notebooks, as they are committed with their outputs, and a page that lists them."""

from collections.abc import Iterator
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def titles() -> dict[str, str]:
    """The first line of each notebook, by the name of its file."""
    return {
        path.name: nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        for path in sorted(NOTEBOOKS.glob("[01][0-9]_*.ipynb"))
    }


def pages() -> Iterator[tuple[str, str | None]]:
    lines = [f"- [{title}]({name})" for name, title in titles().items()]
    yield "notebooks/index.md", "\n".join(["# Twelve notebooks", "", *lines, ""])
    for name in titles():
        yield f"notebooks/{name}", None
