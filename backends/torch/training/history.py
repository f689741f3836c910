"""The history of a training run: what each step and each epoch measured.

>>> history = History(seed=0)
>>> history.add_step(1, 1, 2.0, {"fit": 2.0})
>>> history.close_epoch(1, 1, seconds=0.5, measured={"accuracy": 0.9})
>>> history.epochs
[{'epoch': 1, 'step': 1, 'seconds': 0.5, 'total': 2.0, 'fit': 2.0, 'validation/accuracy': 0.9}]
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from learning_diagrams.errors import DataError, brief, printable
from learning_diagrams.files.atomic_write import write_whole

Row = dict[str, float]


@dataclass
class History:
    """The measurements of a training run.

    Attributes
    ----------
    steps : list of dict, for each step its number, epoch, total and unweighted terms; in a game, of the player whose
        step it was. A
        term named like one of these headings, or "seconds", stands as "term/…".
    epochs : list of dict, for each epoch the means over its steps, and the measurements of validation as
        "validation/…".
    best : dict or None, the epoch and the value of the best validation.
    stopped : str, why training ended.
    """

    seed: int | None = None
    steps: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)
    best: Row | None = None
    stopped: str = "not started"
    _epoch_start: int = field(default=0, init=False, repr=False, compare=False)

    def add_step(self, step: int, epoch: int, total: float, terms: Mapping[str, float]) -> None:
        """Add the row of a step."""
        named = {heading(name): value for name, value in terms.items()}
        self.steps.append({"step": step, "epoch": epoch, "total": total, **named})

    def close_epoch(self, epoch: int, step: int, seconds: float, measured: Mapping[str, float]) -> None:
        """Add the row of an epoch: the means over its steps, and the measurements of validation."""
        named: dict[str, list[float]] = {}
        for row in self.steps[self._epoch_start :]:
            for name, value in row.items():
                if name not in ("step", "epoch"):
                    named.setdefault(name, []).append(value)
        means = {name: sum(values) / len(values) for name, values in named.items()}
        self._epoch_start = len(self.steps)
        validated = {f"validation/{name}": value for name, value in measured.items()}
        self.epochs.append({"epoch": epoch, "step": step, "seconds": seconds, **means, **validated})

    def to_csv(self, path: str | Path, per: Literal["epoch", "step"] = "epoch") -> None:
        """Write a CSV file with one row for each epoch, or for each step."""
        if per not in ("epoch", "step"):
            raise DataError(f"per= is 'epoch' or 'step', got {brief(per)}")
        rows = self.epochs if per == "epoch" else self.steps
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
        write_whole(Path(path), out.getvalue().encode("utf-8"))

    def __repr__(self) -> str:
        last = ", ".join(f"{k}={v:.4g}" for k, v in self.epochs[-1].items()) if self.epochs else "no epoch"
        return printable(f"<History: {len(self.steps)} steps; {last}; stopped: {self.stopped}>")


def heading(term: str) -> str:
    """The heading of a term, beside the headings step, epoch, seconds and total."""
    return f"term/{term}" if term in ("step", "epoch", "seconds", "total") else term
