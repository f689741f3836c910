"""Graphviz: a learning diagram or a diagram in the language DOT, which `dot -Tsvg` draws.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> print(to_graphviz(Box("f", Ty("x"), Ty("y"))))
digraph "diagram" {
  rankdir=LR
  node [fontname="sans-serif"]
  edge [fontname="sans-serif", fontsize=10]
  n0 [label="x", shape=plaintext]
  n1 [label="f", shape=box]
  n2 [label="y", shape=plaintext]
  n0 -> n1 [label="x"]
  n1 -> n2 [label="y"]
}
<BLANKLINE>
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.interchange.plain_graph import Shape, graph_of
from learning_diagrams.presentation.presentation import Presentation

SHAPES: dict[Shape, str] = {
    "data": "shape=cylinder",
    "object": "shape=ellipse",
    "function": "shape=box",
    "kernel": 'shape=box, style="rounded,dashed"',
    "end": "shape=plaintext",
    "discard": "shape=point",
    "text": "shape=note",
}


def to_graphviz(value: Presentation | Diagram) -> str:
    """The text of a learning diagram, or of a diagram; `TypeMismatch` for another value.

    Kernels are dashed, frozen boxes grey, data sets cylinders.
    """
    graph = graph_of(value)
    lines = [f"digraph {_quoted(graph.name)} {{", "  rankdir=LR", '  node [fontname="sans-serif"]']
    lines += ['  edge [fontname="sans-serif", fontsize=10]']
    lines += [f"  n{i} [label={_quoted(node.label)}, {SHAPES[node.shape]}]" for i, node in enumerate(graph.nodes)]
    for arrow in graph.arrows:
        look = ", style=dashed" * arrow.is_random + ", color=gray50" * arrow.is_frozen
        lines.append(f"  n{arrow.source} -> n{arrow.target} [label={_quoted(arrow.label)}{look}]")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    r"""A string of DOT, in which a backslash begins an escape.

    >>> print(_quoted('a "b"\n\\c'))
    "a \"b\"\l\\c\l"
    """
    end = "\\l" if "\n" in text else ""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
    return f'"{escaped}{end}"'
