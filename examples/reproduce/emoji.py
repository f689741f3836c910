"""Emoji: 1,563 captions, each drawn by three vendors; one vendor's drawings are never trained on."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from experiment import ROOT
from torch import Tensor, nn
from torch.distributions import Distribution, constraints

VENDORS = {"noto": 0, "twemoji": 1, "fluent": 2}
HELD_OUT = VENDORS["twemoji"]
SEEN = (VENDORS["noto"], VENDORS["fluent"])


class Emoji:
    """Images [1563, vendors, 3, 32, 32] in [−½, ½], captions as text and as vectors [1563, 256] of a frozen encoder."""

    def __init__(self) -> None:
        with np.load(ROOT / "data" / "emoji32.npz") as file:
            self.images = torch.tensor(file["images"]).permute(0, 1, 4, 2, 3).float() / 255 - 0.5
            self.captions = [str(caption) for caption in file["label"]]
        self.texts = torch.tensor(np.load(ROOT / "data" / "emoji_wordllama256.npy")).float()


class Augmented(Distribution):
    """Images moved by up to three pixels, with other contrast in each channel, and a little noise; white around."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {}
    has_rsample = True

    def __init__(self, images: Tensor) -> None:
        self.images = images
        super().__init__(images.shape[:1], images.shape[1:], validate_args=False)

    def rsample(self, sample_shape=()) -> Tensor:
        x = self.images
        down, right = torch.randint(-3, 4, (2,)).tolist()
        contrast = 0.6 + 0.8 * torch.rand(len(x), 3, 1, 1)
        moved = torch.roll(x, (down, right), (2, 3))
        return (moved + 0.5).sub(1).mul(contrast).add(0.5) + 0.05 * torch.randn(x.shape)

    sample = rsample


class Augment(nn.Module):
    """The kernel image → image that augments."""

    def forward(self, images: Tensor) -> Distribution:
        return Augmented(images)


class Eye(nn.Module):
    """A convolutional network from images to vectors."""

    def __init__(self, features: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in (16, 32, 64):
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, features))

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images)


def rank_of_own(similarity: Tensor) -> Tensor:
    """For each row how many columns are more similar than its own, [rows]."""
    return (similarity > similarity.diag()[:, None]).sum(1)
