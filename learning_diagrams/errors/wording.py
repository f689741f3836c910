"""The wording of errors: counts, values and known names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

# Control characters but line feed and tab, marks of writing direction, separators of lines, halves of characters, none.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

ADDRESS = re.compile(" (object )?at 0x[0-9a-f]+")  # in the reprs of what others write


def printable(text: str) -> str:
    """A text that a terminal and a picture can show: characters that would steer them stand as their escapes.

    >>> print(printable("red \\x1b[31m"))
    red \\x1b[31m
    """
    return _UNSEEN.sub(lambda char: f"\\x{ord(char[0]):02x}" if char[0] < "\x80" else f"\\u{ord(char[0]):04x}", text)


def plural(count: int, noun: str) -> str:
    """A count and its noun, in the number that fits the count.

    >>> plural(1, "row"), plural(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def kind(value: object) -> str:
    """The type of a value, as a message names it.

    >>> kind([]), kind(3)
    ('a list', 'an int')
    """
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def brief(value: object) -> str:
    """A value as a message shows it: diagrams and types as they print, other values by a short repr.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> brief(Ty("x")), brief(Box("f", Ty("x"), Ty("y"))), brief("x")
    ('the type x', 'the diagram f', "'x'")
    """
    if isinstance(value, list | tuple) and value and any(hasattr(part, "inside") for part in value):
        text = ", ".join(map(brief, value))
        text = f"[{text}]" if isinstance(value, list) else f"({text})"
    elif hasattr(value, "inside"):
        text = f"the diagram {value}" if hasattr(value, "then") else f"the type {value or 'I'}"
    else:
        try:
            text = ADDRESS.sub("", repr(value))
            text = " ".join(text.split()) if "\n" in text else text  # tensors and modules print in several lines
        except (RecursionError, ValueError):  # the value is nested too deep, or is a number too long to print
            text = f"a large {type(value).__name__}"
    return text if len(text) <= 120 else f"{text[:120]}…"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of an `UnknownName` message: the closest known name, and all known names.

    >>> did_you_mean("studnet", ["student", "teacher"])
    "did you mean 'student'? known: 'student', 'teacher'"
    >>> did_you_mean("AdamW", ["adam", "adamw"])
    "did you mean 'adamw'? known: 'adam', 'adamw'"
    """
    names = sorted(known, key=str)
    # The comparison is cubic in the length of names, so a hostile file could make it take hours.
    near = [other for other in names[:500] if isinstance(other, str) and len(other) <= 60]
    same = [other for other in near if isinstance(name, str) and other.casefold() == name.casefold()]
    close = same or (get_close_matches(name[:60], near, n=1) if isinstance(name, str) else [])
    listed = ", ".join(map(brief, names[:20])) + (", …" if len(names) > 20 else "") if names else "none"
    return (f"did you mean {close[0]!r}? " if close else "") + f"known: {listed}"
