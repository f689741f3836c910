"""The sides of a 2-cell: the two paths of arrows that a 2-cell between arrows or objects of a graph stands for.

A 2-cell between two parallel arrows stands for these arrows. Any other 2-cell runs from the middle of one path to the
middle of a parallel path: an arrow in the middle, an object between two arrows, or an object alone, as the empty path.

>>> triangle = [(0, 1), (1, 2), (0, 2)]
>>> sides_between(triangle, (False, 1), (True, 2))
[((0, 1), (2,))]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.sample_space import Column, is_sample_space
from learning_diagrams.errors import TypeMismatch

End = tuple[bool, int]  # whether an arrow, not an object, and its place in the list
Path = tuple[int, ...]  # arrows by their places
LONGEST, MOST = 7, 300  # arrows in a path; paths with one middle


def shown_sides(
    objects: Sequence[Ty],
    boxes: Sequence[markov.Box],
    arrows: Sequence[tuple[int, int]],
    ends: tuple[End, End],
    from_data: bool,
) -> tuple[Diagram, Diagram]:
    """The sides that a 2-cell stands for, as diagrams.

    Parameters
    ----------
    objects, boxes, arrows : the type at each object, the box at each arrow, and the places of its two objects.
    ends : where the 2-cell starts, and where it ends.
    from_data : bool, whether sides that start from no data follow the one column that ends where they start.

    Raises `TypeMismatch` where no sides, or several, have these middles, and where several columns, or none, end there.
    """
    pairs = sides_between(arrows, *ends)
    if len(pairs) != 1:
        raise TypeMismatch(
            "several pairs of paths have its ends in their middle"
            if pairs
            else "no two parallel paths have its ends in their middle"
        )
    paths = pairs[0]
    first = next((arrows[path[0]][0] for path in paths if path), ends[0][1])
    start = Id(objects[first])
    if from_data and len(start.dom) and not is_sample_space(start.dom):
        columns = [
            box for box, arrow in zip(boxes, arrows, strict=True) if arrow[1] == first and isinstance(box, Column)
        ]
        columns = list({(box.space.name, box.name): box for box in columns}.values())
        if len(columns) != 1:
            number = "several columns end" if columns else "no column ends"
            raise TypeMismatch(f"its sides start from {start.dom}, which is no data set, and {number} there")
        start = Id(columns[0].dom) >> columns[0]
    lhs, rhs = (start.then(*(boxes[i] for i in path)) for path in paths)
    return lhs, rhs


def sides_between(arrows: Sequence[tuple[int, int]], source: End, target: End) -> list[tuple[Path, Path]]:
    """All pairs of parallel paths with these middles that share neither their first nor their last arrow.

    arrows : sequence of (int, int), for each arrow the places of its two objects.

    The list has at most two entries: more than one means that the 2-cell does not say which it is. Paths of more than
    seven arrows are not looked at.

    Raises `TypeMismatch` where more than 300 paths have one middle.
    """
    if source[0] and target[0] and arrows[source[1]] == arrows[target[1]]:
        return [((source[1],), (target[1],))]
    parallel: dict[tuple[int, int], list[Path]] = defaultdict(list)
    for ends, path in _paths(arrows, target):
        parallel[ends].append(path)
    pairs: list[tuple[Path, Path]] = []
    for ends, lhs in _paths(arrows, source):
        for rhs in parallel[ends]:
            shared = lhs and rhs and (lhs[0] == rhs[0] or lhs[-1] == rhs[-1])
            if lhs != rhs and not shared:
                pairs.append((lhs, rhs))
                if len(pairs) > 1:
                    return pairs
    return pairs


def _paths(arrows: Sequence[tuple[int, int]], middle: End) -> Iterator[tuple[tuple[int, int], Path]]:
    """The paths with a middle, short ones first, each behind its two ends."""
    leaving: dict[int, list[int]] = defaultdict(list)
    coming: dict[int, list[int]] = defaultdict(list)
    for i, (source, target) in enumerate(arrows):
        leaving[source].append(i)
        coming[target].append(i)
    is_arrow, place = middle
    here: list[tuple[tuple[int, int], Path]] = [(arrows[place], (place,)) if is_arrow else ((place, place), ())]
    room = MOST
    while here:
        room -= len(here)
        if room < 0:
            raise TypeMismatch(f"more than {MOST} paths have one of its ends in their middle")
        yield from here
        if len(here[0][1]) + 2 > LONGEST:
            return
        longer = (
            ((arrows[first][0], arrows[last][1]), (first, *path, last))
            for (start, end), path in here
            for first in coming[start]
            for last in leaving[end]
        )
        here = list(islice(longer, room + 1))
