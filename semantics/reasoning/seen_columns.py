"""Columns seen in data: which columns a term needs to be present, and whether two sides made of columns differ.

A side draws rows of sample spaces. Two draws from one space are two different rows, so that data refute an equation
between two draws over all ordered pairs of different rows.

>>> from learning_diagrams import SampleSpace, Ty
>>> y, rows = Ty("y"), SampleSpace("rows")
>>> label, guess = rows.column("label", y), rows.column("guess", y)
>>> data = {"rows": {"label": [3, 1, 4], "guess": ([3, 5, 0], [True, True, False])}}
>>> compare_columns(label, guess, {guess}, data)
Seen(differ=True, where=', first in row 1: 1 and 5')
>>> compare_columns(label @ label, guess @ label, {guess}, data).differ
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.errors import brief
from learning_diagrams.presentation.constraint import Constraint

Data = Mapping[str, Mapping[str, Any]]
Cell = tuple[str, int, str]  # a sample space, the number of a draw of its rows, and a column
Cells = frozenset[Cell]


class Seen(NamedTuple):
    """A comparison of two sides: whether they differ, and the place as text."""

    differ: bool
    where: str


def masked_cells(constraint: Constraint, data: Data | None, everywhere: bool = False) -> Cells | None:
    """The masked columns that must be present where a term is computed: those that its sides read in normal form.

    None where no set of columns says it, see `cells_read`.

    everywhere : bool, whether the bare sides are meant, without the source of their test points.
    """
    reading, in_law = constraint.reading, constraint.tested == "in law"
    if everywhere:
        return cells_read([(side, side.outputs) for side in reading.sides], in_law, data)
    return cells_read([(joint, reading.ends(joint)) for joint in reading.joints], in_law, data)


def cells_read(sides: Iterable[tuple[PortGraph, Sequence[Wire]]], in_law: bool, data: Data | None) -> Cells | None:
    """The masked columns that two sides depend on, each a graph with its ends.

    None where the sides read different columns in law, or a side reads masked columns of several rows that are not all
    inputs.
    """
    read: list[Cells] = []
    drawn: list[Mapping[str, int]] = []
    for graph, ends in sides:
        draws, counts = _draws(graph)
        cells = ((*draws[row], column.name) for row, column in columns_read(graph, ends))
        masked = frozenset(cell for cell in cells if isinstance(_entry(cell[0], cell[2], data), tuple))
        states = {box.space.name for box in graph.boxes if isinstance(box, State)}
        if any(space in states and counts[space] > 1 for space, _, _ in masked):
            return None
        read.append(masked)
        drawn.append(counts)
    differing = read[0] ^ read[1]
    if in_law and any(cell[0] in drawn[side] for side in (0, 1) for cell in differing - read[side]):
        return None
    return read[0] | read[1]


def columns_read(graph: PortGraph, ends: Iterable[Wire]) -> Iterator[tuple[Wire, Column]]:
    """The columns that some wires depend on, each with the wire of the rows that it reads."""
    needed = set(ends)
    for box, arguments, outputs in reversed(list(graph.applications())):
        if needed.intersection(outputs):
            needed.update(arguments)
            if isinstance(box, Column):
                yield arguments[0], box


def _draws(graph: PortGraph) -> tuple[dict[Wire, tuple[str, int]], Mapping[str, int]]:
    """Each wire that carries rows, with its sample space and the number of its draw; and the count of the draws."""
    states = (outputs[0] for box, _, outputs in graph.applications() if isinstance(box, State))
    inputs = (wire for wire, ob in enumerate(graph.dom.inside) if isinstance(ob, SampleObject))
    objects, draws, counts = graph.wire_objects, {}, Counter[str]()
    for wire in (*inputs, *states):
        space = objects[wire].name
        draws[wire] = space, counts[space]
        counts[space] += 1
    return draws, counts


def compare_columns(left: Diagram, right: Diagram, masked: Iterable[Column], data: Data | None) -> Seen | None:
    """A comparison of two sides in data; None for a side that is not made of columns, or without values.

    masked : columns with a mask; rows count in which all of them are present.
    data : mapping from sample spaces to mappings from columns to values [rows], or to pairs (values, mask).
    """
    sides = [_columns(side) for side in (left, right)]
    if sides[0] is None or sides[1] is None:
        return None
    spaces = [ob.name for ob in left.dom.inside]
    masks: dict[str, list[Any]] = {space: [] for space in spaces}
    for column in masked:
        if column.space.name not in masks:
            return None
        masks[column.space.name].append(_entry(column.space.name, column.name, data)[1])
    known = True
    for (draw, lhs), (other, rhs) in zip(*sides, strict=True):
        entries = [_entry(column.space.name, column.name, data) for column in (lhs, rhs)]
        values, references = (entry[0] if isinstance(entry, tuple) else entry for entry in entries)
        if values is None or references is None:
            known = False
            continue
        ends = (draw, values), (other, references)
        rows, others = (_present(masks[spaces[end]], len(column)) for end, column in ends)
        if spaces.count(spaces[draw]) > len(rows) or spaces.count(spaces[other]) > len(others):
            continue  # there are no different rows to draw
        for row, pair in _pairs(draw == other, spaces[draw] == spaces[other], rows, others, references):
            value, reference = listed(values[row]), listed(references[pair])
            if value != reference:
                place = f"row {row}" if draw == other else f"rows {row} and {pair}"
                return Seen(True, f", first in {place}: {brief(value)} and {brief(reference)}")
    return Seen(False, "") if known else None


def _columns(side: Diagram) -> list[tuple[int, Column]] | None:
    """For each output its input and its column; None where a side has other boxes, or ends in rows."""
    graph = PortGraph.from_diagram(side)
    columns = {out[0]: (rows[0], box) for box, rows, out in graph.applications() if isinstance(box, Column)}
    if not graph.outputs or len(columns) < len(graph.boxes) or not columns.keys() >= set(graph.outputs):
        return None
    return [columns[wire] for wire in graph.outputs]


def _present(masks: Sequence[Any], count: int) -> list[int]:
    return [row for row in range(count) if all(mask[row] for mask in masks)]


def _pairs(
    one_draw: bool, one_space: bool, left: Sequence[int], right: Sequence[int], values: Sequence[Any]
) -> Iterator[tuple[int, int]]:
    """Pairs of rows at which two columns differ, if they differ at any pair of rows that can be drawn.

    For two draws, two rows of each of three values are enough: a row of the left side differs from two of the values,
    and of these rows at most one is the row itself.
    """
    if one_draw:
        yield from zip(left, left, strict=True)
        return
    witnesses: list[list[int]] = []
    for row in right:
        same = next((own for own in witnesses if listed(values[own[0]]) == listed(values[row])), None)
        if same is None and len(witnesses) < 3:
            witnesses.append([row])
        elif same is not None and len(same) < 2:
            same.append(row)
    for row in left:
        yield from ((row, other) for own in witnesses for other in own if not (one_space and row == other))


def listed(value: Any) -> Any:
    """An array as nested lists; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def presence_of(column: Column, data: Data | None) -> Sequence[bool] | None:
    """For each row whether a column is present; None without data."""
    entry = _entry(column.space.name, column.name, data)
    if entry is None or isinstance(entry, tuple):
        return None if entry is None else entry[1]
    return [True] * len(entry)


def present_values(column: Column, data: Data | None) -> list[Any] | None:
    """The values of a column in the rows in which it is present; None without data."""
    if (presence := presence_of(column, data)) is None:
        return None
    entry = _entry(column.space.name, column.name, data)
    values = entry[0] if isinstance(entry, tuple) else entry
    return [listed(value) for value, present in zip(values, presence, strict=True) if present]


def _entry(space: str, column: str, data: Data | None) -> Any:
    return (data or {}).get(space, {}).get(column)
