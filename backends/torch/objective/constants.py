"""The numbers of an objective that no box computes: buffers that follow its device, exact in its dtype.

The weights, temperatures and other options that follow a schedule move with the steps of the optimizer. The number of
steps is part of the objective's state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from learning_diagrams.errors import CompileError
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.lowering import Constant

STEPS = "steps"  # the buffer of the count, and the end of its key in a state


class Constants(nn.Module):
    """Buffers, 0-d or [n], refilled from exact numbers whenever their dtype changes; only the count of steps is saved.

    >>> from learning_diagrams.schedule import linear
    >>> constants = Constants({"weight": 0.1, "warm_up": linear(0, 1, steps=10)})
    >>> "weight" in constants, 1 in constants
    (True, False)
    >>> constants.half().weight.dtype, constants.double().weight.item()
    (torch.float32, 0.1)
    >>> constants.after(5)
    >>> constants.warm_up.item(), dict(constants.state_dict())
    (0.5, {'steps': tensor(5)})

    Parameters
    ----------
    values : dict from str to float, to a tuple of n floats, or to a Schedule.
    dtype : torch.dtype of the buffers; never less than float32, so that small weights keep their value in half
        precision.

    Attributes
    ----------
    count : int ≥ 0, the steps that were made. A schedule has its number at this count.
    zeros : frozenset of str, the schedules whose number is 0 at this count; known without waiting for the device.
    """

    def __init__(self, values: Mapping[str, Constant], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.count = 0
        self.values: dict[str, Constant] = {"zero": 0.0, **values}
        self.scheduled = {name: value for name, value in values.items() if isinstance(value, Schedule)}
        self.zeros = self._zeros()
        for name, value in self.values.items():
            numbers = value.numbers if isinstance(value, Schedule) else value if isinstance(value, tuple) else (value,)
            for number in numbers:
                if abs(number) > torch.finfo(torch.float32).max:
                    raise CompileError(f"the constant {name} is {number!r}, which float32 cannot hold; make it smaller")
            self.register_buffer(name, torch.tensor(self._exact(name), dtype=_wide(dtype)), persistent=False)
        self.register_buffer(STEPS, torch.zeros((), dtype=torch.int64))
        self.register_state_dict_pre_hook(_write_count)  # type: ignore[no-untyped-call]

    def __getitem__(self, name: str) -> Tensor:
        return self.get_buffer(name)

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def after(self, count: int) -> None:
        """Let the schedules have their numbers after so many steps; no call waits for the device."""
        vars(self)["count"] = count  # a module looks through all its parts when an attribute is set
        for name in self.scheduled:
            self.get_buffer(name).fill_(self._exact(name))
        if self.scheduled:
            vars(self)["zeros"] = self._zeros()

    def follow(self, dtype: torch.dtype | None) -> None:
        """Take on the dtype of data, for an objective whose modules have no parameters."""
        if dtype is not None and self.get_buffer("zero").dtype != _wide(dtype):
            self.to(_wide(dtype))

    def _zeros(self) -> frozenset[str]:
        return frozenset(name for name in self.scheduled if self._exact(name) == 0)

    def _exact(self, name: str) -> Any:
        value = self.values[name]
        return value(self.count) if isinstance(value, Schedule) else value

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name in self.values:
            buffer = self.get_buffer(name)
            exact = torch.tensor(self._exact(name), dtype=_wide(buffer.dtype), device=buffer.device)
            setattr(self, name, exact)
        return self

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        # A state of an older version has no count, and the count stays.
        state.setdefault(prefix + STEPS, torch.tensor(self.count))
        self.after(int(state[prefix + STEPS]))
        super()._load_from_state_dict(state, prefix, *rest)


def _write_count(constants: Constants, *_: Any) -> None:
    # The count is written where it is saved, and not at every step.
    constants.get_buffer(STEPS).fill_(constants.count)


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32
