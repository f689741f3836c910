"""A pasting, and below each of its layers the data at the start of the cell, with the value of the cell there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from learning_diagrams.drawing.diagram_picture import pasting_picture
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.presentation.pasting import Pasting

WIDTH, HEIGHT, MARGIN = 460, 46, 16


class Measured:
    """What a notebook shows: pastings, each with a strip of data below each layer.

    Parameters
    ----------
    pastings : dict from title to a pasting and, for each layer, a caption and the data at the start of its cell.
    reach : float, the strips show the numbers from -reach to reach.
    """

    def __init__(
        self, pastings: Mapping[str, tuple[Pasting, Sequence[tuple[str, Sequence[float]]]]], reach: float
    ) -> None:
        self.pastings, self.reach = dict(pastings), reach

    def __repr__(self) -> str:
        lines = []
        for title, (pasting, strips) in self.pastings.items():
            lines += [f"{title}: {pasting}", *(f"  {caption}: {_listed(data)}" for caption, data in strips)]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        parts = []
        for title, (pasting, strips) in self.pastings.items():
            row = "".join(self._strip(caption, data) for caption, data in strips)
            parts.append(f'{pasting_picture(pasting, title).html}<div style="display: flex; gap: 1em">{row}</div>')
        return {"text/html": "".join(parts), "text/plain": repr(self)}

    def _strip(self, caption: str, data: Sequence[float]) -> str:
        def place(number: float) -> float:
            return WIDTH / 2 + number / self.reach * (WIDTH / 2 - MARGIN)

        ticks = range(-int(self.reach), int(self.reach) + 1)
        elements = [
            svg.path(f"M{MARGIN / 2} 24H{WIDTH - MARGIN / 2}" + "".join(f"M{place(t)} 24v5" for t in ticks), "line", 1),
            *(svg.line_of_text(place(t), 42, str(t), 11, "ink", anchor="middle") for t in ticks),
            *(svg.circle(place(number), 13, 6, *look) for number in data for look in (("sand",), ("line", 1.5))),
        ]
        strip = Picture(svg.Scene(WIDTH, HEIGHT, tuple(elements)), f"{caption}: {_listed(data)}", caption)
        style = "margin: 0; flex: 1; min-width: 0"
        return f'<figure style="{style}">{strip.html}<figcaption>{escape(caption)}</figcaption></figure>'


def _listed(data: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in data)
