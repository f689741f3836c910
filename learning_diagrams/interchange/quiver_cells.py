"""quiver: a link of the editor q.uiver.app, or its JSON, read as a learning diagram.

>>> from learning_diagrams.regimes import inverse_pair
>>> diagram = inverse_pair().without(*(constraint.name for constraint in inverse_pair().constraints[1:]))
>>> from_quiver(diagram.to_quiver()) == diagram
True

Source: Arkor, *quiver: a modern commutative diagram editor*, https://github.com/varkor/quiver, format 0.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.drawing.tex.quiver import FROZEN
from learning_diagrams.errors import FileError, brief
from learning_diagrams.interchange.drawn_graph import DrawnArrow, DrawnGraph
from learning_diagrams.interchange.outside_text import json_value, require_place, require_rows, require_text
from learning_diagrams.learning_diagram import LearningDiagram

WHERE = "the quiver"
# Options that only say where and in which colour something is drawn.
_DRAWN = {
    "label_position",
    "offset",
    "curve",
    "radius",
    "angle",
    "shorten",
    "length",
    "colour",
    "edge_alignment",
    "shape",
}
_MARKS = {"head": ("arrowhead", "none"), "body": ("cell", "dashed", "dotted", "squiggly"), "tail": ("none",)}


def from_quiver(text: str, *, names: Mapping[str, str] | None = None, name: str = "") -> LearningDiagram:
    """The learning diagram that a quiver draws: objects, boxes, and a constraint or an axiom for each 2-cell.

    Parameters
    ----------
    text : str, a link, or the JSON that its `q=` holds in base 64.
    names : mapping from labels that are no names, as LaTeX, to names; the labels become the notation.
    name : str, the name of the learning diagram.

    Raises
    ------
    FileError : the text is no quiver of format 0, or says what is not carried: cells of dimension 3 or more, macros,
        corners and adjunctions, arrows with tails; a label that is no name; a 2-cell that does not say its sides.
    DuplicateName : one label stands for two things.
    LimitExceeded : more than 5,000 arrows or 500 2-cells.
    """
    return _drawn(text, names).learning_diagram(name)


def signature_from_quiver(text: str, *, names: Mapping[str, str] | None = None) -> Signature:
    """The objects and boxes of a quiver, with or without 2-cells; parameters and errors as in `from_quiver`."""
    return _drawn(text, names).signature


def _drawn(text: str, names: Mapping[str, str] | None) -> DrawnGraph:
    text = require_text(text, WHERE).strip()
    data = require_rows(json_value(text if text[:1] in "[{" else _json_of(text), WHERE), list, WHERE)
    if data[:1] != [0]:
        raise FileError(f"{WHERE}: the format is {brief(data[:1])}; format 0 is read")
    count = require_place(data[1] if data[1:] else 0, len(data) - 1, f"{WHERE}: the number of objects")
    labels = [
        _label(require_rows(cell, list, f"{WHERE}: object {i}"), f"object {i}")
        for i, cell in enumerate(data[2:][:count])
    ]
    arrows: list[DrawnArrow] = []
    for i, cell in enumerate(data[2 + count :]):
        arrows.append(_arrow(require_rows(cell, list, f"{WHERE}: arrow {i}"), i, count, arrows))
    return DrawnGraph(labels, arrows, WHERE, names or {})


def _json_of(link: str) -> str:
    """The JSON in a link."""
    try:
        parts = parse_qsl(urlsplit(link).fragment, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        parts = []
    if not dict(parts).get("q"):
        raise FileError(f"{WHERE}: this is neither a link with #q=… nor JSON: {brief(link)}")
    for key, value in parts:
        if key in ("macros", "macro_url", "r"):
            what = {"r": "labels for another program than LaTeX"}.get(key, "macros of its own")
            raise FileError(
                f"{WHERE}: the link has {what} ({key}={value:.40}), which are not read; write labels in LaTeX"
            )
    encoded = dict(parts)["q"].replace(" ", "+")
    try:
        return b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise FileError(f"{WHERE}: what follows q= is not text in base 64: {brief(encoded)}") from None


def _label(cell: list[Any], where: str) -> str:
    label = cell[2] if cell[2:] else ""
    if not 2 <= len(cell) <= 6 or not isinstance(label, str):
        raise FileError(f"{WHERE}: {where}: two numbers and a label are expected, got {brief(cell)}")
    return label


def _arrow(cell: list[Any], i: int, objects: int, before: list[DrawnArrow]) -> DrawnArrow:
    label = _label(cell, f"arrow {i}")
    where = f"arrow {i}" + (f" ({label:.60})" if label else "")
    place = f"{WHERE}: {where}"
    ends = [require_place(end, objects + len(before), f"{place}: its end") for end in cell[:2]]
    source, target = ((end >= objects, end - objects if end >= objects else end) for end in ends)
    options = require_rows(cell[4] if cell[4:] else {}, dict, place)
    style = require_rows(options.get("style", {}), dict, place)
    if unknown := options.keys() - _DRAWN - {"style", "level"}:
        raise FileError(f"{place}: the option {brief(min(unknown))} is not carried")
    kind = style.get("name", "arrow")
    if kind != "arrow":
        raise FileError(f"{place}: its style {brief(kind)} is not carried; state what it means as an equation")
    marks = {key: require_rows(style.get(key, {}), dict, place) for key in _MARKS}
    names = {key: marks[key].get("name", usual[0]) for key, usual in _MARKS.items()}
    for key, usual in _MARKS.items():
        if names[key] not in usual:
            raise FileError(
                f"{place}: its {key} {brief(names[key])} is not carried; state what it means as an equation"
            )
    inner = max([before[at].level for is_arrow, at in (source, target) if is_arrow], default=0)
    level = options.get("level", marks["body"].get("level", inner + 1))
    if inner > 1 or level not in (1, 2):
        raise FileError(
            f"{place}: is a cell of dimension {inner + 1}, drawn with {brief(level)} lines; objects, arrows and "
            "2-cells are read"
        )
    has_head, is_wavy = names["head"] != "none", names["body"] == "squiggly"
    is_grey = options.get("colour") == list(FROZEN)
    return DrawnArrow(source, target, label, where, max(level, inner + 1), has_head, is_wavy, is_grey)
