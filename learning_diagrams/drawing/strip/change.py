"""What happens between two diagrams of a strip: the boxes that stay, and the boxes that are rewritten.

>>> change = Change("law", "→", {0: 0}, (frozenset({1}), frozenset({1})))
>>> threads([2, 2], [change])
[[0, 1], [0, 2]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from learning_diagrams.diagrams.port_graph import Wire

NONE = frozenset[int]()


@dataclass(frozen=True)
class Change:
    """A step from a diagram to the next one.

    Parameters
    ----------
    name : str, the reason of the step, which stands between the two diagrams.
    arrow : str, "→" where the reason is used from left to right, "←" from right to left, or "".
    kept : mapping from boxes of the diagram after the step to the same boxes of the diagram before it.
    lit : the boxes that the step rewrites, before and after.
    entering : the wires that enter the rewritten part, before and after.
    """

    name: str
    arrow: str
    kept: Mapping[int, int]
    lit: tuple[frozenset[int], frozenset[int]]
    entering: tuple[frozenset[Wire], frozenset[Wire]] = (NONE, NONE)


def threads(counts: Sequence[int], changes: Sequence[Change]) -> list[list[int]]:
    """A number for each box of each diagram, so that boxes have one number exactly if they are the same box.

    counts : the number of boxes of each diagram, one more than there are changes.
    """
    fresh = count()
    rows = [[next(fresh) for _ in range(counts[0])]]
    for boxes, change in zip(counts[1:], changes, strict=True):
        rows.append([rows[-1][change.kept[box]] if box in change.kept else next(fresh) for box in range(boxes)])
    return rows
