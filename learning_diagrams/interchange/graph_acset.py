"""Learning diagrams as labelled graphs of Catlab, with tables for equations and for all that is said of them.

The tables `V` and `E` are those of Catlab's graphs. A vertex is a type, an edge a box. `Equation` has constraints and
axioms as terms. A column `fields` holds, as JSON, what our files hold beside these. `GRAPH.catlab()` is the schema as
ACSets.jl reads it.

>>> from learning_diagrams.regimes import mean_teacher
>>> from_graph_acset(to_graph_acset(mean_teacher())) == mean_teacher()
True

Source: Patterson, Lynch & Fairbanks, *Categorical data structures for technical computing* (2022).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from learning_diagrams.documents.document import FORMAT
from learning_diagrams.documents.serialization import written
from learning_diagrams.errors import DuplicateName, FileError, TypeMismatch, brief
from learning_diagrams.files.load_save import read_data
from learning_diagrams.interchange.acset_tables import Schema
from learning_diagrams.interchange.outside_text import json_value, require_rows
from learning_diagrams.learning_diagram import LearningDiagram

GRAPH = Schema(
    {
        "V": {"label": str, "data": bool},
        "E": {"src": "V", "tgt": "V", "name": str, "kind": str, "box_fields": str},
        "Equation": {"title": str, "lhs": str, "rhs": str, "axiom": bool, "fields": str},
        "Statement": {"about": str, "says": str},
    }
)
WHERE = "the labelled graph"
KINDS = ("function", "kernel", "column")
_TABLES = ("objects", "sample_spaces", "boxes", "constraints", "axioms")


def to_graph_acset(diagram: LearningDiagram) -> str:
    """The JSON of a learning diagram. Raises `ParseError` where a name cannot stand in a term."""
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"to_graph_acset takes a learning diagram, got {brief(diagram)}")
    data = diagram.to_dict()
    vertices: dict[str, list[Any]] = {name: [name, False] for name in data["objects"]}
    vertices |= {name: [name, True] for name in data["sample_spaces"]}
    edges = []
    for name, box in data["boxes"].items():
        ends = _label(box.pop("dom")), _label(box.pop("cod"))
        edges.append([*ends, name, KINDS[box.pop("kernel")], json.dumps(box, ensure_ascii=False)])
    for space, columns in data["sample_spaces"].items():
        edges += [[space, ob, column, "column", "{}"] for column, ob in columns.items()]
    for ty in (ty for edge in edges for ty in edge[:2]):
        vertices.setdefault(ty, [ty, False])
    number = {ty: i for i, ty in enumerate(vertices, start=1)}
    equations = [
        [name, entry.pop("lhs"), entry.pop("rhs"), key == "axioms", json.dumps(entry, ensure_ascii=False)]
        for key in ("constraints", "axioms")
        for name, entry in data[key].items()
    ]
    return GRAPH.written(
        {
            "V": list(vertices.values()),
            "E": [[number[dom], number[cod], *rest] for dom, cod, *rest in edges],
            "Equation": equations,
            "Statement": [[key, json.dumps(data[key], ensure_ascii=False)] for key in data if key not in _TABLES],
        }
    )


def from_graph_acset(text: str) -> LearningDiagram:
    """The learning diagram of a labelled graph with equations.

    Raises
    ------
    FileError : the text is no C-set of the schema, larger than 10 MB, or a name in it is no name.
    DuplicateName : a box, a vertex or an equation is there twice.
    ParseError, TypeMismatch, … : a term or a constraint is wrong, as in a file of a learning diagram.
    """
    rows = GRAPH.read(text, WHERE)
    data: dict[str, Any] = {"format": FORMAT, "objects": [], **{key: {} for key in _TABLES[1:]}}
    types = [[] if label == "I" else label.split(" @ ") for label, _ in rows["V"]]
    _require_distinct("vertex", [label for label, _ in rows["V"]])
    for ty, (label, is_data) in zip(types, rows["V"], strict=True):
        if is_data and len(ty) != 1:
            raise FileError(f"{WHERE}: the vertex {brief(label)} is data, so its label must be one name")
        if is_data:
            data["sample_spaces"][label] = {}
        elif len(ty) == 1:
            data["objects"].append(label)
    _require_distinct(
        "edge", [(rows["V"][source] if kind == "column" else "", name) for source, _, name, kind, _ in rows["E"]]
    )
    for source, target, name, kind, fields in rows["E"]:
        dom, cod = types[source], types[target]
        if kind == "column" and rows["V"][source][1] and len(cod) == 1:
            data["sample_spaces"][dom[0]][name] = cod[0]
        elif kind in KINDS[:2]:
            data["boxes"][name] = {
                "dom": dom,
                "cod": cod,
                "kernel": kind == KINDS[1],
                **_fields(fields, f"edge {name!r}"),
            }
        else:
            kinds = f"kinds are {', '.join(KINDS)}, and a column runs from data to one object"
            raise FileError(f"{WHERE}: edge {brief(name)} has the kind {brief(kind)}; {kinds}")
    _require_distinct("equation", [(axiom, title) for title, *_, axiom, _ in rows["Equation"]])
    for title, lhs, rhs, axiom, fields in rows["Equation"]:
        entry = {"lhs": lhs, "rhs": rhs, **_fields(fields, f"equation {brief(title)}")}
        data["axioms" if axiom else "constraints"][title] = entry
    _require_distinct("statement", [about for about, _ in rows["Statement"]])
    for about, says in rows["Statement"]:
        if about in _TABLES:
            raise FileError(f"{WHERE}: a statement is about {about!r}, which have a table of their own")
        data[about] = json_value(says, f"{WHERE}: the statement about {brief(about)}")
    return read_data(data, lambda place: f"{WHERE}: {written(place)}")[1]


def _label(names: list[str]) -> str:
    return " @ ".join(names) or "I"


def _fields(text: str, owner: str) -> dict[str, Any]:
    fields: dict[str, Any] = require_rows(json_value(text, f"{WHERE}: {owner}"), dict, f"{WHERE}: {owner}")
    if inside := fields.keys() & {"dom", "cod", "kernel", "lhs", "rhs"}:
        raise FileError(f"{WHERE}: {owner}: its fields hold {min(inside)!r}, which has a column of its own")
    return fields


def _require_distinct(kind: str, names: Iterable[Any]) -> None:
    for name, times in Counter(map(str, names)).items():
        if times > 1:
            raise DuplicateName(f"{WHERE}: there are {times} rows for the {kind} {brief(name)}")
