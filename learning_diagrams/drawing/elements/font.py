"""The widths of texts in DejaVu Sans, by a table of advances, so that a picture is the same on every machine.

>>> text_width("student", 14), text_width("student", 14, bold=True)
(53.52, 61.17)
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import combining

from learning_diagrams.drawing.elements.label import Label
from learning_diagrams.errors import printable

EM = 2048  # units of the table in the size of a font
LONGEST = 24  # letters of a label
PHRASE = 40  # letters of a phrase


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in pixels, at a size in pixels; a letter that is not in the table is as wide as the size.

    An accent that stands over the letter before it has no width.
    """
    if isinstance(text, Label):
        return round(sum(text_width(piece.text, size * piece.scale, bold or piece.bold) for piece in text.pieces), 2)
    return _plain_width(text, size, bold)


def shown_label(name: str, longest: int = LONGEST) -> str:
    """A name as a label shows it: at most 24 letters, or so many, none of which steers the picture.

    Of a longer name the word behind its last dot says most; a number has no such word.

    >>> shown_label("character_episodes.support_1"), shown_label("a temperature that is 0.07")
    ('character_epi….support_1', 'a temperature that is 0…')
    """
    if isinstance(name, Label) and len(name) <= longest:
        return name
    text = printable(name).replace("\n", " ").replace("\t", " ") or "“”"
    if len(text) <= longest:
        return text
    head, _, tail = text.rpartition(".")
    room = longest - 2 - len(tail)
    return f"{head[:room]}….{tail}" if head and tail.isidentifier() and room > 2 else f"{text[: longest - 1]}…"


@lru_cache(maxsize=10_000)  # a picture asks for the width of each of its names more than once
def _plain_width(text: str, size: float, bold: bool) -> float:
    advances = _advances("bold" if bold else "regular")
    return round(sum(advances.get(letter, 0 if combining(letter) else EM) for letter in text) * size / EM, 2)


@cache
def _advances(face: str) -> dict[str, int]:
    table = json.loads(files(__package__).joinpath("dejavu_advances.json").read_text())[face]
    return {
        chr(int(start, 16) + place): advance
        for start, advances in table.items()
        for place, advance in enumerate(advances)
    }
