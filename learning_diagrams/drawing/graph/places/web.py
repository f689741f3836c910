"""The nodes and edges of the learning graph: what there is to be drawn, before it has a place.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> nodes, edges = web_of([Box("f", x, x), Box("join", x @ x, x)], {}, {}, ())
>>> sorted(nodes), len(edges)
(['\\x00join', 'x'], 4)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from discopy import markov

from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.symbol import object_symbol
from learning_diagrams.drawing.elements.look import label_of, look_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.places.walk import key_of
from learning_diagrams.presentation.presentation import Presentation

MANY = 4  # parallel columns that are one arrow


def only_in_sources(diagram: Presentation) -> set[str]:
    """The names of the boxes with which constraints come to their test points, and that no side applies."""
    sources = [constraint.reading.written_source for constraint in diagram.constraints]
    equations = *(constraint.equation for constraint in diagram.constraints), *diagram.axioms
    sides = {box.name for equation in equations for graph in equation.graphs for box in graph.boxes}
    return {box.name for source in sources for box in source.boxes} - sides


def web_of(
    boxes: Iterable[markov.Box],
    looks: Mapping[str, Look],
    times: Mapping[str, int],
    spaces: Container[str],
    dotted: Container[str] = (),
) -> tuple[dict[str, Node], list[Edge]]:
    """The nodes by key and the edges of the boxes. A box with one input and one output is an edge, another is a node.

    times : mapping from names of boxes to how often a side applies them.
    spaces : the names of the sample spaces.
    dotted : the names of the boxes that lead to the test points only.
    """
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for box, count, names in _folded(boxes):
        objects = (*box.dom.inside, *box.cod.inside)
        nodes |= {ob.name: Node(label_of(object_symbol(ob), looks), ob.name in spaces) for ob in objects}
        if isinstance(box, State):
            continue
        look = replace(look_of(box, looks), times=times.get(box.name, 1))
        leads = all(name in dotted for name in names)
        if count > 1:
            look = replace(look, label=f"{count} columns")
        if len(box.dom) == len(box.cod) == 1:
            ends = box.dom.inside[0].name, box.cod.inside[0].name
            edges.append(Edge(box, *ends, look, dotted=leads))
            continue
        key, ports = key_of(box), (len(box.dom), len(box.cod))
        nodes[key] = Node(written(box), is_space=False, look=look, strands=max(ports))
        edges += [Edge(box, ob.name, key, look, (i, ports[0]), leads) for i, ob in enumerate(box.dom.inside)]
        edges += [Edge(box, key, ob.name, look, (i, ports[1]), leads) for i, ob in enumerate(box.cod.inside)]
    return nodes, edges


def _folded(boxes: Iterable[markov.Box]) -> Iterator[tuple[markov.Box, int, list[str]]]:
    """The boxes, each with 1 and its name; of `MANY` or more columns from one space into one object the first alone.

    Such a column comes with their number and all their names.
    """
    parallel: dict[object, list[markov.Box]] = defaultdict(list)
    for box in boxes:
        parallel[(box.dom, box.cod) if isinstance(box, Column) else box].append(box)
    for group in parallel.values():
        together = [group] if len(group) >= MANY else [[box] for box in group]
        yield from ((some[0], len(some), [box.name for box in some]) for some in together)
