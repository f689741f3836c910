"""A table of numbers with names for its rows and columns, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


class Table:
    """Rows and columns with names; a 0 shows as a point.

    Parameters
    ----------
    rows, columns : the names.
    entries : for each row a sequence of numbers, an entry for each column.
    """

    def __init__(self, rows: Sequence[str], columns: Sequence[str], entries: Iterable[Iterable[Any]]) -> None:
        self.rows, self.columns = list(rows), list(columns)
        self.entries = [[str(entry) if entry else "·" for entry in line] for line in entries]

    @property
    def html(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(entry)}</td>' for entry in line)}</tr>"
            for name, line in zip(self.rows, self.entries, strict=True)
        )
        return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        lines = [["", *self.columns], *([name, *line] for name, line in zip(self.rows, self.entries, strict=True))]
        return "\n".join(" ".join(f"{entry:>6}" for entry in line) for line in lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}
