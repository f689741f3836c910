"""LaTeX of plain values: texts, signed numbers, tables, and the macros that the paper reads figures by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from learning_diagrams.drawing.tex.letters import in_latex


def key(*names: str) -> str:
    r"""The key of a figure in ``\measured{KEY}``.

    >>> key("alignment", "without “same emoji”", "text to image R@1")
    'alignment/without-same-emoji/text-to-image-r-1'
    """
    return "/".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in names)


def number(value: float, digits: int = 3, signed: bool = False) -> str:
    """A number in math mode, with a true minus sign.

    >>> number(-0.25, 2, signed=True)
    '$-0.25$'
    """
    return f"${value:{'+' if signed else ''}.{digits}f}$"


def defined(name: str, values: Mapping[str, str]) -> str:
    r"""The values that a macro of the paper looks up, one a line; paper.tex says what the macro does with a key."""
    return "".join(f"\\defineof{{{name}}}{{{at}}}{{{value}}}\n" for at, value in values.items())


def table(cells: Sequence[Sequence[str]], columns: str) -> str:
    """A table with rules above, below and under its first row; the cells are LaTeX."""
    head, *rows = (" & ".join(row) + r" \\" for row in cells)
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule",
                      r"\end{tabular}", ""])  # fmt: skip


__all__ = ["defined", "in_latex", "key", "number", "table"]
