"""A single diagram as a picture, as notebooks show it.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> html(Box("f", Ty("x"), Ty("y"))).count("<svg")
1
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.stacking import framed
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.errors import LearningDiagramError

MARGIN = 16
LARGEST = 2_000  # boxes of a diagram that is shown as a picture


def html(diagram: Diagram) -> str | None:
    """A diagram as HTML that holds its picture; None, and so its text, where it has no picture."""
    try:
        graph = PortGraph.from_diagram(diagram)
    except LearningDiagramError:
        return None
    if len(graph.boxes) > LARGEST:
        return None
    return Picture(framed(string_diagram(graph, {}), MARGIN), "diagram", str(diagram)[:2000]).html
