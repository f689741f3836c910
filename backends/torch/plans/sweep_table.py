"""The table of a sweep: its combinations, the best one first, with their measurements, as text and as CSV.

>>> print(SweepTable((({"seed": 1}, 0.25), ({"seed": 0}, 0.5)), "total"))
seed  total  epoch  step
1     0.25
0     0.5
>>> print(SweepTable((({"seed": 1}, 0.25),), "total", folders=(7,)))
folder  seed  total  epoch  step
7       1     0.25
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
    folders : tuple of int, for each row the number of its folder, as 3 of "swept/3".
    """

    rows: tuple[tuple[Mapping[str, Any], float], ...]
    measure: str
    states: tuple[Mapping[str, float], ...] = ()
    tests: tuple[Mapping[str, float], ...] = ()
    folders: tuple[int, ...] = ()

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
        folders = [[folder] for folder in self.folders] or [[] for _ in self.rows]
        rows = [[*before, *s.values(), number(v)] for before, (s, v) in zip(folders, self.rows, strict=True)]
        places = [[state.get(name, "") for name in STATE] for state in self.states or [{} for _ in rows]]
        listed = [
            {f"test/{n.removeprefix('test/')}": v for n, v in t.items()} for t in self.tests or [{} for _ in rows]
        ]
        names = [name for name in dict.fromkeys(name for test in listed for name in test) if name != self.measure]
        tests = [[number(test[n]) if n in test else "" for n in names] for test in listed]
        heads = [*(["folder"] if self.folders else []), *self.rows[0][0], self.measure, *STATE, *names]
        return [heads, *map(add, map(add, rows, places), tests)]
