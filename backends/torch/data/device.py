"""A batch moved to a device."""

from __future__ import annotations

import torch

from learning_diagrams.backends.torch.data.mask import Batch, Column, map_column


def to_device(batch: Batch, device: torch.device) -> dict[str, dict[str, Column]]:
    """A batch with every column on a device."""
    return {
        space: {
            name: map_column(lambda rows: rows.to(device, non_blocking=True), column)
            for name, column in columns.items()
        }
        for space, columns in batch.items()
    }
