"""Optimizers and schedulers for the boxes of an objective that are not frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from discopy import markov
from torch.optim import LBFGS, Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean


def make_optimizer(
    objective: Objective,
    optimizer: Optimizer | Callable[..., Optimizer],
    lr: float,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None,
) -> Optimizer:
    """The optimizer of the boxes that are not frozen; `groups` gives options to single boxes."""
    boxes = objective.boxes
    if groups is not None and not isinstance(groups, Mapping):
        raise TypeMismatch(f"groups= takes a mapping from boxes to options, got {brief(groups)}")
    trained = objective.trained
    options = {objective.diagram.box(box).name: option for box, option in (groups or {}).items()}
    for name in options:
        if not isinstance(options[name], Mapping):
            raise TypeMismatch(f"groups= gives box {name!r} {brief(options[name])}; give options, as {{'lr': 1e-4}}")
        if name not in trained:
            raise UnknownName(f"groups= names box {name!r}, which is not trained; {did_you_mean(name, trained)}")
    if not objective.trainable_parameters():
        raise CompileError(
            "there is nothing to train: every box is frozen or has no parameter that requires a gradient"
        )
    if isinstance(optimizer, Optimizer):
        if groups is not None:
            raise TypeMismatch("groups= has no effect on an optimizer that is made already; pass its class instead")
        held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        if held.isdisjoint(map(id, objective.trainable_parameters())):
            raise CompileError(
                "the optimizer holds no parameter that the objective trains; make it from "
                "objective.trainable_parameters()"
            )
        return optimizer
    if not callable(optimizer):
        raise TypeMismatch(
            f"optimizer= takes a class, a callable or an instance, as torch.optim.Adam; got {brief(optimizer)}"
        )
    parameters = {name: [p for p in boxes.of(name).parameters() if p.requires_grad] for name in trained}
    plain = [p for name in trained if name not in options for p in parameters[name]]
    param_groups = [{"params": plain}] if plain else []
    param_groups += [{"params": parameters[name], **option} for name, option in options.items() if parameters[name]]
    try:
        result = optimizer(param_groups, lr=lr)
    except TypeError as error:
        raise TypeMismatch(
            f"optimizer= is called with parameter groups and lr=, which {brief(optimizer)} does not take: {error}"
        ) from None
    if not isinstance(result, Optimizer) or isinstance(result, LBFGS):
        raise TypeMismatch(
            f"optimizer= must give an optimizer that steps without a closure, got {type(result).__name__}; for another "
            "one, write the loop by hand"
        )
    return result


def make_scheduler(
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None, optimizer: Optimizer
) -> LRScheduler | None:
    """The learning-rate scheduler, stepped after every update; `TypeMismatch` if `fit` cannot step it so."""
    if scheduler is None:
        return None
    instance = scheduler
    if not isinstance(instance, LRScheduler):
        try:
            instance = instance(optimizer)
        except TypeError as error:
            raise TypeMismatch(
                f"scheduler= takes a function of the optimizer, as lambda optimizer: StepLR(optimizer, 100); "
                f"{brief(scheduler)} cannot be called so: {error}"
            ) from None
    if not isinstance(instance, LRScheduler) or isinstance(instance, ReduceLROnPlateau):
        raise TypeMismatch(
            f"scheduler= must give a scheduler that is stepped without arguments, got {type(instance).__name__}; for "
            "steps that depend on a measurement, write a callback"
        )
    if instance.optimizer is not optimizer:
        raise TypeMismatch("the scheduler is of another optimizer; pass a function of the optimizer instead")
    return instance
