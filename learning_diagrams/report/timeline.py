"""The terms of a run over time: at chosen steps, each term's value, its share of its value at the start, and a level.

>>> level_of(0.3, 1.0), level_of(2.0, 1.0), level_of(0.0, 0.0)
(2, 4, None)
>>> level_words(2)
'25 % to 50 % of its start'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from learning_diagrams.report.run_folder import Columns, Run

MOST = 300  # chosen steps
LEVELS = ("#00224e", "#434e6c", "#7d7c78", "#bcae6c", "#fee838")  # five steps of cividis, for the least to the greatest
BOUNDS = (0.1, 0.25, 0.5, 1.0)  # shares of the start, between two levels


@dataclass(frozen=True)
class Moment:
    """A term at a step: its value and its share of the start as texts, its level, and the rows it is a mean over."""

    value: str
    share: str
    level: int | None
    rows: str


@dataclass(frozen=True)
class Timeline:
    """Chosen steps of a run, the last one among them, and the moments of each constraint at these steps."""

    steps: tuple[int, ...]
    epochs: tuple[int, ...]
    terms: Mapping[str, tuple[Moment, ...]]

    @classmethod
    def of(cls, run: Run) -> Timeline:
        table, counts = run.measurements.steps, run.measurements.counts
        chosen = choose(len(table.get("step", ())))
        steps, epochs = ([round(table[name][i] or 0) for i in chosen] if chosen else [] for name in ("step", "epoch"))
        terms = {name: _moments(heading, table, counts, chosen) for name, heading in run.record.terms.items()}
        return cls(tuple(steps), tuple(epochs), terms)


def choose(length: int, most: int = MOST) -> list[int]:
    """At most so many numbers of rows, evenly apart, with the first and the last one.

    >>> choose(5), choose(100, 4)
    ([0, 1, 2, 3, 4], [0, 33, 66, 99])
    """
    count = min(length, most)
    return [round(i * (length - 1) / max(count - 1, 1)) for i in range(count)]


def level_of(value: float, start: float) -> int | None:
    """Which of the five colours a value has: by its share of the start; None where there is no such share."""
    if not start > 0 or not isfinite(start) or not isfinite(value):
        return None
    return sum(value >= bound * start for bound in BOUNDS)


def level_words(level: int) -> str:
    """A level in words."""
    if level == 0:
        return f"less than {BOUNDS[0]:.0%} of its start".replace("%", " %")
    if level == len(BOUNDS):
        return "as large as at its start, or larger"
    return f"{BOUNDS[level - 1]:.0%} to {BOUNDS[level]:.0%} of its start".replace("%", " %")


def shown(value: float | None) -> str:
    """A number as pictures and tables show it.

    >>> shown(0.12345), shown(-1e-9), shown(None)
    ('0.1235', '−1e-09', '–')
    """
    return "–" if value is None else f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"


def _moments(heading: str, table: Columns, counts: Columns, chosen: Sequence[int]) -> tuple[Moment, ...]:
    """The term at each chosen step; in a game its last value, where the step was that of another player."""
    values, rows = (source.get(heading, []) for source in (table, counts))
    start = next((value for value in values if value is not None), None)
    moments, last, count, at = [], None, None, 0
    for i in chosen:
        for j in range(at, i + 1):
            last = values[j] if j < len(values) and values[j] is not None else last
            count = rows[j] if j < len(rows) and rows[j] is not None else count
        at = i + 1
        level = None if last is None or start is None else level_of(last, start)
        share = "–" if level is None or last is None or not start else f"{100 * last / start:.3g} %"
        moments.append(Moment(shown(last), share, level, shown(count)))
    return tuple(moments)
