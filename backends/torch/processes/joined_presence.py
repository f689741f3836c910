"""The rows of a joined batch as the program of a loss reads them in one of several processes.

A process without a row, as there is one if a batch has fewer rows than there are processes, computes on a row of
another one, which does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.presence import Presence
from learning_diagrams.backends.torch.processes.joined_draws import JoinedDraws
from learning_diagrams.backends.torch.processes.world import joined, own_part, total
from learning_diagrams.errors import CompileError


class JoinedPresence(Presence):
    """What is present in all rows, and the rows of this process.

    Parameters
    ----------
    layout : BatchLayout.
    batch : checked and prepared batch of all rows, the same in every process.
    draws : JoinedDraws, in which the program runs.
    """

    def __init__(self, layout: BatchLayout, batch: Batch, draws: JoinedDraws) -> None:
        super().__init__(batch)
        self._draws = draws
        self._rows = {space: layout.rows(space, batch[space]) for space in layout.read}
        self._filled = layout.fill(batch)

    def columns(self) -> dict[str, dict[str, Tensor]]:
        """The columns of this process, absent rows filled as in one process."""
        return {
            space: {name: self._own(space, column) for name, column in columns.items()}
            for space, columns in self._filled.items()
        }

    def counted(self, space: str) -> int:
        """How many rows of this process count."""
        own = own_part(self._rows[space])
        return int(own.stop - own.start)

    def rows_in_all(self, space: str) -> int:
        return self._rows[space]

    def own(self, space: str, every: Tensor | None) -> Tensor | None:
        """The rows of this process among all rows; None where there is no mask."""
        return None if every is None else self._own(space, every)

    def joined(self, space: str, *ends: Any) -> tuple[Any, ...]:
        """All rows of some ends, with gradient."""
        for end in ends:
            if isinstance(end, Distribution):
                raise CompileError(
                    f"a divergence of your own takes a {type(end).__name__} of all rows, which several processes do "
                    "not bring together; define it with row_by_row=True, if the value of a row depends on that row only"
                )
        return tuple(joined(end, self._rows[space]) for end in ends)

    def shifted(self, space: str, column: str, shift: int) -> Tensor:
        """The rows of this process in a column that is rolled."""
        return self._own(space, self._filled[space][column].roll(shift, 0))

    def call(self, space: str, function: Callable[..., Any], *values: Any) -> Any:
        """A function of rows; what it draws are the draws of these rows among all rows."""
        own = self._computed(space)
        with self._draws.of(own.stop - own.start, own.start, self._rows[space]):
            return function(*values)

    def compare(self, space: str, function: Callable[..., Any], *ends: Any, **options: Any) -> Any:
        """A divergence that may draw samples [count, rows, …] of the distributions of these rows."""
        own = self._computed(space)
        with self._draws.of(own.stop - own.start, own.start, self._rows[space], dim=1):
            return function(*ends, **options)

    def together(self, space: str, present: Tensor | None, *values: Any) -> tuple[Any, ...]:
        """Values of several columns; rows that are not present take the values of the first row that is.

        See `impute_jointly`; here that row may be one of another process.
        """
        if present is None or not all(isinstance(value, Tensor) for value in values):
            return values
        first, own = present.to(torch.uint8).argmax(), self._computed(space)
        mask, numbers = present[own], torch.arange(own.start, own.stop, device=present.device)
        counted = (numbers == first)[: self.counted(space)]
        return tuple(self._filled_up(value, mask, counted, ~present.any()) for value in values)

    def _filled_up(self, value: Tensor, mask: Tensor, counted: Tensor, none: Tensor) -> Tensor:
        whole = value.detach().to(torch.uint8) if value.dtype == torch.bool else value.detach()
        shape = (-1, *[1] * (value.dim() - 1))
        row = total(torch.where(counted.reshape(shape), whole[: len(counted)], 0).sum(0)).to(value.dtype)
        filled = torch.where(mask.reshape(shape), value, row)
        return filled | none if value.dtype == torch.bool else filled

    def _computed(self, space: str) -> slice:
        own, rows = own_part(self._rows[space]), self._rows[space]
        first = min(own.start, rows - 1)
        return slice(first, max(own.stop, first + 1))

    def _own(self, space: str, every: Tensor) -> Tensor:
        return every[self._computed(space)]
