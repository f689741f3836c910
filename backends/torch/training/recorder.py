"""What `fit(…, run=FOLDER)` does beside training: it writes the folder of the run, and changes nothing of the run.

The history and the cosines between gradients are written at the start, now and then, and at the end. The cosines are
those of the first batch, so that steps can be compared. A folder that cannot be written later on is a warning, because
an error would lose what was trained.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.stream import Stream
from learning_diagrams.backends.torch.functor.module_support import is_sharded
from learning_diagrams.backends.torch.measuring.measurement import heading
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.training.environment import argument_texts, device_text, row_texts, versions
from learning_diagrams.backends.torch.training.furthest_rows import worst_rows
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.table import Table
from learning_diagrams.errors import DataError, FileError, LearningDiagramError, TypeMismatch, brief
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.report import run_folder
from learning_diagrams.report.run_folder import Columns, Cosine, Measurements, Part, Record, WorstRows

SECONDS = 5.0  # between two times of writing
SAID = ("objective", "data", "run", "live", "resume")  # arguments held in another form, or that change nothing


class Recorder:
    """Writes the folder of a run while it goes on; a step callback, and a context that ends with the run.

    Parameters
    ----------
    folder : str or Path, which does not exist yet, or is empty, unless a run goes on.
    arguments : dict from str to value, those of `fit`.
    data, streams : the training data, as they were given and as they are read.
    resume : bool, whether the folder may hold a run of the learning diagram, which goes on.

    Raises
    ------
    FileError : the folder holds something, or cannot be written.
    TypeMismatch : not a path.
    """

    def __init__(
        self,
        folder: Any,
        objective: Objective,
        history: History,
        arguments: Mapping[str, Any],
        data: Any,
        streams: Mapping[str, Stream],
        device: torch.device,
        pace: Pace | None = None,
        resume: bool = False,
    ) -> None:
        if not isinstance(folder, str | Path) or not str(folder):
            raise TypeMismatch(f"run= is the path of a folder, got {brief(folder)}")
        self.folder, self.objective, self.history, self.device = Path(folder), objective, history, device
        self._data, self._streams, self._strict = data, streams, bool(arguments.get("strict", True))
        self._pace, self._begun = pace or Pace(SECONDS), time.monotonic()
        self._sharded = any(map(is_sharded, objective.parameters()))  # which no process computes alone
        self._probe: Batch | None = None
        self._cosines: list[Cosine] = []
        self.arguments = argument_texts({name: value for name, value in arguments.items() if name not in SAID})
        self._warned, self._held = False, ExitStack()
        self._record = Record(
            format=run_folder.FORMAT,
            digest=objective.diagram.digest(),
            state="running",
            stopped=history.stopped,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=0.0,
            seed=history.seed,
            device=device_text(device),
            versions=versions(),
            arguments=self.arguments,
            rows=row_texts(streams),
            terms={term.name: heading(term.name) for term in objective.loss.terms},
        )
        if resume:
            self._record, lock = run_folder.open_again(self.folder, objective.diagram, self._record, self._strict)
        else:
            lock = run_folder.open_new(self.folder, objective.diagram, self._record)
        self._held.enter_context(lock or nullcontext())
        self._begun -= self._record.seconds
        history.run = self.folder

    def state_dict(self) -> dict[str, Any]:
        """The cosines so far, with the batch that they are of."""
        return {"cosines": [list(vars(cosine).values()) for cosine in self._cosines], "batch": self._probe}

    def require(self, state: Mapping[str, Any]) -> None:
        """`DataError`, or another plain error, for cosines or a batch of another run."""
        _cosines(state["cosines"])
        if state["batch"] is not None:
            layout = self.objective.layout
            layout.check(state["batch"], False)
            for name in layout.read:
                layout.check_values(name, state["batch"][name])

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the cosines of another recorder of the run."""
        self._cosines = _cosines(state["cosines"])
        self._probe = state["batch"] and to_device(state["batch"], self.device)

    def watched(self, groups: Iterator[list[Batch]]) -> Iterator[list[Batch]]:
        """The same batches; the first of them is kept for the cosines."""
        for group in groups:
            if self._probe is None:
                self._probe = to_device(group[0], self.device)
                self._measure(0)
            yield group

    def __call__(self, progress: Any) -> None:
        """Write what has been measured, if it is time."""
        if self._pace.due():
            self._measure(progress.step)
            self._write("running")
            self._pace.done()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self.history.steps:
            self._measure(self.history.steps[-1]["step"])
            self._safely(lambda: self._write_part(run_folder.WORST, self._worst()))
        name = "" if kind is None else f"{kind.__name__}: {error}".rstrip(": ")
        self._write(name or "ended")
        self._held.close()

    def _worst(self) -> WorstRows:
        if not self._streams:
            return WorstRows(note="not looked for: the learning diagram reads no sample space, so there are no rows")
        if any(stream.rows is None for stream in self._streams.values()):
            return WorstRows(note="not looked for: the data come as ready batches, whose rows have no numbers")
        if self._sharded:
            return WorstRows(note="not looked for: the boxes are sharded, so that no process computes them alone")
        try:
            size = min(stream.size for stream in self._streams.values())
            return worst_rows(self.objective, self._data, size, self._strict)
        except LearningDiagramError as error:
            return WorstRows(note=f"not looked for: {error}")

    def _measure(self, step: float) -> None:
        """Add the cosines between the gradients of the terms in each box, on the first batch."""
        if self._sharded or self._probe is None or any(cosine.step == step for cosine in self._cosines[-1:]):
            return
        try:
            boxes = self.objective.conflicts(self._probe, False)
        except (RuntimeError, DataError) as error:  # as a gradient that PyTorch cannot compute twice, too little memory
            if step == 0 and isinstance(error, DataError):  # of the data, and not of a checkpoint
                raise
            return self.complain(f"the cosines between gradients are left out: {error}")
        self._cosines += [
            Cosine(step=int(step), box=box, terms=pair, value=value)
            for box, cosines in boxes.items()
            for pair, value in cosines.items()
        ]

    def _write(self, state: str) -> None:
        """Write history and record."""
        stopped = "" if state == "running" else self.history.stopped
        changes = {"state": state, "stopped": stopped, "seconds": time.monotonic() - self._begun}
        kept = {"best": self.history.best, "restored": self.history.restored}
        self._record = self._record.model_copy(update=changes | kept)
        self._safely(lambda: self._write_part(run_folder.HISTORY, self._measurements()))
        self._safely(lambda: self._write_part(run_folder.RECORD, self._record))

    def _measurements(self) -> Measurements:
        tables = {name: _columns(getattr(self.history, name)) for name in ("steps", "counts", "epochs", "validations")}
        return Measurements(**tables, cosines=self._cosines)

    def _write_part(self, name: str, part: Part) -> None:
        run_folder.write_part(self.folder, name, part)

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except FileError as error:
            self.complain(f"{error}; training goes on, and fit returns the history")

    def complain(self, message: str) -> None:
        """Warn once that something of the run is not kept."""
        if not self._warned:
            warn(f"the run in {str(self.folder)!r}: {message}")
        self._warned = True


def _cosines(rows: list[list[Any]]) -> list[Cosine]:
    names = tuple(Cosine.model_fields)
    return [Cosine(**dict(zip(names, values, strict=True))) for values in rows]


def _columns(table: Table) -> Columns:
    """A table by its headings."""
    rows = list(table)
    return {name: [row.get(name) for row in rows] for name in table.headings}
