"""The one fold that evaluates diagrams; tensors, shapes and compiled programs are instances of it.

A functor out of a free category is fixed by its values on boxes. `fold` carries values along the wires of a port graph,
box by box, without recursion: with numbers it computes, with shapes it checks, with program variables it compiles.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> n = Ty("n")
>>> add, double = Box("add", n @ n, n), Box("double", n, n)
>>> functions = {"add": lambda a, b: [a + b], "double": lambda a: [2 * a]}
>>> graph = PortGraph.from_diagram(Copy(n) >> double @ n >> add)
>>> fold(graph, [5], lambda box, values: functions[box.name](*values))
(15,)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from discopy import markov

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import CompileError

Value = TypeVar("Value")


def fold(
    graph: PortGraph,
    inputs: Sequence[Value],
    apply: Callable[[markov.Box, tuple[Value, ...]], Sequence[Value]],
) -> tuple[Value, ...]:
    """The values at the outputs of a graph, given values at its inputs and the value of each box on values.

    Law: `fold(f >> g) = fold(g) ∘ fold(f)` and `fold(f @ g) = fold(f) × fold(g)`, for any `apply`.

    Parameters
    ----------
    inputs : one value for each input wire.
    apply : for a box and the values at its input ports, the values at its output ports.
    """
    if len(inputs) != len(graph.dom):
        raise CompileError(f"a diagram from {graph.dom or 'I'} takes {len(graph.dom)} values, got {len(inputs)}")
    values = list(inputs)
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        made = apply(box, tuple([values[wire] for wire in arguments]))
        if len(made) != len(box.cod):
            raise CompileError(
                f"box {box.name!r} ends in {len(box.cod)} wires ({box.cod}), and made {len(made)} values"
            )
        values.extend(made)
    return tuple(values[wire] for wire in graph.outputs)
