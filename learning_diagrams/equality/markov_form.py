"""The form of a diagram of the free Markov category: a list of numbers that is equal exactly for equal diagrams.

Equal deterministic applications are merged, and a backward walk from the outputs writes each application that the walk
reaches. The form carries the same information as `normal_form` without a graph, so that comparing is as quick as
reading.

>>> from learning_diagrams.diagrams.structure import Copy, Discard
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.labels import LabelTable
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

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.merged_graph import MergedGraph


def markov_normal_form(graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> list[int]:
    """The wires of the outputs, then each box that the outputs need: its label and the wires of its arguments.

    Inputs are −1, −2, …. The outputs of boxes count from 0 in the order of the walk. Time is linear in boxes and wires.

    Parameters
    ----------
    labels : LabelTable, the number of each generator. Compare two forms under the same table.
    deterministic : function from box to bool, true for boxes that commute with copying.
    """
    merged = MergedGraph(graph, labels, deterministic)
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
