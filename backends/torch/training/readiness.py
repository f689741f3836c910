"""Readiness: all that `fit` checks and makes before its first step, so that a run can be tried that makes no step."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Signature
from typing import Any

import torch

from learning_diagrams.backends.torch.data.device import device_of
from learning_diagrams.backends.torch.data.stream import (
    Stream,
    count_steps,
    epoch_length,
    open_streams,
    require_sizes,
)
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.step.joined_loss import JoinedLoss
from learning_diagrams.backends.torch.step.lonely_rows import warn_of_lonely_rows
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.backends.torch.step.round import make_player_steps
from learning_diagrams.backends.torch.step.scheduler_length import cut_short, require_lengths
from learning_diagrams.backends.torch.step.settings import functions, require_number, seconds_of
from learning_diagrams.backends.torch.training.validation import Validation, as_validation
from learning_diagrams.errors import DataError, TypeMismatch, require_count, require_flag
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.errors.user_warning import warn


@dataclass(frozen=True)
class Readiness:
    """What the first step of a run needs.

    Attributes
    ----------
    streams : dict from sample space to Stream.
    batches_in_epoch, length, total : int or None, batches and steps in an epoch, and the steps of the run.
    checks : Validation or None, which has been opened once.
    player_steps : list of PlayerStep, the steps of a round.
    validate_every : int or None, steps between validations.
    after_epoch, after_step : callbacks.
    seconds : float, the time of the run; infinite where nothing limits it.
    unfinished : tuple of str, what is said of each schedule that does not reach its end.
    """

    objective: Objective
    place: torch.device
    streams: dict[str, Stream]
    batches_in_epoch: int | None
    length: int
    total: int | None
    checks: Validation | None
    player_steps: Sequence[PlayerStep]
    validate_every: int | None
    after_epoch: Sequence[Callable[..., Any]]
    after_step: Sequence[Callable[..., Any]]
    seconds: float
    unfinished: tuple[str, ...]

    __repr__ = short_repr


def ready(arguments: Mapping[str, Any], common: Any = None, validates: bool = True) -> Readiness:
    """Check the arguments of a run, and make what its first step needs; the objective goes to the device.

    Parameters
    ----------
    arguments : dict from str to value, all those of `fit`, whose docstring says what each of them raises.
    common : the run of several processes, or None.
    validates : bool, whether the data of validation are opened, too; False where they were opened before.
    """
    given = dict(arguments)
    call = given["objective"]
    objective = getattr(call, "_orig_mod", call)
    if not isinstance(objective, Objective):
        raise TypeMismatch(f"fit takes an objective made by compile, got {type(objective).__name__}")
    require_options(given, keeps=given["run"] is not None or (common is not None and common.keeps))
    epochs, steps, limit, accumulate = (given[name] for name in ("epochs", "steps", "fast_dev_run", "accumulate"))
    seconds = math.inf if given["max_time"] is None else seconds_of(given["max_time"])
    after_epoch, after_step = (functions(name, given[name]) for name in ("callbacks", "step_callbacks"))
    if common is not None:
        after_epoch, after_step = common.agreed(after_epoch), common.agreed(after_step)
    place = device_of(given["device"])
    own = {name: given[name] for name in ("batch_size", "drop_last", "seed", "strict")}
    streams = open_streams(given["data"], objective=objective, **own)
    require_sizes(streams, own["batch_size"])
    total: int | None = None
    if limit:
        total = int(limit)
    elif given["max_time"] is None or epochs is not None or steps is not None:
        total = count_steps(streams, epochs, steps)
    batches_in_epoch = epoch_length(streams)
    length = sys.maxsize if batches_in_epoch is None else math.ceil(batches_in_epoch / accumulate)
    if epochs is not None and not limit:
        total = epochs * length
    warn_of_lonely_rows(objective.loss, streams)
    checks = as_validation(given["validation"])
    if checks is not None and validates:
        checks.open(objective, own["strict"])
    objective.to(place)
    choices = ("optimizer", "lr", "groups", "scheduler", "clip_norm", "accumulate", "no_decay", "scheduler_every")
    player_steps = make_player_steps(
        call,
        objective,
        **{name: given[name] for name in (*choices, "precision", "aggregator")},
        mode=None if checks is None else checks.mode,
        make_loss=JoinedLoss if common is None else common.make_loss,
    )
    require_lengths(player_steps, total, length)
    unfinished = () if limit else tuple(cut_short(player_steps, total))
    for note in unfinished:
        warn(note)
    return Readiness(
        objective,
        place,
        streams,
        batches_in_epoch,
        length,
        total,
        checks,
        player_steps,
        None if limit else given["validate_every"],
        after_epoch,
        after_step,
        seconds,
        unfinished,
    )


def require_options(given: Mapping[str, Any], keeps: bool) -> None:
    """Raise `TypeMismatch` or `DataError` for an option of `fit` that can be refused by itself.

    Parameters
    ----------
    keeps : bool, whether the run is kept.
    """
    for name in ("drop_last", "progress", "strict", "live", "resume"):
        require_flag(name, given[name])
    if given["lr"] is not None:
        require_number("lr", given["lr"])
    if given["clip_norm"] is not None:
        require_number("clip_norm", given["clip_norm"])
        if given["clip_norm"] == 0:
            raise DataError("clip_norm=0 makes every gradient 0, so that nothing is trained; None does not clip")
    require_count("accumulate", given["accumulate"])
    if given["validate_every"] is not None:
        require_count("validate_every", given["validate_every"])
        if given["validation"] is None:
            raise DataError("validate_every= says when to validate, and validation= is not given; give both")
    require_count("keep", given["keep"])
    if given["checkpoint_every"] is not None:
        require_count("checkpoint_every", given["checkpoint_every"])
    if not keeps and (given["resume"] or given["checkpoint_every"] is not None):
        option = "resume" if given["resume"] else "checkpoint_every"
        raise DataError(f"{option}= is about the checkpoints of a run; give run=")
    if not isinstance(given["fast_dev_run"], bool):
        require_count("fast_dev_run", given["fast_dev_run"], least=0)


def all_arguments(signature: Signature, objective: Objective, data: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call of `fit`, with the defaults of those that it leaves out."""
    bound = signature.bind(objective, data, **options)
    bound.apply_defaults()
    return bound.arguments
