"""What a user sees of a run: a bar on a terminal, one plain line an epoch elsewhere, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tqdm import tqdm

from learning_diagrams.errors import printable


class Display:
    """A bar with the terms of the last step where stderr is a terminal; otherwise a line on stderr for each epoch.

    Parameters
    ----------
    shown : bool, whether anything is shown.
    total : int or None, the number of steps, if it is known.
    """

    def __init__(self, shown: bool, total: int | None) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._lines = shown and sys.stderr is not None and not terminal
        self.bar = tqdm(total=total, disable=not (shown and terminal), unit="step")

    def step(self, measured: Mapping[str, float]) -> None:
        """Show the last values of total and terms."""
        if not self.bar.disable:
            self.bar.set_postfix({_one_line(name): f"{value:.4g}" for name, value in measured.items()}, refresh=False)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Show the row of an epoch."""
        if self._lines:
            numbers = {name: value for name, value in row.items() if name not in ("epoch", "step")}
            shown = ", ".join(f"{_one_line(name)} {value:.4g}" for name, value in numbers.items())
            print(f"epoch {row['epoch']}, step {row['step']}: {shown}", file=sys.stderr, flush=True)


def _one_line(name: str) -> str:
    """A name without line ends and without characters that a terminal obeys."""
    return " ".join(printable(name).split())
