"""Strands side by side, from which a diagram is drawn layer by layer: boxes, copies, and swaps of neighbours.

>>> from learning_diagrams.diagrams.box import Box
>>> x, y = cat.Ob("x"), cat.Ob("y")
>>> strands = Strands([x, y, x], {0: 1, 1: 1, 2: 1}, limit=None)
>>> strands.start(range(2))
>>> strands.apply(Box("f", Ty(y, x), Ty(x)), (1, 0), range(2, 3))
>>> [(offset, str(box)) for offset, box in strands.steps]
[(0, 'Swap(x, y)'), (0, 'f')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.errors import LimitExceeded


class Strands:
    """The strands of a drawing, from left to right, and the layers above them.

    Parameters
    ----------
    objects : list of objects, for each wire the object that the wire carries.
    uses : mapping from int to int, for each wire the number of ports that read the wire.
    limit : int, the most wires in all layers together; None for no limit.

    Attributes
    ----------
    steps : list of (int, box), for each layer the number of strands to the left of its box, and the box.
    """

    def __init__(self, objects: Sequence[cat.Ob], uses: Mapping[int, int], limit: int | None) -> None:
        self._objects, self._uses, self._limit = objects, uses, limit
        self.steps: list[tuple[int, markov.Box]] = []
        self._scan: list[int] = []  # the wire on each strand
        self._drawn = 0
        self._structure: dict[tuple[Any, ...], markov.Box] = {}  # a new box for each layer takes most of the time

    def start(self, wires: Sequence[int]) -> None:
        """Begin with the inputs of the diagram."""
        self._scan.extend(wires)
        self._share(0, wires)

    def apply(self, box: markov.Box, arguments: Sequence[int], outputs: Sequence[int]) -> None:
        """Bring the arguments side by side, to the right of the first argument, and put a box on them."""
        start = self._scan.index(arguments[0]) if arguments else len(self._scan)
        for j, wire in enumerate(arguments[1:], start=1):
            try:
                at = self._scan.index(wire, start + j)
            except ValueError:
                at, start = self._scan.index(wire, 0, start), start - 1
            self._move(at, start + j)
        self._put(start, box, outputs)
        self._share(start, outputs)

    def arrange(self, outputs: Sequence[int]) -> None:
        """Bring the strands into the order of the outputs."""
        for i, wire in enumerate(outputs):
            self._move(self._scan.index(wire, i), i)

    def _put(self, position: int, box: markov.Box, wires: Sequence[int]) -> None:
        self._drawn += len(self._scan)
        if self._limit is not None and self._drawn > self._limit:
            raise LimitExceeded(f"to draw the graph takes more than {self._limit:,} wires in all layers together")
        self.steps.append((position, box))
        self._scan[position : position + len(box.dom)] = wires

    def _share(self, position: int, wires: Sequence[int]) -> None:
        """Copy each of these neighbouring wires as often as ports read it."""
        for wire in wires:
            uses = self._uses[wire]
            if uses != 1:
                self._put(position, self._copy(self._objects[wire], uses), [wire] * uses)
            position += uses

    def _move(self, source: int, target: int) -> None:
        step = 1 if target > source else -1
        for here in range(source, target, step):
            a = min(here, here + step)
            left, right = self._scan[a], self._scan[a + 1]
            self._put(a, self._swap(self._objects[left], self._objects[right]), [right, left])

    def _copy(self, ob: cat.Ob, n: int) -> markov.Box:
        key = type(ob), ob, n
        if key not in self._structure:
            self._structure[key] = markov.Copy(Ty(ob), n)
        return self._structure[key]

    def _swap(self, left: cat.Ob, right: cat.Ob) -> markov.Box:
        key = type(left), left, type(right), right
        if key not in self._structure:
            self._structure[key] = markov.Swap(Ty(left), Ty(right))
        return self._structure[key]
