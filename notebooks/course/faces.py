"""Emoji in pictures: a face of a learning diagram with emoji and captions at its corners, and tables of similarity."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from learning_diagrams.drawing.picture import Picture


def icon(pixels: np.ndarray, size: int = 40, words: str = "") -> str:
    """An image of bytes [height, width, 3] as HTML, with words for readers who do not see it."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return f'<img alt="{escape(words)}" width="{size}" height="{size}" src="{source}">'


@dataclass(frozen=True)
class Corners:
    """A face with what stands at its corners, once for each way to match the two.

    Parameters
    ----------
    picture : Picture of the face, its text at the upper right corner and its image at the lower left one.
    drawings : array of bytes [emoji, 32, 32, 3].
    ways : dict from a title to (captions in this order, the text below).
    """

    picture: Picture
    drawings: np.ndarray
    ways: dict[str, tuple[Sequence[str], str]]

    def __repr__(self) -> str:
        return "\n".join(f"{title}: {', '.join(captions)}; {below}" for title, (captions, below) in self.ways.items())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        panels = []
        for title, (captions, below) in self.ways.items():
            cell = '<td style="text-align: center; padding: 2px 6px; font-size: 12px; width: 56px">{}</td>'
            words = "".join(cell.format(escape(caption)) for caption in captions)
            emoji = "".join(cell.format(icon(drawing)) for drawing in self.drawings)
            table = '<table style="table-layout: fixed; margin: 0 0 0 3em"><tr style="background: none">{}</tr></table>'
            face = f'<div style="margin: 0 0 -2em 3em">{self.picture.html}</div>'
            panels.append(
                '<figure style="margin: 0; max-width: 100%; overflow-x: auto">'
                f"<figcaption><b>{escape(title)}</b></figcaption>"
                f"{table.format(words)}{face}{table.format(emoji)}<p>{escape(below)}</p></figure>"
            )
        row = f'<div style="display: flex; flex-wrap: wrap; gap: 2em">{"".join(panels)}</div>'
        return {"text/html": row, "text/plain": repr(self)}


@dataclass(frozen=True)
class Similarity:
    """Tables of cosines of drawings, down, and captions, across; a darker cell is more similar.

    Parameters
    ----------
    drawings : array of bytes [emoji, 32, 32, 3].
    captions : list of str.
    tables : dict from a title to cosines [emoji][captions].
    """

    drawings: np.ndarray
    captions: Sequence[str]
    tables: dict[str, Sequence[Sequence[float]]]

    def __repr__(self) -> str:
        lines = []
        for title, table in self.tables.items():
            rows = zip(self.captions, table, strict=True)
            lines += [title, *(f"  {caption:10}" + "".join(f"{value:6.2f}" for value in row) for caption, row in rows)]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        panels = []
        for title, table in self.tables.items():
            head = "".join(f'<th style="font-size: 12px">{escape(caption)}</th>' for caption in self.captions)
            body = ""
            for i, row in enumerate(table):
                cells = "".join(_cell(value, i == j) for j, value in enumerate(row))
                body += f"<tr><td>{icon(self.drawings[i], 32, self.captions[i])}</td>{cells}</tr>"
            panels.append(f"<div><b>{escape(title)}</b><table><tr><th></th>{head}</tr>{body}</table></div>")
        row = f'<div style="display: flex; flex-wrap: wrap; gap: 2em">{"".join(panels)}</div>'
        return {"text/html": row, "text/plain": repr(self)}


def _cell(value: float, own: bool) -> str:
    shade = f"rgba(0, 114, 178, {0.6 * max(0.0, min(1.0, value)):.2f})"
    border = "2px solid currentColor" if own else "none"
    return f'<td style="background: {shade}; border: {border}; text-align: right">{value:.2f}</td>'
