"""Seeds: torch's generators in a block, put back after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Seed torch's generators in the block, and restore their states after it; None changes nothing."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices, enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def seed_after(seed: int | None, steps: int) -> int | None:
    """The seed of a run that begins after so many steps of an objective, so that no run repeats the draws of another.

    >>> seed_after(3, 0), seed_after(3, 1) == seed_after(3, 2), seed_after(None, 1)
    (3, False, None)
    """
    return None if seed is None else (seed + steps * 0x9E3779B97F4A7C15) % 2**63
