"""What the state of a run is: all that its next step depends on, and all that has been measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from learning_diagrams.backends.torch.checkpoints.given_options import GivenOptions
from learning_diagrams.backends.torch.checkpoints.objective_state import ObjectiveState
from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.checkpoints.packing import Stateful
from learning_diagrams.backends.torch.checkpoints.random_states import RandomStates
from learning_diagrams.backends.torch.checkpoints.run_checkpoints import RunCheckpoints
from learning_diagrams.backends.torch.checkpoints.step_state import StepState
from learning_diagrams.backends.torch.checkpoints.worker_draws import workers_keep_draws
from learning_diagrams.backends.torch.sharding.group import ALONE, Group
from learning_diagrams.backends.torch.training.loop import Loop
from learning_diagrams.backends.torch.training.recorder import SECONDS, Recorder


def open_checkpoints(
    stack: ExitStack,
    loop: Loop,
    recorder: Recorder | None,
    reading: Mapping[str, Any],
    every: int | None,
    keep: int,
    resume: bool,
    agree: Callable[[int | None], int | None] | None = None,
    group: Group = ALONE,
) -> None:
    """Let a loop write the checkpoints of its run, after it has gone on from one if it is to resume.

    Parameters
    ----------
    recorder : Recorder, or None in a further process of the group.
    reading : dict from sample space to Position.
    agree, group : see `RunCheckpoints`.
    """
    for position in reading.values():
        stack.enter_context(workers_keep_draws(position.own_state))
    best, asked = loop.best, resume or every is not None
    parts: dict[str, Stateful] = {}
    if recorder is not None:
        parts = {"options": GivenOptions(recorder.arguments), "record": recorder}
    complain = _say_nothing if recorder is None else recorder.complain
    folder: Any = group.of_first(None if recorder is None else recorder.folder)
    checkpoints = RunCheckpoints(
        folder,
        loop.objective,
        parts | parts_of(loop, reading),
        every,
        keep,
        Pace(SECONDS, lambda: group.of_first(time.perf_counter())),
        lambda: None if best is None else best.step or None,
        None if asked else complain,
        agree,
        group,
    )
    if not (resume and checkpoints.resume(loop.strict)):
        checkpoints.begin()
    loop.hook = stack.enter_context(checkpoints)


def _say_nothing(message: str) -> None:
    """What the first process says is enough."""


def parts_of(loop: Loop, reading: Mapping[str, Any]) -> dict[str, Stateful]:
    """The parts of a run on which its next step depends, and what has been measured."""
    return {
        "loop": loop,
        "objective": ObjectiveState(loop.objective),
        "steps": StepState(loop.player_steps),
        "history": loop.history,
        **({} if loop.best is None else {"best": loop.best}),
        **{f"data of {name}": position for name, position in reading.items()},
        "random": RandomStates(loop.device),  # the last one, because a loader that begins a pass draws
    }
