"""Steps that a device has skipped, seen later: how many in a row are too many.

>>> watch = SkippedSteps(allowed=1)
>>> [watch.see(skipped) for skipped in (True, False, True, True)]
[False, False, False, True]
"""

from __future__ import annotations

from dataclasses import dataclass, field

SCALED = 19  # skips in a row that the search for a scale of float16 may need; the next one is an error


@dataclass
class SkippedSteps:
    """The steps that were skipped in a row.

    Parameters
    ----------
    allowed : int, how many skips in a row are no error.
    """

    allowed: int = 0
    count: int = field(default=0, init=False)

    def see(self, skipped: bool) -> bool:
        """Count a step; return whether too many steps in a row were skipped."""
        self.count = self.count + 1 if skipped else 0
        return self.count > self.allowed
