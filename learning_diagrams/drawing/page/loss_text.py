"""The loss in one line: each term as its divergence of the two sides, with boxes as functions.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> print("".join(word.text for word in application(PortGraph.from_diagram(Box("f", x, x) >> Box("g", x, x)), {})))
g(f(x))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from discopy import cat, markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.symbol import Symbol, object_symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import joined, phrase, pieces_of
from learning_diagrams.drawing.elements.look import label_of, look_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.page.draws import PRIMES, Marks, draw_marks
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

SIZE = 14
LINE = 22
LONGEST = 200  # words of a term
OF_SPACE, IN_LAW = "D", "D in law"  # the divergence of a constraint that names none


@dataclass(frozen=True)
class Word:
    """A piece of the line, and the box that it names."""

    text: str
    box: str = ""
    bold: bool = False


def loss_line(diagram: Presentation, looks: Mapping[str, Look]) -> Scene:
    """The loss, on as many lines as it needs; in a game the loss of each player, on lines of its own."""
    lines = [
        line
        for title, parts in sums(diagram).items()
        for line in _lines(
            [Word(title, bold=True), Word("  =  "), *_over(diagram, looks), *_sum(parts, looks)],
            looks,
        )
    ]
    elements = tuple(_line(line, 14 + LINE * i, looks) for i, line in enumerate(lines))
    widest = max(sum(_width(word, looks) for word in line) for line in lines)
    return Scene(widest, LINE * len(lines), elements)


def sums(diagram: Presentation) -> dict[str, list[tuple[Constraint, float]]]:
    """The constraints whose terms are added, with factors, by the name of their sum: a game has one for each player."""
    terms = {constraint.name: constraint for constraint in diagram.constraints}
    if not diagram.players:
        return {"loss": [(constraint, 1.0) for constraint in diagram.constraints]}
    return {
        f"loss of {player.name}": [(terms[name], factor) for name, factor in player.terms]
        for player in diagram.players
    }


def _over(diagram: Presentation, looks: Mapping[str, Look]) -> list[Word]:
    """What all terms are means over, where that is one sample space."""
    spaces = {tuple(ob.name for ob in constraint.source.dom.inside) for constraint in diagram.constraints}
    if len(spaces) > 1 or not all(len(space) == 1 for space in spaces):
        return []
    labels = [shown_label(label_of(Symbol("sample space", name), looks)) for space in spaces for name in space]
    return [word for label in labels for word in (Word("mean over "), Word(label), Word(" of   "))]


def _sum(parts: Sequence[tuple[Constraint, float]], looks: Mapping[str, Look]) -> Iterator[Word]:
    for i, (constraint, factor) in enumerate(parts):
        sign = "−" if factor < 0 else "+"
        yield from [Word(f"  {sign}  ")] if i else [Word("−")] * (factor < 0)
        yield from [Word(f"{abs(factor):g} · ")] * (abs(factor) != 1)
        yield from _term(constraint, looks)


def _lines(words: Sequence[Word], looks: Mapping[str, Look]) -> list[list[Word]]:
    lines: list[list[Word]] = [[]]
    width = 0.0
    for word in words:
        size = _width(word, looks)
        closes = word.text.lstrip().startswith((")", ";"))
        if width + size > CONTENT - 14 * (not closes) and word.text.strip() and lines[-1]:
            lines.append([Word("    ")])
            width = _width(lines[-1][0], looks)
        lines[-1].append(word)
        width += size
    return lines


def _term(constraint: Constraint, looks: Mapping[str, Look]) -> list[Word]:
    """The words of one term: factors, divergence, reference and prediction."""
    (lhs, rhs), (ours, theirs) = constraint.reading.composite_graphs, draw_marks(constraint)
    _, _, options = constraint.measure.partition(", ")
    apart = any(map(_has_primed_names, (lhs, rhs), (looks, looks)))
    words = [Word(f"{constraint.factor} · ")] if constraint.factor else []
    words += [
        Word(f"{measure_of(constraint)}( "),
        *_cut(list(application(rhs, looks, theirs, apart))),
        Word(" ‖ "),
        *_cut(list(application(lhs, looks, ours, apart))),
    ]
    return [*words, Word((f"; {options}" if options else "") + " )")]


def measure_of(constraint: Constraint) -> str:
    """The divergence before a term: its name, or "D" for that of the space, or "D in law".

    Sides from I are compared by "D in law" where a side reads data or uses a draw, so that its law is known by samples
    only. Constants and explicit distributions are compared by the divergence of the space.
    """
    if constraint.measure:
        return constraint.measure.partition(", ")[0]
    return IN_LAW if constraint.tested == "in law" and any(map(_samples, constraint.reading.sides)) else OF_SPACE


def _samples(side: PortGraph) -> bool:
    """Whether a side from I reads data, or uses a draw."""
    used = {wire for arguments in side.arguments for wire in arguments}
    drawn = ((box, wires) for box, _, wires in side.applications() if not is_deterministic(box))
    return any(isinstance(box, State) or not used.isdisjoint(wires) for box, wires in drawn)


def application(
    graph: PortGraph, looks: Mapping[str, Look], marks: Marks | None = None, apart: bool = False
) -> Iterator[Word]:
    """A graph as applications of functions to its inputs; columns stand for themselves.

    Parameters
    ----------
    marks : what stands behind inputs and applications, so that draws are told apart.
    apart : bool, whether a name that bears a mark stands in parentheses.
    """
    marks = marks or Marks(("",) * len(graph.dom), ("",) * len(graph.boxes))
    inputs = zip(graph.dom.inside, marks.inputs, strict=True)
    texts = [[Word(_marked(_input(ob, looks), mark, apart))] for ob, mark in inputs]
    for (box, arguments, wires), mark in zip(graph.applications(), marks.boxes, strict=True):
        called = _is_called(box)
        name = look_of(box, looks).shown(written(box))
        text = name if called else _marked(name, mark, apart)
        words = [Word(text, "" if isinstance(box, Column | State) else box.name)]
        if called:
            inner = [word for i, wire in enumerate(arguments) for word in [Word(", ")] * (i > 0) + texts[wire]]
            words += [Word("("), *_cut(inner), Word(f"){mark}")]
        texts += [words if len(wires) == 1 else [*words, Word(_small(i))] for i in range(len(wires))]
    for i, wire in enumerate(graph.outputs):
        yield from [Word(", ")] * (i > 0) + texts[wire]


def _has_primed_names(graph: PortGraph, looks: Mapping[str, Look]) -> bool:
    """Whether a name without arguments ends as a mark does, so that a second draw of c could be read as a box c′."""
    names = [_input(ob, looks) for ob in graph.dom.inside]
    names += [look_of(box, looks).shown(written(box)) for box in graph.boxes if not _is_called(box)]
    return any(name.endswith((*PRIMES[1:], "⁾")) for name in names)


def _is_called(box: markov.Box) -> bool:
    return bool(box.dom) and not isinstance(box, Column)


def _input(ob: cat.Ob, looks: Mapping[str, Look]) -> str:
    return shown_label(label_of(object_symbol(ob), looks))


def _marked(name: str, mark: str, apart: bool) -> str:
    return phrase("(", name, ")", mark) if mark and apart else phrase(name, mark)


def _cut(words: list[Word]) -> list[Word]:
    """At most so many words, and a sign that others are left out."""
    return words if len(words) <= LONGEST else [*words[:LONGEST], Word("…")]


def _small(count: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(count + 1))


def _hue(word: Word, looks: Mapping[str, Look]) -> int:
    look = looks.get(word.box)
    return look.hue if look is not None and look.training == "trained" else 0


def _width(word: Word, looks: Mapping[str, Look]) -> float:
    return text_width(word.text, SIZE, bold=word.bold or bool(_hue(word, looks)))


def _line(words: list[Word], y: float, looks: Mapping[str, Look]) -> str:
    """One line of text, whose trained boxes are bold in their hue."""
    pieces, x = [], 0.0
    for (bold, hue), group in groupby(words, key=lambda word: (word.bold, _hue(word, looks))):
        look = {"look": f"text{hue}"} if hue else {}
        look |= {"font_weight": "bold"} if bold or hue else {}
        for word in group:  # programs round the widths of letters, so each word stands at its own place
            first, *others = joined(pieces_of(word.text))
            pieces += [(first, look | {"x": svg.number(x)}), *((piece, look) for piece in others)]
            x += _width(word, looks)
    return f'<text class="ink" x="0" y="{svg.number(y)}" font-size="{SIZE}">{svg.spans(pieces, SIZE)}</text>'
