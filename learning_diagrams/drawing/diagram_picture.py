"""A single diagram, or an equation between two, as a picture.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> html(Box("f", Ty("x"), Ty("y"))).count("<svg")
1
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.cells.pasting_picture import is_pasting, pasting_description, pasting_scene
from learning_diagrams.drawing.elements.look import Looks
from learning_diagrams.drawing.elements.palette import Theme
from learning_diagrams.drawing.elements.stacking import framed
from learning_diagrams.drawing.page.equations import Row, equation_rows
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.notation import notation_for
from learning_diagrams.presentation.pasting import Pasting

MARGIN = 16


def draw(
    diagram: Diagram | Equation,
    path: str | Path | None = None,
    *,
    direction: Direction = "right",
    theme: Theme = "auto",
    width: float | None = None,
    notation: Mapping[Any, str] = MappingProxyType({}),
) -> Picture:
    """The string diagram of a diagram, or the two of an equation; with a path it is also written there.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> draw(Box("f", x, x) >> Box("g", x, x), direction="down")
    <Picture 'f >> g': 100 × 228>

    Parameters
    ----------
    diagram : a DisCoPy diagram of a Markov category, or an `Equation`. A learning diagram has its own `draw`.
    path : str or Path that ends in .svg, .png, .pdf, .tikz or .tex; None writes nothing.
    direction : "right", "down" or "up".
    theme : "light", "dark", or "auto", which follows the reader's browser.
    width : float or None, the width in pixels at which the picture is shown; None shows a pixel as a pixel.
    notation : mapping from boxes, objects, sample spaces or columns, or their names, to LaTeX.

    Raises
    ------
    TypeMismatch : not a diagram; another direction, theme or width; no mapping, or no LaTeX.
    UnknownName : the notation of what is not in the diagram.
    LimitExceeded : wires that run down or up beside one another have no room.
    FileError : another ending, or a file that cannot be written.
    """
    graphs = diagram.graphs if isinstance(diagram, Equation) else (PortGraph.from_diagram(diagram),)
    looks = Looks({}, [box for graph in graphs for box in graph.boxes], notation_for(graphs, notation))
    if isinstance(diagram, Equation):
        scene = equation_rows([Row(diagram.name, diagram.graphs, (), is_axiom=True)], looks, direction)
    else:
        scene = string_diagram(*graphs, looks, direction=direction)
    picture = Picture(framed(scene, MARGIN), str(diagram)[:200], str(diagram)[:2000], theme, width)
    if path is not None:
        picture.save(path)
    return picture


def pasting_picture(pasting: Pasting) -> Picture:
    """The picture of a pasting of 2-cells: its layers in order, each 2-cell with its whiskers.

    Raises `TypeMismatch` for a diagram of other boxes.
    """
    return Picture(pasting_scene(pasting), "pasting", pasting_description("pasting", pasting))


def html(diagram: Diagram) -> str | None:
    """A diagram as HTML that holds its picture; None, and so its text, where it has no picture."""
    if is_pasting(diagram):
        return pasting_picture(diagram).svg
    try:
        return draw(diagram).html
    except LearningDiagramError:
        return None
