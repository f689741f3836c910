"""Mermaid: a learning diagram or a diagram as a flowchart, which GitHub and many editors draw in Markdown.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> print(to_mermaid(Kernel("f", Ty("x"), Ty("y"))))
flowchart LR
  n0@{ shape: text, label: "x" }
  n1(["f"])
  n2@{ shape: text, label: "y" }
  n0 -->|"x"| n1
  n1 -->|"y"| n2
<BLANKLINE>
"""

from __future__ import annotations

import re

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.interchange.plain_graph import Shape, graph_of
from learning_diagrams.presentation.presentation import Presentation

SHAPES: dict[Shape, tuple[str, str]] = {
    "data": ("[(", ")]"),
    "object": ("((", "))"),
    "function": ("[", "]"),
    "kernel": ("([", "])"),
    "end": ("@{ shape: text, label: ", " }"),
    "discard": ("@{ shape: f-circ, label: ", " }"),
    "text": ("@{ shape: brace, label: ", " }"),
}


def to_mermaid(value: Presentation | Diagram) -> str:
    """The flowchart of a learning diagram, or of a diagram; `TypeMismatch` for another value.

    Kernels are dotted arrows, or boxes with round ends; frozen boxes are grey, data sets cylinders.
    """
    graph = graph_of(value)
    lines = ["flowchart LR"]
    for i, node in enumerate(graph.nodes):
        start, end = SHAPES[node.shape]
        lines.append(f"  n{i}{start}{_quoted(node.label)}{end}")
    for i, arrow in enumerate(graph.arrows):
        line = "-.->" if arrow.is_random else "-->"
        lines.append(f"  n{arrow.source} {line}|{_quoted(arrow.label)}| n{arrow.target}")
        if arrow.is_frozen:
            lines.append(f"  linkStyle {i} stroke:#808080,color:#808080")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """A string of Mermaid: what could be a mark of Mermaid, of HTML or of Markdown stands as its number.

    >>> _quoted('"a" <b>')
    '"#34;a#34; #60;b#62;"'
    """
    escaped = re.sub(r"[^\w\s.,:=()/+]", lambda char: f"#{ord(char[0])};", text).replace("\n", "<br>")
    return f'"{escaped}"'
