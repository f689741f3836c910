"""A pace: what is done beside training is done now and then, and takes at most a hundredth of the time.

>>> times = iter([0.0, 0.2, 5.0, 20.0, 20.0])
>>> pace = Pace(0.5, clock=lambda: next(times))
>>> [pace.due(), pace.done(), pace.due(), pace.due()]  # it took 0.2 s, so the next time comes 20 s later
[True, None, False, True]
"""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.01  # of the time


class Pace:
    """Says when something is due: at once, then after so many seconds, and after a hundred times what it took.

    Parameters
    ----------
    seconds : float, the least time between two ends.
    clock : function that returns a time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._seconds, self._clock = seconds, clock
        self._next = self._begun = float("-inf")

    def due(self) -> bool:
        """Whether it is time; the answer True begins what is due."""
        now = self._clock()
        if now < self._next:
            return False
        self._begun = now
        return True

    def done(self) -> None:
        """What was due has been done."""
        now = self._clock()
        self._next = max(now + self._seconds, self._begun + (now - self._begun) / SHARE)
