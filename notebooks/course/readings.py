"""One diagram in the middle, and around it its readings: copies whose wires and plates say what a reading makes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from discopy import markov

import learning_diagrams as ld
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.drawing.picture import Picture


def relabelled(diagram: ld.Diagram, names: Mapping[str, str]) -> ld.Diagram:
    """The diagram with other names on its wires and boxes: a functor from diagrams to diagrams, fixed by a table."""
    kinds = {True: ld.Box, False: ld.Kernel}
    target = markov.Category(ld.Ty, markov.Diagram)
    wires = markov.Functor(lambda ty: ld.Ty(names.get(str(ty), str(ty))), {}, cod=target)

    def plate(box: markov.Box) -> markov.Box:
        return kinds[is_deterministic(box)](names.get(box.name, box.name), wires(box.dom), wires(box.cod))

    return markov.Functor(wires.ob, plate, cod=target)(diagram)


class Around:
    """What a notebook shows: a picture in the middle of the first row, and its readings around it.

    Parameters
    ----------
    middle : diagram.
    readings : dict from title to the names that a reading puts on wires and plates.
    """

    def __init__(self, middle: ld.Diagram, readings: Mapping[str, Mapping[str, str]]) -> None:
        self.middle, self.readings = middle, dict(readings)

    def __repr__(self) -> str:
        listed = (f"{title}: {relabelled(self.middle, names)}" for title, names in self.readings.items())
        return "\n".join([f"in the middle: {self.middle}", *listed])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        def drawn(names: Mapping[str, str]) -> Picture:
            return ld.draw(relabelled(self.middle, names), direction="down")

        copies, middle = {title: drawn(names) for title, names in self.readings.items()}, drawn({})
        widest = max(picture.scene.width for picture in (middle, *copies.values()))
        figures = [_figure(title, copy, widest, "transparent") for title, copy in copies.items()]
        figures.insert(1, _figure("the diagram", middle, widest, "currentColor"))
        grid = "display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6em; align-items: end"
        return {"text/html": f'<div style="{grid}">{"".join(figures)}</div>', "text/plain": repr(self)}


def _figure(title: str, picture: Picture, widest: float, border: str) -> str:
    """A picture with its caption; all pictures have one scale."""
    style = f"margin: 0; min-width: 0; border: 1px solid {border}; border-radius: 6px"
    width = f"width: {100 * picture.scene.width / widest:.0f}%; margin: auto"
    caption = f'<figcaption style="text-align: center">{escape(title)}</figcaption>'
    return f'<figure style="{style}"><div style="{width}">{picture.html}</div>{caption}</figure>'
