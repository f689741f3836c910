"""Wired boxes: labelled boxes whose ports hang on shared wires, in any order, as other programs hold string diagrams.

A wire has one source: an input of the whole, or an output of one box. A wire with several users is a copy, and a wire
without a user a discard.

>>> wired = WiredBoxes(("x", "y"), ("f",), (((0,), (1,)),), (0,), (1, 1))
>>> print(wired.diagram("a text"))
f >> Copy(y)
>>> WiredBoxes.of(wired.diagram("a text")) == wired
True

Source: Bonchi, Gadducci, Kissinger, Sobociński & Zanasi, *String diagram rewrite theory I* (2022), for monogamous
acyclic hypergraphs; Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for wires with
several users.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Kernel, Ty, require_no_dagger
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import box_symbol, shared_columns
from learning_diagrams.errors import FileError, TypeMismatch, brief, did_you_mean
from learning_diagrams.interchange.outside_text import require_name
from learning_diagrams.terms.scope import signature_of

Wires = tuple[Wire, ...]
LARGEST = 1_000_000  # wires between layers, all layers together


@dataclass(frozen=True)
class WiredBoxes:
    """A string diagram as data of names and numbers.

    Parameters
    ----------
    wires : tuple of str, the object that each wire carries.
    labels : tuple of str, the name of each box.
    ports : tuple of (tuple of int, tuple of int), for each box the wires at its inputs and at its outputs.
    inputs, outputs : tuple of int, the wires at the ends of the whole diagram.
    """

    wires: tuple[str, ...]
    labels: tuple[str, ...]
    ports: tuple[tuple[Wires, Wires], ...]
    inputs: Wires
    outputs: Wires

    @classmethod
    def of(cls, diagram: Diagram) -> WiredBoxes:
        """The wired boxes of a diagram.

        Raises `TypeMismatch` for a dagger, for a box that carries data, and for what is no diagram of boxes, copies,
        discards and swaps.
        """
        graph = PortGraph.from_diagram(diagram)
        shared = shared_columns(graph.boxes)
        for box in graph.boxes:
            require_plain(box)
        return cls(
            tuple(ob.name for ob in graph.wire_objects),
            tuple(_label(box, box_symbol(box) in shared) for box in graph.boxes),
            tuple((arguments, tuple(outputs)) for _, arguments, outputs in graph.applications()),
            tuple(range(len(graph.dom))),
            graph.outputs,
        )

    def diagram(self, where: str, scope: Any = None) -> Diagram:
        """The diagram of the boxes.

        Parameters
        ----------
        where : str, what the boxes were read from, at the head of errors.
        scope : the meanings of names, as `parse` takes them; by default each box is a kernel, of which nothing is
            assumed, and each object a plain one.

        Raises `FileError`: a wire has two sources or none, wires run in a circle, a name is no name, or the scope
        lacks a name. `DuplicateName`: one name has two types. `LimitExceeded`: the diagram would be too wide.
        """
        signature = None if scope is None else signature_of((scope,))
        objects = [self._object(name, signature, where) for name in self.wires]
        source = self._sources(where)
        boxes = [self._box(i, objects, signature, where) for i in range(len(self.labels))]
        users = {i: {source[wire] for wire in ports[0]} - {-1} for i, ports in enumerate(self.ports)}
        try:
            order: Sequence[int] = range(len(boxes))
            if any(max(before, default=-1) >= i for i, before in users.items()):
                order = list(TopologicalSorter(users).static_order())
        except CycleError as error:
            circle = ", ".join(brief(self.labels[i]) for i in error.args[1][:10])
            raise FileError(f"{where}: wires run in a circle through the boxes {circle}; a diagram has none") from None
        number = {wire: i for i, wire in enumerate(self.inputs)}
        for i in order:
            for wire in self.ports[i][1]:
                number[wire] = len(number)
        graph = PortGraph(
            _type(objects, self.inputs),
            _type(objects, self.outputs),
            tuple(boxes[i] for i in order),
            tuple(tuple(number[wire] for wire in self.ports[i][0]) for i in order),
            tuple(number[wire] for wire in self.outputs),
        )
        if signature is None:
            Signature.of([graph])  # a name has one meaning
        return graph.to_diagram(limit=LARGEST)

    def _sources(self, where: str) -> dict[Wire, int]:
        """The box from which each wire comes, -1 for an input."""
        starts = [
            *((wire, -1) for wire in self.inputs),
            *((w, i) for i, (_, outs) in enumerate(self.ports) for w in outs),
        ]
        times = Counter(wire for wire, _ in starts)
        for wire, name in enumerate(self.wires):
            if times[wire] != 1:
                number = f"{times[wire]} sources" if times[wire] else "no source"
                raise FileError(
                    f"{where}: wire {wire}, which carries {name!r}, has {number}; in a Markov category a wire comes "
                    "from one input or from one output of a box (there are no merges, cups and caps)"
                )
        return dict(starts)

    def _object(self, name: str, signature: Signature | None, where: str) -> Ty:
        if signature is None:
            return Ty(require_name(name, "object", where))
        if name in signature.sample_spaces:
            return signature.sample_spaces[name].ty
        if name not in signature.objects:
            known = did_you_mean(name, [*signature.objects, *signature.sample_spaces])
            raise FileError(f"{where}: the scope has no object {brief(name)}; {known}")
        return signature.objects[name]

    def _box(self, i: int, objects: list[Ty], signature: Signature | None, where: str) -> markov.Box:
        name = self.labels[i]
        dom, cod = (_type(objects, wires) for wires in self.ports[i])
        if signature is None:
            return Kernel(require_name(name, "box", where), dom, cod)
        states = [space.state for space in signature.sample_spaces.values() if space.state.name == name and not dom]
        boxes = [box for box in (*signature.meanings(name), *states) if (box.dom, box.cod) == (dom, cod)]
        if len(boxes) != 1:
            known = [*signature.boxes, *(f"{space}.{column}" for space, column in signature.columns)]
            ends = f"{dom or 'I'} → {cod or 'I'}"
            raise FileError(f"{where}: the scope has no box {brief(name)} : {ends}; {did_you_mean(name, known)}")
        return boxes[0]


def _type(objects: Sequence[Ty], wires: Wires) -> Ty:
    return Ty(*(ob for wire in wires for ob in objects[wire].inside))


def require_plain(box: markov.Box) -> None:
    """Raise `TypeMismatch` for a dagger and for a box that carries data, which other programs do not read back."""
    require_no_dagger(box)
    if box.data is not None:
        raise TypeMismatch(f"box {box.name!r} carries data, which is not carried: {brief(box.data)}")


def _label(box: markov.Box, shared: bool) -> str:
    return box_symbol(box).called if shared else str(box.name)
