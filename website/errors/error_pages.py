"""The catalogue of errors: a page a class, with the smallest program for each `raise`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from importlib import import_module
from textwrap import wrap

import typer

from learning_diagrams import errors
from website.errors import error_entries
from website.errors.error_sites import sites

_WIDTH = 88


def pages() -> Iterator[tuple[str, str]]:
    catalogue = {name: error_entries.read(name) for name in error_entries.names()}
    lines = [
        "# Errors",
        "",
        "Every error of the library is a `LearningDiagramError`, and also the built-in exception that a reader would "
        "expect. Its message says what is wrong, where, which value was given, and what to do. The other classes are "
        "those of Python, those of [Typer](https://typer.tiangolo.com) for the command line, and signals that the "
        "library catches itself.",
        "",
        f"The code has {len(sites())} places that raise an error. Each of them has a program here, which a test runs: "
        "the error comes from that place and says these words.",
        "",
        "| error | is also | meaning | programs |",
        "|---|---|---|---:|",
        *(
            f"| [{name}]({name}.md) | {_bases(name)} | {_meaning(name)} | {len(catalogue[name][1])} |"
            for name in catalogue
        ),
        "",
    ]
    yield "errors/index.md", "\n".join(lines)
    for name, (said, entries) in catalogue.items():
        yield f"errors/{name}.md", "\n".join(_page(name, said, entries))


def _page(name: str, said: str, entries: list[error_entries.Entry]) -> Iterator[str]:
    yield from (f"# {name}", "", f"{_meaning(name)} Also: {_bases(name)}.", "", said, "", "Each program begins with")
    yield from ("", f"```py\n{error_entries.PRELUDE}```", "")
    room = ""
    for entry in entries:
        site = sites()[entry.place]
        if room != site.file.rpartition("/")[0]:
            room = site.file.rpartition("/")[0]
            yield from (f"## {room}", "")
        yield from (f"### `{entry.place.partition('::')[2] or 'import'}` {{ #{_anchor(entry.place)} }}", "")
        yield f"In `{site.file}`{': ' + site.purpose if site.purpose else '.'}"
        yield from ("", f"```py\n{entry.program}```", "", f"```\n{_wrapped(entry.shown)}```", "")


def _wrapped(shown: str) -> str:
    """A message whose long lines are folded; a shorter line, such as one with a caret, keeps its columns."""
    return "".join(
        f"{part}\n"
        for line in shown.splitlines()
        for part in (wrap(line, _WIDTH, break_long_words=False) if len(line) > _WIDTH else [line])
    )


def _anchor(place: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in place)


def _class(name: str) -> type[Exception]:
    """A class of errors, or of the signals inside the library, which live beside the places that raise them."""
    for room in (errors, builtins, typer):
        if hasattr(room, name):
            return getattr(room, name)
    place = error_entries.read(name)[1][0].place.partition(".py::")[0].replace("/", ".")
    return getattr(import_module(f"learning_diagrams.{place}"), name)


def _bases(name: str) -> str:
    return ", ".join(f"`{base.__name__}`" for base in _class(name).__bases__ if base is not errors.LearningDiagramError)


def _meaning(name: str) -> str:
    """The first sentence of the docstring of a class."""
    return " ".join((_class(name).__doc__ or "").split("\n\n")[0].split())
