"""A value that has a picture: `draw` returns it or writes it, and a notebook shows it.

>>> from learning_diagrams.drawing.elements.svg import Scene
>>> class Point(Drawn):
...     def _drawing(self, direction, notation):
...         return Scene(40, 40, ()), "point", "a point"
>>> Point().draw()
<Picture 'point': 40 × 40>
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from learning_diagrams.drawing.elements.palette import Theme
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.drawing.strings.pen import Direction, require_direction
from learning_diagrams.errors import LimitExceeded, UnknownName, did_you_mean
from learning_diagrams.errors.short_text import Printed


class Drawn(Printed, ABC):
    """A value that has a picture. `repr` is one line of text, `str` is the printed text, `draw` the picture."""

    @abstractmethod
    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        """The scene, its title, and its description for readers who do not see it."""

    def draw(
        self,
        path: str | Path | None = None,
        *,
        direction: Direction = "right",
        theme: Theme = "auto",
        width: float | None = None,
        notation: Mapping[Any, str] | None = None,
        **unknown: Any,
    ) -> Picture:
        """The picture; with a path it is also written there.

        Parameters
        ----------
        path : str or Path that ends in .svg, .png, .pdf, .tikz or .tex; None writes nothing.
        direction : "right", "down" or "up", in which string diagrams run. What has no direction, such as a table or the
            cells of a square, is the same in each one.
        theme : "light", "dark", or "auto", which follows the reader's browser.
        width : float or None, the width in pixels at which the picture is shown; None shows a pixel as a pixel.
        notation : mapping from boxes, objects, sample spaces or columns of the value, or their names, to LaTeX; it goes
            before the notation that a learning diagram has.

        Raises
        ------
        TypeMismatch : another direction, theme or width; no mapping, or no LaTeX.
        UnknownName : any other option; the notation of a name that the value does not have.
        LimitExceeded : wires that run down or up beside one another have no room.
        FileError : another ending, or a file that cannot be written.
        """
        require_options(f"draw() of {type(self).__name__}", unknown)
        require_direction(direction)
        picture = Picture(*self._drawing(direction, {} if notation is None else notation), theme, width)
        if path is not None:
            picture.save(path)
        return picture

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle: dict[str, str] = {}
        with suppress(LimitExceeded):  # what is too large for a picture shows as text
            bundle = self.draw()._repr_mimebundle_()
        return {**bundle, "text/plain": str(self)}


def require_options(where: str, unknown: Mapping[str, Any]) -> None:
    """Raise `UnknownName` for an option that no picture has."""
    for name in unknown:
        hint = did_you_mean(name, ("path", "direction", "theme", "width", "notation"))
        raise UnknownName(f"{where} has no option {name!r}; {hint}")
