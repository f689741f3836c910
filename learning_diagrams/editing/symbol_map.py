"""Symbol maps: new names for symbols, in diagrams and in every statement about them; and the renaming by one.

Law: a symbol map is a functor, and keeps kinds, shapes and the drawing.

>>> f = Kernel("f", Ty("x"), Ty("y"))
>>> to = SymbolMap({Symbol("box", "f"): Symbol("box", "g"), Symbol("object", "y"): Symbol("object", "z")})
>>> g = to.box(f)
>>> print(g, g.dom, g.cod, to.diagram(f >> Kernel("h", Ty("y"), Ty("x"))))
g x z g >> h
>>> from learning_diagrams import Constraint, LearningDiagram, SampleSpace
>>> rows = SampleSpace("rows")
>>> d = LearningDiagram(Constraint("fit", rows.column("x", Ty("x")) >> f, rows.column("y", Ty("y"))))
>>> print(d.rename({"f": "g", "rows.x": "input"}))
learning diagram
  fit: input >> g = y
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from discopy import cat, markov

from learning_diagrams.diagrams.box import Box, Diagram, Generator, Kernel, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.diagrams.uses import mapped_uses
from learning_diagrams.editing.substitution import map_layers
from learning_diagrams.editing.symbol import KINDS, Symbol, box_symbol, find, object_symbol, symbols, with_presence
from learning_diagrams.equality.canonical_form import canonical
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation import Presentation

P = TypeVar("P", bound=Presentation)
RENAMED = tuple(kind for kind in KINDS if kind != "player")  # a player is often called like the box that it trains


@dataclass(frozen=True)
class SymbolMap(Transport):
    """A map of symbols, which fixes every symbol that it does not mention.

    symbols : mapping from symbols to symbols of the same kind. A column goes to a column of its new sample space.
    """

    symbols: Mapping[Symbol, Symbol]

    def symbol(self, symbol: Symbol) -> Symbol:
        return self.symbols.get(symbol, symbol)

    def ob(self, ob: cat.Ob) -> cat.Ob:
        symbol = object_symbol(ob)
        if (image := self.symbol(symbol)) == symbol:
            return ob
        return (SampleObject if symbol.kind == "sample space" else type(ob))(image.name)

    def ty(self, ty: Ty) -> Ty:
        return Ty(*map(self.ob, ty.inside))

    def box(self, box: markov.Box) -> markov.Box:
        """The generator under its new name, between renamed types; the boxes that it uses are renamed too."""
        if isinstance(box, State):
            return State(self.name("sample space", box.space.name))
        if isinstance(box, Column):
            name = self.symbol(box_symbol(box)).name
            return Column(self.name("sample space", box.space.name), name, self.ty(box.cod))
        return mapped_uses(box, self._renamed)

    def _renamed(self, box: markov.Box, uses: Sequence[Generator]) -> Generator:
        kind = Box if isinstance(box, Box) else Kernel
        return kind(self.name("box", box.name), self.ty(box.dom), self.ty(box.cod), data=box.data, uses=uses)

    def diagram(self, diagram: Diagram) -> Diagram:
        return map_layers(diagram, self.ob, self.box)

    def graph(self, graph: PortGraph) -> PortGraph:
        images = {id(box): self.box(box) for box in graph.boxes}
        boxes = tuple(images[id(box)] for box in graph.boxes)
        return PortGraph(self.ty(graph.dom), self.ty(graph.cod), boxes, graph.arguments, graph.outputs)

    def boxes(self, name: str) -> tuple[str, ...]:
        return (self.name("box", name),)

    def canonical(self, diagram: Diagram) -> list[Any]:
        # A symbol that only idle boxes mention may be missing from the map.
        return canonical(self.graph(normalise(PortGraph.from_diagram(diagram))))


def rename(diagram: P, names: Mapping[Any, str]) -> P:
    """See `LearningDiagram.rename`."""
    if not isinstance(names, Mapping):
        raise TypeMismatch(f"rename takes a mapping as {{'student': 'pupil'}}, got {brief(names)}")
    new: dict[Symbol, str] = {}
    for key, name in names.items():
        symbol = find(diagram, key, RENAMED)
        if not isinstance(name, str):
            raise TypeMismatch(f"the new name of {symbol} must be a string, got {brief(name)}")
        if new.setdefault(symbol, name) != name:
            raise DuplicateName(f"{symbol} is given two new names, {new[symbol]!r} and {name!r}")

    def renamed(symbol: Symbol) -> Symbol:
        space = Symbol("sample space", symbol.space)
        return Symbol(symbol.kind, new.get(symbol, symbol.name), new.get(space, symbol.space))

    to = SymbolMap(with_presence({symbol: renamed(symbol) for symbol in symbols(diagram)}))
    for symbol, name in new.items():
        if to.symbols[symbol].name != name:
            raise TypeMismatch(f"{symbol} is the presence of a column, and is named after it; rename the column")
    taken: dict[Symbol, Symbol] = {}
    for symbol, image in to.symbols.items():
        place = image._replace(kind="object") if image.kind == "sample space" else image
        if taken.setdefault(place, symbol) != symbol:
            raise DuplicateName(f"{taken[place]} and {symbol} would both be named {image.name!r}")
    return diagram.map(to)
