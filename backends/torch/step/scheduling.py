"""The learning-rate schedulers of a step: when each is stepped, and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer, parts_of
from learning_diagrams.errors import DataError, TypeMismatch, brief

Every = Literal["step", "epoch"]
Scheduler = Callable[[Optimizer], LRScheduler] | LRScheduler | None


def make_schedulers(
    scheduler: Scheduler, optimizer: Optimizer, every: Every = "step", mode: str | None = None
) -> list[LRScheduler]:
    """The schedulers of an optimizer and its parts; `TypeMismatch` if `fit` cannot step one so.

    A box with an optimizer of its own has its own "scheduler" among its options, or else the one that all have.

    Parameters
    ----------
    mode : "min" or "max", of the validation whose value goes to a ReduceLROnPlateau; None if nothing is validated.
    """
    if every not in get_args(Every):
        raise DataError(f"scheduler_every= is 'step' or 'epoch', got {brief(every)}")
    own: dict[Any, Any] = optimizer.schedulers if isinstance(optimizer, JoinedOptimizer) else {}
    schedulers = []
    for name, part in parts_of(optimizer).items():
        choice, where = own.get(name, scheduler), f"groups= of box {name!r}: " if name in own else ""
        if choice is None:
            continue
        schedulers.append(instance := _make(choice, part, where))
        if isinstance(instance, ReduceLROnPlateau) and instance.mode != mode:
            monitored = "there is no validation=" if mode is None else f"that of validation= has mode {mode!r}"
            raise TypeMismatch(
                f"{where}a ReduceLROnPlateau of mode {instance.mode!r} is stepped with the value that validation "
                f"monitors, and {monitored}"
            )
    return schedulers


def _make(scheduler: Any, optimizer: Optimizer, where: str) -> LRScheduler:
    instance = scheduler
    if not isinstance(instance, LRScheduler):
        try:
            instance = instance(optimizer)
        except TypeError as error:
            raise TypeMismatch(
                f"{where}scheduler= takes a function of the optimizer, as lambda optimizer: StepLR(optimizer, 100); "
                f"{brief(scheduler)} cannot be called so: {error}"
            ) from None
    if not isinstance(instance, LRScheduler):
        raise TypeMismatch(f"{where}scheduler= must give a scheduler of torch, got {type(instance).__name__}")
    if instance.optimizer is not optimizer:
        raise TypeMismatch(f"{where}the scheduler is of another optimizer; pass a function of the optimizer instead")
    return instance
