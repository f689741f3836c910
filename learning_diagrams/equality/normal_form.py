"""The normal form of a Markov diagram, as a port graph.

Three linear passes make the normal form. The first merges deterministic boxes with equal label and arguments. The
second drops boxes that no output needs. The third numbers the rest by a backward walk from the outputs. Two diagrams of
the free Markov category with some deterministic generators are equal if and only if their normal forms are equal.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> for diagram in (Copy(x) >> f @ f, Copy(x) >> k @ k):
...     print(normalise(PortGraph.from_diagram(diagram)).arguments)
((0,),)
((0,), (0,))

Source: Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for the category; the normal
form by hash-consing and backward numbering is ours.
"""

from __future__ import annotations

from collections.abc import Callable

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.merged_graph import MergedGraph


def normalise(graph: PortGraph, deterministic: Callable[[markov.Box], bool] = is_deterministic) -> PortGraph:
    """The normal form of a port graph, in time linear in its boxes and wires.

    Parameters
    ----------
    graph : PortGraph.
    deterministic : function from box to bool, true for boxes that commute with copying; by default those of kind `Box`.
    """
    merged = MergedGraph(graph, LabelTable(), deterministic)
    order, renumbered = _walk(merged, len(graph.dom))
    return PortGraph(
        graph.dom,
        graph.cod,
        tuple(graph.boxes[i] for i in order),
        tuple(tuple(renumbered[wire] for wire in merged.arguments[i]) for i in order),
        tuple(renumbered[wire] for wire in merged.outputs),
    )


def _walk(merged: MergedGraph, inputs: int) -> tuple[list[int], dict[Wire, Wire]]:
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
