"""The functor that sends objects to finite sets and boxes to exact stochastic maps.

It keeps the joint law of the wires that are still needed, so that a copied draw is one draw.

>>> from learning_diagrams.box import Copy, Kernel, Ty
>>> bit = Ty("bit")
>>> coin = Kernel("coin", Ty(), bit)
>>> F = FiniteFunctor({bit: 2}, {coin: ["1/2", "1/2"]})
>>> [str(p) for p in F(coin >> Copy(bit)).law()], [str(p) for p in F(coin @ coin).law()]
(['1/2', '0', '0', '1/2'], ['1/4', '1/4', '1/4', '1/4'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from discopy import markov

from learning_diagrams.backends.finite.stochastic_map import Sizes, StochasticMap
from learning_diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, did_you_mean, shown
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.sample_space import Column, SampleObject, State


class FiniteFunctor:
    """A functor from diagrams to exact stochastic maps.

    Laws: `F(f >> g) = F(f) >> F(g)`, `F(f @ g) = F(f) @ F(g)`, and copies, discards and swaps are preserved.

    Parameters
    ----------
    ob : how many elements each object has, given as a type of one object or by name.
    ar : for each box, given as the box or by name, nested lists of probabilities [inputs…, outputs…], or for a
        deterministic one a function of one whole number a wire.
    data : for each sample space its columns, lists of equal length of whole numbers; its state is their empirical law.

    Raises
    ------
    CompileError : entries that are no probabilities, or a deterministic box that is not.
    """

    def __init__(
        self,
        ob: Mapping[Ty | str, int],
        ar: Mapping[markov.Box | str, Any],
        data: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
    ) -> None:
        self.sizes = {str(key): size for key, size in ob.items()}
        self.entries = {getattr(key, "name", key): entries for key, entries in ar.items()}
        self.data = {space: {name: list(values) for name, values in own.items()} for space, own in (data or {}).items()}
        self._made: dict[str, StochasticMap] = {}

    def __call__(self, other: Any) -> Any:
        """The sizes of a type, or the map of a diagram."""
        if isinstance(other, Ty):
            return tuple(map(self._size, other.inside))
        if not isinstance(other, Diagram):
            raise TypeMismatch(f"the functor is applied to types and diagrams, got {shown(other)}")
        return self.evaluate(PortGraph.from_diagram(other))

    def evaluate(self, graph: PortGraph) -> StochasticMap:
        """The map of a port graph: the law of its outputs given its inputs."""
        dom = self(graph.dom)
        uses = Counter(wire for arguments in graph.arguments for wire in arguments) + Counter(graph.outputs)
        axes = list(range(len(dom)))
        joint = np.full(dom, Fraction(1), dtype=object)
        for box, arguments, made in graph.applications():
            factor = _diagonal(self._arrow(box).array, arguments)
            wires = list(dict.fromkeys(arguments))
            places = [axes.index(wire) for wire in wires]
            shape = [factor.shape[wires.index(wire)] if wire in wires else 1 for wire in axes]
            order = sorted(range(len(wires)), key=lambda i: places[i])
            aligned = factor.transpose([*order, *range(len(wires), factor.ndim)])
            joint = joint[(..., *[None] * len(made))] * aligned.reshape([*shape, *factor.shape[len(wires) :]])
            axes += made
            uses.subtract(arguments)
            gone = [i for i, wire in enumerate(axes) if wire >= len(dom) and uses[wire] <= 0]
            joint = np.asarray(joint.sum(axis=tuple(gone)) if gone else joint, dtype=object)
            axes = [wire for i, wire in enumerate(axes) if i not in gone]
        cod = self(graph.cod)
        array = np.full(dom + cod, Fraction(0), dtype=object)
        at = [axes.index(wire) for wire in (*range(len(dom)), *graph.outputs)]
        for index, probability in np.ndenumerate(joint):
            array[tuple(index[i] for i in at)] += probability
        return StochasticMap(dom, cod, array)

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

    def _arrow(self, box: markov.Box) -> StochasticMap:
        dom, cod = self(box.dom), self(box.cod)
        if isinstance(box, State):
            return StochasticMap((), cod, np.full(cod, Fraction(1, cod[0]), dtype=object))
        if isinstance(box, Column):
            values = self._columns(box.space.name)[box.name]
            return StochasticMap.function(dom, cod, lambda row: values[row], f"column {box.name!r}")
        if box.name not in self._made:
            self._made[box.name] = self._read(box, dom, cod)
        return self._made[box.name]

    def _read(self, box: markov.Box, dom: Sizes, cod: Sizes) -> StochasticMap:
        if box.name not in self.entries:
            raise UnknownName(f"box {box.name!r} has no map; give one in ar=; {did_you_mean(box.name, self.entries)}")
        entries = self.entries[box.name]
        where = f"box {box.name!r}"
        if callable(entries):
            return StochasticMap.function(dom, cod, entries, where)
        made = StochasticMap.of(dom, cod, entries, where)
        if is_deterministic(box) and not made.deterministic:
            raise CompileError(f"{where} is deterministic, and its entries are not all 0 or 1; declare it a Kernel")
        return made


def _diagonal(array: Any, arguments: Sequence[int]) -> Any:
    """An array whose first axes belong to wires, with one axis for each different wire."""
    wires = list(dict.fromkeys(arguments))
    if len(wires) == len(arguments):
        return array
    sizes = [array.shape[arguments.index(wire)] for wire in wires]
    rest = array.shape[len(arguments) :]
    result = np.empty((*sizes, *rest), dtype=object)
    for index in np.ndindex(*sizes):
        result[index] = array[tuple(index[wires.index(wire)] for wire in arguments)]
    return result
