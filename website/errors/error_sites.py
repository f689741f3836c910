"""The places of the code that raise an error, and the place from which an error came.

A place is written `file::function`; a further raise of the same function is `file::function#2`, and so on. A bare
`raise` passes on the error of another place, and is not a place of its own.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("learning_diagrams", "semantics", "backends")


@dataclass(frozen=True)
class Site:
    """A `raise`: its place, its lines, and the first sentence of the docstring of its function."""

    place: str
    first: int
    last: int
    purpose: str

    @property
    def file(self) -> str:
        return self.place.partition("::")[0]


@cache
def sites() -> dict[str, Site]:
    """Every `raise` of the library, by its place."""
    files = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {site.place: site for path in files if path == path.resolve() for site in _sites_of(path)}


def _sites_of(path: Path) -> Iterator[Site]:
    """The raises of a file, in order.

    >>> [site.place for site in _sites_of(ROOT / "learning_diagrams/errors/requirement.py")]
    ['learning_diagrams/errors/requirement.py::require_count', 'learning_diagrams/errors/requirement.py::require_flag']
    """
    times: Counter[str] = Counter()

    def walk(node: ast.AST, name: str, purpose: str) -> Iterator[Site]:
        for child in ast.iter_child_nodes(node):
            inner, about = name, purpose
            if isinstance(child, ast.ClassDef | ast.FunctionDef):
                inner = f"{name}.{child.name}".lstrip(".")
                about = " ".join((ast.get_docstring(child) or "").split("\n\n")[0].split()) or purpose
            elif isinstance(child, ast.Raise) and child.exc is not None:
                times[name] += 1
                number = f"#{times[name]}" if times[name] > 1 else ""
                place = f"{path.relative_to(ROOT)}::{name}{number}"
                yield Site(place, child.lineno, child.end_lineno or child.lineno, purpose)
            yield from walk(child, inner, about)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "", "")


@cache
def _by_file() -> dict[str, list[Site]]:
    table: dict[str, list[Site]] = {}
    for site in sites().values():
        table.setdefault(site.file, []).append(site)
    return table


def sites_of(error: BaseException | None) -> set[str]:
    """The places whose `raise` made this error, or an error that led to it."""
    places: set[str] = set()
    seen: set[int] = set()
    pending = [error]
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        pending += [link.__cause__, link.__context__]
        if isinstance(link, ValidationError):  # which keeps the errors of validators as data
            pending += [fault["ctx"]["error"] for fault in link.errors() if "error" in fault.get("ctx", {})]
        trace = link.__traceback__
        while trace is not None:
            file, line = Path(trace.tb_frame.f_code.co_filename).resolve(), trace.tb_lineno
            if file.is_relative_to(ROOT):
                for site in _by_file().get(str(file.relative_to(ROOT)), ()):
                    if site.first <= line <= site.last:
                        places.add(site.place)
            trace = trace.tb_next
    return places
