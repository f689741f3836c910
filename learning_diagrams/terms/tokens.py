"""The tokens of a term, and messages that point at a place in its text.

>>> tokens = Tokens("f >> copy(x, 3)")
>>> [tokens.next().text for _ in range(9)]
['f', '>>', 'copy', '(', 'x', ',', '3', ')', 'the end of the term']
>>> print(pointed("what is this?", "f >> ?", 5))
what is this? (line 1, column 6)
  f >> ?
       ^
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn
from unicodedata import combining, east_asian_width

from learning_diagrams.errors import ParseError, TypeMismatch, brief
from learning_diagrams.terms.printer import NAME

_TOKEN = re.compile(rf"(?P<space>\s+)|(?P<name>{NAME.pattern})|(?P<number>[0-9]+)|(?P<mark>>>|[@(),])")
_NAMES = {"name": "a name", "number": "a number"}
_SIGNS = {  # signs of other notations, with what this language writes
    **dict.fromkeys("⊗⊠×", "@ puts diagrams side by side, as in f @ g"),
    **dict.fromkeys(";⨾⨟≫→>", ">> composes, as in f >> g"),
    **dict.fromkeys("∘", ">> composes in the order of the arrows: g ∘ f is written f >> g"),
    "=": "a term is one diagram, and an equation is made of two terms",
    "->": ">> composes, as in f >> g",
}
_SHOWN = 100  # characters of a line


class Token(NamedTuple):
    kind: str
    text: str
    start: int


class Tokens:
    """The tokens of a text, scanned one at a time, so that an early error does not wait for the rest of the text."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ParseError(f"a term is a string, got {brief(text)}")
        self.text = text
        self._coming = self._scan()
        self.peek = next(self._coming)

    def _scan(self) -> Iterator[Token]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                sign = self.text[position]
                hint = _SIGNS.get(self.text[position : position + 2]) or _SIGNS.get(sign)
                self.fail(f"unexpected character {sign!r}{f'; {hint}' if hint else ''}", position)
            if match.lastgroup != "space":
                yield Token(str(match.lastgroup), match.group(), position)
            position = match.end()
        end = Token("end", "the end of the term", len(self.text))
        while True:
            yield end

    def next(self, *wanted: str) -> Token:
        """The next token; `ParseError` if neither its kind nor its text is among `wanted`."""
        token = self.peek
        if wanted and token.kind not in wanted and (token.kind != "mark" or token.text not in wanted):
            expected = " or ".join(_NAMES.get(w, repr(w)) for w in wanted)
            self.fail(f"expected {expected}, got {brief(token.text)}", token.start)
        self.peek = next(self._coming)
        return token

    def fail(self, message: str, start: int, error: type[ParseError | TypeMismatch] = ParseError) -> NoReturn:
        """Raise an error that points at a place of the text."""
        raise error(pointed(message, self.text, start))


def pointed(message: str, text: str, start: int) -> str:
    """A message, the line and column of a place, that line (or the part around the place), and a caret below it."""
    first = text.rfind("\n", 0, start) + 1
    column, line = start - first, text.count("\n", 0, start) + 1
    cut = first + max(0, column - _SHOWN // 2)
    before, after = text[cut:start], text[start : cut + _SHOWN].partition("\n")[0]
    margin = "".join(" " * _width(char) for char in before)
    return f"{message} (line {line}, column {column + 1})\n  {_plain(before)}{_plain(after)}\n  {margin}^"


def _plain(text: str) -> str:
    """A text as a terminal shows it on one line: a tab, or a character that does not print, is one space."""
    return "".join(char if char.isprintable() else " " for char in text)


def _width(char: str) -> int:
    if not char.isprintable():
        return 1
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
