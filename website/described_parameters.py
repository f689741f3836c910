"""What docstrings say of parameters, kept whole: here `name : type, description` is one text, and no type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

LISTS = ("parameters", "other parameters", "attributes")


class DescribedParameters(griffe.Extension):
    """An extension of mkdocstrings: types stand in the signature, and the lists below it say the rest in words."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        for docstring in filter(None, (entry.docstring for entry in _entries(pkg))):
            # A title ends the list above it.
            docstring.value = re.sub(r"^Source: ", "Source\n------\n", docstring.value, flags=re.M)
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
