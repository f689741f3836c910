"""The functor that sends objects to finite sets and boxes to exact stochastic maps.

The functor keeps the joint distribution of the wires that are still needed, so that a copied draw is a single draw. The
probabilities are whole numbers over a common denominator, machine integers while those suffice.

>>> from learning_diagrams import Copy, Kernel
>>> bit = Ty("bit")
>>> coin = Kernel("coin", Ty(), bit)
>>> F = FiniteFunctor({bit: 2}, {coin: ["1/2", "1/2"]})
>>> [str(p) for p in F(coin >> Copy(bit)).distribution()], [str(p) for p in F(coin @ coin).distribution()]
(['1/2', '0', '0', '1/2'], ['1/4', '1/4', '1/4', '1/4'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from discopy import markov

from learning_diagrams.backends.finite.given import columns_of, entries_of, sizes_of
from learning_diagrams.backends.finite.stochastic_map import Sizes, StochasticMap, require_small
from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.functor.arity import require_arity
from learning_diagrams.semantics.functor.functor import fold_state

LARGEST = 2**63 - 1  # the largest machine integer


class _Joint(NamedTuple):
    """Joint distributions given the inputs, an axis for each wire that is still needed."""

    axes: list[Wire]
    numerators: Any  # array of whole numbers [size of each axis]
    denominator: int


class FiniteFunctor:
    """A functor from diagrams to exact stochastic maps.

    Laws: `F(f >> g) = F(f) >> F(g)`, `F(f @ g) = F(f) @ F(g)`, and copies, discards and swaps are preserved.

    ob : dict from object (a type of one object, or its name) to int, the number of its elements.
    ar : dict from box (or its name) to nested lists of probabilities [inputs…, outputs…]. The value for a
        deterministic box may be a function of whole numbers, one for each wire. Probabilities are read exactly: write
        "1/10" or Fraction(1, 10), since the float 0.1 is another number. `rounded` makes fractions of a trained table.
    data : dict from sample space to columns, dicts from name to list of int [rows], or to a pair of such a list and a
        mask, a list of bool [rows]. The state of the space is the empirical distribution of all rows. The terms of
        constraints leave out rows in which a column that they read is absent.

    The map of a box is checked at once if all its objects have sizes, that of a name when a diagram first uses it.

    Raises `CompileError`: entries are not probabilities, or the entries of a deterministic box are not 0 or 1.
    `TypeMismatch`: an entry is no number, a size is no number of elements, or an argument is no mapping.
    `DataError`: the columns or masks of a sample space have unequal lengths or no rows, or a value is no whole number.
    """

    __repr__ = short_repr

    def __init__(
        self,
        ob: Mapping[Ty | str, int],
        ar: Mapping[markov.Box | str, Any],
        data: Mapping[str, Mapping[str, Sequence[int] | tuple[Sequence[int], Sequence[bool]]]] | None = None,
    ) -> None:
        self.sizes, self.entries = sizes_of(ob), entries_of(ar)
        read = columns_of(data)
        self.data = {space: {name: values for name, (values, _) in columns.items()} for space, columns in read.items()}
        self._present = {(space, name): mask for space, columns in read.items() for name, (_, mask) in columns.items()}
        self._arrows: dict[str, StochasticMap] = {}
        for box in ar:
            if isinstance(box, markov.Box) and all(ob.name in self.sizes for ob in (box.dom @ box.cod).inside):
                self._arrow(box)

    def __call__(self, other: Any) -> Any:
        """The sizes of a type, or the map of a diagram."""
        if isinstance(other, Ty):
            return tuple(map(self._size, other.inside))
        if not isinstance(other, Diagram):
            raise TypeMismatch(f"the functor is applied to types and diagrams, got {brief(other)}")
        return self.evaluate(PortGraph.from_diagram(other))

    def evaluate(self, graph: PortGraph) -> StochasticMap:
        """The map of a port graph: the distribution of the outputs given the inputs.

        Raises `LimitExceeded` if the joint distribution of the wires that are needed at a time has too many entries.
        """
        inputs = range(len(graph.dom))
        uses = Counter(wire for arguments in graph.arguments for wire in arguments) + Counter(graph.outputs)

        def step(state: _Joint, box: markov.Box, arguments: tuple[Wire, ...], outputs: range) -> _Joint:
            numerators, own = self._integers(box)
            denominator = state.denominator * own
            # The denominator bounds all numerators, because these are probabilities.
            joint = state.numerators.astype(object) if denominator > LARGEST else state.numerators
            number = {wire: i for i, wire in enumerate((*state.axes, *outputs))}
            sizes = joint.shape + numerators.shape[len(arguments) :]
            require_small(sizes, f"the joint distribution at box {box.name!r}")
            uses.subtract(arguments)
            kept = [wire for wire in number if wire in inputs or uses[wire] > 0]
            old, new, rest = ([number[wire] for wire in wires] for wires in (state.axes, (*arguments, *outputs), kept))
            joint = np.asarray(np.einsum(joint, old, numerators.astype(joint.dtype), new, rest), joint.dtype)
            return _Joint(kept, joint, denominator)

        start = _Joint(list(inputs), np.ones(self(graph.dom), dtype=np.int64), 1)
        axes, joint, denominator = fold_state(graph, start, step)
        require_small(self(graph.dom) + self(graph.cod), "the map of the diagram")
        array = np.zeros(self(graph.dom) + self(graph.cod), dtype=object)
        places = np.indices(joint.shape, sparse=True)
        at = tuple(places[axes.index(wire)] for wire in (*inputs, *graph.outputs))
        array[at] = joint if joint.ndim else joint.item()
        return StochasticMap.over(self(graph.dom), self(graph.cod), array, denominator)

    def is_present(self, space: str, column: str, row: int) -> bool:
        """Whether a column has a value at a row."""
        return (mask := self._present.get((space, column))) is None or mask[row]

    def _size(self, ob: Any) -> int:
        if isinstance(ob, SampleObject):
            columns = self._columns(ob.name)
            return len(next(iter(columns.values())))
        if ob.name not in self.sizes:
            raise UnknownName(f"object {ob.name!r} has no size; give one in ob=; {did_you_mean(ob.name, self.sizes)}")
        return self.sizes[ob.name]

    def _columns(self, space: str) -> dict[str, list[int]]:
        if not self.data.get(space):
            raise UnknownName(f"sample space {space!r} has no data; {did_you_mean(space, self.data)}")
        return self.data[space]

    def _integers(self, box: markov.Box) -> tuple[Any, int]:
        """The map of a box as whole numbers over one denominator."""
        array = self._arrow(box).array
        denominator = lcm(*(entry.denominator for entry in array.flat))
        whole = np.asarray(array * denominator, dtype=object)
        return whole if denominator > LARGEST else whole.astype(np.int64), denominator

    def _arrow(self, box: markov.Box) -> StochasticMap:
        dom, cod = self(box.dom), self(box.cod)
        if isinstance(box, State):
            return StochasticMap((), cod, np.full(cod, Fraction(1, cod[0]), dtype=object))
        if isinstance(box, Column):
            values = self._columns(box.space.name)[box.name]
            return StochasticMap.function(dom, cod, lambda row: values[row], f"column {box.name!r}")
        if box.name not in self._arrows:
            self._arrows[box.name] = self._read(box, dom, cod)
        return self._arrows[box.name]

    def _read(self, box: markov.Box, dom: Sizes, cod: Sizes) -> StochasticMap:
        if box.name not in self.entries:
            raise UnknownName(f"box {box.name!r} has no map; give one in ar=; {did_you_mean(box.name, self.entries)}")
        entries = self.entries[box.name]
        where = f"box {box.name!r}"
        if callable(entries):
            require_arity(box, entries, "map")
            return StochasticMap.function(dom, cod, entries, where)
        arrow = StochasticMap.of(dom, cod, entries, where)
        if is_deterministic(box) and not arrow.deterministic:
            raise CompileError(f"{where} is deterministic, and its entries are not all 0 or 1; declare it a Kernel")
        return arrow
