"""The run of an experiment: its stages one after the other, in a folder from which it can go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.data_reading import opened
from learning_diagrams.backends.torch.plans.experiment_folder import (
    PLAN,
    RESULTS,
    WEIGHTS,
    folder_of,
    open_folder,
    stages_begun,
    steps_made,
)
from learning_diagrams.backends.torch.plans.preparation import Prepared, prepare
from learning_diagrams.backends.torch.plans.schedulers import scheduler_of
from learning_diagrams.backends.torch.plans.trackers import Tracker, Tracking, attempted, begin
from learning_diagrams.backends.torch.processes.world import is_first
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.plan_run import StageRun, run_stages
from learning_diagrams.errors import FileError
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.experiment_shape import StageShape, name_and_options
from learning_diagrams.files.plain_file import to_bytes
from learning_diagrams.presentation.choice import Optimizer
from learning_diagrams.report.report_page import write_report
from learning_diagrams.storage.atomic_write import write_whole

INTERRUPTED = "Ctrl-C was pressed"


@dataclass(frozen=True)
class ExperimentRun:
    """The result of an experiment.

    Attributes
    ----------
    objective : Objective, of the last stage that was trained.
    histories : tuple of History, in the order of the stages.
    measured : dict from str to float, the measurements on the data of `test`; or else those of the last epoch.
    finished : bool, whether no stage was interrupted.
    """

    objective: Objective
    histories: tuple[History, ...]
    measured: Mapping[str, float]
    finished: bool

    __repr__ = short_repr


def train(
    experiment: Experiment,
    out: str | os.PathLike[str] | None = None,
    *,
    resume: bool = False,
    report: bool = False,
    progress: bool = True,
    strict: bool = True,
) -> ExperimentRun:
    """Train an experiment, stage by stage.

    Parameters
    ----------
    out : str or Path, a folder that does not exist yet or is empty: `plan.json`, for stage k the folder k of its run
        with checkpoints, and at the end `weights.safetensors` and `results.json`. None keeps nothing.
    resume : bool, whether the run in the folder goes on where it stood; without one it begins.
    report : bool, whether each stage gets a page: `report.html` is that of the last one.
    progress : bool, whether a bar, or plain lines, show the terms.
    strict : bool, whether a run that would not end as a new one with this plan does not go on; else a warning says
        what differs.

    Raises
    ------
    TypeMismatch : an argument of another type.
    LearningDiagramError : the file has faults; as `fit`, with the number of the stage.
    FileError : the folder holds something else, as the run of another plan, or cannot be written.
    """
    folder = folder_of(out, resume=resume, report=report, progress=progress, strict=strict)
    prepared = prepare(experiment)
    if folder is None and (resume or report):
        raise FileError(f"{'resume' if resume else 'report'} is about the folder of a run; name it by out")
    writes = is_first()  # of several processes
    if folder is not None and writes:
        open_folder(folder, experiment, prepared.diagrams, resume, strict)
    begun = 0 if folder is None else stages_begun(folder)
    shape = experiment.shape
    with ExitStack() as stack:
        trackers: list[tuple[str, Tracker]] = []
        for name, options in map(name_and_options, shape.trackers) if folder is not None and writes else ():
            trackers.append((name, begin(name, options, folder)))
            stack.callback(attempted, *trackers[-1], lambda tracker: tracker.close())
        followed: list[Tracking] = []
        stages = [
            _stage(prepared, i, folder, trackers, followed, i + 1 < begun, resume, progress, strict)
            for i in range(len(prepared.diagrams))
        ]

        def goes_on(history: History) -> bool:
            tracking = followed[len(done)]
            tracking.take(history)
            done.append(history)
            if len(done) < len(followed):
                followed[len(done)].before = tracking.before + len(history.steps)
            return history.stopped != INTERRUPTED

        done: list[History] = []
        run = run_stages(stages, prepared.functor, goes_on)
        finished = goes_on(run.histories[-1])
    measured: dict[str, float] = {}
    if finished and shape.test is not None:
        measured = prepared.test_for(run.objective.diagram).measure(run.objective, prepared.device, True)
    elif run.histories[-1].epochs:
        measured = {k: v for k, v in run.histories[-1].epochs[-1].items() if k not in ("epoch", "step", "seconds")}
    if folder is not None and writes:
        write_whole(folder / PLAN, to_bytes(experiment.data, "json"))
    if folder is not None and finished:
        run.objective.save(folder / WEIGHTS)
    if folder is not None and finished and writes:
        write_whole(folder / RESULTS, to_bytes({"measured": measured}, "json"))
    if folder is not None and report and writes:
        for i in range(len(run.histories)):
            name = "report.html" if i + 1 == len(run.histories) else f"report-{i + 1}.html"
            write_report(folder / str(i + 1), folder / name)
    return ExperimentRun(run.objective, run.histories, measured, finished)


def _stage(
    prepared: Prepared,
    number: int,
    folder: Path | None,
    trackers: list[tuple[str, Tracker]],
    followed: list[Tracking],
    ended: bool,
    resume: bool,
    progress: bool,
    strict: bool,
) -> StageRun:
    """What the stage of a number is trained with.

    ended : bool, whether a later stage has begun, so that time which is over stays over.
    """
    shape, diagram = prepared.experiment.shape, prepared.diagrams[number]
    stage: StageShape = shape.stages[number]
    seed = shape.seed + number
    followed.append(Tracking(trackers, stage.name or str(number + 1), 0))
    optimizer = None
    if stage.optimizer is not None:
        name, options = name_and_options(stage.optimizer)
        optimizer = Optimizer.read({"name": name, **options})
    validates = shape.validation is not None and stage.validation
    kept: dict[str, Any] = {}
    if folder is not None:
        kept = {"checkpoint_every": shape.checkpoints.every, "keep": shape.checkpoints.keep, "resume": resume}
        kept["run"] = folder / str(number + 1)
        if ended and stage.max_time is not None:
            kept |= {"max_time": None, "steps": steps_made(kept["run"])}
    return StageRun(
        diagram,
        optimizer,
        opened(prepared.data, prepared.columns(diagram), stage.batch_size, seed, stage.drop_last),
        {"lr": stage.lr, "no_decay": stage.no_decay, "groups": stage.groups},
        {
            **{name: getattr(stage, name) for name in ("steps", "epochs", "max_time", "batch_size", "drop_last")},
            **{name: getattr(stage, name) for name in ("scheduler_every", "clip_norm", "accumulate", "precision")},
            "scheduler": None if stage.scheduler is None else scheduler_of(*name_and_options(stage.scheduler)),
            "validation": prepared.validation_for(diagram) if validates else None,
            "validate_every": shape.validation.every if shape.validation is not None and validates else None,
            "device": prepared.device,
            "seed": seed,
            "progress": progress,
            "strict": strict,
            "step_callbacks": [followed[-1]] if trackers else [],
            **kept,
        },
        stage.lr if number > 0 and stage.optimizer is None and "lr" in stage.model_fields_set else None,
    )

