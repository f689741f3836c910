r"""Symbols in terms: a term on an arrow, with the author's symbols in place of names, and the names again.

A symbol stands in two pairs of braces, so that the reader of a diagram finds it between the other letters.

>>> print(in_symbols("copy(Q) @ op", {"op": r"\triangleleft"}, {"Q": "X"}))
\textrm{copy(}{{X}}\textrm{) @ }{{\triangleleft}}
>>> in_names(in_symbols("copy(Q) @ op", {"op": r"\triangleleft"}, {"Q": "X"}), {r"\triangleleft": "op", "X": "Q"})
'\\textrm{copy(}\\textrm{Q}\\textrm{) @ }\\textrm{op}'
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from learning_diagrams.drawing.tex.letters import in_latex

_NAME = r"[^\W\d][\w.]*"
_PART = re.compile(rf"(?P<wiring>(?:id|copy|discard|swap)\((?P<objects>[^()]*)\))|{_NAME}")


def in_symbols(term: str, boxes: Mapping[str, str], objects: Mapping[str, str]) -> str:
    """A line of a term in math mode: names upright, and the LaTeX of those that have a symbol.

    objects : the symbols of what stands in the parentheses of `id`, `copy`, `discard` and `swap`; boxes : those of all
        other names.
    """
    pieces, end = [], 0
    for start, name, symbols in _names(term, boxes, objects):
        if name in symbols:
            pieces += [term[end:start], f"{{{{{symbols[name]}}}}}"]
            end = start + len(name)
    pieces.append(term[end:])
    return "".join(piece if i % 2 else _upright(piece) for i, piece in enumerate(pieces))


def in_names(label: str, names: Mapping[str, str]) -> str:
    """A label with the name of each symbol of a term in its place."""
    for latex, name in sorted(names.items(), key=lambda item: -len(item[0])):  # a symbol may hold another in braces
        label = label.replace(f"{{{{{latex}}}}}", _upright(name))
    return label


def _names(
    term: str, boxes: Mapping[str, str], objects: Mapping[str, str]
) -> list[tuple[int, str, Mapping[str, str]]]:
    """The names of a term: where each begins, and the symbols among which it may have one."""
    found = []
    for part in _PART.finditer(term):
        if part["wiring"]:
            names = re.finditer(_NAME, part["objects"])
            found += [(part.start("objects") + name.start(), name[0], objects) for name in names]
        else:
            found.append((part.start(), part[0], boxes))
    return found


def _upright(text: str) -> str:
    return rf"\textrm{{{in_latex(text)}}}" if text else ""
