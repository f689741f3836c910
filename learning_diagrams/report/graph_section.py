"""The learning graph of a report: the value of each term stands in its face, whose colour is its share of the start."""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.graph.caption import Caption, caption_of
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.plane.curve import Point
from learning_diagrams.drawing.page.layout import description
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.report.run_folder import Run
from learning_diagrams.report.timeline import Timeline

MARGIN = 8


@dataclass(frozen=True)
class Reading(Caption):
    """A caption whose last line is a number that a page changes; the room is that of the longest number."""

    number: str = ""

    def parts(self, middle: Point, turn: float, start: Point) -> list[str]:
        shown = Caption(self.name, (*self.lines[:-1], self.number), stopped=self.stopped)  # the colour says a number
        return [svg.group(shown.parts(middle, turn, start), data_term=self.name)]


def graph_picture(run: Run, timeline: Timeline) -> str:
    """The graph as SVG, with the values at the last step."""

    def reading(constraint: Constraint) -> Caption:
        values = [moment.value for moment in timeline.terms.get(constraint.name, ())] or ["–"]
        caption = caption_of(constraint)
        lines = (*caption.lines[:1], max(values, key=len))  # one line of words, so that the number is the third one
        return Reading(caption.name, lines, stopped=caption.stopped, number=values[-1])

    scene = learning_graph(run.diagram, captions=reading)
    framed = Scene(scene.width + 2 * MARGIN, scene.height + 2 * MARGIN, (scene.at(MARGIN, MARGIN),))
    return svg.document(framed, f"learning graph of {run.diagram.name or 'the run'}", description(run.diagram))
