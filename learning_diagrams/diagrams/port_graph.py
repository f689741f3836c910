"""A port graph: a diagram as arrays, with copies, discards and swaps absorbed into its wires.

Wires are numbered: first the inputs, then the outputs of each box in turn. `arguments[i]` holds the wire of each input
port of box i. `outputs` holds the wire of each output of the whole diagram. A wire used twice is a copy, and an unused
wire is a discard. Reading is one pass over the layers, in linear time and without recursion.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> graph = PortGraph.from_diagram(f >> Copy(x) >> f @ x)
>>> graph.arguments, graph.outputs
(((0,), (1,)), (2, 1))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from discopy import cat, markov, monoidal, symmetric

from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic, require_no_dagger
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.strands import Strands
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import short_repr

Wire = int


@dataclass(frozen=True)
class PortGraph:
    """A directed acyclic graph of boxes, in an order in which each box comes before the users of its wires.

    Parameters
    ----------
    dom, cod : Ty, the types of the inputs and of the outputs.
    boxes : tuple of boxes, an entry for each application of a box.
    arguments : tuple of tuples of int, for each application the wires at its input ports.
    outputs : tuple of int, the wires at the outputs of the whole diagram.
    """

    dom: Ty
    cod: Ty
    boxes: tuple[markov.Box, ...]
    arguments: tuple[tuple[Wire, ...], ...]
    outputs: tuple[Wire, ...]

    __repr__ = short_repr

    @classmethod
    def from_diagram(cls, diagram: Diagram, copies: bool = True) -> PortGraph:
        """Read a diagram in one pass over its layers.

        Raises `TypeMismatch` for an argument that is not a Markov diagram, for sums, bubbles, traces and merges, for
        daggers and rotated boxes, and, where `copies` is false, for copies and discards.
        """
        if not isinstance(diagram, monoidal.Diagram):
            hint = f"; write Id({diagram}) for the identity on a type" if isinstance(diagram, monoidal.Ty) else ""
            raise TypeMismatch(f"expected a diagram, got {brief(diagram)}{hint}")
        boxes: list[markov.Box] = []
        arguments: list[tuple[Wire, ...]] = []
        count = len(diagram.dom)
        scan = list(range(count))
        known: dict[int, tuple[str | None, int, int]] = {}
        for layer in diagram.inside:
            position = 0
            at_box = False
            for part in layer.boxes_or_types:
                if not at_box:
                    position += len(part.inside)
                    at_box = True
                    continue
                at_box = False
                about = known.get(id(part))
                if about is None:
                    about = known[id(part)] = _structure(part, copies), len(part.dom), len(part.cod)
                structure, taken, width = about
                wires = scan[position : position + taken]
                if structure is None:
                    boxes.append(part)
                    arguments.append(tuple(wires))
                    new: Sequence[Wire] = range(count, count + width)
                    count += width
                else:
                    new = wires[::-1] if structure == "swap" else wires * width
                scan[position : position + taken] = new
                position += len(new)
        return cls(diagram.dom, diagram.cod, tuple(boxes), tuple(arguments), tuple(scan))

    @property
    def first_wires(self) -> list[Wire]:
        """For each box, the number of its first output wire; last, the count of all wires."""
        return list(accumulate((len(box.cod) for box in self.boxes), initial=len(self.dom)))

    @property
    def wire_objects(self) -> list[cat.Ob]:
        """The object that each wire carries."""
        return [*self.dom.inside, *(ob for box in self.boxes for ob in box.cod.inside)]

    @property
    def is_linear(self) -> bool:
        """Whether each wire is used exactly once, as in a symmetric monoidal category."""
        used = sorted([*self.outputs, *(wire for arguments in self.arguments for wire in arguments)])
        return used == list(range(len(self.wire_objects)))

    def applications(self) -> Iterator[tuple[markov.Box, tuple[Wire, ...], range]]:
        """Each box with its argument wires and its output wires, in order."""
        first = self.first_wires
        for i, (box, arguments) in enumerate(zip(self.boxes, self.arguments, strict=True)):
            yield box, arguments, range(first[i], first[i + 1])

    def to_diagram(self, limit: int | None = None) -> Diagram:
        """Draw the graph as a diagram: each wire is copied at its start, and swaps bring strands into place.

        Raises `LimitExceeded` where the layers hold more than `limit` wires together: n wires turned round take n³/2.
        """
        uses = Counter(self.outputs)
        for arguments in self.arguments:
            uses.update(arguments)
        strands = Strands(self.wire_objects, uses, limit)
        strands.start(range(len(self.dom)))
        for box, arguments, outputs in self.applications():
            strands.apply(box, arguments, outputs)
        strands.arrange(self.outputs)
        return stack_layers(self.dom, strands.steps)


class PortGraphBuilder:
    """A builder of port graphs: add boxes, paste graphs, then `build`.

    >>> from learning_diagrams.diagrams.box import Box
    >>> x = Ty("x")
    >>> builder = PortGraphBuilder(x)
    >>> (y,) = builder.add(Box("f", x, x), builder.inputs)
    >>> builder.build(x @ x, [y, y]).outputs
    (1, 1)
    """

    def __init__(self, dom: Ty) -> None:
        self.dom = dom
        self.inputs = tuple(range(len(dom)))
        self.boxes: list[markov.Box] = []
        self.arguments: list[tuple[Wire, ...]] = []
        self._next = len(dom)

    def add(self, box: markov.Box, arguments: Sequence[Wire]) -> tuple[Wire, ...]:
        """Apply a box to wires, and return the output wires of the box."""
        self.boxes.append(box)
        self.arguments.append(tuple(arguments))
        outputs = tuple(range(self._next, self._next + len(box.cod)))
        self._next += len(outputs)
        return outputs

    def paste(self, graph: PortGraph, inputs: Sequence[Wire]) -> tuple[Wire, ...]:
        """Apply a whole graph to wires, and return the wires of its outputs."""
        wires = list(inputs)
        for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
            wires.extend(self.add(box, [wires[i] for i in arguments]))
        return tuple(wires[i] for i in graph.outputs)

    def build(self, cod: Ty, outputs: Sequence[Wire]) -> PortGraph:
        return PortGraph(self.dom, cod, tuple(self.boxes), tuple(self.arguments), tuple(outputs))


def first_kernel(diagram: Diagram) -> str | None:
    """The name of the first stochastic box of a diagram; None for a deterministic diagram."""
    return next((box.name for box in PortGraph.from_diagram(diagram).boxes if not is_deterministic(box)), None)


def _structure(box: markov.Box, copies: bool) -> str | None:
    """The kind of wiring of a box, "copy" or "swap"; None for a generator. Other structure raises `TypeMismatch`."""
    if isinstance(box, markov.Copy):
        if not copies:
            name = "Copy" if box.cod else "Discard"
            raise TypeMismatch(f"{name} has no meaning in a symmetric monoidal category: {box}; use theory='markov'")
        return "copy"
    if isinstance(box, symmetric.Swap):
        return "swap"
    for kind in type(box).__mro__:
        if kind.__name__ in _REFUSED and kind.__module__.startswith("discopy."):
            raise TypeMismatch(f"{kind.__name__} has no meaning in a Markov category with copy and discard: {box}")
    require_no_dagger(box)
    if getattr(box, "z", 0):
        hint = "name it as a box of its own"
        raise TypeMismatch(f"{box} is a rotated box, which a Markov category does not have; {hint}")
    return None


# Structure of richer categories, by the names of DisCoPy's classes.
_REFUSED = frozenset({"Sum", "Bubble", "Trace", "Merge", "Braid", "Twist", "Cup", "Cap", "Spider", "Eval", "Curry"})
