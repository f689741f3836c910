"""Homomorphisms of port graphs: maps from boxes to boxes and from wires to wires.

Inputs go to inputs and outputs to outputs. A box goes to a box of its label, whose wires are the images of its own. The
image of a wire fixes the image of its box, so the start fixes a homomorphism. In "markov" the start is the outputs,
which everything needed lies behind. In "symmetric" the start is the boundary, and a box for each closed component.

>>> from learning_diagrams.diagrams.structure import Copy
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> x = Ty("x")
>>> k = Kernel("k", x, x)
>>> once, twice = (PortGraph.from_diagram(d) for d in (k >> Copy(x), Copy(x) >> k @ k))
>>> homomorphisms(twice, once, "markov"), homomorphisms(once, twice, "markov")
([[[0, 0]]], [[]])
"""

from __future__ import annotations

from collections.abc import Iterable

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.symmetric_form import Net, rarest
from learning_diagrams.equality.theory import Theory

Images = list[int]  # for each box, in the order of the walk, its image


def homomorphisms(upper: PortGraph, lower: PortGraph, theory: Theory) -> list[list[Images]]:
    """All homomorphisms of the part at the boundary, then of each closed component, into another graph.

    A homomorphism of the whole graph is a choice for each part. In "markov" and "cartesian" the graphs are normal
    forms.
    """
    labels = LabelTable()
    above, below = (Net(graph, [labels.number(box) for box in graph.boxes]) for graph in (upper, lower))
    ends = [*zip(above.inputs, below.inputs, strict=True), *zip(above.outputs, below.outputs, strict=True)]
    if theory != "symmetric":
        images = _lay(above, below, ends, [], forwards=False)
        return [[] if images is None else [images]]
    parts = [[_lay(above, below, ends, [], forwards=True)]]
    for component in above.components()[1]:
        root = rarest(above, component)[0]
        onto = (box for box, number in enumerate(below.numbers) if number == above.numbers[root])
        parts.append([_lay(above, below, [], [(root, box)], forwards=True) for box in onto])
    return [[way for way in ways if way is not None] for ways in parts]


def _lay(
    above: Net, below: Net, wires: Iterable[tuple[Wire, Wire]], boxes: list[tuple[int, int]], forwards: bool
) -> Images | None:
    """The images of all boxes that a walk from some wires and boxes reaches; None where no homomorphism exists."""
    lies: dict[Wire, Wire] = {}
    box_lies = dict(boxes)
    todo = list(boxes)

    def join(pairs: Iterable[tuple[Wire, Wire]]) -> bool:
        for wire, under in pairs:
            if lies.setdefault(wire, under) != under:
                return False
            for end, end_below in ((above.maker, below.maker), (above.user, below.user))[: 1 + forwards]:
                box, box_below = end[wire], end_below[under]
                if box < 0:
                    continue
                if box_below < 0 or above.numbers[box] != below.numbers[box_below]:
                    return False
                if box not in box_lies:
                    todo.append((box, box_below))
                if box_lies.setdefault(box, box_below) != box_below:
                    return False
        return True

    if not join(wires):
        return None
    for box, under in todo:  # the list grows while the loop reads it
        ends = (above.arguments[box], below.arguments[under]), (above.outputs_of[box], below.outputs_of[under])
        if not all(join(zip(*pair, strict=True)) for pair in ends):
            return None
    return [under for _, under in todo]
