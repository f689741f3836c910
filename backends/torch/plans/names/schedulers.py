"""Schedulers of the learning rate by name, as torch.optim.lr_scheduler has them.

>>> make = scheduler_of("step", {"step_size": 2, "gamma": 0.5})
>>> make(torch.optim.SGD([torch.zeros(1)], 1.0)).gamma
0.5
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler

from learning_diagrams.backends.torch.optimizers.refused_option import at_refused_option
from learning_diagrams.backends.torch.plans.names.registry import SCHEDULERS
from learning_diagrams.errors import LearningDiagramError, TypeMismatch

KINDS = {
    "constant": lr_scheduler.ConstantLR,
    "cosine": lr_scheduler.CosineAnnealingLR,
    "exponential": lr_scheduler.ExponentialLR,
    "linear": lr_scheduler.LinearLR,
    "multi_step": lr_scheduler.MultiStepLR,
    "one_cycle": lr_scheduler.OneCycleLR,
    "plateau": lr_scheduler.ReduceLROnPlateau,
    "polynomial": lr_scheduler.PolynomialLR,
    "step": lr_scheduler.StepLR,
}


def scheduler_of(name: str, options: Mapping[str, Any]) -> Callable[[Optimizer], Any]:
    """A function from an optimizer to its scheduler.

    Raises `UnknownName` and `TypeMismatch` for names and options that there are not, before any optimizer is made.
    """

    def make(optimizer: Optimizer, steps: int = 0, options: Mapping[str, Any] = options) -> Any:
        try:
            scheduler = SCHEDULERS.make(name, options, optimizer)
            for _ in range(steps):
                optimizer.step()
                scheduler.step(*[0.0] * isinstance(scheduler, lr_scheduler.ReduceLROnPlateau))
            return scheduler
        except LearningDiagramError:
            raise
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            said = [*str(error.args[0] if error.args else error).splitlines(), ""][0]  # a KeyError is its repr
            zero = [f"{option} is 0" for option, value in options.items() if value == 0 and value is not False]
            divides = isinstance(error, ZeroDivisionError) and zero
            reason = f"{' and '.join(zero)}, and the schedule divides by it" if divides else said
            raise TypeMismatch(f"scheduler {name!r} refuses its options: {reason}") from None

    def attempt(options: Mapping[str, Any]) -> None:
        make(torch.optim.SGD([torch.zeros(1)], lr=1.0), steps=1, options=options)

    parameters = inspect.signature(SCHEDULERS.require(name, options, taken=1)).parameters.values()
    with at_refused_option(attempt, options, [p.name for p in parameters if p.default is p.empty]):
        attempt(options)
    return make


for each, kind in KINDS.items():
    SCHEDULERS.register(each, kind)
