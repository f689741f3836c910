"""Terms that a variable on one side of a rule may stand for: closed terms, discarded boxes, and witnesses.

In p(u, v) = v the variable u stands on one side. To use the rule backwards, u needs a term: a wire of the diagram, a
part of the diagram that is discarded, or a closed term of goal and axioms. An object that has none of these gets a
witness, the first term that boxes of the question make of wires of the diagram.

>>> from learning_diagrams.diagrams.box import Box
>>> x, y, ops = Ty("x"), Ty("y"), TheoryOps("markov")
>>> a, b, f, g = Box("a", Ty(), x), Box("b", Ty(), x), Box("f", x, x), Box("g", x, y)
>>> terms = terms_of([a >> f, f], ops)
>>> [box.name for box in terms.closed.boxes]
['a', 'f']
>>> graph = with_discards(ops.graph(b), terms, ops)
>>> [box.name for box in graph.boxes], graph.outputs
(['b', 'a', 'f'], (0,))
>>> [box.name for box in with_discards(ops.graph(f), terms_of([f, g], ops), ops).boxes]
['f', 'g']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from discopy import cat, markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.proof.rules.question import symbols

MOST = 64  # boxes of closed terms


Add = Callable[[Any, tuple[Wire, ...]], tuple[Wire, ...]]


class Terms(NamedTuple):
    """The terms of a question.

    closed : PortGraph I → I, the closed parts of its diagrams, and a closed term for each object that has one.
    boxes : list of Box, of which witnesses are made.
    """

    closed: PortGraph
    boxes: list[Any]


def terms_of(diagrams: Iterable[Diagram], ops: TheoryOps) -> Terms:
    """The terms of the question that some diagrams ask; none in "symmetric", where nothing is discarded."""
    builder = PortGraphBuilder(Ty())
    known: dict[tuple[int, tuple[Wire, ...]], tuple[Wire, ...]] = {}
    if ops.linear:
        return Terms(builder.build(Ty(), []), [])

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
    boxes = [box for box in symbols(graphs).values() if isinstance(box, markov.Box) and box.cod]
    _inhabit(_objects(builder), boxes, add)
    return Terms(builder.build(Ty(), []), boxes)


def with_discards(graph: PortGraph, terms: Terms, ops: TheoryOps) -> PortGraph:
    """The reduced graph, followed by the boxes that the graph discards, by those of closed terms, and by witnesses."""
    builder = PortGraphBuilder(graph.dom)
    outputs = builder.paste(graph, builder.inputs)
    builder.paste(terms.closed, ())
    _inhabit(_objects(builder), terms.boxes, builder.add)
    objects = _objects(builder)
    whole = ops.reduce(builder.build(graph.cod @ Ty(*objects), [*outputs, *range(len(objects))]))
    return PortGraph(graph.dom, graph.cod, whole.boxes, whole.arguments, whole.outputs[: len(outputs)])


def _objects(builder: PortGraphBuilder) -> list[cat.Ob]:
    """The objects of all wires."""
    return [*builder.dom.inside, *(ob for box in builder.boxes for ob in box.cod.inside)]


def _inhabit(objects: list[cat.Ob], boxes: list[Any], add: Add) -> None:
    """Add a box for each object that no wire has, until none is left that a box makes of the wires."""
    least: dict[cat.Ob, Wire] = {}
    for wire, ob in enumerate(objects):
        least.setdefault(ob, wire)
    before = -1
    while before < len(least):
        before = len(least)
        for box in boxes:
            if all(ob in least for ob in box.dom.inside) and not all(ob in least for ob in box.cod.inside):
                wires = add(box, tuple(least[ob] for ob in box.dom.inside))
                least |= {ob: wire for ob, wire in zip(box.cod.inside, wires, strict=False) if ob not in least}
