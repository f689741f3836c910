"""The page of a learning diagram: its graph, its equations, its loss in one line, and a legend."""

from __future__ import annotations

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
    parts = [learning_graph(diagram, looks, direction), equation_rows(rows_of(diagram), looks, direction)]
    if diagram.constraints and not diagram.players:
        parts.append(loss_line(diagram, looks))
    parts.append(legend(diagram, looks))
    elements, y = [], float(MARGIN)
    if diagram.name:
        elements.append(svg.text(MARGIN, y + 14, diagram.name, 18, "ink", bold=True))
        y += 40
    shown = [part for part in parts if part.elements]
    for i, part in enumerate(shown):
        if i:
            elements.append(svg.path(f"M{MARGIN} {svg.number(y)}H{PAGE - MARGIN}", "rule", 1))
            y += APART
        left = (PAGE - part.width) / 2 if i == 0 else MARGIN
        elements.append(part.at(max(left, MARGIN), y))
        y += part.height + APART
    return Scene(PAGE, y - APART + MARGIN, tuple(elements))


def description(diagram: Presentation) -> str:
    """The learning diagram in sentences, for readers who do not see the picture."""
    sentences = [
        f"{c.name}: {c.reading.composites[0]} predicts {c.reading.composites[1]}"
        + "".join(f", {phrase}" for phrase in c.phrases)
        for c in diagram.constraints
    ]
    sentences += [f"axiom {axiom.name}: {axiom.lhs} equals {axiom.rhs}" for axiom in diagram.axioms]
    sentences += [f"{box.name} {diagram.training(box.name)}" for box in diagram.boxes]
    return ". ".join([f"{len(diagram.constraints)} constraints", *sentences]) + "."
