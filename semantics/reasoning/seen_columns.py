"""Columns seen in data: whether two columns differ, in the rows in which all masked columns are present.

>>> from learning_diagrams.diagrams.box import Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> y, rows = Ty("y"), SampleSpace("rows")
>>> label, guess = rows.column("label", y), rows.column("guess", y)
>>> data = {"rows": {"label": [3, 1, 4], "guess": ([3, 5, 0], [True, True, False])}}
>>> compare_columns(label, guess, {guess}, data)
Seen(differ=True, where=', first in row 1: 1 and 5')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.errors import brief
from learning_diagrams.presentation.equation import Equation

Data = Mapping[str, Mapping[str, Any]]


class Seen(NamedTuple):
    """A comparison of two columns: whether they differ, and the place as text."""

    differ: bool
    where: str


def masked_columns(equation: Equation, data: Data | None) -> set[Column]:
    """The columns of an equation that data give with a mask, as a pair (values, mask)."""
    boxes = {box for graph in equation.graphs for box in graph.boxes}
    return {box for box in boxes if isinstance(box, Column) and isinstance(_values(box, data), tuple)}


def compare_columns(left: Diagram, right: Diagram, masked: set[Column], data: Data | None) -> Seen | None:
    """A comparison of two columns in data; None for a diagram that is not a column, or has no values.

    Parameters
    ----------
    left, right : parallel diagrams.
    masked : columns with a mask; rows count in which all of them are present.
    data : mapping from sample spaces to mappings from columns to values [rows], or to pairs (values, mask).
    """
    columns = [_column(side) for side in (left, right)]
    entries = [None if column is None else _values(column, data) for column in columns]
    lhs, rhs = (entry[0] if isinstance(entry, tuple) else entry for entry in entries)
    if lhs is None or rhs is None or any(column.space != columns[0].space for column in masked if columns[0]):
        return None
    masks = [_values(column, data)[1] for column in masked]
    if not isinstance(lhs, list) or not isinstance(rhs, list):  # arrays of any kind
        for mask in masks[1:]:
            masks[0] = masks[0] & mask
        same: Any = lhs[masks[0]] == rhs[masks[0]] if masks else lhs == rhs
        return Seen(not bool(same.all() if hasattr(same, "all") else same), "")
    for row, pair in enumerate(zip(lhs, rhs, strict=False)):
        if all(mask[row] for mask in masks) and pair[0] != pair[1]:
            return Seen(True, f", first in row {row}: {brief(pair[0])} and {brief(pair[1])}")
    return Seen(len(lhs) != len(rhs), "")


def _column(side: Diagram) -> Column | None:
    boxes: tuple[markov.Box, ...] = PortGraph.from_diagram(side).boxes
    return boxes[0] if len(boxes) == 1 and isinstance(boxes[0], Column) else None


def _values(column: Column, data: Data | None) -> Any:
    return (data or {}).get(column.space.name, {}).get(column.name)
