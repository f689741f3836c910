"""The weights and temperatures of an objective: buffers that follow its device, exact in its dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

import torch
from torch import Tensor, nn

from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.program.lowering import Constant


class Constants(nn.Module):
    """Non-persistent buffers, 0-d or [n], refilled from exact numbers whenever their dtype changes.

    >>> constants = Constants({"weight": 0.1})
    >>> constants.half().weight.dtype, constants.double().weight.item()
    (torch.float32, 0.1)

    Parameters
    ----------
    values : dict from str to float, or to a tuple of n floats.
    dtype : torch.dtype of the buffers; never less than float32, so that small weights keep their value in half
        precision.
    """

    def __init__(self, values: Mapping[str, Constant], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.exact: dict[str, Constant] = {"zero": 0.0, **values}
        for name, value in self.exact.items():
            for number in value if isinstance(value, tuple) else (value,):
                if abs(number) > torch.finfo(torch.float32).max:
                    raise CompileError(f"the constant {name} is {number!r}, which float32 cannot hold; make it smaller")
            self.register_buffer(name, torch.tensor(value, dtype=_wide(dtype)), persistent=False)

    def __getitem__(self, name: str) -> Tensor:
        return self.get_buffer(name)

    def follow(self, dtype: torch.dtype | None) -> None:
        """Take on the dtype of data, for an objective whose modules have no parameters."""
        if dtype is not None and self.get_buffer("zero").dtype != _wide(dtype):
            self.to(_wide(dtype))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, value in self.exact.items():
            buffer = self.get_buffer(name)
            exact = torch.tensor(value, dtype=_wide(buffer.dtype), device=buffer.device)
            setattr(self, name, exact)
        return self


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32
