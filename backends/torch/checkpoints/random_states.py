"""The states of the random generators that training may draw from: of PyTorch, of its GPU, of NumPy, of Python.

>>> states = RandomStates(torch.device("cpu"))
>>> before = states.state_dict()
>>> drawn = torch.rand(1), np.random.rand(), random.random()
>>> states.load_state_dict(before)
>>> drawn == (torch.rand(1), np.random.rand(), random.random())
True
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if


@dataclass(frozen=True)
class RandomStates:
    """The global generators, and that of a device."""

    device: torch.device

    def state_dict(self) -> dict[str, Any]:
        """The states now."""
        on_gpu = {"cuda": torch.cuda.get_rng_state(self.device)} if self.device.type == "cuda" else {}
        states = {"torch": torch.get_rng_state(), "numpy": np.random.get_state(), "python": random.getstate()}
        return states | on_gpu

    def require(self, state: dict[str, Any]) -> None:
        """`FileError`, or another plain error, for states that no generator can have."""
        torch.Generator().set_state(state["torch"])
        if self.device.type == "cuda":
            torch.Generator(self.device).set_state(state["cuda"])
        kind, keys, place, has_gauss, gauss = state["numpy"]
        np.random.RandomState().set_state((kind, keys, place, has_gauss, gauss))
        refuse_if(
            not 0 <= place <= len(keys) or has_gauss not in (0, 1) or not math.isfinite(gauss),
            "it holds a state that no generator of NumPy has",
        )
        random.Random().setstate(state["python"])
        refuse_if(
            state["python"][2] is not None and not math.isfinite(state["python"][2]),
            "it holds a state that no generator of Python has",
        )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put states back."""
        torch.set_rng_state(state["torch"])
        np.random.set_state(state["numpy"])
        random.setstate(state["python"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.device)
