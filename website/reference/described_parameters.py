"""Docstrings as pages show them: `name : type, description` is one text and no type, and a doctest is a block of code.

>>> print(readable("The sum.\\n\\na, b : float, the parts.\\n\\nSource: Euclid."))
The sum.
<BLANKLINE>
- **a, b** – float, the parts.
<BLANKLINE>
Source
------
Euclid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

LISTS = ("parameters", "other parameters", "attributes")
NAMED = re.compile(r"^([a-z_*][\w*, ]*) : ", re.M)


def readable(text: str) -> str:
    """The text of a docstring, in the Markdown that shows what a reader of the code sees."""
    paragraphs: list[str] = []
    titled = False
    for paragraph in re.split(r"\n{2,}", text):
        titled = "\n---" in paragraph or (titled and NAMED.match(paragraph) is not None)
        paragraphs.append(paragraph if titled else _paragraph(paragraph))
    return "\n\n".join(paragraphs)


def _paragraph(text: str) -> str:
    if text.startswith(">>> "):
        return f"```pycon\n{text}\n```"
    if NAMED.match(text):
        return NAMED.sub(r"- **\1** – ", text)
    return re.sub(r"^Source: ", "Source\n------\n", text)  # a title of its own ends the list above it


class DescribedParameters(griffe.Extension):
    """An extension of mkdocstrings: types stand in the signature, and the lists below it say the rest in words."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        for docstring in filter(None, (entry.docstring for entry in _entries(pkg))):
            docstring.value = readable(docstring.value)
            for section in docstring.parsed:
                if section.kind.value in LISTS:
                    for item in section.value:
                        item.description = f"{item.annotation or ''}\n{item.description}".strip()
                        item.annotation = None
                elif section.kind.value == "raises":
                    for item in section.value:
                        error, _, reason = str(item.annotation).partition(" : ")
                        item.annotation, item.description = error, f"{reason}\n{item.description}".strip()


def _entries(place: griffe.Object) -> Iterator[griffe.Object]:
    """A module or a class with all that is defined in it."""
    yield place
    for member in place.members.values():
        if not member.is_alias:
            yield from _entries(member)
