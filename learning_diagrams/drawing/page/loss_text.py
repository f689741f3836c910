"""The loss in one line: each term as its divergence of the two sides, with boxes as functions.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> print("".join(word.text for word in application(PortGraph.from_diagram(Box("f", x, x) >> Box("g", x, x)), {})))
g(f(x))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.symbol import object_symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import joined, pieces_of
from learning_diagrams.drawing.elements.look import label_of, look_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

SIZE = 14
LINE = 22
LONGEST = 200  # words of a term


@dataclass(frozen=True)
class Word:
    """A piece of the line, and the box that it names."""

    text: str
    box: str = ""
    bold: bool = False


def loss_line(diagram: Presentation, looks: Mapping[str, Look]) -> Scene:
    """The loss, on as many lines as it needs."""
    words = [Word("loss", bold=True), Word("  =  ")]
    for i, constraint in enumerate(diagram.constraints):
        words += [Word("  +  ")] * (i > 0) + _term(constraint, looks)
    lines: list[list[Word]] = [[]]
    width = widest = 0.0
    for word in words:
        size = _width(word, looks)
        if width + size > CONTENT and word.text.strip() and lines[-1]:
            lines.append([Word("    ")])
            width = _width(lines[-1][0], looks)
        lines[-1].append(word)
        width += size
        widest = max(widest, width)
    elements = tuple(_line(line, 14 + LINE * i, looks) for i, line in enumerate(lines))
    return Scene(widest, LINE * len(lines), elements)


def _term(constraint: Constraint, looks: Mapping[str, Look]) -> list[Word]:
    """The words of one term: factors, divergence, reference and prediction."""
    lhs, rhs = constraint.reading.composite_graphs
    measure, _, options = constraint.measure.partition(", ")
    words = [Word(f"{constraint.factor} · ")] if constraint.factor else []
    words += [
        Word(f"{measure or 'D'}( "),
        *list(application(rhs, looks))[:LONGEST],
        Word(" ‖ "),
        *list(application(lhs, looks))[:LONGEST],
    ]
    return [*words, Word((f"; {options}" if options else "") + " )")]


def application(graph: PortGraph, looks: Mapping[str, Look]) -> Iterator[Word]:
    """A graph as applications of functions to its inputs; columns stand for themselves."""
    texts: list[list[Word]] = [[Word(shown_label(label_of(object_symbol(ob), looks)))] for ob in graph.dom.inside]
    for box, arguments, wires in graph.applications():
        words = [Word(look_of(box, looks).shown(written(box)), "" if isinstance(box, Column | State) else box.name)]
        if arguments and not isinstance(box, Column):
            inner = [word for i, wire in enumerate(arguments) for word in [Word(", ")] * (i > 0) + texts[wire]]
            words += [Word("("), *inner[:LONGEST], Word(")")]
        texts += [words if len(wires) == 1 else [*words, Word(_small(i))] for i in range(len(wires))]
    for i, wire in enumerate(graph.outputs):
        yield from [Word(", ")] * (i > 0) + texts[wire]


def _small(count: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(count + 1))


def _hue(word: Word, looks: Mapping[str, Look]) -> int:
    look = looks.get(word.box)
    return look.hue if look is not None and look.training == "trained" else 0


def _width(word: Word, looks: Mapping[str, Look]) -> float:
    return text_width(word.text, SIZE, bold=word.bold or bool(_hue(word, looks)))


def _line(words: list[Word], y: float, looks: Mapping[str, Look]) -> str:
    """One line of text, whose trained boxes are bold in their hue."""
    pieces = []
    for (bold, hue), group in groupby(words, key=lambda word: (word.bold, _hue(word, looks))):
        look = {"look": f"text{hue}"} if hue else {}
        look |= {"font_weight": "bold"} if bold or hue else {}
        pieces += [(piece, look) for piece in joined(piece for word in group for piece in pieces_of(word.text))]
    return f'<text class="ink" x="0" y="{svg.number(y)}" font-size="{SIZE}">{svg.spans(pieces, SIZE)}</text>'
