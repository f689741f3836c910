"""The test points of axioms: rows of a batch, and the values that the training graph computes from them.

An axiom from sample spaces is tested at their rows. One from objects is tested at the values that the constraints' own
wires of these objects have on the batch: columns first, then outputs of deterministic boxes. Only rows are used in
which every column that is read is present, and only points that are finite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.axioms.difference import Unchecked
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch, mask_of, rows_of, values_of
from learning_diagrams.backends.torch.divergences.row_function import flat
from learning_diagrams.backends.torch.functor.evaluation import Evaluation
from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State, presence_of
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import plural

MOST = (
    64  # test points for an object: enough to find a law broken anywhere but on a small set, at the cost of one batch
)


@dataclass(frozen=True)
class ChosenRows:
    """Rows of a batch in which every column that a graph reads is present.

    Parameters
    ----------
    columns : dict from sample space to list of str, the columns that the graph reads.
    index : Tensor [n] of int, the numbers of the rows in the batch.
    shifts : tuple of int, for each input of the graph the number of rows by which its sample space is rolled.
    """

    batch: Batch
    columns: Mapping[str, Sequence[str]]
    index: Tensor
    shifts: tuple[int, ...]

    def draw(self, space: str, shift: int = 0) -> dict[str, Tensor]:
        """The columns of a sample space at these rows, rolled."""
        values = {name: values_of(self.batch[space][name]) for name in self.columns.get(space, ())}
        return {name: column[(self.index - shift) % len(column)] for name, column in values.items()}


def choose_rows(graph: PortGraph, batch: Batch, layout: BatchLayout, most: int | None = None) -> ChosenRows:
    """The rows of a batch at which a graph can be evaluated, at most `most` rows.

    Raises
    ------
    Unchecked : the batch lacks a column, or has too few rows in which all are present.
    DataError : a column does not fit its space.
    """
    seen: Counter[str] = Counter()
    shifts = []
    for ob in graph.dom.inside:
        shifts.append(seen[ob.name])
        seen[ob.name] += isinstance(ob, SampleObject)
    cells: dict[tuple[str, str, int], None] = {}
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        if isinstance(box, Column):
            (wire,) = arguments
            cells[box.space.name, box.name, shifts[wire] if wire < len(shifts) else 0] = None
    columns: dict[str, list[str]] = {}
    for space, name, _ in cells:
        held = batch.get(space)
        if not isinstance(held, Mapping) or (name not in held and presence_of(name) not in held):
            raise Unchecked(f"the batch has no column {name!r} of sample space {space!r}")
        if name not in columns.setdefault(space, []):
            columns[space].append(name)
    needed = {space: tuple(names) for space, names in columns.items()}
    own = replace(layout, read=needed, draws=dict.fromkeys(needed, 1), paired=())
    own.check(batch, strict=False)
    batch = own.prepare(batch)
    rows = {space: len(values_of(batch[space][names[0]])) for space, names in needed.items()}
    for space, _, shift in cells:
        if rows[space] <= shift:
            raise Unchecked(f"it takes {shift + 1} rows of {space!r}, and the batch has {rows[space]}")
    index = torch.arange(min(rows.values(), default=1))
    for space, name, shift in cells:
        mask = mask_of(batch[space][name])
        if mask is not None:
            index = index[rows_of(mask).cpu()[(index - shift) % rows[space]]]
    if not len(index):
        raise Unchecked("no row of the batch has all columns that it reads")
    return ChosenRows(batch, needed, index[:most], tuple(shifts))


class AxiomPoints:
    """The test points that a batch has for axioms.

    Parameters
    ----------
    graphs : iterable of PortGraph, the sides of the constraints, from data.
    evaluation : Evaluation of boxes, for objects that no column has.
    changed : the names of boxes of whose outputs no points are made.
    """

    def __init__(
        self,
        batch: Batch,
        layout: BatchLayout,
        graphs: Sequence[PortGraph],
        evaluation: Evaluation,
        changed: Collection[str] = (),
    ) -> None:
        self.changed = changed
        self.batch, self.layout, self.graphs, self.evaluation = batch, layout, graphs, evaluation
        self._pools: dict[str, Tensor | Unchecked] = {}

    def inputs(self, graph: PortGraph) -> tuple[list[Any], int, Tensor | None]:
        """Values for the inputs of a graph, their number of rows, and the numbers of these rows in the batch or None.

        Several objects get different points in one row, as if they were drawn independently.
        """
        rows = choose_rows(graph, self.batch, self.layout)
        pools = {i: self._pool(ob.name) for i, ob in enumerate(graph.dom.inside) if not isinstance(ob, SampleObject)}
        counts = [*map(len, pools.values()), *([len(rows.index)] if rows.columns else [])]
        count = min(counts, default=1)
        if count < len(pools):
            raise Unchecked(f"it takes {plural(len(pools), 'different point')}, and the batch has {count}")
        rows = replace(rows, index=rows.index[:count])
        values: list[Any] = []
        for i, ob in enumerate(graph.dom.inside):
            if i in pools:
                values.append(pools[i][:count].roll(sum(j < i for j in pools), 0))
            else:
                values.append(rows.draw(ob.name, rows.shifts[i]))
        return values, count, None if pools or not rows.columns else rows.index

    def _pool(self, name: str) -> Tensor:
        """Points of an object, [n, …] with n ≤ MOST."""
        if name not in self._pools:
            try:
                self._pools[name] = self._gather(name)
            except Unchecked as reason:
                self._pools[name] = reason
        pool = self._pools[name]
        if isinstance(pool, Unchecked):
            raise pool
        return pool

    def _gather(self, name: str) -> Tensor:
        parts: list[Tensor] = []
        missing = MOST
        for source in self._sources(name):
            try:
                rows = choose_rows(source, self.batch, self.layout, missing)
            except Unchecked:
                continue
            inputs = [rows.draw(ob.name, shift) for ob, shift in zip(source.dom.inside, rows.shifts, strict=True)]
            (value,) = self.evaluation(source, inputs, len(rows.index), rows.draw)
            value = value[flat(value).isfinite().all(1)]  # NaN and infinity are not points of the space
            if not parts or (value.dtype, value.device) == (parts[0].dtype, parts[0].device):
                parts.append(value)
                missing -= len(value)
            if missing <= 0:
                break
        if missing == MOST:
            raise Unchecked(
                f"no value of {name!r} is made from this batch by columns and deterministic boxes; let a constraint "
                f"read a column of {name!r}, or state the axiom over data, as Equation(column >> lhs, column >> rhs)"
            )
        return torch.cat(parts)

    def _sources(self, name: str) -> Iterator[PortGraph]:
        """Graphs from sample spaces to an object, each once: columns first, then outputs of deterministic boxes."""
        seen: set[PortGraph] = set()
        ends = [(graph, *end) for graph in self.graphs for end in _computed(graph, name, self.changed)]
        for graph, wire, _ in sorted(ends, key=lambda end: not end[2]):
            source = normalise(replace(graph, cod=Ty(name), outputs=(wire,)))
            if source not in seen:
                seen.add(source)
                yield source


def _computed(graph: PortGraph, name: str, changed: Collection[str]) -> Iterator[tuple[Wire, bool]]:
    """The wires of an object that are functions of data without changed boxes, and whether each is a column."""
    unknown, constant, data = 0, 1, 2
    known = [data] * len(graph.dom)
    for box, arguments, outputs in graph.applications():
        below = [known[wire] for wire in arguments]
        if isinstance(box, State):
            origin = data
        else:
            fixed = is_deterministic(box) and unknown not in below
            fixed = fixed and not any(part.name in changed for part in with_uses(box) if not isinstance(box, Column))
            origin = unknown if not fixed else data if data in below else constant
        known += [origin] * len(outputs)
        for wire, ob in zip(outputs, box.cod.inside, strict=True):
            if origin == data and ob.name == name:
                yield wire, isinstance(box, Column)
