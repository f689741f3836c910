"""Sweeps: an experiment with every combination of some settings, by Optuna, in a folder from which it can go on.

The journal of the study is in the folder, and each combination has a folder of its own, so that a run that was stopped
goes on where it stood.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Any

from learning_diagrams.backends.torch.plans.experiment_folder import BY_OUT, PLAN, folder_of, plan_of, results_of
from learning_diagrams.backends.torch.plans.experiment_run import train
from learning_diagrams.backends.torch.plans.sweep_combinations import prepare_sweep, said
from learning_diagrams.backends.torch.plans.sweep_table import SweepTable
from learning_diagrams.backends.torch.processes.world import processes
from learning_diagrams.errors import (
    FileError,
    LearningDiagramError,
    NonFiniteGradient,
    NonFiniteTerm,
    ProcessError,
    TypeMismatch,
    brief,
)
from learning_diagrams.errors.door import in_words_of_plans
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.plain_file import to_bytes
from learning_diagrams.files.plan_change import FREE, plan_changes
from learning_diagrams.files.setting import Setting
from learning_diagrams.storage.atomic_write import write_whole

JOURNAL, TABLE = "sweep.journal", "sweep.csv"


@in_words_of_plans()
def sweep(
    load: Callable[[Sequence[Setting]], Experiment],
    out: str | os.PathLike[str] | None,
    *,
    resume: bool = False,
    report: bool = False,
    progress: bool = True,
) -> SweepTable:
    """Train with every combination of the grid of a plan.

    Parameters
    ----------
    load : function from further settings to the experiment with them.
    out : str or Path, a folder that does not exist yet or is empty; combination k is trained in its folder `k`.
    resume : bool, whether the sweep in the folder goes on: combinations that were trained are not trained again.

    Raises
    ------
    FileError : there is no folder, or Optuna is missing, or the sweep in the folder is damaged or has another
        plan.
    DataError : the plan has no sweep, or a combination would be compared by another measurement.
    ProcessError : several processes were launched.
    LearningDiagramError : as `prepare` and `train`; every combination is checked before the first one is trained, and
        a fault names its combinations.
    NonFiniteTerm : every combination diverges; one that does is the worst of the table, beside others.
    KeyboardInterrupt : Ctrl-C was pressed; the sweep can go on.
    """
    try:
        import optuna
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise FileError("a sweep needs the package Optuna: pip install optuna") from None
    if processes() > 1:
        raise ProcessError(
            f"a sweep trains one combination after the other, in one process, and {processes()} have been launched; "
            "start it without the launcher"
        )
    if not callable(load):
        raise TypeMismatch(f"a sweep takes a function from settings to an experiment, got {brief(load)}")
    folder = folder_of(out, resume=resume, report=report, progress=progress)
    if folder is None:
        raise FileError(f"a sweep is kept in a folder; {BY_OUT}")
    chosen = prepare_sweep(load)
    experiment, combinations = chosen.prepared.experiment, chosen.combinations
    compared_by = chosen.prepared.compared_by
    assert experiment.shape.sweep is not None
    grid = {place: list(values) for place, values in experiment.shape.sweep.grid.items()}
    measure, mode = compared_by
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    numbers = {"combination": [*range(len(combinations))]}
    try:
        content = sorted(os.listdir(folder)) if folder.exists() else []
        if content and not (resume and JOURNAL in content):
            raise FileError(
                f"the folder {str(folder)!r} holds {content[0]!r}; resume its sweep, in the command line by "
                "--resume, or name another folder"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study = optuna.create_study(
                storage=optuna.storages.JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
                study_name="sweep",
                direction="minimize" if mode == "min" else "maximize",
                sampler=optuna.samplers.GridSampler(numbers, seed=0),
                load_if_exists=True,
            )
    except FileError:
        raise
    except (OSError, ValueError, LookupError, TypeError) as error:  # of the folder; of a journal that is damaged
        raise FileError(
            f"cannot keep a sweep in {str(folder)!r}: {getattr(error, 'strerror', None) or error}"
        ) from error
    kept = study.user_attrs
    for name, value in (own := {"grid": grid, "measure": measure, "mode": mode}).items():
        if kept and kept.get(name) != value:
            before = kept.get(name, "that of an earlier version")
            raise FileError(f"the sweep in {str(folder)!r} has another {name}, {before}; name another folder")
    if PLAN in content:
        changes = plan_changes(plan_of(folder), experiment.shape)
        lines = [f"{experiment.where(each.place)}: {each}" for each in changes if each.place[0] not in FREE]
        if lines:
            raise FileError("\n".join(lines) + f"\nthe sweep in {str(folder)!r} has another plan; name another folder")
    for name, value in own.items():
        study.set_user_attr(name, value)
    write_whole(folder / PLAN, to_bytes(experiment.data, "json"))
    worst = inf if mode == "min" else -inf
    diverged: list[str] = []

    def objective(trial: Any) -> float:
        number = trial.suggest_categorical("combination", numbers["combination"])
        reason: BaseException | None = None
        try:
            if progress:
                place, count = str(folder / str(number)), len(combinations)
                print(f"{place}: combination {number} of {count}, {said(combinations[number])}", file=sys.stderr)
            run = train(chosen.experiments[number], folder / str(number), resume=True, report=report, progress=progress)
            reason = None if run.finished else KeyboardInterrupt(run.histories[-1].stopped)
        except (NonFiniteTerm, NonFiniteGradient) as error:  # what diverges is the worst combination, and is done
            diverged.append(str(error))
            return worst
        except LearningDiagramError as error:
            error.args = (f"combination {number}, {said(combinations[number])}: {error}",)
            reason = error
        if reason is not None:
            raise _Unfinished(reason)
        value = {**run.kept, **run.measured}[measure]
        return value if isfinite(value) else worst

    finished = {trial.params["combination"]: trial.value for trial in _finished(study)}
    if len(finished) < len(combinations):
        try:
            study.optimize(objective, n_trials=len(combinations) - len(finished))
        except _Unfinished as error:
            raise error.reason from None
        finished = {trial.params["combination"]: trial.value for trial in _finished(study)}
    if worst in finished.values() and len({*finished.values()}) == 1:
        raise NonFiniteTerm("; ".join(["no combination of the sweep has a finite measurement", *diverged[-1:]]))
    order = sorted(finished, key=lambda number: finished[number] * (1 if mode == "min" else -1))
    rows = tuple((combinations[number], finished[number]) for number in order)
    states, tests = zip(*(results_of(folder / str(number)) for number in order), strict=True)
    table = SweepTable(rows, measure, states, tests if experiment.shape.test is not None else (), tuple(order))
    write_whole(folder / TABLE, table.to_csv().encode())
    return table


class _Unfinished(BaseException):
    """Leaves a combination to a sweep that goes on; of an Exception Optuna would keep that the combination is done."""

    def __init__(self, reason: BaseException) -> None:
        self.reason = reason


def _finished(study: Any) -> list[Any]:
    return [trial for trial in study.get_trials() if trial.value is not None]
