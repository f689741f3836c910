"""The processes that train together, and what each tells the others.

One process never comes here: `processes` is asked, and nothing else is called.

>>> processes()
1
>>> part_of(5, rank=0, size=2), part_of(5, rank=1, size=2)
(slice(0, 2, None), slice(2, 5, None))
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

Value = TypeVar("Value")
RUNS: list[Any] = []  # the runs that go on in several processes


def processes() -> int:
    """How many processes train together: those of PyTorch's process group, or those that a launcher has started."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size()
    return int(os.environ["WORLD_SIZE"]) if {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys() else 1


def is_first() -> bool:
    """Whether this process is the first of those that train together; it alone writes and prints."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank() == 0
    return processes() == 1 or os.environ["RANK"] == "0"


def run_of(objective: object) -> Any:
    """The run of an objective in several processes; None in one process."""
    return next((run for run in RUNS if run.objective is objective), None) if RUNS else None


def part_of(rows: int, rank: int, size: int) -> slice:
    """The rows that are those of a process; no process has two rows more than another."""
    return slice(rows * rank // size, rows * (rank + 1) // size)


def own_part(rows: int) -> slice:
    """The rows that are those of this process."""
    return part_of(rows, distributed.get_rank(), distributed.get_world_size())


class _Totals(torch.autograd.Function):
    """Sums over all processes, in one message. Every process computes the same loss, so gradients are summed, too."""

    @staticmethod
    def forward(ctx: Any, *values: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)  # a parameter that one sum does not depend on gets no gradient from it
        together = torch.stack(values)
        distributed.all_reduce(together)
        return tuple(whole.to(value.dtype) for whole, value in zip(together.unbind(), values, strict=True))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        whole = iter(totals([gradient for gradient in gradients if gradient is not None]))
        return tuple(None if gradient is None else next(whole) for gradient in gradients)


def totals(values: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The sums over all processes of tensors of one shape, of the same bits in each process, with gradients."""
    return _Totals.apply(*values) if values else ()  # type: ignore[no-untyped-call]


def total(value: Tensor) -> Tensor:
    """The sum over all processes of a tensor, with gradient."""
    return totals([value])[0]


def joined(part: Tensor, rows: int) -> Tensor:
    """All rows, from those of each process, with gradient; labels and bits as well as numbers.

    Parameters
    ----------
    part : Tensor [own rows, …], the rows `own_part(rows)`; further rows do not count.
    """
    own = own_part(rows)
    return joined_at(part[: own.stop - own.start], own.start, rows)


def joined_at(part: Tensor, start: int, rows: int) -> Tensor:
    """All rows, from those of each process, which are the rows from `start` on."""
    plain = part.to(torch.uint8) if part.dtype == torch.bool else part
    sizes = start, rows - start - len(part)
    before, after = (plain.new_zeros(count, *part.shape[1:]) for count in sizes)
    return total(torch.cat([before, plain, after])).to(part.dtype)


def of_first(value: Value) -> Value:
    """The value that the first process gives; any plain data."""
    shared: list[Any] = [value]
    distributed.broadcast_object_list(shared)
    return shared[0]  # type: ignore[no-any-return]


def of_all(value: Value) -> list[Value]:
    """The value that each process gives, in the order of the processes; any plain data."""
    values: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values
