"""A layer of a pasting as string diagrams, which fold: both sides of the 2-cell in hand, and what stands round it.

A layer stands on a grid where that is no wider than a page and cuts no text of several boxes. String diagrams have no
such limit.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.pasting import TwoCell, word
>>> x = Ty("x")
>>> steps = [Box(f"step {i}", x, x) for i in range(40)]
>>> cell = TwoCell("long", Id(x).then(*steps), steps[0])
>>> scene = layer_in_strings(word(steps[1]), cell, word(Id(x)), {})
>>> scene.width <= 936, "".join(scene.elements).count("data-box")
(True, 42)
"""

from __future__ import annotations

from collections.abc import Mapping

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.cells.grid import LAW
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.page.equations import INDENT, Row, equation_rows
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.presentation.pasting import TwoCell, composite

APART = 22  # pixels between the cell and what stands before it or behind it


def layer_in_strings(
    before: Ty, cell: TwoCell, after: Ty, looks: Mapping[str, Look], direction: Direction = "right"
) -> Scene:
    """The 1-cells before a 2-cell, its two sides with a double arrow between them, and the 1-cells behind it.

    Raises `LimitExceeded` for diagrams that run down or up and are too wide.
    """
    lhs, rhs = cell.equation.diagrams
    row = equation_rows([Row("", cell.equation.graphs, (), is_axiom=cell.name == LAW)], looks, direction)
    named = Scene(row.width, row.height, (svg.group(row.elements, data_constraint=cell.name),))
    parts = [_whisker("before it", composite(before, lhs.dom), looks, direction)] if len(before) else []
    parts += [named if cell.name != LAW else row]
    parts += [_whisker("behind it", composite(after, rhs.cod), looks, direction)] if len(after) else []
    return below(parts, APART)


def path_in_strings(path: Diagram, looks: Mapping[str, Look], direction: Direction = "right") -> Scene:
    """A path of 1-cells as one string diagram."""
    return string_diagram(PortGraph.from_diagram(path), looks, CONTENT - INDENT, direction)


def _whisker(words: str, path: Diagram, looks: Mapping[str, Look], direction: Direction) -> Scene:
    scene = path_in_strings(path, looks, direction)
    line = svg.line_of_text(0, 12, words, 12, "muted")
    return Scene(max(INDENT + scene.width, text_width(words, 12)), scene.height + 22, (line, scene.at(INDENT, 22)))
