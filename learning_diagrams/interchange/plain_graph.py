"""Plain graphs: a learning diagram or a diagram as nodes and arrows, for programs that draw graphs.

A learning diagram has its types as nodes and its boxes as arrows, and its equations as text. A diagram has its boxes as
nodes and its wires as arrows.

>>> from learning_diagrams.regimes import supervised
>>> [(node.label, node.shape) for node in graph_of(supervised()).nodes]
[('digits', 'data'), ('digit', 'object'), ('image', 'object'), ('supervised: pixels >> model = label', 'text')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from discopy import markov, monoidal

from learning_diagrams.diagrams.box import Diagram, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State, is_sample_space
from learning_diagrams.diagrams.symbol import box_symbol, boxes_of, shared_columns, shared_in, text_of
from learning_diagrams.errors import TypeMismatch, brief, printable
from learning_diagrams.presentation.equation import sides_text
from learning_diagrams.presentation.presentation import Presentation

Shape = Literal["data", "object", "function", "kernel", "end", "discard", "text"]


@dataclass(frozen=True)
class Node:
    """A node, whose label may have several lines."""

    label: str
    shape: Shape


@dataclass(frozen=True)
class Arrow:
    """An arrow between two nodes, given by their places. `is_random` for a kernel."""

    source: int
    target: int
    label: str
    is_random: bool = False
    is_frozen: bool = False


@dataclass(frozen=True)
class PlainGraph:
    """Nodes and arrows; a program that draws them lets them run down or to the right."""

    name: str
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def graph_of(value: Presentation | Diagram) -> PlainGraph:
    """The graph of a learning diagram, or of a diagram; `TypeMismatch` for another value."""
    if isinstance(value, Presentation):
        return _of_presentation(value)
    if isinstance(value, monoidal.Diagram):
        return _of_diagram(PortGraph.from_diagram(value))
    raise TypeMismatch(f"a learning diagram or a diagram is drawn as a graph, got {brief(value)}")


def _of_presentation(diagram: Presentation) -> PlainGraph:
    states = [box for box in dict.fromkeys(boxes_of(diagram.diagrams)) if isinstance(box, State)]
    boxes = [*diagram.columns, *states, *diagram.boxes]
    types = [*(space.ty for space in diagram.sample_spaces), *diagram.objects]
    types += [ty for box in boxes for ty in (box.dom, box.cod)]
    types = list(dict.fromkeys(types))
    place = {str(ty): i for i, ty in enumerate(types)}
    nodes = [Node(str(ty) if len(ty) else "I", "data" if is_sample_space(ty) else "object") for ty in types]
    arrows = [
        Arrow(
            place[str(box.dom)],
            place[str(box.cod)],
            _name(box, boxes),
            not is_deterministic(box),
            box in diagram.frozen,
        )
        for box in boxes
    ]
    shared, texts = shared_in(diagram.signature), []
    for equation in diagram.equations:
        over = getattr(equation, "over", None)
        tested = "" if over is None else f" over {text_of(over, shared)}"
        texts.append(f"{equation.name}: {sides_text(equation, shared)}{tested}")
    notes = [Node(printable("\n".join(texts)), "text")] if texts else []
    return PlainGraph(printable(diagram.name or "learning diagram"), (*nodes, *notes), tuple(arrows))


def _of_diagram(graph: PortGraph) -> PlainGraph:
    nodes = [Node(str(ob), "end") for ob in graph.dom.inside]
    starts = list(range(len(nodes)))  # for each wire its node
    arrows = []

    def arrive(wires: Sequence[int], target: int) -> None:
        for i, wire in enumerate(wires, start=1):
            port = f" (input {i})" if len(wires) > 1 else ""
            arrows.append(Arrow(starts[wire], target, f"{graph.wire_objects[wire]}{port}"))

    for box, arguments, outputs in graph.applications():
        arrive(arguments, len(nodes))
        starts += [len(nodes)] * len(outputs)
        nodes.append(Node(_name(box, graph.boxes), "function" if is_deterministic(box) else "kernel"))
    used = {wire for wires in (*graph.arguments, graph.outputs) for wire in wires}
    for wire in graph.outputs:
        arrive([wire], len(nodes))
        nodes.append(Node(str(graph.wire_objects[wire]), "end"))
    for wire in sorted(set(range(len(starts))) - used):
        arrive([wire], len(nodes))
        nodes.append(Node("", "discard"))
    return PlainGraph("diagram", tuple(nodes), tuple(arrows))


def _name(box: markov.Box, boxes: Sequence[markov.Box]) -> str:
    if isinstance(box, State):
        return "draw"
    return printable(
        box_symbol(box).called if isinstance(box, Column) and box_symbol(box) in shared_columns(boxes) else box.name
    )
