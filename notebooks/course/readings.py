"""One diagram in the middle, and around it its readings: copies whose wires and plates say what a reading makes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from discopy import markov

import learning_diagrams as ld
from learning_diagrams.diagrams.box import is_deterministic


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
        figures = [
            _figure(title, relabelled(self.middle, names), "border: 1px solid transparent")
            for title, names in self.readings.items()
        ]
        figures.insert(1, _figure("the diagram", self.middle, "border: 1px solid currentColor; border-radius: 6px"))
        grid = "display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6em; align-items: end"
        return {"text/html": f'<div style="{grid}">{"".join(figures)}</div>', "text/plain": repr(self)}


def _figure(title: str, diagram: ld.Diagram, style: str) -> str:
    caption = f'<figcaption style="text-align: center">{escape(title)}</figcaption>'
    return f'<figure style="margin: 0; min-width: 0; {style}">{ld.draw(diagram).html}{caption}</figure>'
