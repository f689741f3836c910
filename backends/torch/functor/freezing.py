"""Freezing: which boxes of a functor are in eval with `requires_grad=False`, and how others see them frozen.

Objectives of one functor share its modules and may freeze different boxes. Compiling one freezes its boxes; whoever
trains a box thaws it before it computes. One that freezes a box that another has thawed evaluates it as if it were
frozen and changes nothing: flags that are taken away between a forward and a backward pass would lose gradients.

>>> import torch
>>> linear = torch.nn.Linear(1, 1)
>>> freezing = Freezing({"f": linear})
>>> freezing.freeze({"f"}); (linear.weight.requires_grad, linear.training)
(False, False)
>>> freezing.thaw({"f"}); (linear.weight.requires_grad, linear.training)
(True, True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn


class Freezing:
    """The boxes of a functor that are frozen now, with the flags that their modules had before.

    Attributes
    ----------
    now : names of the frozen boxes; another object whenever it has changed.
    """

    def __init__(self, modules: Mapping[str, Callable[..., Any]]) -> None:
        self.now: frozenset[str] = frozenset()
        self._modules = {name: module for name, module in modules.items() if isinstance(module, nn.Module)}
        self._before: dict[str, tuple[dict[nn.Parameter, bool], dict[nn.Module, bool]]] = {}

    def freeze(self, names: Iterable[str]) -> None:
        """Put the modules of boxes in eval, with `requires_grad=False`."""
        for name in (wanted := frozenset(names)) - self.now:
            if (module := self._modules.get(name)) is not None:
                self._before[name] = (
                    {parameter: parameter.requires_grad for parameter in module.parameters()},
                    {part: part.training for part in module.modules()},
                )
                module.eval().requires_grad_(False)
        if not wanted <= self.now:
            self.now |= wanted

    def thaw(self, names: Iterable[str]) -> None:
        """Give the modules of frozen boxes the flags back that they had before."""
        thawed = frozenset(names) & self.now
        for name in thawed:
            parameters, parts = self._before.pop(name, ({}, {}))
            for parameter, requires_grad in parameters.items():
                parameter.requires_grad_(requires_grad)
            for part, training in parts.items():
                part.training = training
        if thawed:
            self.now -= thawed

    def replace(self, name: str, module: Callable[..., Any] | None) -> None:
        """Give a box another module, or none; the old one gets its flags back."""
        self.thaw({name})
        self._modules.pop(name, None)
        if isinstance(module, nn.Module):
            self._modules[name] = module


class AsFrozen:
    """A module evaluated as if it were frozen: in eval, its parameters as numbers; it is left as it was."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, *values: Any) -> Any:
        modes = {part: part.training for part in self.module.modules()}
        numbers = {name: parameter.detach() for name, parameter in self.module.named_parameters()}
        try:
            self.module.eval()
            return torch.func.functional_call(self.module, numbers, values)
        finally:
            for part, training in modes.items():
                part.training = training
