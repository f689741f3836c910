"""A part of a source that is larger than memory: its rows are counted before they are read, and read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Section:
    """Some rows of a part that stand together, which are a part themselves."""

    part: RowPart
    first: int
    rows: int

    def pieces(self, start: int) -> Iterator[Piece]:
        left = self.rows - start
        for piece in self.part.pieces(self.first + start) if left > 0 else ():
            rows = len(next(iter(piece.values()))[0])
            yield {
                name: (values[:left], mask if mask is None else mask[:left]) for name, (values, mask) in piece.items()
            }
            left -= rows
            if left <= 0:
                return


def share_of(parts: Sequence[RowPart], number: int, count: int) -> list[RowPart]:
    """The parts, whole or not, of share `number` of `count`; the last rows that make no equal shares are left out.

    >>> class Part:
    ...     rows = 5
    >>> [(section.first, section.rows) for section in share_of([Part(), Part(), Part()], 1, 2)]
    [(2, 3), (0, 4)]
    """
    size = sum(part.rows for part in parts) // count
    start, stop, at, share = number * size, (number + 1) * size, 0, list[RowPart]()
    for part in parts:
        first, last = max(start - at, 0), min(stop - at, part.rows)
        if first < last:
            share.append(Section(part, first, last - first))
        at += part.rows
    return share
