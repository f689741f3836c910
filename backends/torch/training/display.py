"""What a user sees of a run: a bar and a line a term on a terminal, one plain line an epoch elsewhere, or nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from learning_diagrams.errors import printable

SECONDS = 0.1  # between two times of writing


class Display:
    """A bar, with the terms of the last step below it, where stderr is a terminal; else a line for each epoch.

    A context, at whose end the terminal stands below what was shown.

    Parameters
    ----------
    shown : bool, whether anything is shown.
    total : int or None, the number of steps, if it is known.
    """

    def __init__(self, shown: bool, total: int | None) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._plain = shown and sys.stderr is not None and not terminal
        self._size = _size() if terminal else {}
        self.bar = tqdm(total=total, disable=not (shown and terminal), unit="step", **self._size)
        self._lines: dict[str, tqdm[Any]] = {}
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            line.refresh()
        for shown in (self.bar, *self._lines.values()):
            shown.close()

    def step(self, measured: Mapping[str, float]) -> None:
        """Show the last values of total and terms."""
        if self.bar.disable:
            return
        width = max(map(len, measured), default=0)
        now = time.monotonic()
        for name, value in measured.items():
            if name not in self._lines:
                self._lines[name] = tqdm(
                    bar_format="  {desc}", position=len(self._lines) + 1, file=self.bar.fp, **self._size
                )
            self._lines[name].set_description_str(f"{_one_line(name):<{width}} {value:.4g}", refresh=now >= self._next)
        if now >= self._next:
            self._next = now + SECONDS

    def epoch(self, row: Mapping[str, float]) -> None:
        """Show the row of an epoch."""
        if self._plain:
            numbers = {name: value for name, value in row.items() if name not in ("epoch", "step")}
            shown = ", ".join(f"{_one_line(name)} {value:.4g}" for name, value in numbers.items())
            print(f"epoch {row['epoch']}, step {row['step']}: {shown}", file=sys.stderr, flush=True)


def _size() -> dict[str, Any]:
    """A size where the terminal does not know its own, as in a container, and tqdm would show nothing."""
    try:
        known = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except (OSError, ValueError):
        known = True
    return {} if known else {"ncols": 80, "nrows": 24}


def _one_line(name: str) -> str:
    """A name without line ends and without characters that a terminal obeys."""
    return " ".join(printable(name).split())
