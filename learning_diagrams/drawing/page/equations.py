"""Equations as rows: name, prediction, double arrow, reference; for axioms "=" in place of the arrow.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.equation import Equation
>>> x = Ty("x")
>>> rows = equation_rows([Row("law", Equation(Box("f", x, x), Box("g", x, x)).graphs, (), is_axiom=True)], {})
>>> rows.width <= 936, len(rows.elements)
(True, 1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import PHRASE, shown_label, text_width
from learning_diagrams.drawing.elements.label import is_struck
from learning_diagrams.drawing.elements.look import in_term
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph.caption import double_arrow
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.presentation import Presentation

APART = 26  # pixels between rows
INDENT = 50  # pixels before a side that has a line of its own
LONGEST = 40  # boxes of a side that can stand beside another one


@dataclass(frozen=True)
class Row:
    """An equation to be shown, and what is said of it above and below the arrow.

    label : str, what stands in place of its name; "" for the name.
    """

    name: str
    sides: tuple[PortGraph, PortGraph]
    phrases: tuple[str, ...]
    is_axiom: bool = False
    label: str = ""
    sign: str = "="  # of an axiom
    stopped: frozenset[str] = frozenset()  # what passes no gradient

    @property
    def shown(self) -> str:
        return self.label or self.name


def rows_of(diagram: Presentation) -> list[Row]:
    """The constraints with their sources, then the axioms."""
    return [*map(row_of, diagram.constraints), *map(row_of, diagram.axioms)]


def row_of(statement: Constraint | Equation) -> Row:
    """The row of a constraint with its source, or of an equation."""
    if isinstance(statement, Equation):
        return Row(statement.name, statement.graphs, (), is_axiom=True)
    phrases = tuple(statement.phrases)
    return Row(statement.name, statement.reading.composite_graphs, phrases, stopped=statement.stopped)


def equation_rows(rows: Sequence[Row], looks: Mapping[str, Look], direction: Direction = "right") -> Scene:
    """The rows below one another, with shared columns; where a side is too wide, each side has a line of its own."""
    names = max((text_width(shown_label(row.shown), 14, bold=True) + 24 for row in rows if row.shown), default=0.0)
    arrow = max([80.0, *(text_width(shown_label(phrase, PHRASE), 12) + 28 for row in rows for phrase in row.phrases)])
    graphs = [(in_term(looks, row.stopped), row.sides) for row in rows]
    stacked = any(len(graph.boxes) > LONGEST for _, pair in graphs for graph in pair)
    if not stacked:
        sides = [[string_diagram(graph, own, inf, direction) for graph in pair] for own, pair in graphs]
        left, right = (max((pair[i].width for pair in sides), default=0.0) for i in (0, 1))
        stacked = names + left + arrow + right > CONTENT
    if stacked:
        sides = [[string_diagram(graph, own, CONTENT - INDENT, direction) for graph in pair] for own, pair in graphs]
    elements, top, width = [], 0.0, 0.0
    for row, (lhs, rhs) in zip(rows, sides, strict=True):
        if stacked:
            first = top + (28 if row.name or row.phrases else 0)
            lower = first + lhs.height + 18
            height, heading, middle, x = lower + rhs.height - top, top + 7, lower + rhs.height / 2, INDENT / 2 - 3
            places = (float(INDENT), first), (float(INDENT), lower)
        else:
            height = max(lhs.height, rhs.height, 30 + 16.0 * len(row.phrases))
            heading = middle = top + height / 2
            places = (names, middle - lhs.height / 2), (names + left + arrow, middle - rhs.height / 2)
            x = names + left + arrow / 2
        heads = [svg.text(0, heading + 5, row.shown, 14, "ink", bold=True)] if row.shown else []
        parts = [*heads, lhs.at(*places[0]), rhs.at(*places[1])]
        sign = svg.text(x, middle + 6, row.sign, 18, "ink", anchor="middle")
        parts.append(sign if row.is_axiom else double_arrow(x, middle, 90, is_struck(row.label), row.stopped))
        if stacked:
            after = text_width(shown_label(row.shown), 14, bold=True) + 16 if row.shown else 0.0
            phrases = ",  ".join(row.phrases)
            parts += [svg.text(after, heading + 5, phrases, 12, "ink", longest=2 * PHRASE)] if phrases else []
        else:
            for i, phrase in enumerate(row.phrases):
                y = middle - 17 if i == 0 else middle + 11 + 15 * i
                parts.append(svg.text(x, y, phrase, 12, "ink", anchor="middle", longest=PHRASE))
        marks = {"data_axiom" if row.is_axiom else "data_constraint": row.name} if row.name else {}
        elements.append(svg.group(parts, **marks))
        width = max(width, places[0][0] + lhs.width, places[1][0] + rhs.width)
        top += height + APART
    return Scene(width, max(top - APART, 0.0), tuple(elements))
