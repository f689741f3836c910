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
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.reading import Reading

Walk = tuple[markov.Box, ...]


def walk_of(graph: PortGraph) -> Walk | None:
    """The boxes of a graph from one wire to one wire, one behind the other; None for another graph."""
    if len(graph.dom) != 1 or len(graph.cod) != 1:
        return None
    wire = 0
    for _, arguments, wires in graph.applications():
        if arguments != (wire,) or len(wires) != 1:
            return None
        wire = wires[0]
    return graph.boxes if graph.outputs == (wire,) else None


@dataclass(frozen=True)
class Boundary:
    """Two parallel walks without what both begin or end with.

    Parameters
    ----------
    before : the boxes with which both walks begin.
    lhs, rhs : the walks between, prediction and reference; at most one of the two is empty.
    start : str, the name of the object or sample space where they start.
    """

    before: Walk
    lhs: Walk
    rhs: Walk
    start: str

    @classmethod
    def of(cls, reading: Reading) -> Boundary | None:
        """The boundary of an equation; None where a side is no walk, or draws before the sides part."""
        if not all(map(is_deterministic, reading.source_form.boxes)):
            return None
        source = reading.source_form
        lhs, rhs = (walk_of(normalise(graph)) for graph in reading.composite_graphs)
        if lhs is None or rhs is None or len(source.dom) != 1:
            return None
        first = 0
        while first < min(len(lhs), len(rhs)) and lhs[first] == rhs[first] and is_deterministic(lhs[first]):
            first += 1
        last = 0
        while last < min(len(lhs), len(rhs)) - first and lhs[-1 - last] == rhs[-1 - last] and len(lhs) - last > first:
            last += 1
        before, ends = lhs[:first], (len(lhs) - last, len(rhs) - last)
        start = (before[-1].cod if before else source.dom).inside[0].name
        boundary = cls(before, lhs[first : ends[0]], rhs[first : ends[1]], start)
        return boundary if boundary.lhs or boundary.rhs else None
