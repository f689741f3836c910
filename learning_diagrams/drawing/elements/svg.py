"""Pictures as SVG text: the same bytes for the same picture, drawn alike by browsers, cairosvg and librsvg.

>>> scene = Scene(100, 40, (text(50, 25, "a < b", 14, "ink", anchor="middle"),))
>>> print(scene.elements[0])
<text class="ink" x="50" y="25" font-size="14" text-anchor="middle">a &lt; b</text>
>>> document(scene, "inequality", "a is less than b")[:4]
'<svg'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from learning_diagrams.drawing.elements.font import LONGEST, shown_label, text_width
from learning_diagrams.drawing.elements.label import Label, Piece, is_struck, pieces_of
from learning_diagrams.drawing.elements.palette import Theme, scope, style
from learning_diagrams.errors import printable
from learning_diagrams.errors.short_text import short_repr

PAGE, MARGIN = 1000, 32  # pixels
CONTENT = PAGE - 2 * MARGIN
FONT = "DejaVu Sans, Verdana, sans-serif"
_PLAIN = re.compile(r"[A-Za-z0-9 .,()_-]*")  # nothing in it needs an escape, and most values are numbers


@dataclass(frozen=True)
class Scene:
    """Elements of a picture, and the rectangle [0, width] × [0, height] that they fill, in pixels."""

    width: float
    height: float
    elements: tuple[str, ...]

    __repr__ = short_repr

    def at(self, x: float, y: float) -> str:
        """The scene as one element, moved."""
        return group(self.elements, transform=f"translate({number(x)} {number(y)})")


def document(scene: Scene, title: str, description: str, theme: Theme = "auto", shown: float | None = None) -> str:
    """A scene as a whole SVG document on paper; `shown` is the width at which it is shown, in pixels."""
    width, height = number(scene.width), number(scene.height)
    scale = 1.0 if shown is None else shown / scene.width
    size = f'width="{number(scale * scene.width)}" height="{number(scale * scene.height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} class="{scope(theme)}" '
            f'role="img" font-family="{FONT}" xml:space="preserve">',  # no id, which two pictures of a page would share
            f"<title>{escape(printable(title))}</title>",
            f"<desc>{escape(printable(description))}</desc>",
            f"<style>{style(theme)}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *scene.elements,
            "</svg>",
            "",
        ]
    )


def number(value: float) -> str:
    """A coordinate, rounded to half a pixel."""
    return f"{round(2 * value) / 2:g}" if abs(value) < 1e5 else str(round(value))


def path(data: str, look: str, stroke: float | None = None, **attributes: str) -> str:
    """A path with a class, and with the width of its stroke where it has a stroke."""
    return _element("path", look, d=data, stroke_width=None if stroke is None else f"{stroke:g}", **attributes)


def rectangle(
    x: float, y: float, width: float, height: float, look: str, stroke: float | None = None, rx: float = 0
) -> str:
    """A rectangle, with round corners where `rx` is not 0."""
    ends = {"x": number(x), "y": number(y), "width": number(width), "height": number(height)}
    corner = {"rx": number(rx)} if rx else {}
    return _element("rect", look, **ends, **corner, stroke_width=None if stroke is None else f"{stroke:g}")


def circle(
    x: float, y: float, radius: float, look: str, stroke: float | None = None, **attributes: str
) -> str:
    width = None if stroke is None else f"{stroke:g}"
    return _element("circle", look, cx=number(x), cy=number(y), r=f"{radius:g}", stroke_width=width, **attributes)


def text(
    x: float,
    y: float,
    content: str,
    size: float,
    look: str,
    *,
    bold: bool = False,
    anchor: str | None = None,
    longest: int = LONGEST,
) -> str:
    """A label; a text of more than 24 letters, or so many, is shortened, and stands whole in a title."""
    label = shown_label(content, longest)
    meant = None
    if isinstance(label, Label) and anchor:
        meant = f"{anchor} {number(x)}"  # for TeX, which sets a symbol in its own width
        x -= text_width(label, size, bold) / (2 if anchor == "middle" else 1)
        anchor = None  # not all programs find the middle of a text in pieces
    whole = f"<title>{escape(printable(content))}</title>" if len(content) > len(label) else ""
    weight = "bold" if bold else None
    place = {"x": number(x), "y": number(y), "font_size": f"{size:g}", "font_weight": weight, "text_anchor": anchor}
    place["data_anchor"] = meant
    element = _element("text", look, f"{whole}{spans(((piece, {}) for piece in pieces_of(label)), size)}", **place)
    if not is_struck(label):
        return element
    end, level = number(x + text_width(label, size, bold)), number(y - 0.3 * size)
    return element + path(f"M{number(x)} {level}H{end}", "line", 1.25)  # not all programs draw text-decoration


def spans(pieces: Iterable[tuple[Piece, Mapping[str, str | None]]], size: float) -> str:
    """The content of a text element: pieces, each on its line and with its attributes."""
    parts, line = [], 0.0
    for piece, attributes in pieces:
        fall, line = round((piece.shift - line) * size, 1), piece.shift
        style = {
            "dy": f"{fall:g}" if fall else None,
            "font_size": f"{piece.scale * size:.4g}" if piece.scale != 1 else None,
            "font_style": "italic" if piece.italic else None,
            "font_weight": "bold" if piece.bold else None,
            "data_latex": piece.latex,
            **attributes,
        }
        text = escape(printable(piece.text))
        styled = {*style.values()} - {None}
        parts.append(_element("tspan", style.pop("look", None) or "", text, **style) if styled else text)
    return "".join(parts)


def line_of_text(
    x: float, y: float, content: str, size: float, look: str, anchor: str | None = None, bold: bool = False
) -> str:
    """A text that is no name, and is not shortened."""
    weight = "bold" if bold else None
    ends = {"x": number(x), "y": number(y), "font_size": f"{size:g}", "font_weight": weight, "text_anchor": anchor}
    return _element("text", look, escape(printable(content)), **ends)


def group(elements: Iterable[str], **attributes: str) -> str:
    """Elements that belong together, as those of one box."""
    return "\n".join([_element("g", "", *elements, **attributes)])


def _element(tag: str, look: str, *content: str, **attributes: str | None) -> str:
    named = {"class": look or None, **{key.replace("_", "-"): value for key, value in attributes.items()}}
    head = "".join(f" {key}={_quoted(value)}" for key, value in named.items() if value is not None)
    inner = "\n".join(content) if tag == "g" else "".join(content)
    return f"<{tag}{head}>{inner}</{tag}>" if content else f"<{tag}{head}/>"


def _quoted(value: str) -> str:
    return f'"{value}"' if _PLAIN.fullmatch(value) else quoteattr(printable(value))
