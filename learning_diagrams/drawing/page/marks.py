"""The legend: one row with the marks that occur in a picture, and what each one means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import Look, crystal, outline, stop
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph import curve
from learning_diagrams.drawing.graph.caption import double_arrow
from learning_diagrams.drawing.graph.web import only_in_sources
from learning_diagrams.presentation.presentation import Presentation

GAP = 24
HEIGHT = 24

Mark = Callable[[float, float], list[str]]


def legend(diagram: Presentation, looks: Mapping[str, Look]) -> Scene:
    """The marks of a learning diagram, in rows of at most 936 pixels."""
    x = y = widest = 0.0
    elements: list[str] = []
    for width, text, mark in _entries(diagram, looks.values()):
        size = width + 8 + text_width(text, 12)
        if x and x + size > CONTENT:
            x, y = 0.0, y + HEIGHT
        elements += [*mark(x, y + 8), svg.line_of_text(x + width + 8, y + 12, text, 12, "muted")]
        x += size + GAP
        widest = max(widest, x - GAP)
    return Scene(widest, y + 18, tuple(elements))


def _entries(diagram: Presentation, looks: Iterable[Look]) -> Iterable[tuple[float, str, Mark]]:
    seen = set(looks)
    if diagram.sample_spaces:
        yield 22, "sample space", _drum
    if diagram.columns:
        yield 24, "column", lambda x, y: _plate(x, y, Look("column"))
    for kind, text in (("function", "function"), ("kernel", "kernel (a distribution)")):
        if any(look.kind == kind for look in seen):
            plain = Look(kind)  # type: ignore[arg-type]
            yield 26, text, lambda x, y, plain=plain: _plate(x, y, plain)  # type: ignore[misc]
    if trained := [look for look in seen if look.training == "trained"]:
        first = replace(min(trained, key=lambda look: look.hue), pointed=False)
        yield 26, "trained", lambda x, y: _plate(x, y, first)
    if any(look.training == "frozen" for look in seen):
        yield 14, "frozen", lambda x, y: [crystal(x + 7, y)]
    if any(look.training == "follower" for look in seen):
        yield 26, "moving average", lambda x, y: _plate(x, y, Look("function", "follower"))
    if diagram.axioms:
        yield 12, "axiom: holds by construction", lambda x, y: [svg.text(x, y + 5, "=", 16, "muted")]
    if only_in_sources(diagram):
        yield 30, "leads to where a constraint is tested", _dotted
    if any(constraint.stopped for constraint in diagram.constraints):
        yield 26, "no gradient passes", lambda x, y: [_line(x, y), stop(x + 13, y)]
    if not all(constraint.measure for constraint in diagram.constraints):
        yield 10, "divergence of the space", lambda x, y: [svg.text(x, y + 4.5, "D", 12, "muted", bold=True)]
    if diagram.constraints:
        yield 34, "constraint: prediction ⇒ reference", _cell


def _line(x: float, y: float) -> str:
    return svg.path(f"M{svg.number(x)} {svg.number(y)}h26", "line", 1.5)


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
