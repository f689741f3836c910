r"""Labels: the author's symbols in pictures, as text whose indices stand below and above the line.

>>> label = read_label(r"\hat{f}_{\theta}^2")
>>> label, [(piece.text, piece.shift) for piece in label.pieces]
('f̂θ2', [('f̂', 0.0), ('θ', 0.22), ('2', -0.36)])
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, groupby
from typing import Any

from learning_diagrams.presentation.notation import BESIDE

SMALLER = 0.72  # an index, to what it stands at
BELOW, ABOVE = 0.22, -0.36  # in the size of what it stands at


@dataclass(frozen=True)
class Piece:
    """Letters that stand alike.

    Parameters
    ----------
    shift : float, how far below the line they stand, in the size of the label.
    scale : float, their size, in the size of the label.
    italic, bold : bool, whether they are variables, and whether they are bold beside plain ones.
    struck : bool, whether a line goes through them.
    latex : the LaTeX of the symbol that begins with them, "" for further letters of it, None for letters of no symbol.
    """

    text: str
    shift: float = 0.0
    scale: float = 1.0
    italic: bool = False
    bold: bool = False
    struck: bool = False
    latex: str | None = None


class Label(str):
    """A symbol as plain text, with its pieces."""

    pieces: tuple[Piece, ...]


def pieces_of(text: str) -> tuple[Piece, ...]:
    """The pieces of a label; any other text is one piece."""
    return text.pieces if isinstance(text, Label) else (Piece(text),)


_BESIDE = re.compile(rf"\\({'|'.join(BESIDE)})(?![A-Za-z])")


def is_struck(text: str) -> bool:
    """Whether a line goes through a label: what it names is gone."""
    return any(piece.struck for piece in pieces_of(text))


@cache
def read_label(latex: str) -> Label:
    """The label of a symbol that `notation` has read."""
    from pylatexenc.latexwalker import LatexWalker

    nodes = LatexWalker(_BESIDE.sub(lambda match: BESIDE[match[1]], latex)).get_latex_nodes()[0]
    pieces = joined(_pieces(nodes, Piece("")))
    return label_from(replace(piece, latex="" if i else latex) for i, piece in enumerate(pieces))


def label_from(pieces: Iterable[Piece]) -> Label:
    """The label of some pieces."""
    parts = joined(pieces)
    label = Label("".join(piece.text for piece in parts))
    label.pieces = parts
    return label


def phrase(*texts: str) -> str:
    """Texts behind one another; a label where one of them is a label."""
    if not any(isinstance(text, Label) for text in texts):
        return "".join(texts)
    return label_from(piece for text in texts if text for piece in pieces_of(text))  # programs move empty pieces apart


def joined_by(between: str, texts: Iterable[str]) -> str:
    """Texts behind one another, with a text between them."""
    return phrase(*list(chain.from_iterable((between, text) for text in texts))[1:])


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Pieces, where neighbours that stand alike are one."""
    groups = groupby(pieces, key=lambda piece: replace(piece, text=""))
    return tuple(replace(style, text="".join(piece.text for piece in group)) for style, group in groups)


def _pieces(nodes: Sequence[Any], style: Piece) -> Iterator[Piece]:
    """The pieces of parsed LaTeX; an index belongs to the next letter, group or macro."""
    from pylatexenc.latex2text import LatexNodes2Text

    here = style
    for node in nodes:
        texts = list(node.chars) if hasattr(node, "chars") else [""]
        for text in texts:
            if text in ("_", "^"):
                shift, scale = (BELOW if text == "_" else ABOVE) * style.scale, style.scale * SMALLER
                here = replace(style, shift=round(style.shift + shift, 3), scale=round(scale, 3))
                continue
            if text.isspace():  # mathematics has its own spaces
                continue
            if text:
                yield _written(here, text)
            elif hasattr(node, "nodelist"):
                yield from _pieces(node.nodelist, here)
            else:
                arguments = [part for part in getattr(node.nodeargd, "argnlist", None) or () if part is not None]
                shown = LatexNodes2Text().nodelist_to_text([node])
                if arguments and {"_", "^"} & set(shown):
                    yield from _pieces(arguments, here)
                else:
                    yield _written(here, shown, getattr(node, "macroname", "").startswith(("math", "text", "op")))
            here = style


_MATHEMATICS = {"'": "′", "''": "″", "”": "″", "-": "−", "*": "∗"}


def _written(style: Piece, text: str, upright: bool = False) -> Piece:
    """A text in a style. Bold, script and German letters, which the font lacks, are plain ones, bold or italic."""
    names = [unicodedata.name(char, "") for char in text]
    lacking = any(name.startswith("MATHEMATICAL ") and "DOUBLE-STRUCK" not in name for name in names)
    text = unicodedata.normalize("NFKC" if lacking else "NFC", _MATHEMATICS.get(text, text))
    letter = unicodedata.normalize("NFD", text)[:1]
    is_variable = letter.isalpha() and (letter.isascii() or "α" <= letter <= "ω" or letter in "ϑϕϵϱϖ")
    bold = any("MATHEMATICAL BOLD" in name for name in names)
    return replace(style, text=text, bold=bold, italic=is_variable and (not upright or (lacking and not bold)))
