"""A value that has a picture: `draw` returns it or writes it, and a notebook shows it.

>>> from learning_diagrams.drawing.elements.svg import Scene
>>> class Point(Drawn):
...     def _drawing(self):
...         return Scene(40, 40, ()), "point", "a point"
>>> Point().draw()
<Picture 'point': 40 × 40>
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any

from learning_diagrams.drawing.elements.palette import Theme
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.errors import LearningDiagramError, UnknownName, did_you_mean
from learning_diagrams.errors.short_text import Printed


class Drawn(Printed, ABC):
    """A value that has a picture. `repr` is one line of text, `str` is the printed text, `draw` the picture."""

    @abstractmethod
    def _drawing(self, *args: Any, **options: Any) -> tuple[Scene, str, str]:
        """The scene, its title, and its description for readers who do not see it; a class names its options."""

    def draw(
        self, path: str | Path | None = None, *, theme: Theme = "auto", width: float | None = None, **options: Any
    ) -> Picture:
        """The picture; with a path it is also written there.

        Parameters
        ----------
        path : str or Path that ends in .svg, .png, .pdf, .tikz or .tex; None writes nothing.
        theme : "light", "dark", or "auto", which follows the reader's browser.
        width : float or None, the width in pixels at which the picture is shown; None shows a pixel as a pixel.
        options : what the class takes, as `direction=` "right", "down" or "up", in which string diagrams run.

        Raises
        ------
        FileError : another ending, or a folder that does not exist.
        UnknownName : an option that the class does not take.
        """
        known = signature(self._drawing).parameters
        for name in sorted(options.keys() - known.keys()):
            taken = {*signature(Drawn.draw).parameters, *signature(self.draw).parameters, *known} - {"self", "options"}
            hint = did_you_mean(name, taken)
            raise UnknownName(f"draw() of {type(self).__name__} has no option {name!r}; {hint}")
        picture = Picture(*self._drawing(**options), theme, width)
        if path is not None:
            picture.save(path)
        return picture

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle: dict[str, str] = {}
        with suppress(LearningDiagramError):  # what is too large for a picture shows as text
            bundle = self.draw()._repr_mimebundle_()
        return {**bundle, "text/plain": str(self)}
