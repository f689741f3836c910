"""Small networks by name: linear, mlp, cnn, resnet, constant. Their sizes follow from the spaces at the wires of a box.

Sources: He, Zhang, Ren & Sun, *Deep residual learning for image recognition* (2016); Wu & He, *Group normalization*
(2018), whose norm does not mix the rows of a batch.
"""

from __future__ import annotations

from itertools import pairwise
from math import gcd
from typing import Any, Literal

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.discrete import Bernoulli
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds, OfRows
from learning_diagrams.backends.torch.plans.names.registry import MODULES, Count, Counts, Share
from learning_diagrams.errors import CompileError

Activation = Literal["relu", "gelu", "tanh", "silu"]
ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "silu": nn.SiLU}


def linear(ends: BoxEnds, bias: bool = True) -> nn.Module:
    """An affine map."""
    return OfRows(ends, nn.Linear(ends.numbers_in, ends.numbers_out, bias))


def mlp(
    ends: BoxEnds,
    widths: list[Count] = (128,),  # type: ignore[assignment]
    activation: Activation = "relu",
    dropout: Share = 0.0,
) -> nn.Module:
    """A perceptron with hidden layers of some widths; without any of them it is one affine map."""
    return OfRows(ends, _perceptron([ends.numbers_in, *widths, ends.numbers_out], activation, dropout))


def cnn(
    ends: BoxEnds,
    channels: Counts = (16, 32),  # type: ignore[assignment]
    kernel: Count = 3,
    widths: list[Count] = (128,),  # type: ignore[assignment]
    activation: Activation = "relu",
    dropout: Share = 0.0,
) -> nn.Module:
    """Convolutions of one image, each with a maximum over 2 × 2 pixels after it, and a perceptron."""
    inputs, height, width = ends.image()
    if min(height, width) >> len(channels) == 0:
        raise CompileError(
            f"{len(channels)} convolutions halve an image of {height} × {width} to nothing; give fewer channels"
        )
    layers: list[nn.Module] = []
    for before, after in pairwise([inputs, *channels]):
        convolution = nn.Conv2d(before, after, kernel, padding="same")
        layers += [convolution, ACTIVATIONS[activation](), nn.MaxPool2d(2)]
    flat = channels[-1] * (height >> len(channels)) * (width >> len(channels))
    head = _perceptron([flat, *widths, ends.numbers_out], activation, dropout)
    return OfImage(ends, nn.Sequential(*layers, nn.Flatten(), head))


def resnet(ends: BoxEnds, channels: Counts = (16, 32, 64), blocks: Count = 1) -> nn.Module:  # type: ignore[assignment]
    """Residual blocks of one image; each group of blocks but the first halves it. The head sees means over pixels."""
    inputs, _, _ = ends.image()
    layers: list[nn.Module] = [nn.Conv2d(inputs, channels[0], 3, padding=1)]
    for number, (before, after) in enumerate(pairwise([channels[0], *channels])):
        for block in range(blocks):
            halves = number > 0 and block == 0
            layers.append(Residual(before if block == 0 else after, after, 2 if halves else 1))
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], ends.numbers_out)]
    return OfImage(ends, nn.Sequential(*layers))


def constant(ends: BoxEnds, value: float = 0.0) -> nn.Module:
    """The same number everywhere, which is not trained: as logits of a bit, 20 is yes and -20 is no.

    A deterministic box into labels gives the label `value`, and one into bits the bit; `CompileError` where the space
    does not have it.
    """
    for space in () if ends.kernel else ends.outputs:
        last = 1 if isinstance(space, Bernoulli) else None if space.outcomes is None else space.outcomes - 1
        if last is not None and value not in range(last + 1):
            points = "the bits 0 and 1" if isinstance(space, Bernoulli) else f"the labels 0 to {last}"
            raise CompileError(f"the value of 'constant' is {value:g}, and {space!r} takes {points}; {ends.in_words}")
    numbers = nn.Linear(ends.numbers_in, ends.numbers_out).requires_grad_(False)
    nn.init.zeros_(numbers.weight)
    nn.init.constant_(numbers.bias, value)
    return Constant(ends, numbers, value)


class Constant(OfRows):
    """The same number everywhere, and in a space of labels the same label."""

    def __init__(self, ends: BoxEnds, body: nn.Module, value: float) -> None:
        super().__init__(ends, body)
        self.value = value

    def forward(self, *points: Tensor) -> Any:
        outputs = super().forward(*points)
        if self.ends.kernel:
            return outputs
        several = isinstance(outputs, tuple)
        given = tuple(
            output if space.outcomes is None else torch.full_like(output, int(self.value), dtype=torch.int64)
            for space, output in zip(self.ends.outputs, outputs if several else (outputs,), strict=True)
        )
        return given if several else given[0]


class OfImage(OfRows):
    """A module for a box, made of one from images [rows, channels, height, width] to [rows, numbers out]."""

    def forward(self, *points: Tensor) -> object:
        (image,) = points
        return self.ends.write(self.body(image.reshape(-1, *self.ends.image())))


class Residual(nn.Module):
    """Two convolutions, and a shortcut around them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, padding=1, bias=False), _norm(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False), _norm(after),
        )  # fmt: skip
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.body(x) + self.shortcut(x))


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(gcd(channels, 8), channels)


def _perceptron(sizes: list[int], activation: str, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), ACTIVATIONS[activation](), *([nn.Dropout(dropout)] if dropout else [])]
    while not isinstance(layers[-1], nn.Linear):
        layers.pop()
    return nn.Sequential(*layers)


for maker in (linear, mlp, cnn, resnet, constant):
    MODULES.register(maker.__name__, maker)
