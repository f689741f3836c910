"""Equality decided another way: rewriting by local moves to a graph without redexes, then isomorphism by networkx.

It reads diagrams layer by layer by itself, and shares no code with the library's port graphs and normal forms.
"""

import networkx as nx
from discopy import markov, symmetric

import learning_diagrams as ld


def wires_of(diagram):
    """Boxes as [label, arguments, outputs, deterministic] over wires that have names, and the wires at both ends."""
    scan = [("in", i) for i in range(len(diagram.dom))]
    inputs, boxes = list(scan), []
    for layer in diagram.inside:
        offset = 0
        for i, part in enumerate(layer.boxes_or_types):
            if i % 2 == 0:
                offset += len(part)
                continue
            taken = scan[offset : offset + len(part.dom)]
            if isinstance(part, markov.Copy):
                outputs = taken * len(part.cod)
            elif isinstance(part, symmetric.Swap):
                outputs = taken[::-1]
            else:
                outputs = [(len(boxes), port) for port in range(len(part.cod))]
                kind = "box" if isinstance(part, ld.Box) else "kernel"
                boxes.append([(kind, part.name, str(part.dom), str(part.cod)), taken, outputs, kind == "box"])
            scan[offset : offset + len(taken)] = outputs
            offset += len(outputs)
    return inputs, boxes, scan


def reduced(diagram, theory):
    """No box that nobody uses, and no two deterministic boxes of one label on the same wires: one move a time."""
    inputs, boxes, outputs = wires_of(diagram)
    if theory == "symmetric":
        return inputs, boxes, outputs
    if theory == "cartesian":
        boxes = [[("any", *label[1:]), taken, outs, True] for label, taken, outs, _ in boxes]
    moved = True
    while moved:
        moved = False
        used = {wire for _, taken, _, _ in boxes for wire in taken} | set(outputs)
        for box in boxes:
            if not used & set(box[2]):
                boxes.remove(box)
                moved = True
                break
        else:
            for i, kept in enumerate(boxes):
                twin = next((b for b in boxes[i + 1 :] if b[3] and kept[3] and b[:2] == kept[:2]), None)
                if twin is not None:
                    becomes = dict(zip(twin[2], kept[2], strict=True))
                    boxes.remove(twin)
                    for box in boxes:
                        box[1] = [becomes.get(wire, wire) for wire in box[1]]
                    outputs = [becomes.get(wire, wire) for wire in outputs]
                    moved = True
                    break
    return inputs, boxes, outputs


def graph_of(diagram, theory):
    """A directed graph whose nodes are wires, boxes, and the places of the boundary."""
    inputs, boxes, outputs = reduced(diagram, theory)
    graph = nx.DiGraph()
    for wire in {*inputs, *outputs, *(w for _, taken, outs, _ in boxes for w in (*taken, *outs))}:
        graph.add_node(("wire", wire), label="wire")
    for i, wire in enumerate(inputs):
        graph.add_node(("input", i), label=("input", i))
        graph.add_edge(("input", i), ("wire", wire), label=0)
    for i, wire in enumerate(outputs):
        graph.add_node(("output", i), label=("output", i))
        graph.add_edge(("wire", wire), ("output", i), label=0)
    for i, (label, taken, outs, _) in enumerate(boxes):
        node = ("box", i)
        graph.add_node(node, label=label)
        for port, wire in enumerate(taken):  # a wire may enter a box twice, so each port is a node
            graph.add_node((node, port), label=("port", port))
            graph.add_edge(("wire", wire), (node, port), label=0)
            graph.add_edge((node, port), node, label=0)
        for port, wire in enumerate(outs):
            graph.add_edge(node, ("wire", wire), label=port)
    return graph


def equal(lhs, rhs, theory):
    same = nx.algorithms.isomorphism.categorical_node_match("label", None)
    edges = nx.algorithms.isomorphism.categorical_edge_match("label", None)
    return nx.is_isomorphic(graph_of(lhs, theory), graph_of(rhs, theory), node_match=same, edge_match=edges)
