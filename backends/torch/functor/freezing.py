"""Freezing: which boxes of a functor are in eval with `requires_grad=False`, and how others see them frozen.

Objectives of one functor share its modules and may freeze different boxes. Compiling an objective freezes its boxes.
An objective that trains a box thaws the box before it computes. An objective that freezes a box which another one has
thawed evaluates the box as if it were frozen, and changes no flag: flags that are taken away between a forward and a
backward pass would lose gradients.

>>> import torch
>>> linear = torch.nn.Linear(1, 1)
>>> freezing = Freezing({"f": linear})
>>> freezing.freeze({"f"}); (linear.weight.requires_grad, linear.training)
(False, False)
>>> freezing.thaw({"f"}); (linear.weight.requires_grad, linear.training)
(True, True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from learning_diagrams.backends.torch.functor.module_support import runs_on_fakes
from learning_diagrams.errors import CompileError, kind


class Freezing:
    """The boxes of a functor that are frozen now, with the flags that their modules had before.

    Attributes
    ----------
    frozen : frozenset of str, the names of the frozen boxes; a new object after every change.
    """

    def __init__(self, modules: Mapping[str, Callable[..., Any]]) -> None:
        self.frozen: frozenset[str] = frozenset()
        self._modules = {name: module for name, module in modules.items() if isinstance(module, nn.Module)}
        self._before: dict[str, tuple[dict[str, bool], dict[nn.Module, bool]]] = {}

    def freeze(self, names: Iterable[str]) -> None:
        """Put the modules of boxes in eval, with `requires_grad=False`."""
        for name in (wanted := frozenset(names)) - self.frozen:
            if (module := self._modules.get(name)) is not None:
                parameters = dict(module.named_parameters())
                gradients = {key: parameter.requires_grad for key, parameter in parameters.items()}
                self._before[name] = (gradients, {part: part.training for part in module.modules()})
                module.eval()
                for parameter in parameters.values():  # a scripted module has no method for this
                    parameter.requires_grad_(False)
        if not wanted <= self.frozen:
            self.frozen |= wanted

    def thaw(self, names: Iterable[str]) -> None:
        """Give the modules of frozen boxes the flags back that they had before."""
        thawed = frozenset(names) & self.frozen
        for name in thawed:
            gradients, modes = self._before.pop(name, ({}, {}))
            module = self._modules.get(name)
            parameters = {} if module is None else dict(module.named_parameters())  # fully_shard makes others
            for key, parameter in parameters.items():
                parameter.requires_grad_(gradients.get(key, parameter.requires_grad))
            restore_modes(modes)
        if thawed:
            self.frozen -= thawed

    def replace(self, name: str, module: Callable[..., Any] | None) -> None:
        """Give a box another module, or none; the old module gets its flags back."""
        self.thaw({name})
        self._modules.pop(name, None)
        if isinstance(module, nn.Module):
            self._modules[name] = module


class AsFrozen:
    """A module evaluated as if it were frozen: in eval, its parameters as numbers; the module is left as it was."""

    def __init__(self, module: nn.Module) -> None:
        if not runs_on_fakes(module):
            raise CompileError(
                f"{kind(module)} is frozen here and trained by another objective of the functor, which "
                "its wrapper does not allow; give this objective a functor of its own, with a copy of the module"
            )
        self.module = module

    def __call__(self, *values: Any) -> Any:
        numbers = {name: parameter.detach() for name, parameter in self.module.named_parameters()}
        with in_mode(self.module, training=False):
            return torch.func.functional_call(self.module, numbers, values)


@contextmanager
def in_mode(module: object, training: bool | None = None) -> Iterator[None]:
    """Restore the mode of every part of a module at the end.

    Only flags are set, so no `train` method of a user runs. A plain function has no mode.

    Parameters
    ----------
    training : bool or None, the mode of every part inside; None leaves the modes as they are.
    """
    modes = {part: part.training for part in module.modules()} if isinstance(module, nn.Module) else {}
    try:
        if training is not None:
            for part in modes:
                part.training = training
        yield
    finally:
        restore_modes(modes)


def restore_modes(modes: dict[nn.Module, bool]) -> None:
    """Set the mode of each module, and of no module inside."""
    for part, training in modes.items():
        part.training = training
