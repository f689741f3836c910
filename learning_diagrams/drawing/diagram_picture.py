"""A single diagram as a picture, as notebooks show it.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> html(Box("f", Ty("x"), Ty("y")))[:4]
'<svg'
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements.svg import Scene, document
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
    scene = string_diagram(graph, {})
    framed = Scene(scene.width + 2 * MARGIN, scene.height + 2 * MARGIN, (scene.at(MARGIN, MARGIN),))
    return document(framed, "diagram", str(diagram)[:2000])
