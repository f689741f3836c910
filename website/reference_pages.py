"""The reference: a page for each room of the library, from the docstrings of its public names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import learning_diagrams as ld


def public_names() -> dict[str, list[str]]:
    """The names that `ld` exports, by the room that defines them."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for name in sorted(ld.__all__):
        place = getattr(getattr(ld, name), "__module__", None) or ""
        if place.startswith("learning_diagrams."):
            rooms[place.split(".")[1]].append(f"{place}.{name}")
    return rooms


def pages() -> Iterator[tuple[str, str]]:
    rooms = public_names()
    lines = [f"- [{room}]({room}.md)" for room in sorted(rooms)]
    yield "reference/index.md", "\n".join(["# Reference", "", *lines, ""])
    for room in sorted(rooms):
        entries = [f"::: {place}\n" for place in rooms[room]]
        yield f"reference/{room}.md", "\n".join([f"# {room}", "", *entries])
