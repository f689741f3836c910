"""Pictures of learning diagrams: one row for each constraint, drawn by DisCoPy with Matplotlib.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> svg(LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y)))[:5]
'<?xml'
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import discopy.drawing
import matplotlib
from discopy.drawing.backend import Matplotlib

from learning_diagrams.errors import FileError, printable
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

FORMATS = (".svg", ".png", ".pdf")
INCHES = 1.1  # between two wires, the unit of a drawing; more across where names are long
FONT = 8  # points
LETTER = 0.085  # inches for a letter of this font
# Text in place of outlines can be searched and takes half the room. A fixed salt makes equal names in every run.
SVG: Any = {"svg.fonttype": "none", "svg.hashsalt": "learning diagram"}


def draw(diagram: Presentation, path: str | Path) -> None:
    """Write the picture to a file.

    Parameters
    ----------
    path : str or Path that ends in .svg, .png or .pdf, its format.

    Raises
    ------
    FileError : another ending; a folder that does not exist.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise FileError(f"cannot draw to {str(path)!r}: the name must end in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise FileError(f"cannot draw to {str(path)!r}: there is no folder {str(path.parent)!r}")
    path.write_bytes(_render(diagram, path.suffix[1:]))


def svg(diagram: Presentation) -> str:
    """The picture as SVG text; a notebook shows it."""
    return _render(diagram, "svg").decode("utf-8")


def _render(diagram: Presentation, form: str) -> bytes:
    # A figure outside pyplot needs no display and leaves no window behind.
    from matplotlib.figure import Figure

    pictures = [_equation(constraint).to_drawing() for constraint in diagram.constraints]
    heights = [max(picture.height, 1) for picture in pictures] or [1]
    width = max((picture.width for picture in pictures), default=1)
    across = max(INCHES, LETTER * _longest(diagram))
    figure = Figure(figsize=(max(4, width * across), INCHES * sum(heights) + 0.4 * len(heights)), layout="constrained")
    axes = figure.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    for axis in axes:
        axis.set_axis_off()
    for axis, constraint, picture in zip(axes, diagram.constraints, pictures, strict=False):
        phrases = ", ".join(constraint.phrases)
        title = f"{constraint.name}  ({phrases})" if phrases else constraint.name
        axis.set_title(title, loc="left", fontsize=FONT + 1, parse_math=False)
        _draw_on(axis, picture)
        axis.set_aspect(INCHES / across)
    out = io.BytesIO()
    with matplotlib.rc_context(SVG):
        figure.savefig(out, format=form, metadata={"Date": None, "Creator": None} if form == "svg" else None)
    return printable(out.getvalue().decode()).encode() if form == "svg" else out.getvalue()


def _equation(constraint: Constraint) -> discopy.drawing.Equation:
    # Boxes that are parallel stand in one row.
    return discopy.drawing.Equation(*(side.foliation() for side in constraint.reading.composites))


def _longest(diagram: Presentation) -> int:
    """The number of letters that must fit between two wires: an object's name, or twice the name of a box."""
    boxes = [getattr(box, "drawing_name", box.name) for box in (*diagram.boxes, *diagram.columns)]
    wires = [ty.inside[0].name for ty in diagram.objects] + [space.name for space in diagram.sample_spaces]
    return max([2 * len(name) for name in boxes] + [len(name) + 1 for name in wires], default=0)


def _draw_on(axis: Any, picture: discopy.drawing.Drawing) -> None:
    picture.add_box_corners()
    canvas = Matplotlib(axis=axis)
    style = {"fontsize": FONT, "nodesize": 0.3}
    canvas.draw_boundary(picture)
    canvas.draw_wires(picture, **style)
    canvas.draw_boxes(picture, **style)
    # DisCoPy would write the names of spiders, the "=" among them, on pyplot's current figure.
    canvas.draw_spiders(picture, draw_box_labels=False, **style)
    for node, position in picture.positions.items():
        if node.kind == "box" and node.box.draw_as_spider and node.box.drawing_name:
            canvas.draw_text(node.box.drawing_name, *position, ha="center", va="center", fontsize=FONT + 4)
    for text in axis.texts:
        text.set_parse_math(False)  # a "$" in a name is a dollar
    axis.autoscale_view()
