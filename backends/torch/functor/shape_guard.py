"""A module behind the comparison of its outputs with the spaces of its box, at every call.

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
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from discopy import markov
from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.backends.torch.functor.functor import outputs_of
from learning_diagrams.backends.torch.functor.shape_check import check_outputs
from learning_diagrams.backends.torch.functor.space import Space, fits
from learning_diagrams.diagrams.box import is_deterministic
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
        self.only = self.shapes[0] if len(box.dom) and self.tensors == [True] else None

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
        return result


def _shape(output: Any) -> tuple[int, ...]:
    """The shape of a tensor, or of the samples of a Distribution."""
    if isinstance(output, Distribution):
        return (*output.batch_shape, *output.event_shape)
    return tuple(output.shape)
