"""The ends of a box as a module sees them: how many numbers come in a row, and how many go out, in which form.

>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> ends = BoxEnds("student", (Euclidean(2, 3), Finite(5)), (Finite(10),), kernel=True)
>>> ends.numbers_in, ends.numbers_out
(11, 10)
>>> ends.read(torch.zeros(4, 2, 3), torch.tensor([0, 1, 2, 3])).shape, ends.write(torch.zeros(4, 10)).shape
(torch.Size([4, 11]), torch.Size([4, 10]))
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal

from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.functor.space import Kind


@dataclass(frozen=True)
class BoxEnds:
    """The spaces at the wires of a box.

    Attributes
    ----------
    name : str, that of the box.
    inputs, outputs : tuple of Space, one a wire.
    kernel : bool, whether the box returns a distribution: logits, or a normal distribution into ℝⁿ, whose mean and
        logarithm of the standard deviation a module computes.
    dtype : torch.dtype or None, in which the module computes; None leaves floating points as they come.
    """

    name: str
    inputs: tuple[Space, ...]
    outputs: tuple[Space, ...]
    kernel: bool
    dtype: torch.dtype | None = None

    __repr__ = short_repr

    @property
    def kind(self) -> Kind:
        return "distribution" if self.kernel else "point"

    @property
    def numbers_in(self) -> int:
        """Numbers a row that `read` returns; a label counts as a vector, and a box from I reads the number 1."""
        return sum(prod(self.sizes(space)) * (_outcomes(space) or 1) for space in self.inputs) if self.inputs else 1

    @property
    def numbers_out(self) -> int:
        """Numbers a row that `write` takes."""
        return sum(prod(shape) * count for shape, count in self._targets())

    def sizes(self, space: Space) -> tuple[int, ...]:
        """The sizes of an argument; `CompileError` where one of them is open."""
        return self._closed(space, space.argument_shape)

    def image(self) -> tuple[int, int, int]:
        """Channels, height and width of the only input; `CompileError` for others."""
        sizes = self.sizes(self.inputs[0]) if len(self.inputs) == 1 else ()
        if len(sizes) not in (2, 3) or _outcomes(self.inputs[0]):
            raise CompileError(
                f"a network of images needs a box with one input, in Euclidean(channels, height, width); "
                f"{self.in_words}"
            )
        channels, height, width = (1, *sizes)[-3:]
        return channels, height, width

    def read(self, *points: Tensor) -> Tensor:
        """The points of all wires as one tensor [rows, numbers_in]."""
        dtype = self.dtype or torch.get_default_dtype()
        if not points:
            return torch.ones(1, 1, dtype=dtype)
        flat = []
        for point, space in zip(points, self.inputs, strict=True):
            outcomes = _outcomes(space)
            if outcomes:
                point = nn.functional.one_hot(point.clamp(0, outcomes - 1), outcomes)
            numbers = point.reshape(point.shape[0], -1)  # len() would fix the rows of an exported program
            flat.append(numbers if self.dtype is None and point.is_floating_point() else numbers.to(dtype))
        return flat[0] if len(flat) == 1 else torch.cat(flat, 1)

    def write(self, numbers: Tensor) -> Any:
        """What the box returns, made of a tensor [rows, numbers_out]."""
        if numbers.shape[1:] != (self.numbers_out,):
            raise CompileError(
                f"the network returns rows of the shape {[*numbers.shape[1:]]}, and needs {[self.numbers_out]}; "
                f"{self.in_words}"
            )
        outputs: list[Any] = []
        start = 0
        for shape, count in self._targets():
            size = prod(shape)
            parts = [numbers[:, start + i * size : start + (i + 1) * size].reshape(-1, *shape) for i in range(count)]
            start += size * count
            outputs.append(parts[0] if count == 1 else Independent(Normal(parts[0], parts[1].exp()), len(shape)))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def _targets(self) -> list[tuple[tuple[int, ...], int]]:
        """For each output its shape, and how many tensors of the shape it needs."""
        return [
            (self._closed(space, space.row_shape(self.kind)), 2 if self.kernel and not space.logits else 1)
            for space in self.outputs
        ]

    def _closed(self, space: Space, shape: tuple[int | None, ...]) -> tuple[int, ...]:
        if None in shape:
            raise CompileError(
                f"box {self.name!r} has a wire in {space!r} of an open size, and its module needs a number there; "
                "write a number, or register a module of your own; only gru takes sequences of any length"
            )
        return shape  # type: ignore[return-value]

    @property
    def in_words(self) -> str:
        ends = (" @ ".join(map(repr, spaces)) or "I" for spaces in (self.inputs, self.outputs))
        return f"box {self.name!r} goes from {' to '.join(ends)}"


class OfRows(nn.Module):
    """A module for a box, made of one from [rows, numbers in] to [rows, numbers out]."""

    def __init__(self, ends: BoxEnds, body: nn.Module) -> None:
        super().__init__()
        self.ends, self.body = ends, body

    def forward(self, *points: Tensor) -> Any:
        return self.ends.write(self.body(self.ends.read(*points)))


def _outcomes(space: Space) -> int | None:
    """The number of outcomes of a space whose points are labels; None for vectors."""
    return None if space.one_hot else space.outcomes
