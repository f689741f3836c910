"""Open hypergraphs: a diagram as the JSON of the Rust library `open-hypergraphs`, on which catgrad is built.

The JSON is what serde writes of `lax::OpenHypergraph<String, String>`: wires are nodes, boxes are hyperedges.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> f = Box("f", Ty("x"), Ty("y"))
>>> text = to_open_hypergraph(f >> Copy(Ty("y")))
>>> print(text)
{"sources": [0], "targets": [1, 1], "hypergraph": {"nodes": ["x", "y"], "edges": ["f"], \
"adjacency": [{"sources": [0], "targets": [1]}], "quotient": [[], []]}}
>>> print(from_open_hypergraph(text, f))
f >> Copy(y)

Source: Wilson & Zanasi, *Data-parallel algorithms for string diagrams* (2023), arXiv:2305.01041; the format:
https://github.com/hellas-ai/open-hypergraphs, `src/lax`.
"""

from __future__ import annotations

import json
from typing import Any

import networkx

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import FileError, brief
from learning_diagrams.interchange.outside_text import json_value, require_place, require_rows
from learning_diagrams.interchange.wired_boxes import WiredBoxes, Wires

WHERE = "the open hypergraph"


def to_open_hypergraph(diagram: Diagram) -> str:
    """The JSON of a diagram; kinds of boxes are not in it, so reading takes a scope.

    Raises `TypeMismatch` for a dagger, for a box that carries data, and for what is no diagram.
    """
    wired = WiredBoxes.of(diagram)
    adjacency = [{"sources": list(sources), "targets": list(targets)} for sources, targets in wired.ports]
    graph = {"nodes": wired.wires, "edges": wired.labels, "adjacency": adjacency, "quotient": [[], []]}
    data = {"sources": wired.inputs, "targets": wired.outputs, "hypergraph": graph}
    return json.dumps(data, ensure_ascii=False)


def from_open_hypergraph(text: str, scope: Any = None) -> Diagram:
    """The diagram of an open hypergraph; nodes that `quotient` identifies are one wire.

    Parameters
    ----------
    text : str, JSON of at most 10 MB.
    scope : the meanings of names, as `parse` takes them; by default each hyperedge is a kernel, of which nothing is
        assumed.

    Raises
    ------
    FileError : the text is no open hypergraph, or the hypergraph is no diagram of a Markov category: a node has no
        source or two, hyperedges run in a circle, a label is no name.
    DuplicateName : one label has two types.
    LimitExceeded : the diagram would hold more than a million wires between its layers.
    """
    data = _record(json_value(text, WHERE), WHERE, ("sources", "targets", "hypergraph"))
    graph = _record(data["hypergraph"], f"{WHERE}: hypergraph", ("nodes", "edges", "adjacency", "quotient"))
    nodes, edges = (_labels(graph[key], f"{WHERE}: hypergraph.{key}") for key in ("nodes", "edges"))
    adjacency = require_rows(graph["adjacency"], list, f"{WHERE}: hypergraph.adjacency")
    if len(adjacency) != len(edges):
        raise FileError(f"{WHERE}: hypergraph.adjacency has {len(adjacency)} entries, and edges has {len(edges)}")
    number, wires = _quotient(nodes, graph["quotient"])

    def ends(value: Any, place: str) -> tuple[Wires, Wires]:
        record = _record(value, place, ("sources", "targets"))
        sources, targets = (_places(record[key], len(nodes), f"{place}.{key}") for key in ("sources", "targets"))
        return tuple(number[i] for i in sources), tuple(number[i] for i in targets)

    ports = tuple(ends(entry, f"{WHERE}: hypergraph.adjacency[{i}]") for i, entry in enumerate(adjacency))
    inputs, outputs = ends({key: data[key] for key in ("sources", "targets")}, WHERE)
    return WiredBoxes(wires, edges, ports, inputs, outputs).diagram(WHERE, scope)


def _quotient(nodes: tuple[str, ...], value: Any) -> tuple[list[int], tuple[str, ...]]:
    """For each node the number of its wire, and the object on each wire."""
    where = f"{WHERE}: hypergraph.quotient"
    pair = require_rows(value, list, where)
    if len(pair) != 2:
        raise FileError(f"{where}: must be two lists of nodes, got {brief(value)}")
    left, right = (_places(side, len(nodes), where) for side in pair)
    if len(left) != len(right):
        raise FileError(f"{where}: its two lists must have one length, got {len(left)} and {len(right)}")
    graph = networkx.Graph(zip(left, right, strict=True))
    first = {node: min(part) for part in networkx.connected_components(graph) for node in part}
    kept = [node for node in range(len(nodes)) if first.get(node, node) == node]
    wire = {node: i for i, node in enumerate(kept)}
    for node, other in first.items():
        if nodes[node] != nodes[other]:
            raise FileError(
                f"{where}: identifies nodes {other} and {node}, which carry {nodes[other]!r} and {nodes[node]!r}"
            )
    return [wire[first.get(node, node)] for node in range(len(nodes))], tuple(nodes[node] for node in kept)


def _record(value: Any, where: str, keys: tuple[str, ...]) -> Any:
    """A mapping with these keys; as serde does, others are not looked at."""
    for key in keys:
        if key not in require_rows(value, dict, where):
            raise FileError(f"{where}: lacks the key {key!r}")
    return value


def _labels(value: Any, where: str) -> tuple[str, ...]:
    for i, label in enumerate(require_rows(value, list, where)):
        if not isinstance(label, str):
            raise FileError(f"{where}[{i}]: a label must be a string, got {brief(label)}")
    return tuple(value)


def _places(value: Any, count: int, where: str) -> Wires:
    return tuple(require_place(node, count, f"{where}[{i}]") for i, node in enumerate(require_rows(value, list, where)))
