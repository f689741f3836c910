"""The history of a training run: what each step and each epoch measured.

>>> history = History(seed=0)
>>> history.steps.append({"step": 1, "epoch": 1, "total": 2.0, "fit": 2.0})
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

import torch

from learning_diagrams.backends.torch.weights import write_whole

Row = dict[str, float]


@dataclass
class History:
    """What a training run measured.

    Attributes
    ----------
    steps : for each step its number, epoch, total and unweighted terms.
    epochs : for each epoch the means of these over its steps, and what validation measured, as "validation/…".
    best : the epoch and the value of the best validation, if there was any.
    stopped : why training ended.
    random_state : torch's global generator when training ended.
    """

    seed: int | None = None
    steps: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)
    best: Row | None = None
    stopped: str = "not started"
    random_state: torch.Tensor | None = field(default=None, repr=False)

    def close_epoch(self, epoch: int, step: int, seconds: float, measured: Mapping[str, float]) -> None:
        """Add the row of an epoch: the means over its steps, and what validation measured."""
        rows = [row for row in self.steps[-step:] if row["epoch"] == epoch]
        names = [name for name in rows[0] if name not in ("step", "epoch")] if rows else []
        means = {name: sum(row[name] for row in rows) / len(rows) for name in names}
        validated = {f"validation/{name}": value for name, value in measured.items()}
        self.epochs.append({"epoch": epoch, "step": step, "seconds": seconds, **means, **validated})

    def to_csv(self, path: str | Path, per: Literal["epoch", "step"] = "epoch") -> None:
        """Write one row an epoch, or one a step."""
        rows = self.epochs if per == "epoch" else self.steps
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
        write_whole(Path(path), out.getvalue().encode("utf-8"))

    def __repr__(self) -> str:
        last = ", ".join(f"{k}={v:.4g}" for k, v in self.epochs[-1].items()) if self.epochs else "no epoch"
        return f"<History: {len(self.steps)} steps; {last}; stopped: {self.stopped}>"
