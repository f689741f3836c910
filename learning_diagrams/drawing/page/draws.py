"""Draws told apart: of several draws that a line of applications would write alike, the second one bears a prime.

`g(k(x), k(x))` is one draw that is used twice. `g(k(x), k(x)′)` is two draws. Equal texts are equal values: a function
of equal values is one value, and each application of a kernel is a value of its own. What `over` draws is drawn once
for both sides. A row of a sample space is a draw, too, and its columns bear its mark.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.diagrams.structure import Copy
>>> x, at = Ty("x"), SampleSpace("rows").column("at", Ty("x"))
>>> k, g = Kernel("k", x, x), Box("g", x @ x, x)
>>> told = Constraint("told", at >> Copy(x) >> k @ k >> g, at >> k >> Copy(x) >> g)
>>> [marks.boxes for marks in draw_marks(told)]
[('', '′', '″', ''), ('', '', '')]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.diagrams.symbol import Symbol, box_symbol
from learning_diagrams.presentation.constraint import Constraint

PRIMES = ("", "′", "″", "‴")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Marks:
    """What stands behind the inputs of a graph, and behind each of its applications; "" for nothing."""

    inputs: tuple[str, ...]
    boxes: tuple[str, ...]


def draw_marks(constraint: Constraint) -> tuple[Marks, Marks]:
    """The marks of prediction and reference, which the loss writes in one line, the reference first.

    Draws that would read alike are counted in the order of the line. Where the sides are compared in law, no draw of
    one side is a draw of the other side, and each side is counted by itself.
    """
    lhs, rhs = constraint.reading.composite_graphs
    shared = len(constraint.reading.written_source.boxes)  # these applications come first in both sides
    identities: dict[Any, int] = {}
    reference, prediction = (_Values(graph, side, shared, identities) for side, graph in (("rhs", rhs), ("lhs", lhs)))
    if constraint.tested == "in law":
        return _marks(prediction, _ranks([prediction])), _marks(reference, _ranks([reference]))
    ranks = _ranks([reference, prediction])
    return _marks(prediction, ranks), _marks(reference, ranks)


def mark(rank: int) -> str:
    """The mark of a draw by its rank among those that would read alike.

    >>> [mark(rank) for rank in (0, 1, 2, 3, 4, 12)]
    ['', '′', '″', '‴', '⁽⁴⁾', '⁽¹²⁾']
    """
    return PRIMES[rank] if rank < len(PRIMES) else f"⁽{str(rank).translate(_RAISED)}⁾"


class _Values:
    """The values of a side: its inputs and its applications, in this order, each with an identity.

    Attributes
    ----------
    identities : list of int, equal for equal values of both sides.
    alike : list, equal for the draws that would read alike; None for what is no draw.
    printed : list of the places of values that end in an output, in the order in which they are written.
    """

    def __init__(self, graph: PortGraph, side: str, shared: int, identities: dict[Any, int]) -> None:
        def identity(value: Any) -> int:
            return identities.setdefault(value, len(identities))

        self.graph, self.inputs = graph, len(graph.dom)
        self.identities = [identity(("input", i)) for i in range(self.inputs)]
        self.alike: list[Any] = [(Symbol("sample space", ob.name),) for ob in graph.dom.inside]
        self.owners = list(range(self.inputs))  # for each wire the place of its value
        wires = list(self.identities)
        for i, (box, arguments, outputs) in enumerate(graph.applications()):
            applied = box_symbol(box), *(wires[wire] for wire in arguments)
            drawn = not is_deterministic(box)
            own = (i, "" if i < shared else side) if drawn else ()
            self.identities.append(identity((applied, own)))
            self.alike.append(applied if drawn else None)
            self.owners += [self.inputs + i] * len(outputs)
            wires += [identity((self.identities[-1], "output", port)) for port in range(len(outputs))]
        self.printed = list(self._printed())
        self.draws = [place for place in self.printed if self.alike[place] is not None]
        self.counted = set(self._counted(shared))

    def arguments(self, place: int) -> Sequence[int]:
        """The places of the values to which a value is applied."""
        if place < self.inputs:
            return ()
        return [self.owners[wire] for wire in self.graph.arguments[place - self.inputs]]

    def _printed(self) -> Iterator[int]:
        seen: set[int] = set()
        waiting = [self.owners[wire] for wire in reversed(self.graph.outputs)]
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                yield place
                waiting += reversed(self.arguments(place))

    def _counted(self, shared: int) -> Iterator[int]:
        """The draws that are values: a draw that is only the end of a side stands for its distribution.

        Where a side has another draw that reads alike, an end is told apart from that draw.
        """
        used = {argument for place in self.printed for argument in self.arguments(place)}
        ends = Counter(self.graph.outputs)
        used |= {self.owners[wire] for wire, times in ends.items() if times > 1}
        alike = Counter(self.alike[place] for place in self.draws)
        for place in self.draws:
            if place < self.inputs + shared or place in used or alike[self.alike[place]] > 1:
                yield place


def _ranks(sides: Sequence[_Values]) -> dict[int, int]:
    """The rank of each counted draw among those that would read alike, by its identity."""
    ranks: dict[int, int] = {}
    numbers: Counter[Any] = Counter()
    for side in sides:
        for place in side.draws:
            if place in side.counted and side.identities[place] not in ranks:
                ranks[side.identities[place]] = numbers[side.alike[place]]
                numbers[side.alike[place]] += 1
    return ranks


def _marks(side: _Values, ranks: dict[int, int]) -> Marks:
    """The marks of a side; a column bears that of its row, for the row is not written."""
    marks = [""] * len(side.identities)
    for place in side.counted:
        marks[place] = mark(ranks[side.identities[place]])
    for i, box in enumerate(side.graph.boxes):
        if isinstance(box, Column):
            (row,) = side.arguments(side.inputs + i)
            marks[side.inputs + i] = marks[row]
    return Marks(tuple(marks[: side.inputs]), tuple(marks[side.inputs :]))
