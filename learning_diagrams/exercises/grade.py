"""Grades: whether an answer is right, and an explanation of an answer that is not.

>>> Grade("wrong", "3 is too small")
<Grade: wrong, 3 is too small>
>>> bool(Grade("right")), bool(Grade("open", "count the wires"))
(True, False)
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from learning_diagrams.drawing.picture import Picture
from learning_diagrams.errors import printable

Mark = Literal["right", "wrong", "open"]
_SIGNS = {"right": "✓", "wrong": "✗", "open": "…"}


@dataclass(frozen=True)
class Grade:
    """The grade of an answer; its truth value says whether the answer is right.

    Parameters
    ----------
    mark : "right", "wrong", or "open" where nothing was answered.
    explanation : str, why an answer is wrong, or a hint.
    picture : Picture or None, what the explanation speaks of.
    """

    mark: Mark
    explanation: str = ""
    picture: Picture | None = None

    def __bool__(self) -> bool:
        return self.mark == "right"

    def __str__(self) -> str:
        return printable(f"{_SIGNS[self.mark]} {self.mark}{': ' if self.explanation else ''}{self.explanation}")

    def __repr__(self) -> str:
        return printable(f"<Grade: {self.mark}{', ' if self.explanation else ''}{_first_line(self.explanation)}>")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        style = "white-space: pre-wrap; word-break: normal"  # a notebook breaks plain text within a word
        picture = "" if self.picture is None else self.picture.html
        return {"text/html": f'<pre style="{style}">{escape(str(self))}</pre>{picture}', "text/plain": str(self)}


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 120 and line == text else f"{line[:120]}…"
