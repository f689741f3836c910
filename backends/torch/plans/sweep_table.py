"""The table of a sweep: its combinations, the best one first, with their measurements, as text and as CSV.

>>> print(SweepTable((({"seed": 1}, 0.25), ({"seed": 0}, 0.5)), "total"))
seed  total  epoch  step
1     0.25
0     0.5
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add
from typing import Any

from learning_diagrams.errors import printable
from learning_diagrams.errors.short_text import Printed

STATE = ("epoch", "step")


@dataclass(frozen=True, repr=False)
class SweepTable(Printed):
    """The combinations of a sweep, the best one first, with what each measured.

    rows : tuple of pairs (dict from place to value, number).
    measure : str, what was measured.
    states : tuple of dict, for each row the epoch and the step of the state that is kept; empty where a run diverged.
    tests : tuple of dict, for each row what `test` has measured; no run is chosen by it, unless `measure` says so.
    """

    rows: tuple[tuple[Mapping[str, Any], float], ...]
    measure: str
    states: tuple[Mapping[str, float], ...] = ()
    tests: tuple[Mapping[str, float], ...] = ()

    def __str__(self) -> str:
        lines = [[" ".join(printable(str(cell)).split()) for cell in row] for row in self._table("{:.6g}".format)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)

    def to_csv(self) -> str:
        """The table as CSV, with all digits."""
        out = io.StringIO()
        csv.writer(out).writerows(self._table(repr))
        return out.getvalue()

    def _table(self, number: Callable[[float], str]) -> list[list[Any]]:
        """The heads, and then the rows with their measurements as texts."""
        rows = [[*settings.values(), number(value)] for settings, value in self.rows]
        places = [[state.get(name, "") for name in STATE] for state in self.states or [{} for _ in rows]]
        names = [n for n in dict.fromkeys(n for test in self.tests for n in test) if f"test/{n}" != self.measure]
        tests = [[number(test[n]) if n in test else "" for n in names] for test in self.tests or [{} for _ in rows]]
        heads = [*self.rows[0][0], self.measure, *STATE, *(f"test/{name}" for name in names)]
        return [heads, *map(add, map(add, rows, places), tests)]
