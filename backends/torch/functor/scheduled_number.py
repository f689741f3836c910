"""A schedule as the module of a box from I: a number on a wire that moves with the steps of training.

>>> from learning_diagrams.schedule import linear
>>> temperature = ScheduledNumber(linear(0.04, 0.07, steps=30))
>>> temperature.follow(10, torch.float64)
>>> temperature()
tensor([[0.0500]], dtype=torch.float64)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from learning_diagrams.schedule import Schedule


class ScheduledNumber(nn.Module):
    """One row of one number, [1, 1], without gradient. The count of steps is that of the objective, which saves it.

    Parameters
    ----------
    schedule : Schedule, the number after so many steps of the objective; in a game the steps of all players.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule
        self.register_buffer("number", torch.tensor([[schedule(0)]]), persistent=False)

    def follow(self, steps: int, dtype: torch.dtype) -> None:
        """Take on the number after so many steps, exact in a dtype; no call waits for the device."""
        number = self.get_buffer("number")
        if number.dtype != dtype:
            self.to(dtype)
        self.get_buffer("number").fill_(self.schedule(steps))

    def forward(self) -> Tensor:
        return self.get_buffer("number")

    def extra_repr(self) -> str:
        return repr(self.schedule)


def scheduled_numbers(modules: nn.Module) -> list[ScheduledNumber]:
    """Those among the parts of a module."""
    return [part for part in modules.modules() if isinstance(part, ScheduledNumber)]
