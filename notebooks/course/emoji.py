"""Emoji for the notebooks: 1,563 captions with three drawings of each, small enough to train on in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

DATA = Path(__file__).resolve().parents[2] / "data"
NOTO, TWEMOJI, FLUENT = range(3)  # who drew it
SIX = ("dog face", "octopus", "red apple", "bicycle", "guitar", "bus")


class Emoji:
    """Drawings [1563, 3, 32, 32, 3] in bytes, captions, and what the encoders read.

    pixels : Tensor [3, 1563, 768], the drawings of each of the three vendors at 16 × 16 pixels, in [−½, ½].
    vectors : Tensor [1563, 256], each caption through a frozen text encoder.
    """

    def __init__(self) -> None:
        with np.load(DATA / "emoji32.npz") as file:
            self.drawings, self.captions = file["images"], [str(caption) for caption in file["label"]]
        small = functional.avg_pool2d(torch.tensor(self.drawings).permute(1, 0, 4, 2, 3).flatten(0, 1).float(), 2)
        self.pixels = small.flatten(1).reshape(3, len(self.captions), -1) / 255 - 0.5
        self.vectors = torch.tensor(np.load(DATA / "emoji_wordllama256.npy")).float()

    def rows(self, captions: tuple[str, ...] = SIX) -> list[int]:
        return [self.captions.index(caption) for caption in captions]
