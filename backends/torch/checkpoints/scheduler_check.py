"""What the state of a scheduler, or of a scaler, must be before it is believed: one with which it can make a step.

A copy of the scheduler makes that step, on learning rates that nobody uses.

>>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
>>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
>>> groups = optimizer.state_dict()["param_groups"]
>>> require_scheduler_state(scheduler, scheduler.state_dict(), optimizer, groups)
>>> require_scheduler_state(scheduler, scheduler.state_dict() | {"step_size": 0}, optimizer, groups)
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: it holds a state with which StepLR makes no step: ZeroDivisionError: ...
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if, require_like
from learning_diagrams.errors import brief, printable

COUNTS = ("last_epoch", "_step_count", "num_bad_epochs", "cooldown_counter")


def require_scheduler_state(
    scheduler: LRScheduler, state: Mapping[str, Any], optimizer: Optimizer, groups: Sequence[Mapping[str, Any]]
) -> None:
    """Raise `FileError`, or another plain error, for a state that the scheduler cannot go on with.

    Parameters
    ----------
    groups : list of dict, the options of the optimizer with which it would go on.
    """
    name = type(scheduler).__name__
    require_like(state, scheduler.state_dict(), name)
    for key, value in state.items():
        refuse_if(callable(getattr(type(scheduler), key, None)), f"it holds {key!r} of {name}, which is a function")
        for number in _numbers(value):
            refuse_if(
                math.isnan(number) or (key in COUNTS and not 0 <= number < math.inf),
                f"it holds {brief(number)} as {key!r} of {name}",
            )
    own = getattr(scheduler, "optimizer", optimizer)
    places = [next(i for i, group in enumerate(optimizer.param_groups) if group is each) for each in own.param_groups]
    light = torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in places], lr=0.0)
    for group, place in zip(light.param_groups, places, strict=True):
        group.update({key: deepcopy(value) for key, value in groups[place].items() if key != "params"})
    try:
        trial = deepcopy(scheduler, {id(own): light})
    except Exception:  # of one's own, with parts that cannot be copied
        return
    fault = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial.load_state_dict(deepcopy(dict(state)))
            trial.step(0.0) if isinstance(trial, ReduceLROnPlateau) else trial.step()
    except ValueError:  # as OneCycleLR has it at its end
        return
    except Exception as error:
        fault = f"{type(error).__name__}: {printable(str(error))[:200]}"
    refuse_if(fault, f"it holds a state with which {name} makes no step: {fault}")
    rates = [number for group in light.param_groups for number in _numbers(group["lr"])]
    refuse_if(
        not all(0 <= rate < math.inf for rate in rates),
        f"it holds a state with which {name} makes the learning rates {brief(rates)}",
    )


def require_scaler_state(state: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise `FileError`, or another plain error, for a state that no GradScaler has."""
    require_like(state, now, "scaler")
    right = (
        state.keys() == now.keys()
        and 0 < state["scale"] < math.inf
        and 1 < state["growth_factor"] < math.inf
        and 0 < state["backoff_factor"] < 1
        and state["growth_interval"] > 0
        and state["_growth_tracker"] >= 0
    )
    refuse_if(now and not right, f"it holds {brief(dict(state))} as the state of a scaler")


def _numbers(value: Any) -> list[float]:
    """The numbers in a plain value."""
    if isinstance(value, Tensor):
        return [float(number) for number in value.flatten().tolist()]
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list | tuple | set):
        return [number for item in value for number in _numbers(item)]
    return [float(value)] if isinstance(value, int | float) else []
