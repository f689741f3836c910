"""The twelve notebooks, as they are committed with their outputs, and a page that lists them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from website.notebooks.notebook_text import notebook_text

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = {
    "01": "Four ways to write one small network, and the laws of copying and discarding that make them equal.",
    "02": "Shapes, tensors, probabilities, formulas and costs: each is a functor, and each reads the same diagram.",
    "03": "A triangle of three maps as a picture, a formula, code and a gradient; then three real faces.",
    "04": "Kernels, marginals, conditionals, Bayes' rule, and what it means that a box draws nothing.",
    "05": "A student learns from a teacher's probabilities: temperature, and what each equation buys.",
    "06": "Tasks that share a backbone are glued along it; the loss of what is glued.",
    "07": "Emoji and their captions: a contrast sees the whole batch, and a loss may disagree with its equation.",
    "08": "Equivariance, Koopman and cycles are one shape; squares are pasted beside and above each other.",
    "09": "Derive, search, certify, tamper, refute: three answers, and why the third one is honest.",
    "10": "Two orders of one pasting cost different amounts: equations as 2-cells, and where they are measured.",
    "11": "Freeze, reweight, substitute, grow: edits of a learning diagram, and what the optimizer remembers.",
    "12": "From measured errors to a bound for an equation that was proved, and which divergences allow it.",
}
INTRODUCTION = """\
# Twelve notebooks

Each notebook asks one question. It takes 20 minutes to read, and 25 for its exercises, which the library grades. Texts
are marked for the engineer and for the theorist; either may skip what is marked for the other. Notebooks 1, 4, 9, 10
and 12 need no PyTorch. [For lecturers](../teach/index.md): a syllabus, a lecture, and problem sheets.

<div class="cards" markdown>
"""
PICTURE = re.compile(r'src="data:image/svg\+xml;base64,([^"]*)"')


def pages() -> Iterator[tuple[str, str | None]]:
    notebooks = {
        path: nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("[01][0-9]_*.ipynb"))
    }
    titles = {path: notebook.cells[0].source.splitlines()[0].lstrip("# ") for path, notebook in notebooks.items()}
    cards = "\n".join(_card(path.stem, title) for path, title in titles.items())
    yield "notebooks/index.md", f"{INTRODUCTION}\n{cards}\n</div>\n"
    for path, notebook in notebooks.items():
        source = f"[This page is the notebook `{path.name}`]({path.name}){{ download }}, with its last outputs."
        text = notebook_text(notebook).partition("\n")[2]
        yield f"notebooks/{path.stem}.md", f"# {titles[path]}\n\n{source} It runs in a clone.\n{text}\n"
        yield f"notebooks/{path.name}", None
        yield f"notebooks/{path.stem}.svg", _first_picture(notebook)


def _card(name: str, title: str) -> str:
    """A notebook in the list: its first picture, its question, and a line."""
    picture = f'[![]({name}.svg)]({name}.md){{ tabindex="-1" aria-hidden="true" }}'
    return f'<div class="card" markdown>\n\n{picture}\n\n**[{title}]({name}.md)**\n\n{SUBJECTS[name[:2]]}\n\n</div>\n'


def _first_picture(notebook: nbformat.NotebookNode) -> str:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    matches = (PICTURE.search(output.get("data", {}).get("text/html", "")) for output in outputs)
    return base64.b64decode(next(match[1] for match in matches if match)).decode()
