"""Emoji: 1,563 captions, each drawn by three vendors; one vendor's drawings are never trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from experiment import ROOT
from torch import Tensor, nn
from torch.nn import functional

VENDORS = {"noto": 0, "twemoji": 1, "fluent": 2}
HELD_OUT = VENDORS["twemoji"]
SEEN = (VENDORS["noto"], VENDORS["fluent"])
WHITE = 0.5
BATCH = 128


class Emoji:
    """Images [1563, vendors, 3, 32, 32] in [−½, ½], captions as text and as vectors [1563, 256] of a frozen encoder."""

    def __init__(self) -> None:
        with np.load(ROOT / "data" / "emoji32.npz") as file:
            self.images = torch.tensor(file["images"]).permute(0, 1, 4, 2, 3).float() / 255 - 0.5
            self.captions = [str(caption) for caption in file["label"]]
        self.texts = torch.tensor(np.load(ROOT / "data" / "emoji_wordllama256.npy")).float()


def altered(images: Tensor, generator: torch.Generator) -> Tensor:
    """Images, each turned, stretched, moved and given other contrasts and some noise by itself; white around."""
    rows = len(images)

    def up_to(limit: float, *size: int) -> Tensor:
        return limit * (2 * torch.rand(*size, generator=generator) - 1)

    angle, stretch, shift = up_to(0.25, rows), 1 + up_to(0.2, 2, rows), up_to(0.2, rows, 2)
    across = torch.stack([stretch[0] * angle.cos(), -stretch[0] * angle.sin(), shift[:, 0]], 1)
    down = torch.stack([stretch[1] * angle.sin(), stretch[1] * angle.cos(), shift[:, 1]], 1)
    grid = functional.affine_grid(torch.stack([across, down], 1), list(images.shape), align_corners=False)
    moved = functional.grid_sample(images - WHITE, grid, align_corners=False)
    noise = 0.05 * torch.randn(images.shape, generator=generator)
    return moved * (1 + up_to(0.4, rows, 3, 1, 1)) + WHITE + noise


def stream(data: Emoji, known: Tensor, seed: int, more: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Epochs over all emoji: two altered drawings of each, of both vendors if both are known, and more of its columns.

    `known` [1563, 2] says which drawings of the vendors seen may be shown.
    """
    generator = torch.Generator().manual_seed(seed)
    seen = torch.tensor(SEEN)
    while True:
        for rows in torch.randperm(len(data.images), generator=generator).split(BATCH):
            first = torch.randint(2, (len(rows),), generator=generator)
            first = torch.where(known[rows, first], first, 1 - first)
            second = torch.where(known[rows, 1 - first], 1 - first, first)
            yield {
                "drawing": altered(data.images[rows, seen[first]], generator),
                "other drawing": altered(data.images[rows, seen[second]], generator),
                **{name: column[rows] for name, column in more.items()},
            }


def for_choices(data: Emoji) -> tuple[Tensor, Tensor, Tensor]:
    """Drawings to choose by: which are still known [1563, 2], the emoji of those held out [400], and their images.

    Of each vendor seen 200 are held out, whose emoji the other vendor still shows.
    """
    emoji = torch.randperm(len(data.images), generator=torch.Generator().manual_seed(1234))[:400].reshape(len(SEEN), -1)
    known = torch.ones(len(data.images), len(SEEN), dtype=torch.bool)
    for place, rows in enumerate(emoji):
        known[rows, place] = False
    images = torch.cat([data.images[rows, vendor] for rows, vendor in zip(emoji, SEEN, strict=True)])
    return known, emoji.flatten(), images


class Eye(nn.Module):
    """A convolutional network from images to vectors."""

    def __init__(self, features: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in (32, 64, 96):
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 16, features))

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images)


def nearest_drawing(images: Tensor, known: Tensor) -> Tensor:
    """Of each image the negated distance, by pixels, to the nearest known drawing of each emoji, [rows, emoji]."""
    distances = [torch.cdist(images.flatten(1), known[:, vendor].flatten(1)) for vendor in range(known.shape[1])]
    return -torch.stack(distances).amin(0)


def rank_of_own(similarity: Tensor) -> Tensor:
    """For each row how many columns are more similar than its own, [rows]."""
    return (similarity > similarity.diag()[:, None]).sum(1)
