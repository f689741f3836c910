"""Closed terms and discarded boxes, which a variable on one side of a rule may stand for.

In p(u, v) = v the variable u stands on one side. To use the rule backwards, u needs a term: a wire of the diagram, a
part of the diagram that is discarded, or a closed term of goal and axioms.

>>> from learning_diagrams.diagrams.box import Box, Id
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> a, b, f = Box("a", Ty(), x), Box("b", Ty(), x), Box("f", x, x)
>>> [box.name for box in closed_terms([a >> f, f], ops).boxes]
['a', 'f']
>>> graph = with_discards(ops.graph(b), closed_terms([a >> f, f], ops), ops)
>>> [box.name for box in graph.boxes], graph.outputs
(['b', 'a', 'f'], (0,))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.proof.rules.question import symbols

MOST = 64  # boxes of closed terms


def closed_terms(diagrams: Iterable[Diagram], ops: TheoryOps) -> PortGraph:
    """A graph I → I with the closed parts of some diagrams, and a closed term for each object that has one."""
    builder = PortGraphBuilder(Ty())
    known: dict[tuple[int, tuple[Wire, ...]], tuple[Wire, ...]] = {}
    if ops.linear:
        return builder.build(Ty(), [])

    def add(box: Any, arguments: tuple[Wire, ...]) -> tuple[Wire, ...]:
        key = ops.labels.number(box), arguments
        if key not in known and len(known) < MOST:
            known[key] = builder.add(box, arguments)
        return known.get(key, ())

    graphs = [ops.graph(diagram) for diagram in diagrams]
    for graph in graphs:
        place: dict[Wire, Wire] = {}
        for box, arguments, outputs in graph.applications():
            if all(wire in place for wire in arguments):
                place.update(zip(outputs, add(box, tuple(place[wire] for wire in arguments)), strict=False))
    least: dict[cat.Ob, Wire] = {}
    before = -1
    boxes = [box for box in symbols(graphs).values() if isinstance(box, markov.Box) and box.cod]
    while before < len(least):  # until no object gets its first closed term
        before = len(least)
        wire = 0
        for box in builder.boxes:
            for ob in box.cod.inside:
                least.setdefault(ob, wire)
                wire += 1
        for box in boxes:
            if all(ob in least for ob in box.dom.inside) and not all(ob in least for ob in box.cod.inside):
                wires = add(box, tuple(least[ob] for ob in box.dom.inside))
                least |= {ob: wire for ob, wire in zip(box.cod.inside, wires, strict=False) if ob not in least}
    return builder.build(Ty(), [])


def with_discards(graph: PortGraph, closed: PortGraph, ops: TheoryOps) -> PortGraph:
    """The reduced graph, followed by the boxes that the graph discards, and by the boxes of closed terms."""
    builder = PortGraphBuilder(graph.dom)
    outputs = builder.paste(graph, builder.inputs)
    builder.paste(closed, ())
    objects = [*graph.dom.inside, *(ob for box in builder.boxes for ob in box.cod.inside)]
    whole = ops.reduce(builder.build(graph.cod @ Ty(*objects), [*outputs, *range(len(objects))]))
    return PortGraph(graph.dom, graph.cod, whole.boxes, whole.arguments, whole.outputs[: len(outputs)])
