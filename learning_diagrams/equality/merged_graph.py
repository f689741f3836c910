"""The first step towards a normal form: equal deterministic applications are merged, because they give equal wires.

>>> from learning_diagrams.diagrams.box import Box, Ty, is_deterministic
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> MergedGraph(PortGraph.from_diagram(Copy(x) >> f @ f), LabelTable(), is_deterministic).outputs
[1, 1]
"""

from __future__ import annotations

from collections.abc import Callable

from discopy import markov

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph


class MergedGraph:
    """A graph with equal deterministic applications merged.

    Attributes
    ----------
    numbers : for each application the number of its label.
    first : for each application its first output wire; last, the count of all wires.
    arguments, outputs : wires of merged applications.
    maker : for each wire the application that makes the wire; the inputs are −1, −2, ….
    """

    def __init__(self, graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> None:
        known: dict[int, tuple[int, bool, int]] = {}
        seen: dict[tuple[int, ...], int] = {}
        self.numbers: list[int] = []
        self.first: list[int] = []
        self.arguments: list[tuple[int, ...]] = []
        wire = len(graph.dom)
        self.maker = [-1 - i for i in range(wire)]
        representative = list(range(wire))
        for i, (box, arguments) in enumerate(zip(graph.boxes, graph.arguments, strict=True)):
            about = known.get(id(box))
            if about is None:
                about = known[id(box)] = labels.number(box), deterministic(box), len(box.cod)
            number, shared, width = about
            arguments = tuple([representative[w] for w in arguments])
            self.numbers.append(number)
            self.first.append(wire)
            self.arguments.append(arguments)
            self.maker += [i] * width
            start = seen.setdefault((number, *arguments), wire) if shared else wire
            representative += range(start, start + width)
            wire += width
        self.first.append(wire)
        self.outputs = [representative[w] for w in graph.outputs]
