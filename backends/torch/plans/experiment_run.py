"""The run of an experiment: its stages one after the other, in a folder from which it can go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import torch

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.experiment_folder import (
    BY_OUT,
    PLAN,
    RESULTS,
    WEIGHTS,
    Results,
    emptied_without_a_step,
    folder_of,
    open_folder,
    stages_begun,
    weights_of,
)
from learning_diagrams.backends.torch.plans.names.trackers import Tracker, Tracking, attempted, begin
from learning_diagrams.backends.torch.plans.preparation import prepare
from learning_diagrams.backends.torch.plans.stage_options import kept_in, stage_run
from learning_diagrams.backends.torch.processes.world import is_first
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.plan_run import run_stages
from learning_diagrams.backends.torch.training.validation import Validation
from learning_diagrams.errors import FileError
from learning_diagrams.errors.door import in_words_of_plans
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.experiment_shape import name_and_options
from learning_diagrams.files.plain_file import to_bytes
from learning_diagrams.report.report_page import write_report
from learning_diagrams.report.run_folder import write_part
from learning_diagrams.storage.atomic_write import write_whole

INTERRUPTED, TEST = "Ctrl-C was pressed", "test/"


class Tested(dict[str, float]):
    """Measurements of `test`, which are found by their names without `test/`, too.

    >>> Tested({"test/accuracy": 0.5})["accuracy"]
    0.5
    """

    def __missing__(self, name: str) -> float:
        return dict(self)[f"{TEST}{name}"]


@dataclass(frozen=True)
class ExperimentRun:
    """The result of an experiment.

    Attributes
    ----------
    objective : Objective, of the last stage that was trained.
    histories : tuple of History, in the order of the stages.
    measured : dict from str to float, of the state that the objective has now: the measurements on the data of `test`,
        as "test/accuracy", which "accuracy" finds too; or else those of validation, as "validation/accuracy", with the
        means over the training steps of the epoch of that state.
    finished : bool, whether no stage was interrupted.
    best : dict, the epoch and the step of that state in its stage; and where validation has chosen it, the measurement
        that it was chosen by.
    kept : dict from str to float, what training and validation have measured of that state, also beside a test.
    """

    objective: Objective
    histories: tuple[History, ...]
    measured: Mapping[str, float]
    finished: bool
    best: Mapping[str, float] = field(default_factory=dict)
    kept: Mapping[str, float] = field(default_factory=dict)

    __repr__ = short_repr


@in_words_of_plans()
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
        with checkpoints, when it has ended `weights-k.safetensors`, and at the end `weights.safetensors`, of the last
        stage, and `results.json`. None keeps nothing.
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
    prepared, shape = prepare(experiment), experiment.shape
    for note in prepared.notes:
        warn(note)
    if folder is None and (resume or report):
        raise FileError(f"{'resume' if resume else 'report'} is about the folder of a run; {BY_OUT}")
    if folder is None and shape.trackers:
        where, name = experiment.where(("trackers",)), name_and_options(shape.trackers[0])[0]
        raise FileError(f"{where}: the tracker {name!r} needs the folder of the run; {BY_OUT}")
    writes = is_first()  # of several processes
    with emptied_without_a_step(folder if writes else None), ExitStack() as stack:
        if folder is not None and writes:
            open_folder(folder, experiment, prepared.diagrams, resume, strict)
        begun = 0 if folder is None else stages_begun(folder)
        trackers: list[tuple[str, Tracker]] = []
        for choice in shape.trackers if folder is not None and writes else ():
            name, options = name_and_options(choice)
            tracker = begin(name, options, folder)  # type: ignore[arg-type]  # mypy does not see the condition
            trackers.append((name, tracker))
            stack.callback(attempted, name, tracker.close)
        followed = [Tracking(trackers, stage.name or str(i + 1), 0) for i, stage in enumerate(shape.stages)]
        stages = [
            stage_run(
                prepared,
                i,
                progress=progress,
                strict=strict,
                step_callbacks=[tracking] if trackers else [],
                **({} if folder is None else kept_in(folder, prepared, i, resume, ended=i + 1 < begun)),
            )
            for i, tracking in enumerate(followed)
        ]

        def goes_on(history: History, objective: Objective) -> bool:
            tracking = followed[len(done)]
            tracking.take(history)
            done.append(history)
            over = history.stopped != INTERRUPTED
            if len(done) < len(followed):
                followed[len(done)].before = tracking.before + len(history.steps)
                if folder is not None and over:
                    objective.save(weights_of(folder, len(done), len(followed)))
            return over

        done: list[History] = []
        run = run_stages(stages, prepared.functor, goes_on)
        finished = goes_on(run.histories[-1], run.objective)
    last, validation = run.histories[-1], stages[len(run.histories) - 1].options["validation"]
    best = _state(last)
    kept = _measured(run.objective, last, validation, int(best["step"]), prepared.device) if best else {}
    measured: dict[str, float] = kept
    if finished and shape.test is not None:
        tested = prepared.test_for(run.objective.diagram).measure(run.objective, prepared.device, True)
        measured = Tested({f"{TEST}{name}": value for name, value in tested.items()})
    if folder is not None and writes:
        write_whole(folder / PLAN, to_bytes(experiment.data, "json"))
    if folder is not None and finished:
        run.objective.save(folder / WEIGHTS)
    if folder is not None and finished and writes:
        write_part(folder, RESULTS, Results(measured=measured, best=best))
    if folder is not None and report and writes:
        for i in range(len(run.histories)):
            name = "report.html" if i + 1 == len(run.histories) else f"report-{i + 1}.html"
            write_report(folder / str(i + 1), folder / name, shape.name)
    return ExperimentRun(run.objective, run.histories, measured, finished, best, kept)


def _state(history: History) -> dict[str, float]:
    """The epoch and the step of the state in which a stage has ended, with what the validation chose it by."""
    rows, chosen = [*history.epochs], {}
    if history.best is not None and history.restored:
        chosen = {name: value for name, value in history.best.items() if name not in ("epoch", "step")}
        places = {name: history.best[name] for name in ("epoch", "step") if name in history.best}
        rows = [row for row in history.validations if places.items() <= row.items()]
    return {name: int(rows[-1][name]) for name in ("epoch", "step")} | chosen if rows else {}


def _measured(
    objective: Objective, history: History, validation: Validation | None, step: int, device: torch.device
) -> dict[str, float]:
    """The measurements of the state after a step; validation measures anew where it has not measured there."""
    epoch = next(row for row in history.epochs if row["step"] >= step)
    rows = [row for row in history.validations if row["step"] == step]
    if validation is not None and not rows:
        measured = validation.measure(objective, device, True)
        rows = [{f"validation/{name}": value for name, value in measured.items()}]
    trained = {name: value for name, value in epoch.items() if not name.startswith("validation/")}
    validated = rows[-1] if rows else {}
    return {k: v for k, v in {**trained, **validated}.items() if k not in ("epoch", "step", "seconds")}
