"""The lines of a formula, laid out for the text width of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from learning_diagrams.semantics.program.latex.measures import Pieces
from learning_diagrams.semantics.program.latex.symbols import width

LINE_END = "\\\\\n"
PAGE = 60  # letters of some 5.3 pt in the 345 pt of LaTeX's article class, without the 10 pt of the alignment
GAP = 2  # letters between a line and its remark
ENDLESS = 10**9  # letters, which no statement has
LEAST = 36  # letters of a line, however long its remark is
SHORT = 6  # letters before the place at which all lines meet, where a longer text goes above
SUMMANDS = ("{}+{}", "{}-{}")  # before the terms of a sum, but its first
INDENT = 4  # letters of the \qquad of a further line
BESIDE = 20  # letters of a remark where lines are narrow, unless one text of it is longer
SCRAP = 24  # letters: a shorter part of a summand does not end a line


@dataclass(frozen=True)
class Line:
    """A statement, on as many lines as it needs.

    Parameters
    ----------
    left : str, what stands before the place at which all lines meet.
    right : str, what stands after it at first.
    pieces : sequence of pairs of str, what follows: each a summand in two parts, between which a line may end.
    remarks : sequence of str, in text mode.
    indent : str, what stands before the first line.
    further : str, what stands before each further line.
    """

    left: str
    right: str
    pieces: Sequence[Pieces] = ()
    remarks: Sequence[str] = ()
    indent: str = ""
    further: str = r"\qquad "

    def rights(self, room: int) -> list[str]:
        """The statement on lines of so many letters."""
        parts = [part for pair in self.pieces for part in self._parted(*pair, room)]
        packed = [*_packed([self.right, *parts], room, INDENT)] or [""]
        return [(self.further if i else self.indent) + text.strip() for i, text in enumerate(packed)]

    def _parted(self, first: str, rest: str, room: int) -> Iterable[str]:
        """A summand in two parts where it is too wide beside the first text, and its first part is not a scrap."""
        whole = first + rest
        wide = width(self.right + whole) > room and (width(first) > SCRAP or width(whole) > room)
        return (first, rest) if wide else (whole,)


def aligned(lines: Sequence[Line]) -> str:
    """Lines below each other; a line alone stands as it is.

    >>> fit = Line(r"\\mathcal{L} ={}", "", [("f(x)", " - y")], ["fit"])
    >>> print(aligned([fit]))
    \\begin{aligned}
    \\mathcal{L} ={}& f(x) - y && \\text{fit}
    \\end{aligned}
    """
    unbroken = [line.rights(ENDLESS)[0] for line in lines]
    if len(lines) == 1 and not lines[0].left and not lines[0].remarks and width(unbroken[0]) <= PAGE:
        return unbroken[0]
    remarks = [[", ".join(line.remarks)] if line.remarks else [] for line in lines]
    widest = max(map(width, unbroken)) + _beside(remarks)
    lefts = [width(line.left) + 1 for line in lines]
    narrow = max(lefts) + widest > PAGE
    if narrow:
        remarks = [[*_grouped(line.remarks)] for line in lines]
    room = max(PAGE - max(size for size in [0, *lefts] if not narrow or size <= SHORT) - _beside(remarks), LEAST)
    rows = []
    for line, group, after in zip(lines, remarks, [*lines[1:], None], strict=True):
        rights, left = line.rights(room), line.left
        if narrow and width(left) + 1 > SHORT:
            inside = replace(line, right=f"{left.removesuffix('{}')} {line.right}").rights(room)
            if len(inside) == len(rights) and not (after is not None and after.left in SUMMANDS):
                rights, left = inside, ""
            else:
                head, left = left.rsplit(" ", 1)
                rows.append(f"& {head}")
        for i, (right, remark) in enumerate(zip_longest(rights, group, fillvalue="")):
            rows.append(f"{'' if i else left}& {right}".rstrip() + rf" && \text{{{remark}}}" * bool(remark))
    return "\\begin{aligned}\n" + f" {LINE_END}".join(rows) + "\n\\end{aligned}"


def _beside(remarks: Iterable[Iterable[str]]) -> int:
    """The letters that remarks need beside the lines: text is narrower than mathematics."""
    texts = [text.replace(" ", "x") for group in remarks for text in group]
    return max((GAP + width(text) * 4 // 5 for text in texts), default=0)


def _grouped(remarks: Sequence[str]) -> Iterator[str]:
    """Remarks below each other, as many beside each other as are short."""
    texts = [f"{remark}, " for remark in remarks[:-1]] + [*remarks[-1:]]
    yield from map(str.rstrip, _packed(texts, BESIDE))


def _packed(pieces: Iterable[str], room: int, indent: int = 0) -> Iterator[str]:
    """The pieces on lines, as many on each as fit; all lines but the first are so many letters shorter."""
    line = ""
    for piece in pieces:
        if line and width(line + piece) > room:
            yield line
            line, room, indent = "", room - indent, 0
        line += piece
    if line:
        yield line
