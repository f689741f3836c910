"""The folder of an experiment: it is begun, or it goes on with a plan that fits the run in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from pydantic import ValidationError

from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.errors import FileError, TypeMismatch, brief, require_flag
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.experiment_shape import ExperimentShape, read_shape
from learning_diagrams.files.plain_file import read_plain, to_bytes
from learning_diagrams.files.plan_change import hinders, is_of_diagram, plan_changes
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.report.run_folder import HISTORY, Part, read_run
from learning_diagrams.storage.atomic_write import write_whole

BY_OUT = "name it by out, in the command line --out"
PLAN, WEIGHTS, RESULTS = "plan.json", "weights.safetensors", "results.json"


def open_folder(
    folder: Path, experiment: Experiment, diagrams: Sequence[LearningDiagram], resume: bool, strict: bool
) -> None:
    """Begin the folder of a run, or go on in it.

    diagrams : one a stage.
    strict : bool, whether a run of another plan is refused; else a warning says what differs.

    Raises `FileError` if the folder holds something else, or cannot be written, or if the run is one of another plan.
    """
    try:
        content = sorted(os.listdir(folder)) if folder.exists() else []
        if content and not resume:
            goes_on = "go on with its run by resume=True, in the command line --resume, or " if PLAN in content else ""
            raise FileError(f"the folder {str(folder)!r} holds {content[0]!r}; {goes_on}name another folder")
        if content and PLAN not in content:
            raise FileError(f"the folder {str(folder)!r} holds {content[0]!r}, and no run of a plan; name another one")
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot write a run to {str(folder)!r}: {getattr(error, 'strerror', None) or error}") from None
    if not content or _fits(folder, experiment, diagrams, strict):
        write_whole(folder / PLAN, to_bytes(experiment.data, "json"))


@contextmanager
def emptied_without_a_step(folder: Path | None) -> Iterator[None]:
    """Leave a folder that was empty, or was not there, as it was, if the run in it fails before its first step.

    So the command runs again once it is corrected. Files that were in the folder before stay.
    """
    there = folder is not None and folder.exists()
    empty = folder is not None and (not there or (folder.is_dir() and not any(folder.iterdir())))
    try:
        yield
    except Exception:
        if folder is not None and empty and folder.exists() and not _has_a_step(folder / "1"):
            for path in folder.iterdir():
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink()
            if not there:
                folder.rmdir()
        raise


def _has_a_step(stage: Path) -> bool:
    """Whether the folder of a stage holds a measurement, or a checkpoint, of a step."""
    if not stage.exists():
        return False
    try:
        return steps_made(stage) > 0 or bool(read_run(stage).measurements.steps.get("step"))
    except FileError:
        return (stage / HISTORY).exists()


def folder_of(out: str | os.PathLike[str] | None, **flags: bool) -> Path | None:
    """The folder that an argument names; `TypeMismatch` for what is no path, and for a flag that is no bool."""
    for name, value in flags.items():
        require_flag(name, value)
    if out is None:
        return None
    if not isinstance(out, str | os.PathLike) or not isinstance(name := os.fspath(out), str) or not name:
        raise TypeMismatch(f"out is the path of a folder, or None; got {brief(out)}")
    return Path(name)


def weights_of(folder: Path, stage: int, stages: int) -> Path:
    """The file of the weights that a stage of a run leaves, of as many stages."""
    return folder / (WEIGHTS if stage == stages else f"weights-{stage}.safetensors")


def stages_begun(folder: Path) -> int:
    """The number of the stages of a run that have begun."""
    return next(i for i in count() if not (folder / str(i + 1)).exists())


def steps_made(stage: Path) -> int:
    """The steps after which the newest checkpoint of a stage was written."""
    return max((step for run in stage.glob("checkpoints/*") for step in checkpoint_file.steps_of(run)), default=0)


class Results(Part):
    """What was measured in the end, and the epoch and the step of the state that it is of, with what chose the state.

    >>> Results(measured={"test/total": float("inf")}, best={"epoch": 1}).model_dump_json()
    '{"measured":{"test/total":"Infinity"},"best":{"epoch":1}}'
    >>> Results.model_validate({"measured": {"test/total": "Infinity"}, "best": {"epoch": 1}})
    Results(measured={'test/total': inf}, best={'epoch': 1})
    """

    measured: dict[str, int | float]
    best: dict[str, int | float]


def results_of(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The state whose weights a run has left, and what was measured; nothing where it has not ended well."""
    try:
        results = Results.model_validate(read_plain(folder / RESULTS).data if (folder / RESULTS).exists() else None)
    except ValidationError:
        return {}, {}
    return results.best, results.measured


def _fits(folder: Path, experiment: Experiment, diagrams: Sequence[LearningDiagram], strict: bool) -> bool:
    """Whether a plan fits the run in a folder; without `strict` a warning says why it does not."""
    before, begun = plan_of(folder), stages_begun(folder)
    as_before = [_has_trained(folder / str(i + 1), diagram) for i, diagram in enumerate(diagrams[:begun])]
    changes = plan_changes(before, experiment.shape)
    lines = [
        f"{experiment.where(change.place)}: {change}"
        for change in changes
        if hinders(change, before, experiment.shape, begun) and not (all(as_before) and is_of_diagram(change))
    ]
    advice = f"the run in {str(folder)!r} has another plan; name another folder"
    if lines and strict:
        raise FileError(
            "\n".join([*lines, advice])
            + ", give back the values of its plan.json, or go on by strict=False, in the command line --no-strict"
        )
    for i, same in enumerate(as_before[: begun - 1]):
        if not same:
            raise FileError(
                "\n".join([*lines, advice])
                + f": its stage {i + 2} has begun from another learning diagram than that of stage {i + 1} here"
            )
    if lines:
        warn(
            "\n".join(lines) + f"\nthe run in {str(folder)!r} goes on with another plan; what its checkpoints hold "
            "stays: parameters, learning rates and all else that an optimizer or a scheduler keeps"
        )
    return not lines


def _has_trained(stage: Path, diagram: LearningDiagram) -> bool:
    """Whether the run of a stage is of a learning diagram, however a plan writes it."""
    return (stage / "checkpoints" / diagram.digest()[:16]).exists()


def plan_of(folder: Path) -> ExperimentShape:
    """The plan of the run in a folder; `FileError` if it is damaged."""
    file = read_plain(folder / PLAN)
    shape, faults = read_shape(file.data)
    if shape is None:
        place, message = faults[0]
        raise FileError(f"{file.where(place)}: {message}; this is the plan of the run, which was changed or damaged")
    return shape
