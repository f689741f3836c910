"""The canonical form of a diagram as plain data, and its digest: equal exactly for equal diagrams.

>>> from learning_diagrams import Box, Copy, Discard, Kernel, Ty
>>> x = Ty("x")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> digest(f >> Copy(x)) == digest(Copy(x) >> f @ f), digest(k >> Copy(x)) == digest(Copy(x) >> k @ k)
(True, False)
>>> digest(k >> Discard(x)) == digest(Discard(x)), digest(f @ x >> x @ k, "symmetric") == digest(f @ k, "symmetric")
(True, True)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import LabelTable, exact, label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.symmetric_form import symmetric_normal_form
from learning_diagrams.equality.theory import Theory, TheoryOps, require_occurring
from learning_diagrams.errors import TypeMismatch


def canonical(
    diagram: Diagram | PortGraph, theory: Theory = "markov", deterministic: Iterable[markov.Box | str] = ()
) -> list[Any]:
    """A diagram as nested lists of strings and numbers: equal exactly for diagrams that are equal in a theory.

    Raises `TypeMismatch` for structure that the theory does not have, and for box data that is not a plain value.
    """
    also = list(deterministic) if isinstance(deterministic, Iterator) else deterministic
    ops = TheoryOps(theory, also)
    require_occurring(also, [ops.graph(diagram)])
    graph = ops.read(diagram)
    if not ops.linear:
        return canonical_of_normal_form(graph)
    table = sorted({json.dumps(_plain_label(box)): box for box in graph.boxes}.items(), key=lambda item: item[0])
    for _, box in table:
        ops.labels.number(box)
    ends = [object_names(graph.dom), object_names(graph.cod)]
    return [*ends, [json.loads(text) for text, _ in table], *symmetric_normal_form(graph, ops.labels)]


def canonical_of_normal_form(graph: PortGraph) -> list[Any]:
    """The canonical form of a graph that is in the normal form of "markov" or "cartesian"; raises as `canonical`."""
    ends = [object_names(graph.dom), object_names(graph.cod)]
    labels = LabelTable()
    table: list[Any] = []
    rows = []
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        number = labels.number(box)
        if number == len(table):
            table.append(_plain_label(box))
        rows.append([number, *arguments])
    return [*ends, table, rows, list(graph.outputs)]


def digest(diagram: Diagram, theory: Theory = "markov", deterministic: Iterable[markov.Box | str] = ()) -> str:
    """A name for a diagram up to equality in a theory: 64 hexadecimal digits, the same in every process.

    Law: `digest(f, theory) == digest(g, theory)` if and only if `equal(f, g, theory)`, for parallel f and g.

    theory, deterministic : as of `equal`. Raises as `equal`, and `TypeMismatch` for box data that is not a plain value.
    """
    return digest_of(canonical(diagram, theory, deterministic))


def digest_of(value: Any) -> str:
    """SHA-256 of nested lists of plain values."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain_label(box: markov.Box) -> list[Any]:
    """The label of a box as JSON; `TypeMismatch` for data that JSON cannot hold."""
    stack = [box.data]
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        elif value is not None and not isinstance(value, str | bool | int | float):
            wanted = "data must be None, a string, a number or a tuple of these"
            raise TypeMismatch(f"box {box.name!r} carries {value!r:.100}, which has no digest; {wanted}")
    return [*label(box)[:-1], exact(box.data)]
