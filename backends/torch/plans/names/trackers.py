"""Trackers: where the measurements of a run go besides its folder; csv, tensorboard, and those of accelerate.

A tracker gets every measurement of the run, one call for each step, in order. It also gets those of a run that goes on,
whose earlier ones are given anew: `Memory` tells which of them it has got.
"""

from __future__ import annotations

import csv as text_table
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from learning_diagrams.backends.torch.plans.names.registry import TRACKERS
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.loop import Progress
from learning_diagrams.errors import FileError, LearningDiagramError, brief, plural, printable
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.files.plain_file import read_plain, to_bytes
from learning_diagrams.storage.atomic_write import write_whole

EVERY = 50  # steps
MEMORY = "trackers.json"


class Tracker(Protocol):
    """What takes measurements."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Take measurements by name, after so many steps of all stages."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class Memory:
    """What a tracker has got of the run in a folder, so that it goes on where it stood.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> memory = Memory(folder, "wandb digits")
    >>> memory.keep(70, run="3fx9")
    >>> Memory(folder, "wandb digits").step, Memory(folder, "wandb digits").run, Memory(folder, "mlflow digits").step
    (70, '3fx9', 0)

    Attributes
    ----------
    step : int, the last step that the tracker has got; 0 before the first one.
    run : str or None, the name of the run where the tracker keeps it.

    Raises `FileError` if the file in the folder is damaged.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._place, self._name = folder / MEMORY, name
        self.step, self.run = self._read().get(name, (0, None))

    def keep(self, step: int, run: str | None = None) -> None:
        """Remember up to which step the tracker has got measurements, and in which run."""
        self.step, self.run = step, run or self.run
        entries = self._read() | {self._name: (self.step, self.run)}
        data = {name: {"step": step, "run": run} for name, (step, run) in entries.items()}
        write_whole(self._place, to_bytes(data, "json"))

    def _read(self) -> dict[str, tuple[int, str | None]]:
        if not self._place.exists():
            return {}
        data = read_plain(self._place).data
        try:
            entries = {str(name): (entry["step"], entry["run"]) for name, entry in data.items()}
            if all(type(step) is int and isinstance(run, str | None) for step, run in entries.values()):
                return entries
        except (AttributeError, KeyError, TypeError):
            pass
        raise FileError(f"{str(self._place)!r} is damaged; remove it, and the trackers of the run begin anew")


class CsvFile:
    """A tracker that writes a file of lines step, name, value."""

    def __init__(self, folder: Path, file: str = "measurements.csv") -> None:
        if Path(file).name != file or not file.endswith(".csv"):
            raise FileError(
                f"the file of the tracker 'csv' is a name in the folder of the run, as a.csv, got {brief(file)}"
            )
        try:
            self._file = (folder / file).open("a", newline="", encoding="utf-8")
        except (OSError, ValueError) as error:
            raise FileError(f"cannot write {str(folder / file)!r}: {error}") from None
        self._writer = text_table.writer(self._file)
        self._begun = False

    def log(self, values: Mapping[str, float], step: int) -> None:
        if not self._begun:  # the lines of a run that goes on stay until its measurements come anew
            self._file.truncate(0)
            self._writer.writerow(["step", "name", "value"])
            self._begun = True
        self._writer.writerows([step, name, repr(value)] for name, value in values.items())
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class TensorBoard:
    """A tracker that writes event files of TensorBoard, in the folder `tensorboard` of the run."""

    needs = ("tensorboard",)

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._memory = Memory(folder, "tensorboard")
        self._step = self._memory.step
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=self._step + 1)

    def log(self, values: Mapping[str, float], step: int) -> None:
        if step > self._step:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._step = step
            if step - self._memory.step >= EVERY:
                self._keep()

    def close(self) -> None:
        self._keep()
        self._writer.close()

    def _keep(self) -> None:
        self._writer.flush()
        self._memory.keep(self._step)


def require_packages(name: str) -> None:
    """Raise `FileError` if a package is missing that a tracker says it needs."""
    missing = [package for package in getattr(TRACKERS.maker(name), "needs", ()) if not _is_installed(package)]
    if missing:
        packages = plural(len(missing), "package")
        raise FileError(f"the tracker {name!r} needs {packages}: pip install {' '.join(missing)}")


def _is_installed(package: str) -> bool:
    try:
        import_module(package)
    except ImportError:
        return False
    return True


def begin(name: str, options: Mapping[str, Any], folder: Path) -> Tracker:
    """The tracker of a name in the folder of a run; `FileError` if it cannot begin."""
    require_packages(name)
    try:
        return TRACKERS.make(name, options, folder)  # type: ignore[no-any-return]
    except LearningDiagramError:
        raise
    except Exception as error:  # of another package, of its network, of its options
        raise FileError(
            f"the tracker {name!r} cannot begin: {type(error).__name__}: {printable(str(error))[:200]}"
        ) from error


class Tracking:
    """Gives the history of a stage to trackers; a step callback of `fit`.

    A tracker that fails is left out from then on, with a warning, and training goes on.

    Parameters
    ----------
    trackers : list of pairs of a name and a tracker, the same for all stages.
    stage : str, which stands before the names of measurements.
    before : int, the steps of the stages before.
    """

    def __init__(self, trackers: list[tuple[str, Tracker]], stage: str, before: int) -> None:
        self.trackers, self.stage, self.before = trackers, stage, before
        self._taken = {"steps": 0, "validations": 0}

    def __call__(self, progress: Progress) -> None:
        if len(progress.history.steps) - self._taken["steps"] > EVERY:
            self.take(progress.history, progress.step)

    def take(self, history: History, until: int = sys.maxsize) -> None:
        """Give the trackers what they have not got of the steps before `until`, whose validation may be to come."""
        rows: dict[int, dict[str, float]] = {}
        for table, taken in self._taken.items():
            for row in getattr(history, table)[taken:]:
                if row["step"] < until:
                    self._taken[table] += 1
                    values = {f"{self.stage}/{name}": v for name, v in row.items() if name not in ("step", "epoch")}
                    rows.setdefault(int(row["step"]), {}).update(values)
        for step in sorted(rows):
            for name, tracker in [*self.trackers]:
                if not attempted(name, tracker.log, rows[step], self.before + step):
                    self.trackers.remove((name, tracker))


def attempted(name: str, method: Callable[..., None], *arguments: Any) -> bool:
    """Whether a method of a tracker does its work; a warning says why it does not."""
    try:
        method(*arguments)
    except Exception as error:  # of another package, of its network, of a full disk
        warn(
            f"the tracker {name!r} fails, and training goes on without it: {type(error).__name__}: "
            f"{printable(str(error))[:200]}; a run that goes on by resume gives it what it has not got"
        )
        return False
    return True


TRACKERS.register("csv", CsvFile)
TRACKERS.register("tensorboard", TensorBoard)
