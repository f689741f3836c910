r"""Lines: a long label of a commutative diagram in several lines, and the room that labels take.

A line that continues the line before begins with an operator of terms, or stands behind a comma.

>>> in_lines("copy(source) >> id(source) @ get >> put = id(source)")
['copy(source) >> id(source)', '@ get >> put = id(source)']
>>> print(label("law", [r"\textrm{weight 0.5}"]))
\substack{\textrm{law} \\ \textrm{weight 0.5}}
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from learning_diagrams.drawing.tex.letters import symbol

SHORT, LONG = 28, 40  # letters of a line, of a label of few lines and of one of many
FEW = 4
LETTER, LINE = 1 / 12, 1 / 5.5  # of the cell of a grid, in which lengths are given
OBJECT = 1.4  # how much larger the names of objects are
MARGIN, FRAME = 0.8, 0.7  # em, on both sides together, of an object and of a box around it
NEXT = r" \\ "
_BREAK = re.compile(r"(?<=,) | (?=(?:>>|=|@) )")
_CHARACTER = re.compile(r"\\ldletter\{(.)\}\{\w+\}\{\w+\}")
_MARK = re.compile(r"\\(?:textrm|substack|boxed|mathrm)|[{}_^$]")
_COMMAND = re.compile(r"\\(?!textrm|substack|boxed|mathrm)(?:[a-zA-Z]+(?:\{\}| )?|[^a-zA-Z])")  # one letter each


def in_lines(text: str) -> list[str]:
    """The lines of a term, or of a field of a constraint."""
    longest = SHORT if len(text) <= FEW * SHORT else LONG
    lines: list[str] = []
    for part in _BREAK.split(text):
        if lines and len(lines[-1]) + 1 + len(part) <= longest:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def is_continued(before: str, line: str) -> bool:
    """Whether a line belongs to the line before it."""
    return before.endswith(",") or line.startswith((">> ", "= ", "@ "))


def stacked(lines: Sequence[str]) -> str:
    """Lines of LaTeX below one another, in math mode."""
    return lines[0] if len(lines) == 1 else rf"\substack{{{NEXT.join(lines)}}}"


def label(name: str, lines: Sequence[str]) -> str:
    """The name of an equation, and lines of LaTeX below it, in math mode."""
    return rf"\substack{{{NEXT.join([symbol(name), *lines])}}}"


def size_of(latex: str) -> tuple[float, float]:
    """About the width and the height of a label, in cells of the grid."""
    lines = _letters(latex)
    return LETTER * max(map(len, lines)), LINE * len(lines)


def object_size(latex: str) -> tuple[float, float]:
    """About the width and the height of an object, in cells of the grid."""
    width, height = size_of(latex)
    return OBJECT * width + 3 * LETTER, 2 * height


def printed_size(latex: str) -> tuple[float, float]:
    """About the width and the height of an object with its margin, in em, as TeX prints it."""
    frame = FRAME * (r"\boxed" in latex)
    return 0.43 * max(map(len, _letters(latex))) + MARGIN + frame, 0.75 + MARGIN + frame


def _letters(latex: str) -> list[str]:
    lines = (_MARK.sub("", _COMMAND.sub("x", _CHARACTER.sub(r"\1", line))) for line in latex.split(r"\\"))
    return [line.strip() for line in lines]
