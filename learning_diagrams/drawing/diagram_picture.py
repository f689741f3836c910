"""The picture of whatever has one: a diagram, an equation, a constraint, or a value that draws itself.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> html(Box("f", Ty("x"), Ty("y"))).count("<svg")
1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.cells.pasting_picture import is_pasting, pasting_description, pasting_scene
from learning_diagrams.drawing.drawn import Drawn, require_options
from learning_diagrams.drawing.elements.look import named_looks
from learning_diagrams.drawing.elements.palette import Theme
from learning_diagrams.drawing.elements.stacking import framed
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.page.equations import equation_rows, row_of
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.pasting import Pasting

MARGIN = 16
DRAWN = (Drawn, monoidal.Diagram, Equation, Constraint, PortGraph)


def draw(
    value: Drawn | Diagram | Equation | Constraint | PortGraph | Pasting,
    path: str | Path | None = None,
    *,
    direction: Direction = "right",
    theme: Theme = "auto",
    width: float | None = None,
    notation: Mapping[Any, str] | None = None,
    **unknown: Any,
) -> Picture:
    """The picture of whatever has one; with a path it is also written there.

    A diagram is a string diagram, an equation or a constraint two of them. What has its own `draw`, as a learning
    diagram or a proof, is drawn by that.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> draw(Box("f", x, x) >> Box("g", x, x), direction="down")
    <Picture 'f >> g': 100 × 228>

    Parameters
    ----------
    value : a DisCoPy diagram of a Markov category, its port graph, a pasting, an `Equation`, a `Constraint`, or a value
        with a method `draw`.
    path, direction, theme, width, notation : as of `LearningDiagram.draw`.

    Raises
    ------
    TypeMismatch : what has no picture; another direction, theme or width; no mapping, or no LaTeX.
    UnknownName : any other option; the notation of what is not in the value.
    LimitExceeded : wires that run down or up beside one another have no room.
    FileError : another ending, or a file that cannot be written.
    """
    require_options("draw()", unknown)
    if not isinstance(value, DRAWN):
        takes = "a diagram, an equation, a constraint, or a value with a picture of its own"
        raise TypeMismatch(f"draw() shows {takes}, got {brief(value)}")
    drawn = value if isinstance(value, Drawn) else _Shown(value)
    return drawn.draw(path, direction=direction, theme=theme, width=width, notation=notation)


@dataclass(frozen=True, repr=False)
class _Shown(Drawn):
    """A value that has a picture, and whose class says nothing of pictures."""

    value: Any

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        value, text = self.value, str(self.value)
        if isinstance(value, monoidal.Diagram) and is_pasting(value):
            return pasting_scene(value, notation, direction=direction), "pasting", pasting_description("pasting", value)
        if isinstance(value, Equation | Constraint):
            looks = named_looks(value.graphs, notation)
            scene = equation_rows([row_of(value)], looks, direction)
        else:
            graph = value if isinstance(value, PortGraph) else PortGraph.from_diagram(value)
            scene = string_diagram(graph, named_looks([graph], notation), direction=direction)
            text = str(graph.to_diagram()) if value is graph else text
        return framed(scene, MARGIN), text[:200], text[:2000]


def pasting_picture(pasting: Pasting, name: str = "pasting") -> Picture:
    """The picture of a pasting of 2-cells, under a name: its layers in order, each 2-cell with its whiskers.

    Raises `TypeMismatch` for a diagram of other boxes.
    """
    return Picture(pasting_scene(pasting, name=name), name, pasting_description(name, pasting))


def html(value: Any) -> str | None:
    """A value as HTML that holds its picture; None, and so its text, where it has none or is too large for one.

    Any other error is raised: a notebook shows it, and not the text as if there were no picture.
    """
    if not _has_picture(value):
        return None
    try:
        return draw(value).html
    except LimitExceeded:
        return None


def _has_picture(value: Any) -> bool:
    """Whether a value is of a kind that is drawn; what holds a diagram of another category, as with cups, is not."""
    try:
        if isinstance(value, Equation | Constraint):
            return bool(value.graphs)
        if isinstance(value, monoidal.Diagram) and not is_pasting(value):
            PortGraph.from_diagram(value)
    except TypeMismatch:
        return False
    return isinstance(value, DRAWN)
