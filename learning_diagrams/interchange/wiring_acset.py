"""String diagrams as wiring diagrams of Catlab: boxes, their ports, and the wires between ports, as one C-set.

The schema is Catlab's `SchTypedWiringDiagram` with the column `value` of `SchAttributedWiringDiagram` for the names of
boxes. The types of ports are names of objects.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> f = Box("f", Ty("x"), Ty("y"))
>>> print(from_wiring_acset(to_wiring_acset(f), f))
f

Source: Catlab.jl, `src/wiring_diagrams/Directed.jl`; Spivak, *The operad of wiring diagrams* (2013), arXiv:1305.0297.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import FileError
from learning_diagrams.interchange.acset_tables import Rows, Schema
from learning_diagrams.interchange.wired_boxes import WiredBoxes

WIRING = Schema(
    {
        "Box": {"value": str},
        "InPort": {"in_port_box": "Box", "in_port_type": str},
        "OutPort": {"out_port_box": "Box", "out_port_type": str},
        "OuterInPort": {"outer_in_port_type": str},
        "OuterOutPort": {"outer_out_port_type": str},
        "Wire": {"src": "OutPort", "tgt": "InPort"},
        "InWire": {"in_src": "OuterInPort", "in_tgt": "InPort"},
        "OutWire": {"out_src": "OutPort", "out_tgt": "OuterOutPort"},
        "PassWire": {"pass_src": "OuterInPort", "pass_tgt": "OuterOutPort"},
    },
    beside=frozenset({"box_type"}),
)
WHERE = "the wiring diagram"


def to_wiring_acset(diagram: Diagram) -> str:
    """The JSON of a diagram; kinds of boxes are not in it, so reading takes a scope.

    Raises `TypeMismatch` for a dagger, for a box that carries data, and for what is no diagram.
    """
    wired = WiredBoxes.of(diagram)
    rows: dict[str, list[list[Any]]] = {table: [] for table in WIRING.tables}
    rows["Box"] = [[label] for label in wired.labels]
    rows["OuterInPort"] = [[wired.wires[wire]] for wire in wired.inputs]
    start = {wire: ("OuterInPort", i) for i, wire in enumerate(wired.inputs, start=1)}
    for box, (_, outputs) in enumerate(wired.ports, start=1):
        for wire in outputs:
            rows["OutPort"].append([box, wired.wires[wire]])
            start[wire] = "OutPort", len(rows["OutPort"])
    for box, (inputs, _) in enumerate(wired.ports, start=1):
        for wire in inputs:
            rows["InPort"].append([box, wired.wires[wire]])
            kind, port = start[wire]
            rows["Wire" if kind == "OutPort" else "InWire"].append([port, len(rows["InPort"])])
    for i, wire in enumerate(wired.outputs, start=1):
        rows["OuterOutPort"].append([wired.wires[wire]])
        kind, port = start[wire]
        rows["OutWire" if kind == "OutPort" else "PassWire"].append([port, i])
    return WIRING.written(rows)


def from_wiring_acset(text: str, scope: Any = None) -> Diagram:
    """The diagram of a wiring diagram.

    Parameters
    ----------
    text : str, JSON of at most 10 MB.
    scope : the meanings of names, as `parse` takes them; by default each box is a kernel, of which nothing is assumed.

    Raises
    ------
    FileError : the text is no wiring diagram of the schema, or not of a Markov category: an input has two wires or
        none, a wire joins ports of two types, boxes run in a circle, a name is no name.
    DuplicateName : one name has two types.
    LimitExceeded : the diagram would hold more than a million wires between its layers.
    """
    rows = WIRING.read(text, WHERE)
    starts = [*(("OuterInPort", i) for i in range(len(rows["OuterInPort"])))]
    starts += [("OutPort", i) for i in range(len(rows["OutPort"]))]
    number = {start: wire for wire, start in enumerate(starts)}
    objects = tuple(rows[table][i][-1] for table, i in starts)
    inputs = {table: _joined(rows, table, number, objects) for table in ("InPort", "OuterOutPort")}
    ends: dict[str, dict[int, list[int]]] = {"InPort": defaultdict(list), "OutPort": defaultdict(list)}
    for table in ends:
        for port, (box, _) in enumerate(rows[table]):
            ends[table][box].append(number["OutPort", port] if table == "OutPort" else inputs["InPort"][port])
    ports = tuple((tuple(ends["InPort"][i]), tuple(ends["OutPort"][i])) for i in range(len(rows["Box"])))
    labels = tuple(value for (value,) in rows["Box"])
    outer = tuple(range(len(rows["OuterInPort"])))
    return WiredBoxes(objects, labels, ports, outer, inputs["OuterOutPort"]).diagram(WHERE, scope)


def _joined(
    rows: dict[str, Rows], target: str, number: dict[tuple[str, int], int], objects: tuple[str, ...]
) -> tuple[int, ...]:
    """For each port of a table with incoming wires the start of its one wire."""
    coming: dict[int, list[int]] = defaultdict(list)
    for table, columns in WIRING.tables.items():
        to = list(columns.values())
        if to[1:] == [target]:
            for start, end in rows[table]:
                coming[end].append(number[str(to[0]), start])
    for i, row in enumerate(rows[target]):
        where = f"{WHERE}: {target}[{i}]"
        if len(coming[i]) != 1:
            raise FileError(
                f"{where}: {len(coming[i]) or 'no'} wires end here; in a Markov category each input has one"
            )
        if objects[coming[i][0]] != row[-1]:
            raise FileError(f"{where}: has the type {row[-1]!r}, and its wire carries {objects[coming[i][0]]!r}")
    return tuple(coming[i][0] for i in range(len(rows[target])))
