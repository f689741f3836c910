"""Values as one line of text, short enough to read: what `repr` returns.

>>> one_line("first\\nsecond"), len(one_line("a" * 1000))
('first\\\\nsecond', 300)
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from itertools import islice
from reprlib import Repr
from typing import Any

from learning_diagrams.errors.wording import ADDRESS, printable

LONGEST, NEW_LINE = 300, "\n"


def one_line(text: str) -> str:
    """A text as one line of at most 300 characters, in which control characters stand as their escapes."""
    shown = printable(text[:LONGEST]).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(text) <= LONGEST >= len(shown) else f"{shown[: LONGEST - 1]}…"


def short_repr(value: Any) -> str:
    """The class of a value and its public fields, each cut where it is long."""
    names = [field.name for field in fields(value) if field.repr] if is_dataclass(value) else vars(value)
    shown = [f"{name}={_SHORT.repr(getattr(value, name))}" for name in names if not name.startswith("_")]
    return one_line(f"{type(value).__name__}({ADDRESS.sub('', ', '.join(shown))})")


class Printed:
    """A value with a printed text, its `str`: `repr` is the first line of the text, and a notebook shows all of it."""

    def __repr__(self) -> str:
        return one_line(f"<{type(self).__name__}: {str(self).split(NEW_LINE, 1)[0].removesuffix(':')}>")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self)}


class _Short(Repr):
    """Values in short: diagrams and types as they print, read-only mappings as dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, 80, 80

    def repr1(self, x: Any, level: int) -> str:
        if hasattr(x, "inside"):
            return one_line(str(x))
        return super().repr1(x, level)

    def repr_mappingproxy(self, x: Any, level: int) -> str:
        return self.repr_dict(dict(islice(x.items(), self.maxdict + 1)), level)


_SHORT = _Short()
