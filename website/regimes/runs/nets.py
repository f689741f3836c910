"""Small nets, constants and distributions of the runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal


def network(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes, with ReLU between them."""
    layers: list[nn.Module] = []
    for i, o in pairwise(sizes):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def normal(size: int) -> Any:
    """The standard normal distribution, without inputs."""
    return lambda: Independent(Normal(torch.zeros(1, size), 1.0), 1)


def constant(number: float) -> Any:
    """A number, without inputs."""
    return lambda: torch.full((1, 1), number)


def moved(x: Tensor) -> Any:
    """A random view: the image moved by up to a pixel each way, with noise."""
    shift = torch.randint(-1, 2, (2,)).tolist()
    turned = torch.roll(x.reshape(-1, 14, 14), shift, (1, 2)).flatten(1)
    return Independent(Normal(turned, 0.1), 1)


class Number(nn.Module):
    """Numbers that are learned, from 0 on."""

    def __init__(self, size: int = 1) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1, size))

    def forward(self) -> Tensor:
        return self.value


class Gaussian(nn.Module):
    """A normal distribution, whose mean a net gives; its scales, one for each number or one for all, are learned."""

    def __init__(self, net: nn.Module, scales: int) -> None:
        super().__init__()
        self.net, self.scale = net, nn.Parameter(torch.zeros(1, scales))

    def forward(self, x: Tensor) -> Any:
        return Independent(Normal(self.net(x), self.scale.exp()), 1)


class Beside(nn.Module):
    """A net of two vectors."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.net(torch.cat([a, b], 1))
