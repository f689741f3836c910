"""Training: a plain loop over batches, with seeds, history, validation and callbacks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from discopy import markov
from torch.optim import Optimizer

from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.data.stream import (
    Batches,
    batches_of,
)
from learning_diagrams.backends.torch.data.worker_loss import lost_worker
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.decay import NoDecay
from learning_diagrams.backends.torch.processes.world import processes, run_of
from learning_diagrams.backends.torch.step.aggregation import Aggregator
from learning_diagrams.backends.torch.step.combinations import Precision
from learning_diagrams.backends.torch.step.known_values import values_known
from learning_diagrams.backends.torch.step.scheduling import Every, Scheduler
from learning_diagrams.backends.torch.training.display import Display
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.loop import Loop, Progress, grouped
from learning_diagrams.backends.torch.training.readiness import ready
from learning_diagrams.backends.torch.training.seeds import seed_after, seeded
from learning_diagrams.backends.torch.training.validation import BestState, Validation
from learning_diagrams.errors import (
    NonFiniteGradient,
    NonFiniteTerm,
)
from learning_diagrams.errors.user_warning import warn


def fit(
    objective: Objective,
    data: Mapping[str, Source],
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | Mapping[str, int] = 64,
    drop_last: bool = False,
    optimizer: Optimizer | Callable[..., Optimizer] | Mapping[str, Optimizer] | None = None,
    lr: float | None = None,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None = None,
    no_decay: NoDecay = False,
    scheduler: Scheduler = None,
    scheduler_every: Every = "step",
    clip_norm: float | None = None,
    accumulate: int = 1,
    precision: Precision = None,
    aggregator: Aggregator | None = None,
    device: str | torch.device = "auto",
    seed: int | None = 0,
    validation: Validation | Mapping[str, Source] | None = None,
    validate_every: int | None = None,
    callbacks: Iterable[Callable[[Progress], Any]] = (),
    step_callbacks: Iterable[Callable[[Progress], Any]] = (),
    max_time: float | timedelta | None = None,
    fast_dev_run: bool | int = False,
    progress: bool = True,
    strict: bool = True,
    run: str | Path | None = None,
    live: bool = False,
    checkpoint_every: int | None = None,
    keep: int = 3,
    resume: bool = False,
) -> History:
    """Train the boxes of an objective that are not frozen.

    Parameters
    ----------
    objective : Objective, made by `compile`; also after `torch.compile`.
    data : dict from sample space to its data, of any kind that `batches` takes; give `steps` if none has a length. {}
        where the learning diagram reads no sample space: then a step has no rows, and `steps` says how many there are.
    epochs, steps : int, passes over the largest sample space, or updates; exactly one of the two, or neither of them
        with `max_time`. The largest sample space is that whose pass has most batches, with its own batch size: so an
        epoch goes through every sample space. A smaller one is reshuffled and repeated, in full batches.
    batch_size : int, rows in a batch; or a dict from sample space to int.
    drop_last : bool, whether the short batch at the end of an epoch is left out.
    optimizer : class or callable of (parameter groups, lr=), or an instance, which is used as it is; None is AdamW. In
        a game every player has an optimizer of this class, unless the learning diagram names another; instances are a
        dict by player. An optimizer that no player uses is an error.
    lr : float or None, learning rate; None is 1e-3. That of a `functools.partial`, or of a player, goes before it. A
        rate that nothing uses, as all players name one or all optimizers are instances, is an error.
    groups : dict from box to dict, options of the optimizer for single boxes, as in {"backbone": {"lr": 1e-4}}. With
        "optimizer" or "scheduler" among them the box has an optimizer of its own.
    no_decay : bool, whether biases, parameters of norms and other vectors have no weight decay; or a function of
        ("box.parameter", parameter) that says which parameters have none.
    scheduler : function of the optimizer that returns a learning-rate scheduler. A ReduceLROnPlateau is stepped after
        every validation, with the value that validation monitors.
    scheduler_every : "step" or "epoch", whether a scheduler is stepped after every update or after every epoch.
    clip_norm : float or None, the greatest norm of the gradient; None does not clip.
    accumulate : int, the number of batches that make one update, the terms being means over the rows of all of them;
        the last update of an epoch may have fewer.
    precision : "bf16" or "fp16", the dtype in which boxes compute by `torch.autocast`; divergences compute in float32
        at least. "fp16" scales the loss, skips updates whose gradient overflows, and needs CUDA.
    aggregator : function from the Jacobian of the weighted terms, Tensor [terms, entries], to a gradient, Tensor
        [entries], as those of torchjd; for the parameters that more than one term reaches. None sums.
    device : str or torch.device; "auto" takes a GPU if there is a GPU.
    seed : int or None; None leaves order and draws to chance. The order of rows of a sample space follows from the
        seed, the name of the sample space and the steps that the objective has made, and the draws of torch's generator
        from seed and steps. So a second call goes on with other orders, and two fresh objectives are trained alike.
    validation : data on which the terms are measured, or a `Validation`; the best state is restored.
    validate_every : int or None, updates between validations; None validates at the end of each epoch.
    callbacks : list of functions of a `Progress`, called after each epoch. The value True, and no other value, ends
        training.
    step_callbacks : list of such functions, called after each update.
    max_time : float or timedelta, in seconds; after it no further update is made, and the epoch ends as usual;
        the first update is made in any case.
    fast_dev_run : bool or int, whether only one batch, or a number of batches, is trained on and validated, to try that
        everything runs; the state at the end is that after these updates.
    progress : bool, whether a bar shows the terms. Where stderr is not a terminal, each epoch is one plain line.
    strict : bool, whether columns that the learning diagram does not have are an error; and, with `resume`, the run of
        another learning diagram, whose weights a run with strict=False begins with, box by box.
    run : str, Path or None, a folder that does not exist yet or is empty, in which the run is kept while it goes on:
        learning diagram, history, cosines between gradients, worst rows, environment, all of it as plain data. The
        command `learning-diagrams report FOLDER` makes a page of it. With checkpoints, from which the run can go on: a
        SIGTERM saves at the end of the step and exits with 143, Ctrl-C saves and returns the history. None keeps
        nothing and costs nothing.
    live : bool, whether a notebook shows the curves of all terms while they are trained, at most twice a second.
    checkpoint_every : int or None, updates between checkpoints; one is also written after each validation that is the
        best so far. None writes one at the end of an epoch, at most a hundredth of the time. Either way the start and
        the end of the run have one.
    keep : int, how many of the last checkpoints stay, beside that of the best validation.
    resume : bool, whether the run in the folder goes on where it stood, bit for bit, and begins where there is none. A
        run that has ended returns its history, or goes on if epochs= or steps= has grown; where patience ended it, if
        patience= has grown.

    Raises
    ------
    FileError : the folder of the run holds something, or cannot be written; no checkpoint in it is good. Once training
        goes on, what cannot be written is a warning, and a checkpoint an error if `checkpoint_every` or `resume` asks
        for checkpoints.
    NonFiniteTerm, NonFiniteGradient : a term, or a gradient, became NaN or infinite; no update was made with it.
    DataError : data that does not fit the learning diagram; a worker of a DataLoader was killed.
    TypeMismatch : options that cannot be combined; docs/how-to/train/options.md has the table.
    CompileError : there is nothing to train.
    """
    arguments = dict(locals())
    common = run_of(objective)
    if common is None and processes() > 1:
        from learning_diagrams.backends.torch.processes.common_run import CommonRun  # one process never comes here

        with CommonRun(arguments) as own_arguments:
            return fit(**own_arguments)
    readiness = ready(arguments, common)
    objective, place, total, length = readiness.objective, readiness.place, readiness.total, readiness.length
    streams, checks, batches_in_epoch = readiness.streams, readiness.checks, readiness.batches_in_epoch
    kept = run is not None or (common is not None and common.keeps)
    best = None if checks is None else BestState(checks, objective)
    history = History(seed=seed)
    beside: list[Any] = []
    recorder: Any = None
    if live:
        from learning_diagrams.backends.torch.training.live_plot import LivePlot

        beside.append(LivePlot(history))
    reading: Mapping[str, Batches] = streams
    arguments |= {"optimizer": torch.optim.AdamW if optimizer is None else optimizer, "lr": 1e-3 if lr is None else lr}
    if run is not None:  # a run that is not kept does not pay for the reading and writing of files
        from learning_diagrams.backends.torch.training.recorder import Recorder

        recorder = Recorder(run, objective, history, arguments, data, streams, place, resume=resume)
        beside.append(recorder)
    if kept:
        from learning_diagrams.backends.torch.checkpoints.position import Position

        reading = {name: Position(name, stream, place) for name, stream in streams.items()}
    display = Display(progress, total)
    batches = batches_of(reading, sys.maxsize if total is None else total * accumulate, objective.layout)
    if common is not None:
        batches = common.batches(batches, batches_in_epoch or 1000)
    clock = time.monotonic if common is None else common.clock
    loop = Loop(
        objective,
        place,
        strict,
        readiness.player_steps,
        history,
        display,
        length,
        total,
        best,
        readiness.validate_every,
        int(fast_dev_run) or None,
        readiness.after_epoch,
        (*readiness.after_step, *beside),
        clock() + readiness.seconds,
        clock,
        None if common is None else common.agree,
    )
    with seeded(seed_after(seed, objective.steps_made), place), in_mode(objective), display, ExitStack() as stack:
        stack.enter_context(values_known(objective))
        if kept:
            from learning_diagrams.backends.torch.training.kept_state import open_checkpoints, parts_of

            others = () if common is None else (common.signal_of_all, common.group)
            if recorder is not None or (others and common.group.size > 1):
                open_checkpoints(stack, loop, recorder, reading, checkpoint_every, keep, resume, *others)
            if others and common.group.size == 1:
                common.follow(stack, loop, parts_of(loop, reading))
        groups_of_batches = grouped(batches, batches_in_epoch, accumulate, loop.made)
        for each in beside:
            groups_of_batches = stack.enter_context(each).watched(groups_of_batches)
        try:
            loop.run(groups_of_batches)
        except (NonFiniteTerm, NonFiniteGradient) as error:
            error.history = history
            history.stopped = str(error).partition(";")[0]
            raise
        except RuntimeError as error:
            raise (lost_worker(error) or error) from error.__cause__
        finally:
            if best is not None and best.value is not None:
                step = {} if readiness.validate_every is None else {"step": best.step}
                history.best = {"epoch": best.epoch, **step, best.validation.monitor: best.value}
                history.restored = best.restore()
            elif best is not None and history.validations:
                warn(f"no validation gave a number for {best.validation.monitor!r}, so no state was put back")
    return history
