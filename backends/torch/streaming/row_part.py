"""A part of a source that is larger than memory: its rows are counted before they are read, and read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from learning_diagrams.backends.torch.data.foreign_column import Array

PIECE = 8192  # rows that a part reads at a time

Piece = Mapping[str, tuple[Array, Array | None]]
"""Rows: the values of each column, [rows, …], and which rows are present, [rows] bool, or None for all."""


class RowPart(Protocol):
    """Rows that stand together in a file."""

    @property
    def rows(self) -> int: ...
    def pieces(self, start: int) -> Iterator[Piece]:
        """The rows from row `start` on, in their order, in pieces of about `PIECE` rows."""
        ...
