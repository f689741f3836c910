"""A module behind the comparison of its outputs with the spaces of its box: shapes at every call, values at the first.

Fake tensors have checked the module when the loss was compiled. In another mode, or on other values, it may return
other shapes; a lost row would be repeated for all rows by broadcasting.

>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> pool = ShapeGuard(lambda v: v.mean(0, keepdim=True), Kernel("pool", Ty("x"), Ty("y")), (Finite(3),))
>>> pool(torch.zeros(20, 3))
Traceback (most recent call last):
...
learning_diagrams.errors.CompileError: the module of kernel 'pool' returned logits of shape [1, 3], where Finite(3) \
needs [20, 3]

The first call also reads the values of labels and bits; a bit between 0 and 1 is a mean, or a relaxed draw.

>>> from learning_diagrams.diagrams.box import Box
>>> ShapeGuard(lambda label: label + 1, Box("next", Ty("y"), Ty("y")), (Finite(3),))(torch.tensor([0, 2]))
Traceback (most recent call last):
...
learning_diagrams.errors.CompileError: the module of box 'next' returned labels 1 … 3, where Finite(3) has 0 … 2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from discopy import markov
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.distributions import Distribution

from learning_diagrams.backends.torch.functor.discrete import Bernoulli
from learning_diagrams.backends.torch.functor.functor import outputs_of
from learning_diagrams.backends.torch.functor.shape_check import check_outputs
from learning_diagrams.backends.torch.functor.space import Space, fits
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.functor.space import Kind


class ShapeGuard:
    """A call of a module that raises `CompileError` for outputs of another shape than [rows, *shape of the space].

    Parameters
    ----------
    spaces : tuple of Space, one for each output wire of the box.
    """

    def __init__(self, module: Callable[..., Any], box: markov.Box, spaces: tuple[Space, ...]) -> None:
        self.module, self.box, self.spaces = module, box, spaces
        kind: Kind = "point" if is_deterministic(box) else "distribution"
        self.shapes = [space.row_shape(kind) for space in spaces]
        self.tensors = [kind == "point" or space.logits for space in spaces]
        dtypes = [None if kind == "distribution" else space.dtype for space in spaces]
        self.floats = [dtype is None or dtype.is_floating_point for dtype in dtypes]
        self._only = self.shapes[0] if len(box.dom) and self.tensors == [True] else None
        # The first call reads the values of labels and bits, which later calls have no time for.
        self.unread = kind == "point" and any(map(_has_range, spaces))
        self.only = None if self.unread else self._only

    def __call__(self, *values: Any) -> Any:
        result = self.module(*values)
        if (
            self.only is not None
            and isinstance(result, Tensor)
            and result.shape == (values[0].shape[0], *self.only)
            and result.dtype.is_floating_point is self.floats[0]
        ):
            return result  # the check of most boxes, which costs less than a microsecond
        rows = values[0].shape[:1] if values else torch.Size()
        outputs = outputs_of(self.box, result)
        kinds = [
            isinstance(output, Tensor) and output.dtype.is_floating_point is floats
            for output, floats in zip(outputs, self.floats, strict=True)
        ]
        if kinds != self.tensors or any(
            not fits(_shape(output), (*rows, *shape)) for output, shape in zip(outputs, self.shapes, strict=True)
        ):
            check_outputs(self.box, self.spaces, result, rows[0] if rows else None)  # a box from I may return one row
        if self.unread and all(map(_has_values, outputs)):
            for space, output in zip(self.spaces, outputs, strict=True):
                _require_points(self.box, space, output)
            self.unread, self.only = False, self._only
        return result


def _shape(output: Any) -> tuple[int, ...]:
    """The shape of a tensor, or of the samples of a Distribution."""
    if isinstance(output, Distribution):
        return (*output.batch_shape, *output.event_shape)
    return tuple(output.shape)


def _has_range(space: Space) -> bool:
    return space.outcomes is not None or isinstance(space, Bernoulli)


def _has_values(output: Tensor) -> bool:
    """Whether a tensor has numbers that can be read now: not while code is traced, on fake tensors, or inside vmap."""
    traced = torch.compiler.is_compiling() or isinstance(output, FakeTensor)
    return not (traced or output.is_meta or is_functorch_wrapped_tensor(output))


def _require_points(box: markov.Box, space: Space, output: Tensor) -> None:
    """Raise `CompileError` for labels and bits out of range; only columns have rows without a label."""
    if not output.numel():
        return
    low, high = output.min().item(), output.max().item()
    if space.outcomes is not None and (low < 0 or high >= space.outcomes):
        fault = f"labels {low} … {high}, where {space!r} has 0 … {space.outcomes - 1}"
    elif isinstance(space, Bernoulli) and (low < 0 or high > 1):
        fault = f"values from {low:.4g} to {high:.4g}, where the bits of {space!r} are 0 or 1"
        fault += "; if they are logits, declare the box a Kernel"
    else:
        return
    raise CompileError(f"the module of box {box.name!r} returned {fault}")
