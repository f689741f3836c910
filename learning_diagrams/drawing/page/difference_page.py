"""The difference of two learning diagrams as a page: one graph and its equations, with marks, and all else in words.

What only the first one has is dashed and struck, what only the second one has carries "+", a change is "0.5 → 2".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from types import MappingProxyType
from typing import Any

from learning_diagrams.diagrams.symbol import GENERATORS, Symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import label_from, pieces_of
from learning_diagrams.drawing.elements.look import Looks, label_of, looks_of
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import MARGIN, Scene
from learning_diagrams.drawing.graph.caption import Caption, caption_of
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.page.equations import equation_rows, rows_of
from learning_diagrams.drawing.page.layout import parts_on_page
from learning_diagrams.drawing.page.marks import legend
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.editing.changes import Change, Mark, constraint_fields
from learning_diagrams.editing.overlay import Overlay, overlay_of
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

SHOWN = ("constraint", "axiom", *GENERATORS)  # what the graph and the equations show
KEY = "dashed and struck: only in the first   ·   +: only in the second   ·   0.5 → 2: changed"


def page_of_difference(
    a: Presentation,
    b: Presentation,
    changes: Sequence[Change],
    direction: Direction = "right",
    notation: Mapping[Any, str] = MappingProxyType({}),
) -> Scene:
    """The page of two learning diagrams without idle boxes, and of their changes."""
    names = " → ".join(shown_label(part.name or "learning diagram") for part in (a, b))
    title = svg.line_of_text(MARGIN, MARGIN + 14, names, 18, "ink", bold=True)
    both = overlay_of(a, b)
    looks = _looks(both, notation)
    if not changes:
        return parts_on_page(title, [_lines(["no difference"])], Scene(0, 0, ()))
    old = {constraint.name: constraint for constraint in a.constraints}

    def phrases(constraint: Constraint) -> tuple[str, ...]:
        if both.marks.get(Symbol("constraint", constraint.name)) != "~":
            return caption_of(constraint).lines
        told = constraint_fields(old[constraint.name], constraint, ())
        fields = ((told.get(m.name), m.phrases(value)) for m, value in constraint.annotations)
        return tuple(phrase for change, phrases in fields for phrase in ([change] if change else phrases))

    def caption(constraint: Constraint) -> Caption:
        symbol = Symbol("constraint", constraint.name)
        return Caption(constraint.name, phrases(constraint), label_of(symbol, looks), constraint.stopped)

    spoken = {constraint.name: phrases(constraint) for constraint in both.diagram.constraints}
    rows = []
    for row in rows_of(both.diagram):
        label = label_of(Symbol("axiom" if row.is_axiom else "constraint", row.name), looks)
        rows.append(replace(row, label=label, phrases=() if row.is_axiom else spoken[row.name]))
    words = [str(c) for c in changes if c.kind not in SHOWN or (c.mark == "~" and c.kind in GENERATORS)]
    graph = learning_graph(both.diagram, looks, caption, direction)
    parts = [graph, equation_rows(rows, looks, direction), _lines(words)]
    return parts_on_page(title, parts, below([legend(both.diagram, looks), _lines([KEY])], 6))


def _looks(both: Overlay, notation: Mapping[Any, str]) -> Looks:
    """The looks of an overlay with the symbols of the author, and with the marks in the labels."""
    looks = looks_of(both.diagram.edited(notation=both.diagram.with_notation(notation)))
    old = {symbol: label_of(symbol._replace(name=name), looks) for symbol, name in both.names.items()}
    for symbol, mark in both.marks.items():
        looks.labels[symbol] = _marked(old.get(symbol) or label_of(symbol, looks), mark)
    return looks


def _marked(label: str, mark: Mark) -> str:
    """A label as its mark says: struck, or with a plus before it."""
    if mark == "-":
        return label_from(replace(piece, struck=True) for piece in pieces_of(shown_label(label)))
    return label_from([*pieces_of("+ "), *pieces_of(label)]) if mark == "+" else label


def _lines(texts: Sequence[str]) -> Scene:
    """Texts below one another, folded at the margin."""
    lines = [line for text in texts for line in wrap(text, 120, subsequent_indent="      ")]
    elements = [svg.line_of_text(0, 12 + 18 * i, line, 12, "ink") for i, line in enumerate(lines)]
    return Scene(max((text_width(line, 12) for line in lines), default=0.0), 18 * len(lines), tuple(elements))
