"""The history of a training run: what each step, each validation and each epoch measured.

>>> history = History(seed=0)
>>> history.add_step(1, 1, 2.0, {"fit": 2.0}, counts={"fit": 3})
>>> history.add_step(2, 1, 6.0, {"fit": 6.0}, counts={"fit": 1})
>>> history.add_validation(1, 2, {"accuracy": 0.9})
>>> history.close_epoch(1, 2, seconds=0.5)
>>> history.epochs[0]
{'epoch': 1, 'step': 2, 'seconds': 0.5, 'total': 4.0, 'fit': 3.0, 'validation/accuracy': 0.9}
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.backends.torch.measuring.measurement import heading
from learning_diagrams.backends.torch.training.table import Row, Table
from learning_diagrams.errors import DataError, FileError, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.storage.atomic_write import write_whole

TABLES = ("steps", "counts", "epochs", "validations")
OPEN = ("_sums", "_weights", "_rate", "_latest")  # what is known of the epoch that is not over


@dataclass
class History:
    """The measurements of a training run, in arrays; each table is a sequence of dicts, made when they are read.

    The mean of a term over an epoch is Σ value · count / Σ count, where a count is the number of rows that the value is
    a mean over. The total of an epoch is the mean over its steps. So the two need not add up: a short batch, or a batch
    with few present rows, weighs less in a term and as much as any step in the total. In a game the total of a step is
    the sum that its player lowers, and that of an epoch the mean over the steps of all players, while validation gives
    the sum of all weighted terms, without the factors of players: compare terms there, not totals.

    Attributes
    ----------
    steps : sequence of dict, for each step its number, epoch, total and unweighted terms, the norm of the gradient
        before clipping, and the learning rate; in a game, of the player whose step it was. A weight that follows a
        schedule stands as "weight/…": the number by which the step multiplied its term. A term whose name is one of
        these headings, or "seconds", or begins with "term/", "validation/" or "weight/", stands as "term/…".
    counts : sequence of dict, for each step the number of rows that each term is a mean over.
    epochs : sequence of dict, for each epoch the means over its steps, the last learning rate and weights of
        schedules, and the last measurements of validation as "validation/…".
    validations : sequence of dict, the measurements of each validation, as "validation/…".
    best : dict or None, the epoch and the value of the best validation; the step, too, if validation counts steps.
    restored : bool, whether the state of the best validation was put back at the end.
    stopped : str, why training ended.
    run : Path or None, the folder in which `fit` keeps the run.
    """

    seed: int | None = None
    steps: Table = field(default_factory=Table)
    counts: Table = field(default_factory=partial(Table, code="q"))
    epochs: Table = field(default_factory=Table)
    validations: Table = field(default_factory=Table)
    best: Row | None = None
    stopped: str = "not started"
    run: Path | None = field(default=None, compare=False)
    restored: bool = field(default=False, compare=False)
    _sums: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    _weights: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    _rate: Row = field(default_factory=dict, init=False, repr=False, compare=False)
    _latest: Row = field(default_factory=dict, init=False, repr=False, compare=False)

    def add_step(
        self,
        step: int,
        epoch: int,
        total: float,
        terms: Mapping[str, float],
        counts: Mapping[str, int] | None = None,
        learning_rate: float | None = None,
        gradient_norm: float | None = None,
        scheduled: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Add the row of a step; `scheduled` holds the weights of terms that follow schedules."""
        named = {heading(name): value for name, value in terms.items()}
        weights = {heading(name): count for name, count in (counts or dict.fromkeys(terms, 1)).items()}
        norm = {} if gradient_norm is None else {"gradient_norm": gradient_norm}
        self._rate = {} if learning_rate is None else {"learning_rate": learning_rate}
        self._rate |= {f"weight/{name}": weight for name, weight in scheduled.items()}
        averaged = {"total": total, **named, **norm}
        self.steps.append({"step": step, "epoch": epoch, **averaged, **self._rate})
        self.counts.append(weights)
        for name, value in averaged.items():
            weight = weights.get(name, 1)
            self._sums[name] = self._sums.get(name, 0.0) + weight * value
            self._weights[name] = self._weights.get(name, 0) + weight

    def add_validation(self, epoch: int, step: int, measured: Mapping[str, float]) -> None:
        """Add the measurements of a validation."""
        self._latest = {f"validation/{name}": value for name, value in measured.items()}
        self.validations.append({"epoch": epoch, "step": step, **self._latest})

    @property
    def absent(self) -> set[str]:
        """The terms that had no row in the epoch so far."""
        return {name for name, weight in self._weights.items() if weight == 0}

    def close_epoch(self, epoch: int, step: int, seconds: float) -> None:
        """Add the row of an epoch: the means over its steps, and the last validation in it."""
        means = {name: value / (self._weights[name] or 1) for name, value in self._sums.items()}
        self.epochs.append({"epoch": epoch, "step": step, "seconds": seconds, **means, **self._rate, **self._latest})
        self._sums, self._weights, self._latest = {}, {}, {}

    def state_dict(self) -> dict[str, Any]:
        """The measurements so far as plain data, also those of the epoch that is not over."""
        tables = {name: getattr(self, name).state_dict() for name in TABLES}
        return tables | {name: dict(getattr(self, name)) for name in OPEN}

    def require(self, state: Mapping[str, Any]) -> None:
        """`FileError`, or another plain error, for plain data of no history."""
        other = History()
        other.load_state_dict(state)
        steps = [row["step"] for row in other.steps]
        ends = [row["step"] for table in (other.epochs, other.validations) for row in table]
        numbered = steps == [*range(1, len(steps) + 1)] and all(0 < end <= len(steps) for end in ends)
        refuse_if(not numbered, "it holds a history whose steps are not numbered one after the other")
        measured = all({"epoch", "total"} <= {*names} for names in state["steps"]["headings"])
        refuse_if(not measured or len(other.counts) != len(steps), "it holds a history whose steps lack a measurement")
        for name in OPEN:
            for title, number in getattr(other, name).items():
                refuse_if(
                    not isinstance(title, str) or type(number) not in (int, float),
                    f"it holds {brief(number)} as {brief(title)} in its history",
                )
        refuse_if(
            other._sums.keys() != other._weights.keys(),
            "it holds a history whose sums and weights differ in their names",
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the history of which these are the plain data."""
        for name in TABLES:
            getattr(self, name).load_state_dict(state[name])
        for name in OPEN:
            setattr(self, name, dict(state[name]))

    def to_csv(self, path: str | Path, per: Literal["epoch", "step", "validation"] = "epoch") -> None:
        """Write a CSV file with one row for each epoch, each step, or each validation."""
        tables = {"epoch": self.epochs, "step": self.steps, "validation": self.validations}
        if not isinstance(per, str) or per not in tables:
            raise DataError(f"per= is 'epoch', 'step' or 'validation', got {brief(per)}")
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=tables[per].headings)
        writer.writeheader()
        writer.writerows(tables[per])
        write_whole(path, out.getvalue().encode("utf-8", "backslashreplace"))

    def plot(self) -> Any:
        """Curves of total, terms, validation and the other measurements of a step, as a Figure of Matplotlib.

        Raises `FileError` without Matplotlib, `DataError` without a step.
        """
        from learning_diagrams.backends.torch.training.history_pictures import figure

        return figure(self.steps, self.validations)

    def report(self, path: str | Path) -> None:
        """Write the page of the run, one file that needs no other; `fit` must have kept the run in a folder (`run=`).

        Raises `FileError` if there is no such folder, or if the page cannot be written.
        """
        from learning_diagrams.report.report_page import write_report

        if self.run is None:
            raise FileError("the run was not kept, so it has no report: give a folder, as in fit(…, run='runs/first')")
        write_report(self.run, path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from learning_diagrams.backends.torch.training.history_pictures import picture

        shown = picture(self.steps, self.validations)._repr_mimebundle_() if self.steps else {}
        return {**shown, "text/plain": repr(self)}

    def __repr__(self) -> str:
        last = ", ".join(f"{k}={v:.4g}" for k, v in self.epochs[-1].items()) if self.epochs else "no epoch"
        return one_line(f"<History: {len(self.steps)} steps; {last}; stopped: {self.stopped}>")
