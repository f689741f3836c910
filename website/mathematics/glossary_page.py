"""The glossary: each public name and each word, in mathematics and in machine learning, and where it first occurs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import yaml

from website.breakable_place import breakable

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("learning_diagrams", *(f"learning_diagrams.backends.{name}" for name in ("torch", "finite", "symbolic")))


@dataclass(frozen=True)
class Word:
    """A word, or a public name with the rooms that export it."""

    name: str
    mathematics: tuple[str, ...]
    learning: tuple[str, ...]
    mark: str
    place: str
    rooms: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The end of a link to the row, another one for `Mask` than for `mask`."""
        return ("name-" if self.rooms else "word-") + self.name.replace(" ", "-")


def exports() -> dict[str, list[str]]:
    """The rooms that export each public name, with the names of schedules."""
    table: dict[str, list[str]] = defaultdict(list)
    for room in (*ROOMS, "learning_diagrams.schedule"):
        for name in import_module(room).__all__:
            table[name].append(room)
    return dict(table)


def words() -> list[Word]:
    """The rows of `glossary.yaml`, and the files that define the public names."""
    public = exports()
    rows = yaml.safe_load((ROOT / "website" / "mathematics" / "glossary.yaml").read_text(encoding="utf-8"))
    return [_word(str(name), fields, public.get(name, [])) for name, fields in rows.items()]


def _word(name: str, fields: list[Any], rooms: list[str]) -> Word:
    mathematics, learning = (tuple(part.strip() for part in text.split(";") if part) for text in fields[:2])
    place = fields[3] if len(fields) > 3 else _place(rooms[0], name)
    return Word(name, mathematics, learning, str(fields[2]), place, tuple(rooms))


def _place(room: str, name: str) -> str:
    """The file of a public name.

    >>> _place("learning_diagrams", "Box")
    'learning_diagrams/diagrams/box.py::Box'
    """
    value = getattr(import_module(room), name)
    module = getattr(value, "__module__", None) or value.__name__
    if module == "learning_diagrams.errors":  # the path that tracebacks show
        module += ".kinds"
    path = module.replace("learning_diagrams.semantics", "semantics").replace("learning_diagrams.backends", "backends")
    path = path.replace(".", "/")
    is_file = (ROOT / f"{path}.py").is_file()
    return f"{path}.py::{name}" if is_file else f"{path}/__init__.py"


def first_notebook(word: Word, notebooks: list[tuple[str, str, str]]) -> str:
    """The first notebook whose code has the name, or whose text has the word; "" if there is no such notebook."""
    pattern = re.compile(rf"\b{re.escape(word.name)}{'' if word.rooms else 's?'}\b", 0 if word.rooms else re.IGNORECASE)
    return next((name for name, code, text in notebooks if pattern.search(code if word.rooms else text)), "")


def _notebooks() -> Iterator[tuple[str, str, str]]:
    """The name, the code and the texts of each notebook."""
    for path in sorted((ROOT / "notebooks").glob("[01][0-9]_*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        kinds = ([cell.source for cell in cells if cell.cell_type == kind] for kind in ("code", "markdown"))
        code, text = map("\n".join, kinds)
        yield path.name, code, text


def pages() -> Iterator[tuple[str, str]]:
    notebooks, rows = list(_notebooks()), sorted(words(), key=lambda word: word.name.lower())
    lines = [
        "# Glossary",
        "",
        "Each public name, and each word of these pages. "
        "[By the word of machine learning](#by-the-word-of-machine-learning) and "
        "[by the word of mathematics](#by-the-word-of-mathematics) lead to the rows of this table. "
        "A number is that of the [mark in pictures](pictures/language.md#marks).",
        "",
        "| here | in mathematics | in machine learning | mark | file | notebook |",
        "|---|---|---|---|---|---|",
    ]
    for word in rows:
        name = f'<code class="name">{word.name}</code>' if word.rooms else word.name
        notebook = first_notebook(word, notebooks)
        link = f"[{int(notebook[:2])}](notebooks/{notebook})" if notebook else ""
        lines.append(
            f'| <span id="{word.anchor}">{name}</span> | {"; ".join(word.mathematics)} | {"; ".join(word.learning)} '
            f"| {word.mark} | {breakable(word.place)} | {link} |"
        )
    for title, column in (("machine learning", "learning"), ("mathematics", "mathematics")):
        lines += ["", f"## By the word of {title}", "", f"| in {title} | here |", "|---|---|", *_index(rows, column)]
    yield "glossary.md", "\n".join([*lines, ""])


def _index(rows: list[Word], column: str) -> Iterator[str]:
    """A row for each word of a column, with links to the names that it stands for."""
    table: dict[str, list[Word]] = defaultdict(list)
    for word in rows:
        for other in getattr(word, column):
            table[other].append(word)
    for other in sorted(table, key=str.lower):
        links = ", ".join(f"[{word.name}](#{word.anchor})" for word in table[other])
        yield f"| {other} | {links} |"
