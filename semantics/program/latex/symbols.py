"""Symbols: the names of boxes, columns, objects and sample spaces in LaTeX, or the symbols of the author.

>>> symbols = Symbols({"student": r"f_\\theta"})
>>> symbols.name("student"), symbols.name("teacher"), symbols.name("u_x"), symbols.name("a b"), symbols.name("f")
('f_\\\\theta', '\\\\mathrm{teacher}', 'u_{x}', '\\\\textrm{"a b"}', 'f')
>>> print(symbols.name("image_1", "it"), symbols.indexed("pixels", "it", 2))
\\mathit{image}_{1} \\mathit{pixels}_{2}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from discopy import markov

from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.notation import require_symbol
from learning_diagrams.proof.display import shown_name, shown_title
from learning_diagrams.terms.latex_text import GREEK, SIGNS, latex

Style = Literal["rm", "it"]
_INDEXED = re.compile(r"([A-Za-z]+)_([0-9]+)|([A-Za-z])_([a-z]{1,2})")
_COMMAND = re.compile(r"\\(?:operatorname\*?|math\w+|text\w*|substack|[bB]ig\w*|[,;!])|[{}$^]")
_INDEX = re.compile(r"_\{((?:[^{}]|\{[^{}]*\})*)\}")
_UNDER = re.compile(r"\\operatorname\*\{(?:\\mathbb\{E\}|Law)\}_\{(.*?)\}\\, ")


class Symbols:
    """Functions and spaces are upright, columns and other values are italic; a name of one letter is italic.

    Parameters
    ----------
    notation : mapping from boxes, columns, sample spaces or their names to LaTeX in math mode.
    names : iterable of str, the names in the formula; the library's own letters, as those of draws, are letters that no
        name begins with.
    """

    def __init__(self, notation: Mapping[Any, str] | None = None, names: Iterable[str] = ()) -> None:
        self.notation = _read(notation or {})
        words = re.findall("[a-z]+", " ".join(self.notation.values()))
        firsts = {*words, *(name.partition("_")[0] for name in names)}
        self.draw, self.part, self.count = (
            next(c for c in letters if c not in firsts) for letters in (_DRAWS, _PARTS, _COUNTS)
        )

    def name(self, name: str, style: Style = "rm") -> str:
        """A name as a symbol; the digits at its end, and a letter or two after a letter, are an index."""
        if name in self.notation:
            return self.notation[name]
        if match := _INDEXED.fullmatch(name):
            word, digits, letter, letters = match.groups()
            return f"{self._word(word or letter, style)}_{{{digits or letters}}}"
        return self._word(name, style)

    def _word(self, name: str, style: Style) -> str:
        if name in GREEK or name in SIGNS or re.fullmatch("[A-Za-z]", name):
            return (GREEK | SIGNS).get(name, name).strip("$")
        if re.fullmatch("[A-Za-z0-9_]+", name):
            return f"\\math{style}{{{name.replace('_', chr(92) + '_')}}}"
        return f"\\text{style}{{{latex(shown_name(name))}}}"

    def indexed(self, name: str, style: Style, index: int | None) -> str:
        """A name with a further index."""
        symbol = self.name(name, style)
        if index is None:
            return symbol
        if name in self.notation:
            return f"{{{symbol}}}_{{{index}}}"
        return f"{symbol[:-1]},{index}}}" if _INDEXED.fullmatch(name) else f"{symbol}_{{{index}}}"

    def box(self, box: markov.Box, output: int | None = None) -> str:
        """A box, or one of its outputs; in brackets the boxes that its module calls."""
        used = f"[{', '.join(map(self.box, uses_of(box)))}]" if uses_of(box) else ""
        return self.indexed(box.name, "rm", output) + used

    def column(self, column: Column, row: int | None, whole: bool = False) -> str:
        """A column of the row of that number; whole: with the name of its sample space."""
        full = f"{column.space.name}.{column.name}"
        return self.indexed(full if whole or full in self.notation else column.name, "it", row)


_DRAWS, _PARTS, _COUNTS = ("z", "w", "v", "s", "z'"), ("h", "a", "b", "c", "h'"), ("n", "m", "N", "M", "n'")


def width(text: str) -> int:
    """About how many letters wide a formula is; what stands under an operator, and an index, is smaller."""
    for small in (_UNDER, _INDEX):
        text = small.sub(lambda match: " " + "x" * (max(map(width, match[1].split(r" \\ "))) * 3 // 5 or 1), text)
    return len(re.sub(r"\\(?:[A-Za-z]+|.)", "x", _COMMAND.sub("", text)).replace(" ", ""))


def titled(name: str) -> str:
    """The name of a statement, for text mode."""
    return latex(shown_title(name))


def _read(notation: Mapping[Any, str]) -> dict[str, str]:
    if not isinstance(notation, Mapping):
        raise TypeMismatch(f"notation= takes a mapping from boxes or names to LaTeX, got {brief(notation)}")
    symbols = {}
    for key, symbol in notation.items():
        name = f"{key.space.name}.{key.name}" if isinstance(key, Column) else getattr(key, "name", key)
        if not isinstance(name, str):
            raise TypeMismatch(f"notation= takes boxes, sample spaces or their names, got {brief(key)}")
        require_symbol(symbol, f"the notation of {name!r}")
        symbols[name] = symbol
    return symbols
