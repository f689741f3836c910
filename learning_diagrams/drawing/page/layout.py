"""The page of a learning diagram: its graph, its equations, its loss in one line, and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from learning_diagrams.diagrams.symbol import shared_in, text_of
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.elements.svg import MARGIN, PAGE, Scene
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.page.equations import equation_rows, rows_of
from learning_diagrams.drawing.page.loss_text import loss_line
from learning_diagrams.drawing.page.marks import legend
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.presentation.presentation import Presentation

APART = 28  # pixels between two parts


def page(diagram: Presentation, direction: Direction = "right") -> Scene:
    """All parts below one another, between rules; the string diagrams run in a direction."""
    looks = looks_of(diagram)
    graph = learning_graph(diagram, looks, direction=direction)
    parts = [graph, equation_rows(rows_of(diagram), looks, direction)]
    if diagram.constraints:
        parts.append(loss_line(diagram, looks))
    title = svg.text(MARGIN, MARGIN + 14, diagram.name, 18, "ink", bold=True) if diagram.name else ""
    return parts_on_page(title, parts, legend(diagram, looks, parts))


def parts_on_page(title: str, parts: Sequence[Scene], marks: Scene) -> Scene:
    """The element of a title, parts between rules, and the legend."""
    elements, y = ([title], MARGIN + 40.0) if title else ([], float(MARGIN))
    shown = [part for part in parts if part.elements]
    for i, part in enumerate(shown):
        if i:
            elements.append(svg.path(f"M{MARGIN} {svg.number(y)}H{PAGE - MARGIN}", "rule", 1))
            y += APART
        left = (PAGE - part.width) / 2 if i == 0 else MARGIN
        elements.append(part.at(max(left, MARGIN), y))
        y += part.height + APART
    elements.append(marks.at(MARGIN, y - 8))
    return Scene(PAGE, y - 8 + marks.height + MARGIN, tuple(elements))


def description(diagram: Presentation) -> str:
    """The learning diagram in sentences, for readers who do not see the picture."""
    shown = partial(text_of, shared=shared_in(diagram.signature))
    sentences = [
        ", ".join([f"{c.name}: {' predicts '.join(map(shown, c.reading.composites))}", *c.phrases])
        for c in diagram.constraints
    ]
    sentences += [f"axiom {axiom.name}: {' equals '.join(map(shown, axiom.diagrams))}" for axiom in diagram.axioms]
    looks = looks_of(diagram)
    sentences += [f"{b.name} {diagram.training(b.name)}" for b in diagram.boxes if looks[b.name].training != "given"]
    return ". ".join([f"{len(diagram.constraints)} constraints", *sentences]) + "."
