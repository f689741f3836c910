"""The form of a diagram of the free symmetric monoidal category: lists that are equal exactly for equal diagrams.

Each wire joins two ports, so the shape of the diagram fixes a walk from the boundary that follows ports both ways. The
rest of the diagram consists of closed components, diagrams I → I, which are counted. The form of a component starts at
the box with the least list, among the boxes of its rarest label. Where two boxes have the same list, a symmetry of the
component exchanges them. Of the boxes that known symmetries join, the search tries a single box.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> start, end = Box("start", Ty(), x), Box("end", x, Ty())
>>> symmetric_normal_form(PortGraph.from_diagram(start >> end), LabelTable())
([], [[0, 0, 1, 0]])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire

Form = tuple[list[int], list[list[int]]]


def symmetric_normal_form(graph: PortGraph, labels: LabelTable, spend: Callable[[int], None] | None = None) -> Form:
    """The form of the part at the boundary, and the sorted forms of the closed components.

    Time is linear in boxes and wires, except for closed components without a symmetry and without a rare label.

    labels : LabelTable, the number of each generator. Compare two forms under the same table.
    spend : function that is told the length of each walk through a closed component, and may raise.
    """
    net = Net(graph, [labels.number(box) for box in graph.boxes])
    form, components = net.components()
    return form, sorted(_least(net, component, spend) for component in components)


class Net:
    """A graph in which each wire has two ends, so that a walk can follow the wire both ways.

    numbers : list of int, for each box the number of its label.
    outputs_of : list of ranges, for each box its output wires.
    maker, user : lists of int, for each wire the box at its start and at its end; −1 for the boundary.
    """

    def __init__(self, graph: PortGraph, numbers: list[int]) -> None:
        self.numbers, self.arguments = numbers, graph.arguments
        self.inputs, self.outputs = range(len(graph.dom)), graph.outputs
        self.outputs_of = [outputs for _, _, outputs in graph.applications()]
        self.maker = [-1] * len(graph.dom)
        for i, outputs in enumerate(self.outputs_of):
            self.maker += [i] * len(outputs)
        self.user = [-1] * len(self.maker)
        for i, arguments in enumerate(graph.arguments):
            for wire in arguments:
                self.user[wire] = i

    def components(self) -> Form:
        """The form of the part at the boundary, and the boxes of each closed component."""
        reached: list[int] = []
        form = _walk(self, reached)
        closed, seen = [], set(reached)
        for box in range(len(self.numbers)):
            if box not in seen:
                component = [box]
                _walk(self, component)
                seen.update(component)
                closed.append(component)
        return form, closed


def _walk(net: Net, order: list[int], least: list[int] | None = None) -> list[int]:
    """The wires of the boundary, then each box with its label and its wires, numbered in the order of the walk.

    order : list of int, the box at the start of the walk, or empty for the boundary. The walk appends each box it
        reaches.
    least : list of int, the least list so far. The walk stops where its own list is greater.
    """
    form: list[int] = []
    place: dict[Wire, int] = {}
    seen = set(order)
    numbers, arguments, outputs_of, maker, user = net.numbers, net.arguments, net.outputs_of, net.maker, net.user
    compared = 0

    def refer(wires: Sequence[Wire], end: list[int]) -> None:
        for wire in wires:
            number = place.get(wire)
            if number is None:
                number = place[wire] = len(place)
                box = end[wire]
                if box >= 0 and box not in seen:
                    seen.add(box)
                    order.append(box)
            form.append(number)

    if not order:
        refer(net.inputs, user)
        refer(net.outputs, maker)
    for box in order:  # the list grows while the loop reads it
        form.append(numbers[box])
        refer(arguments[box], maker)
        refer(outputs_of[box], user)
        if least is not None:
            new, known = form[compared:], least[compared : len(form)]
            if new > known:
                return form
            least = least if new == known else None
            compared = len(form)
    return form


def _least(net: Net, component: list[int], spend: Callable[[int], None] | None) -> list[int]:
    """The least list of a closed component."""
    roots = rarest(net, component)
    joined = {box: box for box in component}  # union–find over the orbits of the known symmetries

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
        order = [root]
        form = _walk(net, order, least)
        if spend is not None:
            spend(len(form))
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


def rarest(net: Net, component: list[int]) -> list[int]:
    """The boxes of a component that have its rarest label."""
    count = Counter(net.numbers[box] for box in component)
    least = min(count, key=lambda number: (count[number], number))
    return [box for box in component if net.numbers[box] == least]
