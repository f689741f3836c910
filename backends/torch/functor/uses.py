"""Modules that call others: a box with `uses` gets the functions of other boxes after its inputs.

Its module may take derivatives of them, by `torch.func`, or by `torch.autograd.grad` of an input after
`x.requires_grad_()`. Derivatives need a graph, so the module computes with gradients even where the caller does not, as
in a validation; what it returns there is a constant.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> def slope(t, uses):
...     t = t.requires_grad_()
...     return torch.autograd.grad(uses["u"](t).sum(), t, create_graph=True)[0]
>>> u_x = bound_module(Box("u_x", x, x, uses=[Box("u", x, x)]), {"u": torch.square, "u_x": slope}.__getitem__)
>>> with torch.no_grad():
...     u_x(torch.tensor([3.0]))
tensor([6.])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from discopy import markov
from torch import Tensor

from learning_diagrams.backends.torch.functor.draws import detach
from learning_diagrams.diagrams.uses import mapped_uses, uses_of


class Using:
    """A module as a function of its inputs alone, on the functions of the boxes that it uses.

    Parameters
    ----------
    module : callable (*inputs, uses).
    uses : mapping from the names of the used boxes, in the order of the box, to callables.
    """

    def __init__(self, module: Callable[..., Any], uses: Mapping[str, Callable[..., Any]]) -> None:
        self.module, self.uses = module, uses

    def __call__(self, *inputs: Tensor) -> Any:
        if torch.is_grad_enabled():
            return self.module(*map(_own, inputs), self.uses)
        with torch.inference_mode(False), torch.enable_grad():
            result = self.module(*map(_own, inputs), self.uses)
        return tuple(map(detach, result)) if isinstance(result, tuple) else detach(result)


def _own(value: Tensor) -> Tensor:
    """The value as a tensor whose flag a module may set: the batch keeps its own flag."""
    if value.requires_grad:
        return value
    return value.clone() if value.is_inference() else value.detach()


def bound_module(box: markov.Box, module_of: Callable[[str], Callable[..., Any]]) -> Callable[..., Any]:
    """The module of a box as a function of its inputs alone.

    module_of : function from the name of a box to its module.
    """

    def bound(part: markov.Box, uses: list[Callable[..., Any]]) -> Callable[..., Any]:
        module, names = module_of(part.name), [use.name for use in uses_of(part)]
        return Using(module, dict(zip(names, uses, strict=True))) if names else module

    module: Callable[..., Any] = mapped_uses(box, bound)
    return module
