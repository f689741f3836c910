"""Lanes: where each place of a layering stands across the layers, so that wires run as straight as they can.

Layer by layer, places move to the medians of their neighbours' ports, in order and apart. This is an isotonic
regression in the absolute distance, by the algorithm that pools neighbours.

>>> apart([0.0, 10.0, 0.0], [1, 1, 1], [4.0, 4.0])
[0.0, 10.0, 14.0]

Source: Ayer et al., *An empirical distribution function for sampling with incomplete information* (1955).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from learning_diagrams.drawing.strings.layering import Layering, Strand

ROUNDS = 8


def straight_lanes(
    layering: Layering,
    distance: Callable[[int, int], float],
    port: Callable[[Strand, bool], float],
    inner: Callable[[int], bool],
) -> dict[int, float]:
    """The middle of each place, from 0.

    Parameters
    ----------
    distance : function from two neighbours in a layer to the least distance of their middles, in pixels.
    port : function from a strand, and whether its source is meant, to the distance of its port from the middle.
    inner : function from a place to whether a wire only passes there.
    """
    middles: dict[int, float] = {}
    gaps = [[distance(a, b) for a, b in pairwise(layer)] for layer in layering.layers]
    for layer, steps in zip(layering.layers, gaps, strict=True):
        middles.update(zip(layer, accumulate(steps, initial=0.0), strict=False))
    last = len(layering.layers) - 1

    def bends() -> float:
        return sum(
            abs(middles[s.source] + port(s, True) - middles[s.target] - port(s, False))
            for strands in layering.strands
            for s in strands
        )

    least, best = bends(), dict(middles)
    for turn in range(ROUNDS):
        if not least:
            break
        before_turn = dict(middles)
        order = range(last + 1) if turn % 2 == 0 else range(last, -1, -1)
        for i in order:
            wanted: dict[int, list[float]] = defaultdict(list)
            sides = [True, False] if turn >= 2 else [turn % 2 == 0]
            for before in sides:
                if not 0 <= (at := i - 1 if before else i) < last:
                    continue
                for strand in layering.strands[at]:
                    node, other = (strand.target, strand.source) if before else (strand.source, strand.target)
                    goal = middles[other] + port(strand, before) - port(strand, not before)
                    wanted[node] += [goal] * (
                        5 if inner(node) and inner(other) else 2 if inner(node) or inner(other) else 1
                    )
            nodes = layering.layers[i]
            goals = [_median(wanted[node], middles[node]) for node in nodes]
            middles.update(zip(nodes, apart(goals, [len(wanted[node]) or 0 for node in nodes], gaps[i]), strict=True))
        if (now := bends()) < least:
            least, best = now, dict(middles)
        if turn >= 2 and middles == before_turn:
            break
    top = min(best.values(), default=0.0)
    return {node: middle - top for node, middle in best.items()}


def apart(goals: Sequence[float], weights: Sequence[int], gaps: Sequence[float]) -> list[float]:
    """Numbers close to some goals, each at least a gap behind the one before."""
    offsets = list(accumulate(gaps, initial=0.0))
    blocks: list[tuple[list[float], int]] = []  # goals without their offsets, in order, and how many numbers share them
    for goal, weight, offset in zip(goals, weights, offsets, strict=False):
        block = [goal - offset] * max(weight, 1), 1
        while blocks and _upper(blocks[-1][0]) > _upper(block[0]):
            others, count = blocks.pop()
            block = sorted(others + block[0]), count + block[1]
        blocks.append(block)
    levels = [_upper(values) for values, count in blocks for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]


# Of two middle values the goal of a place is the lower and the level of a block the upper, so that both choose the same
# straight wire.


def _median(values: Sequence[float], otherwise: float) -> float:
    return sorted(values)[(len(values) - 1) // 2] if values else otherwise


def _upper(values: Sequence[float]) -> float:
    return values[len(values) // 2]
