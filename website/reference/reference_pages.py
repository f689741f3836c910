"""The reference: a page for each room of the library, from the docstrings of its public names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

import learning_diagrams as ld
from learning_diagrams import interchange
from learning_diagrams.backends import finite, symbolic, torch

PACKAGE = "learning_diagrams"
BACKENDS = {"backends/torch": torch, "backends/finite": finite, "backends/symbolic": symbolic}
FROM_DISCOPY = """\
`Ty` and `Diagram` are those of [DisCoPy](https://discopy.org), unchanged: `ld.Ty("x")` is a type of one object,
`ld.Ty()` is the unit, `f >> g` composes, and `f @ g` puts side by side.

"""


def public_names() -> dict[str, list[str]]:
    """The names that `ld` and the back ends export, by page: the places of their definitions."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, value in _exported(ld):
        place = getattr(value, "__module__", None) or ""
        if place.startswith(f"{PACKAGE}."):
            places[place.split(".")[1]].append(f"{place}.{name}")
    schedules = ("Schedule", "linear", "cosine", "piecewise")
    places["schedule"] = [f"{PACKAGE}.schedule.schedule.{name}" for name in schedules]
    places["interchange"] = [f"{value.__module__}.{name}" for name, value in _exported(interchange)]
    for page, module in BACKENDS.items():
        names = [f"{value.__module__}.{value.__name__}" for _, value in _exported(module)]
        places[page] = list(dict.fromkeys(names))  # a second name of a class has no entry of its own
    return places


def _exported(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name in sorted(module.__all__, key=lambda name: (name.islower(), name.casefold())):
        yield name, getattr(module, name)


def pages() -> Iterator[tuple[str, str]]:
    places = public_names()
    rooms = sorted(places, key=lambda page: (page in BACKENDS, page))
    lines = [f"| [{_title(page)}]({page}.md) | {_names(page, places)} |" for page in rooms]
    yield "reference/index.md", "\n".join([INTRODUCTION, *lines, ""])
    for page in rooms:
        entries = [f"::: {place}\n" for place in places[page]]
        about = _about(page) + (f"\n\n{FROM_DISCOPY}" if page == "diagrams" else "")
        yield f"reference/{page}.md", "\n".join([f"# {_title(page)}", "", about, "", *entries])


INTRODUCTION = """\
# Reference

Each public name, by the room of the library that defines it. The [command line](command-line.md) and the
[file format](file-format.md) have pages of their own. `import learning_diagrams as ld` gives the names of all rooms;
those of a back end, and of `learning_diagrams.interchange`, come from its module, as in
`from learning_diagrams.backends.torch import compile, fit`.

| room | names |
|---|---|\
"""


def _title(page: str) -> str:
    return page.replace("/", ".") if page in BACKENDS else page.replace("_", " ").capitalize()


def _about(page: str) -> str:
    """What the module of a room says that the room is, without its name."""
    text = (import_module(f"{PACKAGE}.{page.replace('/', '.')}").__doc__ or "").split(">>>")[0].strip()
    first, colon, rest = text.partition(": ")
    return rest[0].upper() + rest[1:] if colon and first.lower() == _title(page).lower() else text


def _names(page: str, places: Mapping[str, list[str]]) -> str:
    return ", ".join(f"[`{place.rpartition('.')[2]}`]({page}.md#{place})" for place in places[page])
