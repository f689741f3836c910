"""The device of a choice, and a batch moved to it."""

from __future__ import annotations

import torch

from learning_diagrams.backends.torch.data.mask import Batch, Column, map_column
from learning_diagrams.errors import DataError, brief


def device_of(choice: str | torch.device) -> torch.device:
    """The device of a choice; "auto" is a GPU if there is one."""
    if choice == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(choice)
        torch.zeros(1, device=device).item()  # a tensor of the device "meta" has no value
    except (RuntimeError, AssertionError, TypeError) as error:
        raise DataError(
            f"device {brief(choice)} cannot be used; 'auto' takes a GPU if there is one, 'cpu' always works"
        ) from error
    return device


def to_device(batch: Batch, device: torch.device) -> dict[str, dict[str, Column]]:
    """A batch with every column on a device."""
    return {
        space: {
            name: map_column(lambda rows: rows.to(device, non_blocking=True), column)
            for name, column in columns.items()
        }
        for space, columns in batch.items()
    }
