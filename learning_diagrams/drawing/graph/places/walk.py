"""The sides of an equation as walks in the graph of boxes, where they are walks.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> [box.name for box in walk_of(PortGraph.from_diagram(f >> g))]
['f', 'g']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.reading import Reading

Walk = tuple[markov.Box, ...]
MOST = 16  # threads of a side; where there are more, its equation is no face


def walk_of(graph: PortGraph) -> Walk | None:
    """The boxes of a graph that ends in one wire, one behind the other; None for another graph.

    The first box may read one input of several, or none.
    """
    threads = threads_of(graph)
    return threads[0][0] if len(threads) == 1 and all(len(box.dom) < 2 for box in threads[0][0]) else None


def threads_of(graph: PortGraph) -> list[tuple[Walk, str | None]]:
    """The walks through a graph that ends in one wire, each with the object where it starts; None where it starts at I.

    At a box with several inputs a thread takes one of them. Each other one must be data, or lie on the thread, or come
    through the same boxes as the thread does, from a column beside its own.
    """
    applications = list(graph.applications())
    if len(graph.cod) != 1 or any(len(wires) != 1 for _, _, wires in applications):
        return []
    origins = {wires[0]: (box, arguments) for box, arguments, wires in applications}
    threads, waiting = list[list[int]](), [[graph.outputs[0]]]
    while waiting:
        thread = waiting.pop()
        while (inputs := origins[thread[-1]][1] if thread[-1] in origins else ()) and len(inputs) == 1:
            thread.append(inputs[0])
        waiting += [[*thread, wire] for wire in reversed(dict.fromkeys(inputs))]
        if not inputs:
            threads.append(thread)
        if len(waiting) + len(threads) > MOST:
            return []
    types = [ob.name for ob in graph.dom.inside]
    boxes = [tuple(origins[wire][0] for wire in reversed(thread) if wire in origins) for thread in threads]
    return [
        (walk, types[thread[-1]] if thread[-1] < len(types) else None)
        for thread, walk in zip(threads, boxes, strict=True)
        if (walk or len(types) == 1) and _is_all(thread, origins)
    ]


def _is_all(thread: Sequence[int], origins: Mapping[int, tuple[markov.Box, tuple[int, ...]]]) -> bool:
    """Whether a graph is a thread, and beside it only data and copies of what leads to a box with several inputs."""
    told = set(thread)
    for place, wire in enumerate(thread[:-1]):
        for beside in {*origins[wire][1]} - {*thread}:
            mine = list(thread[place + 1 :])
            other = [beside]
            while len(inputs := origins[other[-1]][1] if other[-1] in origins else ()) == 1:
                other.append(inputs[0])
            pairs = [[origins[end][0] for end in way if end in origins] for way in (mine, other)]
            same = len(pairs[0]) == len(pairs[1]) and all(map(_is_like, *pairs))
            if inputs or not (same or all(isinstance(box, Column) for box in pairs[1])):
                return False
            told.update(other)
    return origins.keys() <= told


def _is_like(box: markov.Box, other: markov.Box) -> bool:
    columns = isinstance(box, Column) and isinstance(other, Column)
    return box == other or (columns and (box.dom, box.cod) == (other.dom, other.cod))


def key_of(box: markov.Box) -> str:
    """The key of the node that is the plate of a box; no name of an object is such a key."""
    return f"\0{box.name}"


@dataclass(frozen=True)
class Boundary:
    """Two walks that end together, without what both begin with; what both end with is a part of both.

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
        threads = [[_begun(*thread) for thread in threads_of(normalise(graph))] for graph in reading.composite_graphs]
        pairs = [pair for pair in product(*threads) if len(source.dom) == 1 or (pair[0][0] and pair[1][0])]
        if not pairs:
            return None
        (lhs, start), (rhs, other) = min(pairs, key=lambda pair: pair[0][1] != pair[1][1])
        if start != other:
            return cls((), lhs, rhs, start, other)
        first = 0
        while first < min(len(lhs), len(rhs)) and _is_shared(lhs[first], rhs[first]) and is_deterministic(lhs[first]):
            first += 1
        start = lhs[first - 1].cod.inside[0].name if first else start
        return cls(lhs[:first], lhs[first:], rhs[first:], start, start) if lhs != rhs else None

    @property
    def is_closed(self) -> bool:
        """Whether a side is an identity, so that the other one is a closed walk."""
        return not (self.lhs and self.rhs)

    @property
    def is_simple(self) -> bool:
        """Whether it comes to no node twice, but for the start of a closed walk, and applies nothing of `before` again.

        Then the sides share no arrow, and their arrows in a graph are those of no other equation.
        """
        keys = [*self.keys(self.lhs)[1:], *self.keys(self.rhs)[1 : -1 if self.rhs and self.lhs else None]]
        is_new = self.is_closed or not {self.start, self.other} & {*keys}
        return len(set(keys)) == len(keys) and is_new and not {*self.before} & {*self.lhs, *self.rhs}

    @property
    def is_square(self) -> bool:
        """Whether it is two arrows against two."""
        return self.start == self.other and len(self.lhs) == len(self.rhs) == 2 and self.is_plain

    @property
    def is_plain(self) -> bool:
        """Whether no box has several inputs."""
        return all(len(box.dom) < 2 for box in (*self.lhs, *self.rhs))

    def keys(self, side: Walk) -> list[str]:
        """The keys of the nodes of a side, in order. A box with several inputs is a node before its output."""
        return [self.start if side is self.lhs else self.other, *(key for _, _, key in self.steps(side))]

    def steps(self, side: Walk) -> list[tuple[markov.Box, str, str]]:
        """The arrows and strands of a side, each with the keys of its ends."""
        here, steps = self.start if side is self.lhs else self.other, list[tuple[markov.Box, str, str]]()
        for box in side:
            for key in (*[key_of(box)] * (len(box.dom) > 1), box.cod.inside[0].name):
                steps.append((box, here, key))
                here = key
        return steps


def _is_shared(box: markov.Box, other: markov.Box) -> bool:
    """Whether two boxes at one place of two walks are one arrow; a box with several inputs may read other ones."""
    return box == other and len(box.dom) < 2


def _begun(side: Walk, start: str | None) -> tuple[Walk, str]:
    """A walk, and the key of the node where it starts. The state of a sample space is the sample space itself."""
    if start is not None:
        return side, start
    return (side[1:], side[0].cod.inside[0].name) if isinstance(side[0], State) else (side, key_of(side[0]))
