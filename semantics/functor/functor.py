"""The fold that evaluates diagrams: a state is carried through the boxes of a port graph, one box at a time.

A functor out of a free category is fixed by its values on boxes. `fold` is the instance whose state is one value for
each wire: numbers compute, shapes check, program variables compile. Exact kernels need the joint distribution of all
wires, so their state is a table over the wires that are still needed. No instance is recursive.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> n = Ty("n")
>>> add, double = Box("add", n @ n, n), Box("double", n, n)
>>> functions = {"add": lambda a, b: [a + b], "double": lambda a: [2 * a]}
>>> graph = PortGraph.from_diagram(Copy(n) >> double @ n >> add)
>>> fold(graph, [5], lambda box, values: functions[box.name](*values))
(15,)
>>> fold_state(graph, (), lambda names, box, arguments, outputs: (*names, box.name))
('double', 'add')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from discopy import markov

from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.errors import CompileError, plural

State = TypeVar("State")
Value = TypeVar("Value")


def fold_state(
    graph: PortGraph, state: State, step: Callable[[State, markov.Box, tuple[Wire, ...], range], State]
) -> State:
    """The state after all boxes of a graph.

    Parameters
    ----------
    state : the state before the first box.
    step : from a state, a box, its argument wires and its output wires to the state after the box.
    """
    for box, arguments, outputs in graph.applications():
        state = step(state, box, arguments, outputs)
    return state


def fold(
    graph: PortGraph,
    inputs: Sequence[Value],
    apply: Callable[[markov.Box, tuple[Value, ...]], Sequence[Value]],
) -> tuple[Value, ...]:
    """The values at the outputs of a graph, from the values at its inputs and the action of each box on values.

    Law: `fold(f >> g) = fold(g) ∘ fold(f)` and `fold(f @ g) = fold(f) × fold(g)`, for any `apply`.

    Parameters
    ----------
    inputs : sequence of values, one for each input wire.
    apply : from a box and the values at its input ports to the values at its output ports.

    Raises
    ------
    CompileError : the number of values is not the number of wires.
    """
    if len(inputs) != len(graph.dom):
        wanted = plural(len(graph.dom), "value")
        raise CompileError(f"a diagram from {graph.dom or 'I'} takes {wanted}, one for each wire, got {len(inputs)}")

    def step(values: list[Value], box: markov.Box, arguments: tuple[Wire, ...], outputs: range) -> list[Value]:
        results = apply(box, tuple([values[wire] for wire in arguments]))
        if len(results) != len(outputs):
            raise CompileError(
                f"box {box.name!r} ends in {plural(len(box.cod), 'wire')} ({box.cod}), and gave "
                f"{plural(len(results), 'value')}; give one for each wire"
            )
        values.extend(results)
        return values

    values = fold_state(graph, list(inputs), step)
    return tuple(values[wire] for wire in graph.outputs)
