"""The boxes of the diagrams of a proof: which are the same before and after a step, and which a step rewrites.

A step is `before >> bypass @ lhs >> after` and becomes `before >> bypass @ rhs >> after`. The boxes of `before` and
`after` stay; but a normal form merges equal deterministic boxes, and drops what no output needs. A box of a normal form
is the same box before and after a step if the first of the boxes that became it is.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.equation import Equation
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> step = Step("law", False, *map(PortGraph.from_diagram, (f, f)))
>>> change = change_of(step, Equation(g, g >> g), ops.read(f >> g >> f), ops)
>>> dict(change.kept), [sorted(boxes) for boxes in change.lit]
({0: 0, 3: 2}, [[1], [1, 2]])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import networkx as nx

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.drawing.strip.change import Change
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.errors import ProofError
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rules.step import Step


class _Image(NamedTuple):
    """A graph as a part of another one: for boxes and wires, those that they become; a dropped one has no entry."""

    boxes: Mapping[int, int]
    wires: Mapping[Wire, Wire]

    def then(self, other: _Image) -> _Image:
        pairs = (self.boxes, other.boxes), (self.wires, other.wires)
        return _Image(*({a: after[b] for a, b in first.items() if b in after} for first, after in pairs))


def change_of(step: Step, equation: Equation, graph: PortGraph, ops: TheoryOps) -> Change:
    """The change that a step by an equation makes of a reduced graph.

    Raises `ProofError` where the step does not start from this graph.
    """
    sides = _sides(step, equation, ops)
    wholes = [step.around(side) for side in sides]
    images = [_reduced(whole, ops)[1] for whole in wholes]
    alike = _isomorphism(ops.reduce(wholes[0]), graph, ops)
    if alike is None:
        raise ProofError(f"a step by {step.name!r} does not start from {graph.to_diagram()}")
    images[0] = images[0].then(alike)
    early, late = len(step.before.boxes), len(step.after.boxes)
    firsts, lit, entering = [], [], []
    for side, image in zip(sides, images, strict=True):
        rule = range(early, early + len(side.boxes))
        lit.append(frozenset(image.boxes[box] for box in rule if box in image.boxes))
        ends = step.before.outputs[len(step.before.outputs) - len(side.dom) :]
        entering.append(frozenset(image.wires[wire] for wire in ends if wire in image.wires))
        # Boxes of the context are numbered alike around both sides of the equation.
        context = {box: box for box in range(early)} | {rule.stop + i: early + i for i in range(late)}
        first = {boxes[0]: there for there, boxes in _classes(image).items()}
        firsts.append({context[box]: there for box, there in first.items() if box in context})
    kept = {firsts[1][box]: there for box, there in firsts[0].items() if box in firsts[1]}
    return Change(step.name, "←" if step.backwards else "→", kept, (lit[0], lit[1]), (entering[0], entering[1]))


def graph_after(step: Step, equation: Equation, ops: TheoryOps) -> PortGraph:
    """The reduced graph after a step by an equation."""
    return ops.reduce(step.around(_sides(step, equation, ops)[1]))


def _sides(step: Step, equation: Equation, ops: TheoryOps) -> list[PortGraph]:
    return [ops.read(side) for side in equation.diagrams[:: -1 if step.backwards else 1]]


def change_by_laws(first: PortGraph, second: PortGraph, ops: TheoryOps) -> Change:
    """The change from a graph to another one with the same normal form: boxes that are merged or dropped."""
    (form, image), (other, image_) = _reduced(first, ops), _reduced(second, ops)
    alike = _isomorphism(form, other, ops)
    if alike is None:
        raise ProofError(f"the laws of the theory do not lead from {first.to_diagram()} to {second.to_diagram()}")
    starts = [_classes(image.then(alike)), _classes(image_)]
    kept = {starts[1][there][0]: boxes[0] for there, boxes in starts[0].items()}
    alone = [{boxes[0] for boxes in classes.values() if len(boxes) == 1} for classes in starts]
    merged = {there for classes in starts for there, boxes in classes.items() if len(boxes) > 1}
    calm = [alone[i] - {starts[i][there][0] for there in merged} for i in (0, 1)]
    lit = [frozenset(range(len(graph.boxes))) - own for graph, own in zip((first, second), calm, strict=True)]
    return Change("the laws of the theory", "", kept, (lit[0], lit[1]))


def _classes(image: _Image) -> dict[int, list[int]]:
    classes: dict[int, list[int]] = {}
    for box, there in sorted(image.boxes.items()):
        classes.setdefault(there, []).append(box)
    return classes


def _reduced(graph: PortGraph, ops: TheoryOps) -> tuple[PortGraph, _Image]:
    """The reduced graph, and what becomes of the boxes and wires of the graph.

    With all wires as further outputs nothing is dropped, and the boxes that the first outputs need come first.
    """
    objects = graph.wire_objects
    if ops.linear:
        return graph, _Image({box: box for box in range(len(graph.boxes))}, {w: w for w in range(len(objects))})
    form = ops.reduce(graph)
    everything = (*graph.outputs, *range(len(objects)))
    whole = ops.reduce(PortGraph(graph.dom, graph.cod @ Ty(*objects), graph.boxes, graph.arguments, everything))
    needed = form.first_wires[-1]
    wires = {w: image for w, image in enumerate(whole.outputs[len(graph.outputs) :]) if image < needed}
    makers = {wire: box for box, (_, _, outputs) in enumerate(form.applications()) for wire in outputs}
    boxes = {
        box: makers[wires[outputs[0]]]
        for box, (_, _, outputs) in enumerate(graph.applications())
        if outputs and outputs[0] in wires
    }
    return form, _Image(boxes, wires)


def _isomorphism(first: PortGraph, second: PortGraph, ops: TheoryOps) -> _Image | None:
    """An isomorphism of reduced graphs; None where they differ. In "symmetric" boxes may be numbered differently."""
    if not ops.linear:
        ends = range(len(first.boxes)), range(first.first_wires[-1])
        return _Image(*({i: i for i in end} for end in ends)) if ops.key(first) == ops.key(second) else None
    alike = nx.vf2pp_isomorphism(_net(first, ops), _net(second, ops), node_label="label")
    if alike is None:
        return None
    boxes, wires = ({node[1]: image[1] for node, image in alike.items() if node[0] == kind} for kind in ("box", "wire"))
    return _Image(boxes, wires)


def _net(graph: PortGraph, ops: TheoryOps) -> nx.Graph:
    """A graph of boxes, wires and their ends, whose labels tell ports apart."""
    net = nx.Graph()
    for i in range(len(graph.dom)):
        net.add_node(("wire", i), label=("input", i))
    for box, (part, arguments, outputs) in enumerate(graph.applications()):
        net.add_node(("box", box), label=("box", ops.labels.number(part)))
        for port, wire in enumerate(outputs):
            net.add_node(("wire", wire), label=("wire", port))
            net.add_edge(("box", box), ("wire", wire))
        for port, wire in enumerate(arguments):
            net.add_node(("end", box, port), label=("end", port))
            net.add_edges_from([(("box", box), ("end", box, port)), (("end", box, port), ("wire", wire))])
    for i, wire in enumerate(graph.outputs):
        net.add_node(("output", i), label=("output", i))
        net.add_edge(("output", i), ("wire", wire))
    return net
