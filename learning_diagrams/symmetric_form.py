"""The form of a diagram of the free symmetric monoidal category: numbers that are equal exactly for equal diagrams.

Each wire joins one port to one port, so a walk from the boundary that follows ports both ways is fixed by the shape of
the diagram. What it does not reach are closed components, diagrams I → I that are counted: each is written from the box
that gives the least list, among the boxes of its rarest label. Where two boxes give the same list, a symmetry of the
component takes one to the other, and of boxes that known symmetries join, one is tried.

>>> from learning_diagrams.box import Box, Ty
>>> x = Ty("x")
>>> start, end = Box("start", Ty(), x), Box("end", x, Ty())
>>> from learning_diagrams.normal_form import LabelTable
>>> form = symmetric_form(PortGraph.from_diagram(start >> end), LabelTable())
>>> len(form[0]), len(form[1])
(0, 1)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from learning_diagrams.normal_form import LabelTable
from learning_diagrams.port_graph import PortGraph

Form = tuple[list[int], list[list[int]]]


def symmetric_form(graph: PortGraph, labels: LabelTable) -> Form:
    """What the boundary reaches, and the closed components in order.

    Linear in boxes and wires, but for closed components that have neither a symmetry nor a rare label.

    labels : gives each generator its number; two forms are compared under one table.
    """
    ports = _Ports(graph, labels)
    start = [ports.user[w] for w in range(len(graph.dom))] + [ports.maker[w] for w in graph.outputs]
    reached: list[int] = []
    form = _walk(ports, start, reached)
    left = [True] * len(graph.boxes)
    for box in reached:
        left[box] = False
    closed = []
    for box in range(len(graph.boxes)):
        if left[box]:
            component: list[int] = []
            _walk(ports, [(box, 0)], component)
            for member in component:
                left[member] = False
            closed.append(_least(ports, component))
    closed.sort()
    return form, closed


class _Ports:
    """The two ends of each wire, and the wires of each box.

    Attributes
    ----------
    maker, user : for each wire the box and port at its ends; −1 − k stands for input or output k of the whole.
    """

    def __init__(self, graph: PortGraph, labels: LabelTable) -> None:
        self.graph = graph
        self.numbers = [labels.number(box) for box in graph.boxes]
        self.maker = [(-1 - k, 0) for k in range(len(graph.dom))]
        self.made: list[range] = []
        for i, box in enumerate(graph.boxes):
            self.made.append(range(len(self.maker), len(self.maker) + len(box.cod)))
            self.maker += [(i, port) for port in range(len(box.cod))]
        self.user: list[tuple[int, int]] = [(0, 0)] * len(self.maker)
        for k, wire in enumerate(graph.outputs):
            self.user[wire] = (-1 - k, 0)
        for i, arguments in enumerate(graph.arguments):
            for port, wire in enumerate(arguments):
                self.user[wire] = (i, port)


def _walk(
    ports: _Ports, start: Sequence[tuple[int, int]], order: list[int], least: list[int] | None = None
) -> list[int]:
    """The list of numbers of a walk; it stops early where it is greater than the least one so far.

    order : filled with the boxes as they are reached.
    """
    form: list[int] = []
    index: dict[int, int] = {}
    maker, user, arguments = ports.maker, ports.user, ports.graph.arguments
    compared = 0

    def refer(ends: Sequence[tuple[int, int]]) -> None:
        for box, port in ends:
            if box >= 0:
                if box not in index:
                    index[box] = len(order)
                    order.append(box)
                box = index[box]
            form.append(box)
            form.append(port)

    refer(start)
    for box in order:  # it grows while it is read
        form.append(ports.numbers[box])
        refer([maker[wire] for wire in arguments[box]])
        refer([user[wire] for wire in ports.made[box]])
        if least is not None:
            new, known = form[compared:], least[compared : len(form)]
            if new > known:
                return form
            least = least if new == known else None
            compared = len(form)
    return form


def _least(ports: _Ports, component: list[int]) -> list[int]:
    """The least list of a closed component."""
    count = Counter(ports.numbers[box] for box in component)
    rarest = min(count, key=lambda number: (count[number], number))
    roots = [box for box in component if ports.numbers[box] == rarest]
    joined = {box: box for box in component}  # boxes of one orbit of the symmetries that are known, as a union–find

    def find(box: int) -> int:
        while joined[box] != box:
            joined[box] = box = joined[joined[box]]
        return box

    least: list[int] | None = None
    at: list[int] = []
    tried: list[int] = []
    orbits: set[int] = set()
    for root in roots:
        if find(root) in orbits:
            continue
        order: list[int] = []
        form = _walk(ports, [(root, 0)], order, least)
        tried.append(root)
        orbits.add(find(root))
        if form == least:
            for here, there in zip(at, order, strict=True):
                joined[find(here)] = find(there)
            orbits = {find(other) for other in tried}
        elif least is None or form < least:
            least, at = form, order
    assert least is not None, "a component has a box"
    return least
