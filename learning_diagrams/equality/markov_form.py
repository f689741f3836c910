"""The form of a diagram of the free Markov category: numbers that are equal exactly for equal diagrams.

Equal deterministic applications are made one, and a backward walk from the outputs writes down what it reaches. It says
the same as `normal_form` and makes no graph, so that comparing is as quick as reading.

>>> from learning_diagrams.diagrams.structure import Copy, Discard
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.label import LabelTable
>>> x, labels = Ty("x"), LabelTable()
>>> k = Kernel("k", x, x)
>>> for diagram in (k >> Copy(x), Copy(x) >> k @ k, Copy(x) >> k @ Discard(x)):
...     print(markov_normal_form(PortGraph.from_diagram(diagram), labels, lambda box: False))
[0, 0, 0, -1]
[0, 1, 0, -1, 0, -1]
[0, 0, -1]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from discopy import markov

from learning_diagrams.diagrams.label import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph


def markov_normal_form(graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> list[int]:
    """A diagram as the wires of its outputs, then each box that they need: its label and the wires of its arguments.

    Inputs are −1, −2, …; the outputs of boxes count from 0 in the order in which the boxes are reached. Time is linear
    in boxes and wires.

    labels : gives each generator its number; two forms are compared under one table.
    """
    known: dict[int, tuple[int, bool, int]] = {}
    seen: dict[tuple[int, ...], int] = {}
    numbers, first, arguments = [], [], []
    wire = len(graph.dom)
    maker = [-1 - i for i in range(wire)]  # which box has made a wire; inputs are negative numbers
    representative = list(range(wire))
    merged = False
    for i, box in enumerate(graph.boxes):
        about = known.get(id(box))
        if about is None:
            about = known[id(box)] = labels.number(box), deterministic(box), len(box.cod)
        number, shared, width = about
        given = graph.arguments[i]
        if merged:
            given = tuple([representative[w] for w in given])
        numbers.append(number)
        first.append(wire)
        arguments.append(given)
        maker += [i] * width
        start = seen.setdefault((number, *given), wire) if shared else wire
        merged = merged or start != wire
        representative += range(start, start + width)
        wire += width
    first.append(wire)
    form: list[int] = []
    order: list[int] = []
    shift = [0] * len(numbers)  # from the wires of a box to their numbers in the form
    reached = bytearray(len(numbers))
    count = 0

    def refer(wires: Iterable[int]) -> None:
        nonlocal count
        for w in wires:
            box = maker[w]
            if box < 0:
                form.append(box)
                continue
            if not reached[box]:
                reached[box] = 1
                shift[box] = count - first[box]
                count += first[box + 1] - first[box]
                order.append(box)
            form.append(w + shift[box])

    refer([representative[w] for w in graph.outputs])
    for box in order:  # it grows while it is read
        form.append(numbers[box])
        refer(arguments[box])
    return form
