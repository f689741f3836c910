"""What of a batch is present: the rows and positions that the terms of a loss are means over.

>>> words = torch.tensor([[3, 5, 0], [1, 0, 0]])
>>> present = Presence({"texts": {"words": (words, words != 0), "label": (words[:, 0], torch.tensor([True, False]))}})
>>> present(("texts", "words", 0), ("texts", "label", 0)).tolist()
[True, False]
>>> present.positions(("texts", "words", 0), ndim=1).tolist()
[[True, True, False], [True, False, False]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.column_check import place
from learning_diagrams.backends.torch.data.mask import Batch, as_fine_as, mask_of, rows_of, values_of
from learning_diagrams.backends.torch.functor.space import Mask, Space
from learning_diagrams.diagrams.sample_space import Column, presence_of
from learning_diagrams.errors import CompileError, DataError, did_you_mean
from learning_diagrams.semantics.functor.space import Cell, Positions
from learning_diagrams.semantics.program.printer import Term


class Presence:
    """The rows and positions of a batch that are present, for columns (space, column, shift)."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __call__(self, *cells: Cell) -> Tensor | None:
        """The rows [rows] in which all these columns are present; None if no column has a mask."""
        masks = [self._mask(cell) for cell in cells]
        return all_of([None if mask is None else rows_of(mask) for mask in masks])

    def positions(self, *cells: Cell, ndim: int) -> Tensor | None:
        """The positions [rows, *positions] that are present in all these columns; None if no mask is finer than rows.

        Raises `DataError` if the columns have different numbers of positions.

        Parameters
        ----------
        ndim : int, the number of dimensions of positions; a position with a part that is present is present.
        """
        fine: list[Tensor] = []
        for cell in cells:
            mask = self._mask(cell)
            if mask is None or mask.dim() == 1:
                continue
            mask = mask.flatten(ndim + 1).any(-1) if mask.dim() > ndim + 1 else mask
            for other in fine[:1]:
                common = min(mask.dim(), other.dim())
                if mask.shape[1:common] != other.shape[1:common]:
                    raise DataError(
                        f"columns {', '.join(repr(column) for _, column, _ in cells)} say which positions a term "
                        f"compares, and have masks of rows of {list(other.shape[1:])} and {list(mask.shape[1:])} "
                        "positions; if their positions are not the same, give their spaces different positions="
                    )
            fine.append(mask)
        return all_of(fine)

    def rows(self, term: Term) -> Tensor | None:
        """The rows [rows] that count in a term: each column is present, and on each wire a compared position."""
        masks = [self(*term.keys)]
        for positions in term.positions:
            mask = self.positions(*positions.keys, ndim=positions.ndim)
            masks.append(None if mask is None else rows_of(mask))
        return all_of(masks)

    def count(self, term: Term) -> Tensor:
        """The number of rows that count in a term, or of positions in these, 0-d int64; see `Positions.counted`."""
        space, column, _ = term.keys[0]
        values, rows = values_of(self.batch[space][column]), self.rows(term)
        count = torch.tensor(len(values)) if rows is None else rows.sum()  # on the CPU: a copy waits for the device
        counted = next((positions for positions in term.positions if positions.counted), None)
        if counted is None:
            return count
        mask = self.positions(*counted.keys, ndim=counted.ndim)
        if mask is None:
            return count * self._size(counted)
        present = (mask if rows is None else mask & as_fine_as(mask, rows)).sum()
        return present * (self._size(counted) // prod(mask.shape[1:])) if mask.dim() <= counted.ndim else present

    def mean(self, term: Term, values: Tensor) -> Tensor:
        """The mean of a term over what counts in it, from its values [rows]; 0 if nothing counts."""
        rows = self.rows(term)
        if rows is None and not any(positions.counted for positions in term.positions):
            return values.mean()
        present = values if rows is None else torch.where(rows, values, 0.0)
        return present.sum() / self.count(term).clamp(min=1)

    def require_whole(self, term: Term) -> None:
        """Raise `DataError` if a position is masked where a term compares whole rows: in law, or by an own function."""
        for distance in term.distances:
            positions = distance.positions
            if positions and distance.whole and self.positions(*positions.keys, ndim=positions.ndim) is not None:
                columns = ", ".join(f"{space}.{column}" for space, column, _ in positions.keys)
                reason = (
                    "in law each row is compared with the others, and rows of numbers that lack different positions "
                    "have no distance; give masks [rows] and no padding=, or compare row by row, as in over="
                    if term.in_law
                    else "its function sees whole rows; let the function take positions=None, or give masks [rows] and "
                    "no padding="
                )
                raise DataError(
                    f"constraint {term.name!r} compares whole rows, by {distance.function}, and positions of {columns} "
                    f"are masked or padded: {reason}"
                )

    def _mask(self, cell: Cell) -> Tensor | None:
        space, column, shift = cell
        mask = mask_of(self.batch[space][column])
        return mask.roll(shift, 0) if mask is not None and shift else mask

    def _size(self, positions: Positions) -> int:
        """The number of positions of a row."""
        if positions.size is not None:
            return positions.size
        assert positions.sized_by is not None, "a mean over positions of any number does not compile without it"
        space, column, _ = positions.sized_by
        return prod(values_of(self.batch[space][column]).shape[1 : positions.ndim + 1])


def all_of(masks: Sequence[Tensor | None]) -> Tensor | None:
    """The conjunction of some masks [rows, …], as fine as the finest; None without a mask."""
    present: Tensor | None = None
    for mask in masks:
        if present is None or mask is None:
            present = present if mask is None else mask
        else:
            present = as_fine_as(mask, present) & as_fine_as(present, mask)
    return present


def require_presence(columns: Mapping[tuple[str, str], Column], spaces: Mapping[str, Space]) -> None:
    """Raise `CompileError` for a presence without its column, or in a space that does not have its bits.

    Parameters
    ----------
    columns : mapping from (sample space, name) to Column.
    spaces : mapping from the name of an object to its Space.
    """
    for (sample_space, name), column in columns.items():
        if (base := presence_of(name)) is None:
            continue
        if (sample_space, base) not in columns:
            names = [other for space, other in columns if space == sample_space]
            raise CompileError(
                f"{place(sample_space, name)} is the presence of the column {base!r}, which no constraint or axiom "
                f"reads; {did_you_mean(base, names)}"
            )
        space, of = (spaces[each.cod.inside[0].name] for each in (column, columns[sample_space, base]))
        if (space.dtype, space.point_shape) != (torch.bool, of.position_shape):
            wanted = Mask(*of.position_shape)
            raise CompileError(
                f"{place(sample_space, name)} is a presence, so its object is sent to {wanted!r}, got {space!r}"
            )
