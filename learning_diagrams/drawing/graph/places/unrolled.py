"""The unrolled graph: an object stands where a value is, so that a box which is applied twice is two arrows.

Values that equal boxes make of one value are one, and so are the ends of a constraint. Then values of different
constraints are joined along equal boxes, trained ones first, but never two values of one constraint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.diagrams.symbol import object_symbol
from learning_diagrams.drawing.elements.look import Looks, label_of, look_of
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import Boundary

Value = tuple[str, int]  # a constraint, and a wire of it
Web = tuple[dict[str, Node], list[Edge], dict[str, Boundary]]


@dataclass(frozen=True)
class Path(Boundary):
    """A boundary whose nodes are values: the keys of the nodes of both sides, in order."""

    ways: tuple[tuple[str, ...], tuple[str, ...]]

    def steps(self, side: tuple[markov.Box, ...]) -> list[tuple[markov.Box, str, str]]:
        way = self.ways[side is not self.lhs]
        return list(zip(side, way, way[1:], strict=False))


@dataclass
class _Values:
    """Which values are one, and of which constraints each is."""

    heads: dict[Value, Value] = field(default_factory=dict)
    owners: dict[Value, set[str]] = field(default_factory=dict)

    def head(self, value: Value) -> Value:
        while (above := self.heads.setdefault(value, value)) != value:
            value = above
        self.owners.setdefault(value, {value[0]})
        return value

    def join(self, first: Value, second: Value, strict: bool) -> bool:
        """Make two values one; where it is strict, only if no constraint has both."""
        a, b = sorted((self.head(first), self.head(second)))
        if a == b or (strict and self.owners[a] & self.owners[b]):
            return False
        self.heads[b] = a
        self.owners[a] |= self.owners[b]
        return True


@dataclass(frozen=True)
class _Application:
    box: markov.Box
    argument: Value
    value: Value
    is_source: bool


def unroll(joints: Mapping[str, tuple[PortGraph, int]], looks: Looks, spaces: set[str]) -> Web:
    """Nodes, edges, and the boundaries of the constraints of which both sides are walks.

    joints : for each constraint the graph of source and both sides, and how many of its boxes are those of the source.
    """
    joints = {name: joint for name, joint in joints.items() if _is_thin(joint[0])}
    values, names = _Values(), dict[Value, str]()
    applications: list[_Application] = []
    roots: dict[str, Value] = {}
    for name, (graph, count) in joints.items():
        for wire, ob in enumerate(graph.dom.inside):
            values.join(roots.setdefault(ob.name, (name, wire)), (name, wire), strict=False)
            names[name, wire] = ob.name
        for i, (box, arguments, wires) in enumerate(_needed(graph)):
            value, is_state = (name, wires[0]), isinstance(box, State)
            names[value] = box.cod.inside[0].name
            if is_state:
                values.join(roots.setdefault(names[value], value), value, strict=False)
            elif arguments:
                applications.append(_Application(box, (name, arguments[0]), value, i < count))
        first, second = graph.outputs
        values.join((name, first), (name, second), strict=False)
    _close(applications, values, looks)
    keys, objects = dict[Value, str](), dict[str, list[Value]]()
    for value in names:
        if (head := values.head(value)) not in keys:
            copies = objects.setdefault(names[value], [])
            keys[head] = names[value] + f"\1{len(copies)}" * bool(copies)
            copies.append(head)
    key = {value: keys[values.head(value)] for value in names}
    edges: dict[tuple[markov.Box, str, str], Edge] = {}
    for application in applications:
        ends = key[application.argument], key[application.value]
        edge = edges.get((application.box, *ends))
        dotted = application.is_source and (edge is None or edge.dotted)
        edges[application.box, *ends] = Edge(application.box, *ends, look_of(application.box, looks), dotted=dotted)
    symbols = {ob.name: object_symbol(ob) for a in applications for ob in (*a.box.dom.inside, *a.box.cod.inside)}
    nodes = {k: Node(label_of(symbols[n], looks), n in spaces) for k in key.values() if (n := k.partition("\1")[0])}
    paths = {name: _path(name, graph, key) for name, (graph, _) in joints.items()}
    return nodes, list(edges.values()), {name: path for name, path in paths.items() if path}


def _is_thin(graph: PortGraph) -> bool:
    """Whether each box has one output and at most one input, and no sample space gives two rows."""
    drawn = [box.cod.inside[0].name for box in graph.boxes if isinstance(box, State)]
    rows = [*(ob.name for ob in graph.dom.inside), *drawn]
    begins = all(len(box.dom) == 1 or isinstance(box, State) for box in graph.boxes)
    thin = begins and all(len(box.cod) == 1 for box in graph.boxes) and len(graph.outputs) == 2
    return thin and len({*rows}) == len(rows) > 0


def _needed(graph: PortGraph) -> Iterator[tuple[markov.Box, tuple[int, ...], tuple[int, ...]]]:
    """The applications of a graph that lead to its outputs."""
    applications, needed = [(b, tuple(a), tuple(w)) for b, a, w in graph.applications()], {*graph.outputs}
    for _, arguments, wires in reversed(applications):
        needed |= {*arguments} if needed & {*wires} else set()
    return (application for application in applications if needed & {*application[2]})


def _close(applications: Sequence[_Application], values: _Values, looks: Looks) -> None:
    """Make values one: what a function makes of one value, and what equal boxes make in different constraints."""
    order = sorted(applications, key=lambda a: (look_of(a.box, looks).training != "trained", a.box.name))
    pairs = [(a, b) for a, b in combinations(order, 2) if a.box == b.box]
    while True:
        same = [
            values.join(a.value, b.value, strict=not is_deterministic(a.box))
            for a, b in pairs
            if values.head(a.argument) == values.head(b.argument)
        ]
        if any(same):
            continue
        for a, b in pairs:
            ends = [(values.head(a.argument), values.head(b.argument)), (values.head(a.value), values.head(b.value))]
            if all(x == y or not values.owners[x] & values.owners[y] for x, y in ends) and any(x != y for x, y in ends):
                for x, y in ends:
                    values.join(x, y, strict=False)
                break
        else:
            return


def _path(name: str, graph: PortGraph, keys: Mapping[Value, str]) -> Path | None:
    """The two sides from where they part to their end; None where they do not part."""
    origins = {wires[0]: (box, arguments) for box, arguments, wires in _needed(graph)}
    sides = []
    for end in graph.outputs:
        wires, boxes = [end], list[markov.Box]()
        while wires[-1] in origins and origins[wires[-1]][1]:
            boxes.append(origins[wires[-1]][0])
            wires.append(origins[wires[-1]][1][0])
        sides.append((boxes[::-1], [keys[name, wire] for wire in wires[::-1]]))
    (lhs, way), (rhs, other) = sides
    first = 0
    for box, alike in zip(lhs, rhs, strict=False):
        if box != alike or way[first + 1] != other[first + 1] or way[0] != other[0] or not is_deterministic(box):
            break
        first += 1
    lhs, rhs, ways = lhs[first:], rhs[first:], (tuple(way[first:]), tuple(other[first:]))
    return Path((), tuple(lhs), tuple(rhs), ways[0][0], ways[1][0], ways) if lhs or rhs else None
