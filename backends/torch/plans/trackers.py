"""Trackers: where the measurements of a run go besides its folder; csv, tensorboard, and those of accelerate.

A tracker gets every measurement of the run, in order; also after a run that goes on, whose earlier ones are given anew.
"""

from __future__ import annotations

import csv as text_table
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from learning_diagrams.backends.torch.plans.registry import TRACKERS
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.loop import Progress
from learning_diagrams.errors import FileError, brief

EVERY = 50  # steps


class Tracker(Protocol):
    """What takes measurements."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Take measurements by name, after so many steps of all stages."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class CsvFile:
    """A tracker that writes a file of lines step, name, value."""

    def __init__(self, folder: Path, file: str = "measurements.csv") -> None:
        if Path(file).name != file or not file.endswith(".csv"):
            raise FileError(
                f"the file of the tracker 'csv' is a name in the folder of the run, as a.csv, got {brief(file)}"
            )
        try:
            self._file = (folder / file).open("w", newline="", encoding="utf-8")
        except (OSError, ValueError) as error:
            raise FileError(f"cannot write {str(folder / file)!r}: {error}") from None
        self._writer = text_table.writer(self._file)
        self._writer.writerow(["step", "name", "value"])

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._writer.writerows([step, name, repr(value)] for name, value in values.items())
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class TensorBoard:
    """A tracker that writes event files of TensorBoard, in the folder `tensorboard` of the run."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise FileError("the tracker 'tensorboard' needs the package: pip install tensorboard") from None
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=0)

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class OfAccelerate:
    """A tracker of accelerate, which speaks to the package of its name."""

    kind: str

    def __init__(self, folder: Path, **options: Any) -> None:
        place = {"logging_dir": str(folder / self.kind)} if self.kind != "wandb" else {"dir": str(folder)}
        with self._speaking("start with these options"):
            from accelerate import PartialState, tracking

            PartialState()  # without it the trackers of accelerate refuse to write
            kind: Any = tracking.LOGGER_TYPE_TO_CLASS[self.kind]
            self._tracker: Any = kind(options.pop("project", "plan"), **place, **options)
            self._tracker.start()

    @contextmanager
    def _speaking(self, what: str) -> Iterator[None]:
        """Turn whatever the package raises into a `FileError`."""
        try:
            yield
        except ImportError:
            raise FileError(f"the tracker {self.kind!r} needs packages: pip install accelerate {self.kind}") from None
        except Exception as error:
            reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            raise FileError(f"the tracker {self.kind!r} cannot {what}: {reason}") from error

    def log(self, values: Mapping[str, float], step: int) -> None:
        with self._speaking("take measurements"):
            self._tracker.log({self._name(name): value for name, value in values.items()}, step=step)

    def close(self) -> None:
        with self._speaking("close"):
            self._tracker.finish()

    def _name(self, name: str) -> str:
        return name


class WandB(OfAccelerate):
    kind = "wandb"


class MLflow(OfAccelerate):
    kind = "mlflow"

    def _name(self, name: str) -> str:
        return re.sub(r"[^\w\-. :/]", lambda match: f"_{ord(match[0]):x}_", name)  # MLflow refuses other letters


class Aim(OfAccelerate):
    kind = "aim"


class Tracking:
    """Gives the history of a stage to trackers; a step callback of `fit`.

    Parameters
    ----------
    stage : str, which stands before the names of measurements.
    before : int, the steps of the stages before.
    """

    def __init__(self, trackers: Sequence[Tracker], stage: str, before: int) -> None:
        self.trackers, self.stage, self.before = trackers, stage, before
        self._steps = self._validations = 0

    def __call__(self, progress: Progress) -> None:
        if len(progress.history.steps) - self._steps >= EVERY:
            self.take(progress.history)

    def take(self, history: History) -> None:
        """Give the trackers what they have not got."""
        for table, start in ((history.steps, self._steps), (history.validations, self._validations)):
            for row in table[start:]:
                values = {f"{self.stage}/{name}": v for name, v in row.items() if name not in ("step", "epoch")}
                for tracker in self.trackers:
                    tracker.log(values, self.before + int(row["step"]))
        self._steps, self._validations = len(history.steps), len(history.validations)


for name, maker in {"csv": CsvFile, "tensorboard": TensorBoard, "wandb": WandB, "mlflow": MLflow, "aim": Aim}.items():
    TRACKERS.register(name, maker)
