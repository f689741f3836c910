"""Pictures and tables beside one another, each with its title above it; narrow pages put them below one another."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from course.table import Table
from learning_diagrams.drawing.picture import Picture


class Beside:
    """What a notebook shows: titled pictures and tables in rows.

    Parameters
    ----------
    parts : mapping from titles to Picture or Table.
    columns : int, how many stand beside one another where there is room.
    """

    def __init__(self, parts: Mapping[str, Picture | Table], columns: int = 2) -> None:
        self.parts, self.columns = dict(parts), columns

    def __repr__(self) -> str:
        return "\n".join(f"{title}\n{part}" if isinstance(part, Table) else title for title, part in self.parts.items())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        width = f"flex: 0 1 calc({100 / self.columns:.0f}% - 1em); min-width: 16em"
        figures = [
            f'<figure style="margin: 0; {width}"><figcaption>{escape(title)}</figcaption>{part.html}</figure>'
            for title, part in self.parts.items()
        ]
        row = f'<div style="display: flex; flex-wrap: wrap; gap: 1em; align-items: flex-start">{"".join(figures)}</div>'
        return {"text/html": row, "text/plain": repr(self)}
