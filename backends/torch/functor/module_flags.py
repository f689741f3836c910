"""The flags of a module: train or eval in each part, and `requires_grad` of each parameter.

>>> import torch
>>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout())
>>> with in_mode(net, training=False):
...     net[1].training
False
>>> net[1].training
True
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def in_mode(module: object, training: bool | None = None) -> Iterator[None]:
    """Restore the mode of every part of a module at the end.

    Only flags are set, so no `train` method of a user runs. A plain function has no mode.

    Parameters
    ----------
    training : bool or None, the mode of every part inside; None leaves the modes as they are.
    """
    modes = {part: part.training for part in module.modules()} if isinstance(module, nn.Module) else {}
    try:
        if training is not None:
            for part in modes:
                part.training = training
        yield
    finally:
        restore_modes(modes)


def restore_modes(modes: dict[nn.Module, bool]) -> None:
    """Set the mode of each module, and of no module inside."""
    for part, training in modes.items():
        part.training = training
