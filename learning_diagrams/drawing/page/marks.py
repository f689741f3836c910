"""The legend: one row with the marks that occur in a picture, and what each one means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import Look, crystal, outline, stop
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph.caption import double_arrow
from learning_diagrams.drawing.graph.closing import IN_LAW
from learning_diagrams.drawing.graph.places.arrangement import TESTED
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.page import loss_text
from learning_diagrams.drawing.page.draws import draw_marks
from learning_diagrams.drawing.page.equations import rows_of
from learning_diagrams.drawing.strings.pen import copy_disc, discard_ring, draw_diamond
from learning_diagrams.presentation.presentation import Presentation

GAP = 24
HEIGHT = 24

Mark = Callable[[float, float], list[str]]
Entry = tuple[float, str, Mark]  # the width of the mark, what the mark means, and its elements at a place

DEFAULTS = {
    loss_text.OF_SPACE: "divergence of the space",
    loss_text.IN_LAW: "energy distance, or KL on a finite space",
}


def legend(diagram: Presentation, looks: Mapping[str, Look], drawn: Sequence[Scene] = (), loss: bool = True) -> Scene:
    """The marks of a learning diagram, in rows of at most 936 pixels.

    Parameters
    ----------
    drawn : scenes, in which the marks of draws, copies and discards are sought, and those of test points and of
        comparisons in law.
    loss : bool, whether the loss is written.
    """
    x = y = widest = 0.0
    elements: list[str] = []
    entries = [*_entries(diagram, looks.values()), *_of_wires(drawn), *(_of_loss(diagram) if loss else ())]
    if diagram.constraints:
        entries.append((34, "constraint: prediction ⇒ reference", _cell))
    for width, text, mark in entries:
        size = width + 8 + text_width(text, 12)
        if x and x + size > CONTENT:
            x, y = 0.0, y + HEIGHT
        elements += [*mark(x, y + 8), svg.line_of_text(x + width + 8, y + 12, text, 12, "muted")]
        x += size + GAP
        widest = max(widest, x - GAP)
    return Scene(widest, y + 18, tuple(elements))


def _entries(diagram: Presentation, looks: Iterable[Look]) -> Iterator[Entry]:
    seen = set(looks)
    shown = (graph for row in rows_of(diagram) for graph in row.sides)
    if any(isinstance(box, State) for graph in shown for box in graph.boxes):
        seen.add(Look("kernel", pointed=True))
    if diagram.sample_spaces:
        yield 22, "sample space", _drum
    if diagram.columns:
        yield 24, "column", lambda x, y: _plate(x, y, Look("column"))
    for kind, text in (("function", "function"), ("kernel", "kernel (a distribution)")):
        if any(look.kind == kind for look in seen):
            plain = Look(kind)  # type: ignore[arg-type]
            yield 26, text, lambda x, y, plain=plain: _plate(x, y, plain)  # type: ignore[misc]
    if pointed := sorted({look.kind for look in seen if look.pointed}):
        yield 26, "no input", lambda x, y: _plate(x, y, Look(pointed[0], pointed=True))
    if trained := [look for look in seen if look.training == "trained"]:
        first = replace(min(trained, key=lambda look: look.hue), pointed=False)
        yield 26, "trained", lambda x, y: _plate(x, y, first)
    if any(look.training == "frozen" for look in seen):
        yield 14, "frozen", lambda x, y: [crystal(x + 7, y)]
    if any(look.training == "follower" for look in seen):
        yield 26, "moving average", lambda x, y: _plate(x, y, Look("function", "follower"))
    if diagram.axioms:
        yield 12, "axiom: holds by construction", lambda x, y: [svg.text(x, y + 5, "=", 16, "muted")]
    if any(constraint.stopped for constraint in diagram.constraints):
        yield 26, "no gradient passes", lambda x, y: [_line(x, y), stop(x + 13, y)]


def _of_wires(drawn: Iterable[Scene]) -> Iterator[Entry]:
    """The marks of test points, of string diagrams, and of comparisons in law, that some scenes have."""
    text = "".join(element for scene in drawn for element in scene.elements)
    if f'data-mark="{TESTED}"' in text:
        yield 30, "leads to where a constraint is tested", _dotted
    for name, width, means, mark in (
        ("draw", 9, "a draw", draw_diamond), ("copy", 8, "copy", copy_disc), ("discard", 9, "discard", discard_ring),
    ):  # fmt: skip
        if f'data-mark="{name}"' in text:
            yield width, means, _centred(mark, width)
    if f">{IN_LAW}<" in text:
        yield text_width(IN_LAW, 12), "only distributions are compared", _letters(IN_LAW)


def _of_loss(diagram: Presentation) -> Iterator[Entry]:
    """The marks of the loss that is written in one line."""
    written = [constraint for parts in loss_text.sums(diagram).values() for constraint, _ in parts]
    if any(any(marks.inputs + marks.boxes) for constraint in written for marks in draw_marks(constraint)):
        yield text_width("x′", 12), "another draw", _letters("x′")
    measures = {loss_text.measure_of(constraint) for constraint in written}
    for measure, means in DEFAULTS.items():
        if measure in measures:
            yield text_width(measure, 12, bold=True), means, _letters(measure, bold=True)


def _centred(mark: Mark, width: float) -> Mark:
    """A mark whose place is its middle, in a cell of the legend."""
    return lambda x, y: mark(x + width / 2, y)


def _letters(text: str, bold: bool = False) -> Mark:
    return lambda x, y: [svg.line_of_text(x, y + 4.5, text, 12, "ink", bold=bold)]


def _line(x: float, y: float) -> str:
    return svg.path(f"M{svg.number(x)} {svg.number(y)}H{svg.number(x + 26)}", "line", 1.5)


def _dotted(x: float, y: float) -> list[str]:
    way = curve.line((x, y), (x + 30, y))
    return [curve.dotted(way), curve.head(way, "muted")]


def _plate(x: float, y: float, look: Look) -> list[str]:
    return outline(x, y - 8, 26, 16, look)


def _drum(x: float, y: float) -> list[str]:
    n = svg.number
    body = f"M{n(x)} {n(y - 6)}V{n(y + 5)}A11 3 0 0 0 {n(x + 22)} {n(y + 5)}V{n(y - 6)}"
    lid = f"A11 3 0 0 0 {n(x)} {n(y - 6)}A11 3 0 0 0 {n(x + 22)} {n(y - 6)}"
    return [svg.path(f"{body}Z", "data"), svg.path(body + lid, "soft", 1.25)]


def _cell(x: float, y: float) -> list[str]:
    mark = svg.group([double_arrow(0, 0, 90)], transform=f"translate({svg.number(x + 17)} {svg.number(y)}) scale(.62)")
    return [svg.rectangle(x, y - 9, 34, 18, "sand", rx=4), mark]
