"""quiver: a learning diagram as a link to the editor of commutative diagrams, q.uiver.app.

>>> from learning_diagrams.regimes import distillation
>>> link = quiver_link(distillation())
>>> version, objects, *cells = decoded(link)
>>> version, objects, cells[0][2], len(cells)
(0, 3, '\\\\textrm{digit}', 9)

Source: Arkor, *quiver: a modern commutative diagram editor*, https://github.com/varkor/quiver, format 0.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from colorsys import rgb_to_hls
from typing import Any

from learning_diagrams.drawing.elements.palette import LIGHT
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.commutative import Bow, commutative_diagram
from learning_diagrams.drawing.tex.letters import in_latex
from learning_diagrams.drawing.tex.lines import label
from learning_diagrams.drawing.tex.loops import loop_of
from learning_diagrams.drawing.tex.uncrowded import Way
from learning_diagrams.presentation.presentation import Presentation

ADDRESS = "https://q.uiver.app/#q="
_LETTER = re.compile(r"\\ldletter\{(.)\}\{\w+\}\{\w+\}")
RADII = (3, 5, 1)  # all that quiver has of loops; the first where nothing is said
LEFT, RIGHT = 0, 2  # where a label stands
FROZEN = (0, 0, 40, 1)  # the colour of an arrow: hue, saturation, lightness, opacity


def quiver_link(diagram: Presentation) -> str:
    """The link; what the learning diagram says beside arrows and 2-cells stands beside them as text."""
    data = json.dumps(quiver_data(diagram), ensure_ascii=False, separators=(",", ":"))
    return ADDRESS + b64encode(data.encode()).decode()


def decoded(link: str) -> Any:
    """The data of a link."""
    return json.loads(b64decode(link.removeprefix(ADDRESS)))


def quiver_data(diagram: Presentation) -> list[Any]:
    """Version, number of objects, objects, arrows, 2-cells, as quiver reads them."""
    drawn = commutative_diagram(diagram)
    objects: list[Any] = [[place.column, place.row, _read(place.latex)] for place in drawn.objects]
    beside = max((place.column for place in drawn.objects), default=-1) + 1
    texts = [*(f"stated: {text}" for text in drawn.stated), *(f"not shown: {text}" for text in drawn.missing)]
    objects += [[beside, i, _read(f"\\textrm{{{in_latex(text)}}}")] for i, text in enumerate(texts)]
    arrows = [_arrow(bow) for bow in drawn.arrows]

    def place_of(end: End) -> int:
        return len(objects) + end[1] if end[0] else end[1]

    cells = []
    for cell in drawn.cells:
        is_loop = cell.source == cell.target
        options = {"level": 2, "shorten": {"source": 20, "target": 20}, **_placed(cell.way, is_loop)}
        if cell.is_axiom:
            options["style"] = {"head": {"name": "none"}}
        ends = [place_of(cell.source), place_of(cell.target)]
        cells.append([*ends, _read(label(cell.name, cell.words)), _side(cell.way), options])
    return [0, len(objects), *objects, *arrows, *cells]


def _side(way: Way) -> int:
    return RIGHT if way.right else LEFT


def _placed(way: Way, is_loop: bool) -> dict[str, Any]:
    """The options of a strand for its arc, and for the place of its name."""
    if is_loop:
        loop = loop_of(way.bend)
        angle = 180 - (loop.angle + 90) % 360  # clockwise from above, while TikZ has it counterclockwise from the right
        return {"angle": angle} | ({"radius": RADII[min(loop.ring, 2)]} if loop.ring else {})
    curve = {"curve": 2 * way.bend} if way.bend else {}
    return curve | ({"label_position": round(100 * way.slide)} if way.slide != 0.5 else {})


def _arrow(bow: Bow) -> list[Any]:
    colour, body = _style(bow.look)
    options: dict[str, Any] = {"style": {"body": {"name": body}}} if body else {}
    options |= _placed(bow.way, bow.source == bow.target)
    if colour:
        options["colour"] = colour
    arrow = [bow.source, bow.target, _read(bow.latex), _side(bow.way), options]
    return [*arrow, colour] if colour else arrow


def _read(text: str) -> str:
    """A label for KaTeX, which reads all letters."""
    return _LETTER.sub(r"\1", text)


def _style(look: Look) -> tuple[list[int], str]:
    body = "squiggly" if look.kind == "kernel" else "dashed" * (look.training == "follower")
    if look.training == "trained":
        channels = [int(LIGHT.hues[look.hue - 1][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        hue, light, strength = rgb_to_hls(*channels)
        return [round(360 * hue), round(100 * strength), round(100 * light), 1], body
    return list(FROZEN) if look.training in ("frozen", "follower") else [], body
