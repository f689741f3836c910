"""The digits of `data/mnist5k.npz`, two networks for them, and a picture of distributions over them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

FILE = Path(__file__).resolve().parents[2] / "data" / "mnist5k.npz"


def load(seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images [4000, 784] in 0 … 1 and labels [4000] to learn from, and the other 1,000 to test; the seed shuffles."""
    with np.load(FILE) as file:
        images, labels = torch.tensor(file["x"]).flatten(1).float() / 255, torch.tensor(file["y"]).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    images, labels = images[order], labels[order]
    return images[:4000], labels[:4000], images[4000:], labels[4000:]


def network(width: int, seed: int) -> nn.Module:
    """A network with one hidden layer, from 784 pixels to 10 logits."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10))


@torch.no_grad()
def accuracy(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images whose likeliest digit is the label."""
    return (net(images).argmax(1) == labels).float().mean().item()


class Bars:
    """An image of a digit, and distributions over the ten digits as bars; as text, a table in percent.

    Parameters
    ----------
    image : tensor [784].
    rows : mapping from a name to a tensor [10] of probabilities.
    """

    def __init__(self, image: Tensor, rows: Mapping[str, Tensor]) -> None:
        self.image, self.rows = image.view(28, 28), {name: row.tolist() for name, row in rows.items()}

    def __repr__(self) -> str:
        head = f"{'%':18}" + "".join(f"{k:5}" for k in range(10))
        lines = (f"{name:18}" + "".join(f"{100 * p:5.0f}" for p in row) for name, row in self.rows.items())
        return "\n".join([head, *lines])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        width = 190 + 260 * len(self.rows)
        parts = [_pixels(self.image), *(_bars(190 + 260 * n, *pair) for n, pair in enumerate(self.rows.items()))]
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 190" width="{width}" fill="currentColor" '
            f'role="img" style="max-width:100%;height:auto" font-family="sans-serif">'
            f"<title>{escape(', '.join(self.rows))}, in percent</title>{''.join(parts)}</svg>"
        )
        return {"text/html": svg, "text/plain": repr(self)}


def _pixels(image: Tensor) -> str:
    return "".join(
        f'<rect x="{16 + 5 * j}" y="{24 + 5 * i}" width="5" height="5" fill-opacity="{value:.2f}"/>'
        for i, line in enumerate(image.tolist())
        for j, value in enumerate(line)
        if value > 0.05
    )


def _bars(left: int, name: str, row: list[float], base: int = 160) -> str:
    """Ten bars of one distribution, with its name above them."""
    parts = [f'<text x="{left}" y="20" font-size="14" font-weight="bold">{escape(name)}</text><g text-anchor="middle">']
    for k, p in enumerate(row):
        x, top = left + 24 * k, base - 110 * p
        parts += [
            f'<rect x="{x}" y="{top:.1f}" width="20" height="{110 * p:.1f}" fill="#0072b2"/>',
            f'<text x="{x + 10}" y="{top - 4:.1f}" font-size="11">{100 * p:.0f}</text>',
            f'<text x="{x + 10}" y="{base + 15}" font-size="13">{k}</text>',
        ]
    return "".join(parts) + "</g>"
