"""Optimizers by name: a name in data is looked up here and never imported.

>>> import torch
>>> from learning_diagrams.presentation.choice import Optimizer
>>> make = optimizer_of(Optimizer.read({"name": "sgd", "lr": 0.1, "momentum": 0.9}))
>>> make([torch.nn.Parameter(torch.zeros(1))], lr=1.0).defaults["lr"]
0.1
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from learning_diagrams.backends.torch.optimizers.refused_option import at_refused_option
from learning_diagrams.documents.option_kind import annotations_of, require_kind
from learning_diagrams.errors import TypeMismatch, UnknownName, did_you_mean
from learning_diagrams.errors.collected import Collected
from learning_diagrams.presentation.choice import Optimizer

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True)
class NamedOptimizer:
    """A function from parameter groups and lr to an optimizer.

    Attributes
    ----------
    name : str, by which errors call the optimizer, after `prefix`.
    kind : type, the class of the optimizer.
    options : dict, arguments of the class; an `lr` among them goes before that of the call.
    """

    name: str
    kind: Any
    options: Mapping[str, Any]
    prefix: str = ""

    def __call__(self, parameters: Any, lr: float) -> torch.optim.Optimizer:
        try:
            optimizer: torch.optim.Optimizer = self.kind(parameters, **{"lr": lr, **self.options})
        except Exception as error:  # of PyTorch, which looks at the parts of an option too
            raise TypeMismatch(f"{self.prefix}optimizer {self.name!r} refuses its options: {error}") from None
        return optimizer


def names_rate(optimizer: object) -> bool:
    """Whether a choice of an optimizer has a learning rate of its own, so that it uses no other one.

    >>> [names_rate(choice) for choice in (partial(torch.optim.SGD, lr=0.1), torch.optim.SGD, Optimizer.read("sgd"))]
    [True, False, False]
    """
    if isinstance(optimizer, partial):
        return "lr" in optimizer.keywords
    if isinstance(optimizer, NamedOptimizer | Optimizer):
        return "lr" in dict(optimizer.options)
    return isinstance(optimizer, torch.optim.Optimizer)


def optimizer_of(choice: Optimizer, where: str = "") -> NamedOptimizer:
    """A function from parameter groups and lr to the optimizer; an `lr` among the options goes before the argument.

    Raises
    ------
    UnknownName : no optimizer has the name, or the optimizer does not have an option.
    TypeMismatch : the optimizer refuses the value of an option.
    """
    prefix = f"{where}: " if where else ""
    if choice.name not in OPTIMIZERS:
        raise UnknownName(f"{prefix}no optimizer is named {choice.name!r}; {did_you_mean(choice.name, OPTIMIZERS)}")
    kind: Any = OPTIMIZERS[choice.name]
    options, kinds, faults = dict(choice.options), annotations_of(kind), Collected()
    known = [name for name in inspect.signature(kind).parameters if name not in ("params", "foreach", "fused")]
    for name, value in options.items():
        with faults.below(name):
            if name not in known:
                message = f"{prefix}optimizer {choice.name!r} has no option {name!r}; {did_you_mean(name, known)}"
                raise UnknownName(message)
            if name in kinds:
                require_kind(f"{prefix}option {name!r} of {choice.name!r}", kinds[name], value)
    faults.require_none()

    def make(options: Mapping[str, Any]) -> NamedOptimizer:
        made = NamedOptimizer(choice.name, kind, options, prefix)
        made([torch.zeros(1)], lr=1e-3)  # so that a bad option is found now
        return made

    with at_refused_option(make, options):
        return make(options)
