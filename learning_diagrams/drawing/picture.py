"""Pictures: what `draw` returns, what a notebook shows, and what a file holds.

>>> picture = Picture(Scene(40, 20, ()), "small", "an empty picture")
>>> picture.svg[:4], picture
('<svg', <Picture 'small': 40 × 20>)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_diagrams.drawing.elements.palette import THEMES, Theme, notebook_style
from learning_diagrams.drawing.elements.svg import Scene, document
from learning_diagrams.errors import FileError, TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.storage.atomic_write import write_whole

FORMATS = (".svg", ".png", ".pdf", ".tikz", ".tex")
SCALE = 2  # pixels of a PNG for a pixel of the picture
LARGEST = 32_767  # pixels a side of a PNG that cairo draws


@dataclass(frozen=True)
class Picture:
    """A picture, as SVG of a width in pixels; a notebook shows it.

    Parameters
    ----------
    scene : Scene.
    title, description : str, for readers who do not see the picture.
    theme : "light", "dark", or "auto", which follows the reader's browser.
    width : float or None, the width at which the picture is shown; None shows a pixel as a pixel.
    """

    scene: Scene
    title: str
    description: str
    theme: Theme = "auto"
    width: float | None = None

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise TypeMismatch(f"theme= of a picture is 'light', 'dark' or 'auto', got {brief(self.theme)}")
        if self.width is not None and (
            isinstance(self.width, bool) or not isinstance(self.width, int | float) or not 0 < self.width < 1e6
        ):
            raise TypeMismatch(f"width= of a picture is a number of pixels > 0, got {brief(self.width)}")

    @property
    def svg(self) -> str:
        """The picture as a document."""
        return document(self.scene, self.title, self.description, self.theme, self.width)

    @property
    def tikz(self) -> str:
        """The picture as TikZ in light colours, for `\\input` in a document that loads the package tikz."""
        from learning_diagrams.drawing.tex.tikz import tikz_picture

        return tikz_picture(self.scene, self.title, self.width)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, whole or not at all. What is not SVG is light.

        Parameters
        ----------
        path : str or Path that ends in .svg, .png, .pdf, .tikz (for `\\input`) or .tex (a document), its format.

        Raises
        ------
        TypeMismatch : not a path.
        FileError : another ending; a folder that does not exist; a file that cannot be written; PNG or PDF without the
            extra `pictures`; a picture that is too large for the format.
        """
        if not isinstance(path, str | Path):
            raise TypeMismatch(f"a picture is drawn to a path, as 'picture.svg', got {brief(path)}")
        path = Path(path)
        if path.suffix not in FORMATS:
            raise FileError(f"cannot draw to {str(path)!r}: the name must end in {', '.join(FORMATS)}")
        if not path.parent.is_dir():
            raise FileError(f"cannot draw to {str(path)!r}: there is no folder {str(path.parent)!r}")
        write_whole(path, self._content(path.suffix[1:]))

    def _content(self, form: str) -> bytes:
        if form == "svg":
            return self.svg.encode()
        if form == "tikz":
            return self.tikz.encode()
        if form == "tex":
            from learning_diagrams.drawing.tex.tikz import tex_document

            return tex_document(self.scene, self.title, self.width).encode()
        try:
            import cairosvg
        except (ImportError, OSError) as error:  # OSError: the library cairo is not installed
            raise FileError(
                f"a picture in the format {form} needs CairoSVG and the library cairo: pip install "
                f"'learning-diagrams[pictures]' ({error})"
            ) from None
        text = document(self.scene, self.title, self.description, "light", self.width).encode()
        if form == "pdf":
            return bytes(cairosvg.svg2pdf(text))
        shown = 1.0 if self.width is None else self.width / self.scene.width
        if (size := SCALE * shown * max(self.scene.width, self.scene.height)) > LARGEST:
            raise FileError(
                f"a PNG has at most {LARGEST:,} pixels a side, and the picture has {size:,.0f}; take .svg or .pdf"
            )
        return bytes(cairosvg.svg2png(text, scale=SCALE))

    @property
    def html(self) -> str:
        """The picture as a piece of a page, no wider than the page."""
        return f"<div><style>{notebook_style(self.theme)}</style>{self.svg}</div>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return one_line(f"<Picture {self.title!r}: {self.scene.width:g} × {self.scene.height:g}>")
