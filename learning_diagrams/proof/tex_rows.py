r"""The rows of a derivation in LaTeX, which break at semicolons so that a page holds them.

>>> print("\n".join(broken([r"\texttt{encode}", r"\hat{f}", r"\texttt{decode}"], 12)))
\texttt{encode} \mathbin{;} \hat{f}
\mathbin{;} \texttt{decode}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

COLUMNS = 58  # letters of a typewriter on a line of the class article, beside the sign
FEWEST = 24
TOGETHER = 12  # lines that stay on one page
SEMICOLON = r" \mathbin{;} "
_FONT = re.compile(r"\\(?:texttt|mathrm|text)(?![A-Za-z])")
_SYMBOL = re.compile(r"\\(?:[A-Za-z]+|.)")
_UNSEEN = re.compile(r"[{}^_\s]")


def align(rows: Iterable[tuple[Sequence[str], str]], columns: int = COLUMNS) -> str:
    """An `align*` of the rows, each the layers of a diagram and its reason; an equality sign before all but the first.

    A row takes as many letters as the longest reason leaves of the columns, and goes on in the next line. A derivation
    of more than 12 lines stands in a group in which amsmath breaks it between pages; TeX would print the rest of it
    below the paper.

    >>> print(align([(["f"], "")]))
    \\begin{align*}
      & f
    \\end{align*}
    """
    known = [*rows]
    room = max(FEWEST, columns - max((width(reason) for _, reason in known), default=0))
    lines = []
    for number, (layers, reason) in enumerate(known):
        first, *others = broken(layers, room)
        lines += [f"  {'={}' if number else ''}& {first}", *(rf"  & \quad {{}}{line}" for line in others)]
        lines[-1] += rf" && \text{{{reason}}}" if reason else ""
    text = "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"
    return text if len(lines) <= TOGETHER else f"{{\\allowdisplaybreaks\n{text}}}"


def broken(layers: Sequence[str], columns: int) -> list[str]:
    """The composite of the layers in lines of about so many letters; a layer that is wider has a line of its own."""
    lines, room = [layers[0]], columns - width(layers[0])
    for layer in layers[1:]:
        room -= width(layer) + 2
        if room < 0:
            lines.append(SEMICOLON.lstrip() + layer)
            room = columns - width(layer) - 4  # the indent, and the semicolon
        else:
            lines[-1] += SEMICOLON + layer
    return lines


def width(tex: str) -> int:
    r"""About how many letters a formula is wide: a command that is no font counts as one.

    >>> width(r"\texttt{Copy(x)} \otimes {\hat{f}}")
    12
    """
    return len(_UNSEEN.sub("", _SYMBOL.sub("x", _FONT.sub("", tex.replace(r"\otimes", "(x)")))))
