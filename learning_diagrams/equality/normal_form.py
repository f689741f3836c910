"""The normal form of a Markov diagram, as a port graph, and its form as a list of numbers, which is quicker to compare.

Three linear passes make the normal form. The first merges deterministic boxes with equal label and arguments. The
second drops boxes that no output needs. The third numbers the rest by a backward walk from the outputs. Two diagrams of
the free Markov category with some deterministic generators are equal if and only if their normal forms are equal.

>>> from learning_diagrams import Box, Copy, Discard, Kernel, Ty
>>> x, labels = Ty("x"), LabelTable()
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> for diagram in (Copy(x) >> f @ f, Copy(x) >> k @ k):
...     print(normalise(PortGraph.from_diagram(diagram)).arguments)
((0,),)
((0,), (0,))
>>> for diagram in (k >> Copy(x), Copy(x) >> k @ k, Copy(x) >> k @ Discard(x)):
...     print(markov_normal_form(PortGraph.from_diagram(diagram), labels, is_deterministic))
[0, 0, 0, -1]
[0, 1, 0, -1, 0, -1]
[0, 0, -1]

Source: Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for the category; the normal
form by hash-consing and backward numbering is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire


def normalise(graph: PortGraph, deterministic: Callable[[markov.Box], bool] = is_deterministic) -> PortGraph:
    """The normal form, in linear time; `deterministic` tells of a box whether it commutes with copying."""
    merged = _MergedGraph(graph, LabelTable(), deterministic)
    order, renumbered = _walk(merged, len(graph.dom))
    return PortGraph(
        graph.dom,
        graph.cod,
        tuple(graph.boxes[i] for i in order),
        tuple(tuple(renumbered[wire] for wire in merged.arguments[i]) for i in order),
        tuple(renumbered[wire] for wire in merged.outputs),
    )


def markov_normal_form(graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> list[int]:
    """The wires of the outputs, then each box that the outputs need: its label and the wires of its arguments.

    Inputs are −1, −2, …. The outputs of boxes count from 0 in the order of the walk. Time is linear in boxes and wires.

    labels : LabelTable, the number of each generator. Compare two forms under the same table.
    """
    merged = _MergedGraph(graph, labels, deterministic)
    form: list[int] = []
    order: list[int] = []
    shift = [0] * len(merged.numbers)  # from the wires of a box to their numbers in the form
    reached = bytearray(len(merged.numbers))
    maker, first = merged.maker, merged.first
    count = 0

    def refer(wires: Iterable[int]) -> None:
        nonlocal count
        for wire in wires:
            box = maker[wire]
            if box < 0:
                form.append(box)
                continue
            if not reached[box]:
                reached[box] = 1
                shift[box] = count - first[box]
                count += first[box + 1] - first[box]
                order.append(box)
            form.append(wire + shift[box])

    refer(merged.outputs)
    for box in order:  # the list grows while the loop reads it
        form.append(merged.numbers[box])
        refer(merged.arguments[box])
    return form


class _MergedGraph:
    """A graph with equal deterministic applications merged, because they give equal wires.

    numbers : for each application the number of its label.
    first : for each application its first output wire; last, the count of all wires.
    arguments, outputs : wires of merged applications.
    maker : for each wire the application that makes the wire; the inputs are −1, −2, ….
    """

    def __init__(self, graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> None:
        known: dict[int, tuple[int, bool, int]] = {}
        seen: dict[tuple[int, ...], int] = {}
        wire = len(graph.dom)
        self.numbers: list[int] = []
        self.first: list[int] = [wire]
        self.arguments: list[tuple[int, ...]] = []
        self.maker = [-1 - i for i in range(wire)]
        representative = list(range(wire))
        for i, (box, arguments) in enumerate(zip(graph.boxes, graph.arguments, strict=True)):
            about = known.get(id(box))
            if about is None:
                about = known[id(box)] = labels.number(box), deterministic(box), len(box.cod)
            number, shared, width = about
            arguments = tuple([representative[w] for w in arguments])
            self.numbers.append(number)
            self.arguments.append(arguments)
            self.maker += [i] * width
            start = seen.setdefault((number, *arguments), wire) if shared else wire
            representative += range(start, start + width)
            wire += width
            self.first.append(wire)
        self.outputs = [representative[w] for w in graph.outputs]


def _walk(merged: _MergedGraph, inputs: int) -> tuple[list[int], dict[Wire, Wire]]:
    """The boxes that the outputs need, in the order of a backward walk, arguments first; and their new wires."""
    maker, arguments = merged.maker, merged.arguments
    renumbered: dict[Wire, Wire] = {wire: wire for wire in range(inputs)}
    order: list[int] = []
    entered: set[int] = set()
    for output in merged.outputs:
        stack = [(maker[output], 0)]
        while stack:
            box, port = stack.pop()
            if box < 0 or (port == 0 and box in entered):
                continue
            entered.add(box)
            if port < len(arguments[box]):
                stack.append((box, port + 1))
                stack.append((maker[arguments[box][port]], 0))
                continue
            order.append(box)
            for wire in range(merged.first[box], merged.first[box + 1]):
                renumbered[wire] = len(renumbered)
    return order, renumbered
