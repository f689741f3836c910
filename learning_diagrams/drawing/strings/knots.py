"""Knots: three strands that cross each other almost in one point turn one after another, so that each crossing is seen.

>>> turns([(0.0, 72.0), (36.0, 36.0), (72.0, 0.0)])
[0.3, 0.5, 0.7]
>>> turns([(0.0, 36.0), (36.0, 0.0)])
[0.5, 0.5]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

EARLY, MIDDLE, LATE = 0.3, 0.5, 0.7  # of the room behind a layer
SHARE, PIXELS = 0.2, 16  # how near two crossings are along a strand, and across it


def turns(ends: Sequence[tuple[float, float]]) -> list[float]:
    """Where each strand turns, as a share of the room behind its layer.

    ends : for each strand the pixel across at which it begins, and that at which it ends.
    """
    early, late = set[int](), set[int]()
    for i in range(len(ends)):
        crossings = sorted((*_crossing(ends[i], other), j) for j, other in enumerate(ends) if _cross(ends[i], other))
        for (share, pixel, j), (next_share, next_pixel, k) in pairwise(crossings):
            near = next_share - share <= SHARE and abs(next_pixel - pixel) <= PIXELS
            if near and _cross(ends[j], ends[k]):
                up, _, down = sorted((i, j, k), key=lambda strand: ends[strand][1] - ends[strand][0])
                early.add(down)
                late.add(up)
    return [MIDDLE if (i in early) == (i in late) else EARLY if i in early else LATE for i in range(len(ends))]


def _cross(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return (first[0] - second[0]) * (first[1] - second[1]) < 0


def _crossing(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Where two strands cross: the share of their way, and the pixel across."""
    before, behind = second[0] - first[0], first[1] - second[1]
    share = before / (before + behind)
    return share, first[0] + share * (first[1] - first[0])
