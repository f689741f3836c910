"""The normal form of a Markov diagram, and its digest.

Three linear passes: deterministic boxes with equal label and arguments are merged, boxes that no output needs are
dropped, and what is left is numbered by a backward walk from the outputs. Two diagrams of the free Markov category in
which some generators are deterministic are equal if and only if their normal forms are.

>>> from learning_diagrams.box import Box, Copy, Discard, Kernel, Ty
>>> x = Ty("x")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> digest(f >> Copy(x)) == digest(Copy(x) >> f @ f), digest(k >> Copy(x)) == digest(Copy(x) >> k @ k)
(True, False)
>>> digest(k >> Discard(x)) == digest(Discard(x))
True

Source: Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for the category; the normal
form by hash-consing and backward numbering is ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from typing import Any

from discopy import cat, markov

from learning_diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.port_graph import PortGraph, Wire
from learning_diagrams.sample_space import Column, SampleObject, State


def normal_form(graph: PortGraph, deterministic: Callable[[markov.Box], bool] = is_deterministic) -> PortGraph:
    """The normal form of a port graph, in time linear in its boxes and wires.

    Parameters
    ----------
    deterministic : which boxes commute with copying; by default those of kind `Box`.
    """
    merged, representative = _merge(graph, deterministic)
    return _number(graph, merged, [representative[wire] for wire in graph.outputs])


def _merge(graph: PortGraph, deterministic: Callable[[markov.Box], bool]) -> tuple[list[tuple[Wire, ...]], list[Wire]]:
    """Arguments and wires of a graph after equal deterministic applications are made one."""
    labels = LabelTable()
    seen: dict[Hashable, range] = {}
    representative: list[Wire] = list(range(len(graph.dom)))
    merged: list[tuple[Wire, ...]] = []
    for box, arguments, made in graph.applications():
        arguments = tuple(representative[wire] for wire in arguments)
        merged.append(arguments)
        if deterministic(box):
            made = seen.setdefault((labels.number(box), arguments), made)
        representative.extend(made)
    return merged, representative


def _number(graph: PortGraph, arguments: list[tuple[Wire, ...]], outputs: list[Wire]) -> PortGraph:
    """The boxes that the outputs need, in the order in which a backward walk from the outputs leaves them."""
    first = graph.first_wires
    maker = [-1] * len(graph.dom) + [i for i, box in enumerate(graph.boxes) for _ in box.cod.inside]
    renumbered: dict[Wire, Wire] = {wire: wire for wire in range(len(graph.dom))}
    order: list[int] = []
    entered: set[int] = set()
    for output in outputs:
        stack = [(maker[output], 0)]
        while stack:
            box, port = stack.pop()
            if box < 0 or (port == 0 and box in entered):
                continue
            entered.add(box)
            if port < len(arguments[box]):
                stack.append((box, port + 1))
                stack.append((maker[arguments[box][port]], 0))
                continue
            order.append(box)
            for wire in range(first[box], first[box + 1]):
                renumbered[wire] = len(renumbered)
    return PortGraph(
        graph.dom,
        graph.cod,
        tuple(graph.boxes[i] for i in order),
        tuple(tuple(renumbered[wire] for wire in arguments[i]) for i in order),
        tuple(renumbered[wire] for wire in outputs),
    )


class LabelTable:
    """Numbers for labels: equal labels have equal numbers, and each box object is looked at once."""

    def __init__(self) -> None:
        self._of_box: dict[int, tuple[int, markov.Box]] = {}
        self._of_label: dict[Hashable, int] = {}

    def number(self, box: markov.Box) -> int:
        known = self._of_box.get(id(box))
        if known is None:
            try:
                known = self._of_label.setdefault(label(box), len(self._of_label)), box
            except TypeError as error:
                raise TypeMismatch(
                    f"the data of box {box.name!r} must be hashable to be compared, got {box.data!r}; use a tuple"
                ) from error
            self._of_box[id(box)] = known
        return known[0]


def label(box: markov.Box) -> tuple[Any, ...]:
    """What tells one generator from another: kind, name, types, dagger and data."""
    kinds = ((Column, "column"), (State, "state"))
    kind = next((name for of, name in kinds if isinstance(box, of)), None)
    if kind is None:
        kind = "box" if getattr(box, "deterministic", False) else "kernel"
    return kind, box.name, _objects(box.dom), _objects(box.cod), bool(box.is_dagger), _exact(box.data)


def canonical(diagram: Diagram | PortGraph) -> list[Any]:
    """The normal form of a diagram as nested lists of strings and numbers: equal exactly for equal diagrams.

    Raises `TypeMismatch` where a box carries data that is not a plain value.
    """
    graph = normal_form(diagram if isinstance(diagram, PortGraph) else PortGraph.from_diagram(diagram))
    labels = LabelTable()
    table: list[Any] = []
    rows = []
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        number = labels.number(box)
        if number == len(table):
            table.append([*label(box)[:-1], _digestible(box)])
        rows.append([number, *arguments])
    return [_objects(graph.dom), _objects(graph.cod), table, rows, list(graph.outputs)]


def digest(diagram: Diagram) -> str:
    """A name for the equality class of a diagram: 64 hexadecimal digits, the same in every process."""
    return digest_of(canonical(diagram))


def digest_of(value: Any) -> str:
    """SHA-256 of nested lists of strings, numbers, booleans and None."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _objects(ty: Ty) -> tuple[str, ...]:
    # Adjoints and other decorated objects of richer DisCoPy types are told apart by how they print.
    return tuple(ob.name if type(ob) in (cat.Ob, SampleObject) else str(ob) for ob in ty.inside)


def _exact(data: Any) -> Any:
    """The data of a box so that values are equal only if type and value are: 1 is neither 1.0 nor True."""
    if isinstance(data, tuple):
        return tuple(map(_exact, data))
    if data is None:
        return None
    plain = data.hex() if isinstance(data, float) else data
    return type(data).__name__, plain if isinstance(data, str | bool | int | float) else data


def _digestible(box: markov.Box) -> Any:
    """The exact data of a box, as JSON can hold it; `TypeMismatch` where it cannot."""
    stack = [box.data]
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        elif value is not None and not isinstance(value, str | bool | int | float):
            raise TypeMismatch(
                f"box {box.name!r} carries {value!r:.100}, which has no digest; data must be None, a string, a number "
                "or a tuple of these"
            )
    return _exact(box.data)
