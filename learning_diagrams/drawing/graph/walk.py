"""The sides of an equation as walks in the graph of boxes, where they are walks.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> [box.name for box in walk_of(PortGraph.from_diagram(f >> g))]
['f', 'g']
"""

from __future__ import annotations

from dataclasses import dataclass

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.reading import Reading

Walk = tuple[markov.Box, ...]


def walk_of(graph: PortGraph) -> Walk | None:
    """The boxes of a graph that ends in one wire, one behind the other; None for another graph.

    The first box may read one input of several, or none.
    """
    if len(graph.cod) != 1:
        return None
    wire = 0
    for i, (_, arguments, wires) in enumerate(graph.applications()):
        begins = i == 0 and (not arguments or arguments[0] < len(graph.dom))
        if len(wires) != 1 or len(arguments) > 1 or not (begins or arguments == (wire,)):
            return None
        wire = wires[0]
    return graph.boxes if graph.outputs == (wire,) and (graph.boxes or len(graph.dom) == 1) else None


def key_of(box: markov.Box) -> str:
    """The key of the node that is the plate of a box; no name of an object is such a key."""
    return f"\0{box.name}"


@dataclass(frozen=True)
class Boundary:
    """Two walks that end together, without what both begin or end with.

    Parameters
    ----------
    before : the boxes with which both walks begin.
    lhs, rhs : the walks between, prediction and reference; at most one of the two is empty.
    start : str, the key of the node where `lhs` starts: an object, a sample space, or the plate of a box from I.
    other : str, the key of the node where `rhs` starts.
    """

    before: Walk
    lhs: Walk
    rhs: Walk
    start: str
    other: str

    @classmethod
    def of(cls, reading: Reading) -> Boundary | None:
        """The boundary of an equation; None where a side is no walk, or draws before the sides part."""
        if not all(map(is_deterministic, reading.source_form.boxes)):
            return None
        source = reading.source_form
        lhs, rhs = (walk_of(normalise(graph)) for graph in reading.composite_graphs)
        if lhs is None or rhs is None or not (len(source.dom) == 1 or (lhs and rhs)):
            return None
        (lhs, start), (rhs, other) = (_begun(side, source) for side in (lhs, rhs))
        if start != other:
            return cls((), lhs, rhs, start, other)
        first = 0
        while first < min(len(lhs), len(rhs)) and lhs[first] == rhs[first] and is_deterministic(lhs[first]):
            first += 1
        last = 0
        while last < min(len(lhs), len(rhs)) - first and lhs[-1 - last] == rhs[-1 - last] and len(lhs) - last > first:
            last += 1
        before, ends = lhs[:first], (len(lhs) - last, len(rhs) - last)
        start = before[-1].cod.inside[0].name if before else start
        boundary = cls(before, lhs[first : ends[0]], rhs[first : ends[1]], start, start)
        return boundary if boundary.lhs or boundary.rhs else None

    @property
    def is_closed(self) -> bool:
        """Whether a side is an identity, so that the other one is a closed walk."""
        return not (self.lhs and self.rhs)

    @property
    def is_simple(self) -> bool:
        """Whether it comes to no node twice, but for the start of a closed walk."""
        keys = [*self.keys(self.lhs)[1:], *self.keys(self.rhs)[1:-1 if self.rhs and self.lhs else None]]
        return len(set(keys)) == len(keys) and (self.is_closed or self.start not in keys)

    def keys(self, side: Walk) -> list[str]:
        """The keys of the nodes of a side, in order."""
        return [self.start if side is self.lhs else self.other, *(box.cod.inside[0].name for box in side)]


def _begun(side: Walk, source: PortGraph) -> tuple[Walk, str]:
    """A walk, and the key of the node where it starts. The state of a sample space is the sample space itself."""
    if side and isinstance(side[0], State):
        return side[1:], side[0].cod.inside[0].name
    if side and not side[0].dom:
        return side, key_of(side[0])
    return side, (side[0].dom if side else source.dom).inside[0].name
