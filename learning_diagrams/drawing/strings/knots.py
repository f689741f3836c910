"""Knots: three strands that cross each other almost in one point turn one after another, so that each crossing is seen.

>>> turns([(0.0, 72.0), (36.0, 36.0), (72.0, 0.0)])
[0.3, 0.5, 0.7]
>>> turns([(0.0, 36.0), (36.0, 0.0)])
[0.5, 0.5]

What one of them would run into turns with it, because strands that do not cross stay apart.

>>> turns([(0.0, 72.0), (36.0, 36.0), (72.0, 0.0), (36.0, 108.0)])
[0.3, 0.5, 0.7, 0.3]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

EARLY, MIDDLE, LATE = 0.3, 0.5, 0.7  # of the room behind a layer
SHARE, PIXELS = 0.2, 16  # how near two crossings are along a strand, and across it
Ends = tuple[float, float]  # the pixel across at which a strand begins, and that at which it ends


def turns(ends: Sequence[Ends]) -> list[float]:
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
    early, late = _with_moved(early, ends, _runs_into), _with_moved(late, ends, lambda a, b: _runs_into(b, a))
    return [MIDDLE if (i in early) == (i in late) else EARLY if i in early else LATE for i in range(len(ends))]


def _with_moved(strands: set[int], ends: Sequence[Ends], moves: Callable[[Ends, Ends], bool]) -> set[int]:
    """Some strands, those that they move, those that these move, and so on."""
    found, left = list(strands), set(range(len(ends))) - strands
    for i in found:  # which grows meanwhile
        moved = {j for j in left if moves(ends[i], ends[j])}
        found += moved
        left -= moved
    return set(found)


def _runs_into(first: Ends, second: Ends) -> bool:
    """Whether a strand would come near another one, which it does not cross, if it alone turned earlier."""
    way = 1 if first[0] < first[1] else -1
    (start, end), (other_start, other_end) = ((way * a, way * b) for a, b in (first, second))
    same_way = start < end and other_start < other_end
    return same_way and start <= other_start < end + PIXELS and end <= other_end


def _cross(first: Ends, second: Ends) -> bool:
    return (first[0] - second[0]) * (first[1] - second[1]) < 0


def _crossing(first: Ends, second: Ends) -> tuple[float, float]:
    """Where two strands cross: the share of their way, and the pixel across."""
    before, behind = second[0] - first[0], first[1] - second[1]
    share = before / (before + behind)
    return share, first[0] + share * (first[1] - first[0])
