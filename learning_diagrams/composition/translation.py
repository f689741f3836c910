"""A translation: objects as types, boxes as diagrams; a functor between free Markov categories.

Law: it respects composition, copies and discards, and a deterministic box goes to a deterministic diagram.

>>> from learning_diagrams import Box, Copy
>>> x, y, z = Ty("x"), Ty("y"), Ty("z")
>>> f, split = Box("f", x, y), Box("split", x, z @ z)
>>> t = Translation({Symbol("object", "x"): x, Symbol("object", "y"): z @ z}, {Symbol("box", "f"): split})
>>> print(t.diagram(f >> Copy(y)).cod)
z @ z @ z @ z
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from discopy import markov, monoidal

from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.diagrams.box import Diagram, Id, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire, first_kernel
from learning_diagrams.diagrams.sample_space import SampleObject, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import GENERATORS, Symbol, box_symbol, find, generator, generators, object_symbol
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation


@dataclass(frozen=True)
class Translation:
    """A map of objects and sample spaces to types, and of boxes and columns to diagrams.

    types : mapping from the symbol of each object and sample space to a type.
    diagrams : mapping from the symbol of each box and column to a diagram between the types of its ends.
    """

    types: Mapping[Symbol, Ty]
    diagrams: Mapping[Symbol, Diagram]

    __repr__ = short_repr

    @classmethod
    def read(cls, mapping: Any, a: LearningDiagram, b: LearningDiagram) -> Translation:
        """The translation of the support of `a` by a mapping or a morphism; see `interprets`."""
        if isinstance(mapping, Morphism):
            if (mapping.dom, mapping.cod) != (a, b):
                raise TypeMismatch(f"this is a morphism between other learning diagrams: {mapping!r}")
            mapping = {symbol: image for symbol, image in mapping.images.items() if symbol.kind in GENERATORS}
        if not isinstance(mapping, Mapping):
            raise TypeMismatch(f"an interpretation is given by a mapping as {{box: diagram}}, got {brief(mapping)}")
        return _Reader(a, b, mapping).read()

    def ty(self, ty: Ty) -> Ty:
        return Ty().tensor(*(self._type(ob) for ob in ty.inside)) if len(ty) else Ty()

    def graph(self, graph: PortGraph) -> PortGraph:
        """The image of a graph: a bundle of wires for each wire."""
        builder = PortGraphBuilder(self.ty(graph.dom))
        bundles = self._split(graph.dom, builder.inputs)
        for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
            ends = builder.paste(self._image(box), [wire for i in arguments for wire in bundles[i]])
            bundles += self._split(box.cod, ends)
        return builder.build(self.ty(graph.cod), [wire for i in graph.outputs for wire in bundles[i]])

    def diagram(self, diagram: Diagram) -> Diagram:
        return self.graph(PortGraph.from_diagram(diagram)).to_diagram()

    def equation(self, equation: Equation, name: str) -> Equation:
        return Equation(self.diagram(equation.lhs), self.diagram(equation.rhs), name)

    def then(self, other: Translation) -> Translation:
        types = {symbol: other.ty(ty) for symbol, ty in self.types.items()}
        return Translation(types, {symbol: other.diagram(diagram) for symbol, diagram in self.diagrams.items()})

    def _type(self, ob: Any) -> Ty:
        symbol = object_symbol(ob)
        if symbol not in self.types:
            raise UnknownName(f"the translation has no {symbol}; {did_you_mean(ob.name, (t.name for t in self.types))}")
        return self.types[symbol]

    def _image(self, box: markov.Box) -> PortGraph:
        if isinstance(box, State):
            spaces = self._type(box.cod.inside[0]).inside
            return PortGraph.from_diagram(Id(Ty()).tensor(*(SampleSpace(ob.name).state for ob in spaces)))
        symbol = box_symbol(box)
        if symbol not in self.diagrams:
            known = did_you_mean(symbol.called, (other.called for other in self.diagrams))
            raise UnknownName(f"the translation has no {symbol}; {known}")
        return PortGraph.from_diagram(self.diagrams[symbol])

    def _split(self, ty: Ty, wires: tuple[Wire, ...]) -> list[tuple[Wire, ...]]:
        ends = accumulate((len(self._type(ob)) for ob in ty.inside), initial=0)
        return [wires[start:end] for start, end in pairwise(ends)]


class _Reader:
    """Reads a translation: first the given images, then the types that they force, then the rest by name."""

    def __init__(self, a: LearningDiagram, b: LearningDiagram, mapping: Mapping[Any, Any]) -> None:
        self.a, self.b = a, b
        self.types: dict[Symbol, Ty] = {}
        self.diagrams: dict[Symbol, Diagram] = {}
        for key, value in mapping.items():
            symbol = find(a, key, GENERATORS, " in the learning diagram that is interpreted")
            image = self.value(symbol, value)
            if isinstance(image, Ty):
                self.send(symbol, image)
            else:
                self.diagrams[symbol] = image
        self.given = [*self.diagrams]
        # A box that only discards read is not in the support, and may still have an image.
        ends = (end for symbol in self.diagrams for end in _ends(generator(a, symbol)))
        self.symbols = dict.fromkeys((*support(a), *self.diagrams, *ends))

    def read(self) -> Translation:
        for kind in ("box", "column"):
            for symbol in self.symbols:
                if symbol.kind == kind and symbol not in self.diagrams:
                    space = self.types.get(Symbol("sample space", symbol.space), symbol.space)
                    self.diagrams[symbol] = self.by_name(symbol, Symbol(kind, symbol.name, str(space)))
            self.force()
        for symbol in self.symbols:
            if symbol.kind in ("object", "sample space") and symbol not in self.types:
                self.send(symbol, self.by_name(symbol, symbol))
        translation = Translation(self.types, self.diagrams)
        # An image that the mapping gives has decided the images of types, so its own ends are the first to be judged.
        for symbol in dict.fromkeys((*self.given, *self.symbols)):
            if symbol.kind in ("box", "column"):
                self.require_fits(symbol, translation)
        return translation

    def by_name(self, symbol: Symbol, image: Symbol) -> Any:
        """The type or the diagram of the symbol that has the name of an image."""
        where = f" in the learning diagram that interprets, and the mapping has no image of {symbol}"
        return self.value(symbol, find(self.b, image, where=where))

    def value(self, symbol: Symbol, value: Any) -> Any:
        """The type or the diagram that is given as an image."""
        if isinstance(value, str):
            value = find(self.b, value, (symbol.kind,), " in the learning diagram that interprets")
        if isinstance(value, Symbol) and value.kind not in ("object", "sample space"):
            value = generator(self.b, value)
        elif isinstance(value, Symbol):
            value = self.b.signature.objects.get(value.name) or SampleSpace(value.name)
        if isinstance(value, SampleSpace):
            value = value.ty
        is_type = symbol.kind in ("object", "sample space")
        if not isinstance(value, Ty if is_type else monoidal.Diagram):
            raise TypeMismatch(f"{symbol} goes to a {'type' if is_type else 'diagram'}, got {brief(value)}")
        self.require_known(symbol, Id(value) if is_type else value)
        return value

    def require_known(self, symbol: Symbol, image: Diagram) -> None:
        """Raise `UnknownName` where an image mentions a symbol that `b` does not have."""
        own, known = Signature.of([image]), generators(self.b.signature)
        for part in generators(own):
            if part.kind in ("object", "sample space") and part not in known:
                names = (other.name for other in known if other.kind == part.kind)
                raise UnknownName(
                    f"the image of {symbol} mentions the {part}, which the learning diagram that interprets does not "
                    f"have; {did_you_mean(part.name, names)}"
                )
        for box in own.boxes.values():
            self.b.box(box)
        for column in own.columns.values():
            find(self.b, column, where=" in the learning diagram that interprets")

    def send(self, symbol: Symbol, image: Ty) -> None:
        data = [isinstance(ob, SampleObject) for ob in image.inside]
        if (symbol.kind == "sample space" and not is_sample_space(image)) or (symbol.kind == "object" and any(data)):
            raise TypeMismatch(f"{symbol} cannot go to {image or 'I'}: data goes to data, and objects to objects")
        if self.types.setdefault(symbol, image) != image:
            raise TypeMismatch(f"{symbol} would go to {self.types[symbol] or 'I'} and to {image or 'I'}")

    def force(self) -> None:
        """Add the types that the ends of diagrams force, until no type is added."""
        known = -1
        while known != len(self.types):
            known = len(self.types)
            for symbol, image in self.diagrams.items():
                box = generator(self.a, symbol)
                self.force_end(box.dom, image.dom)
                self.force_end(box.cod, image.cod)

    def force_end(self, ty: Ty, image: Ty) -> None:
        atoms = [object_symbol(ob) for ob in ty.inside]
        open_ = [symbol for symbol in atoms if symbol not in self.types]
        room = len(image) - sum(len(self.types[symbol]) for symbol in atoms if symbol in self.types)
        if not open_ or room < 0 or room % len(open_) or (room != len(open_) and len(set(open_)) > 1):
            return  # nothing is forced here; `require_fits` reports ends that do not fit
        at = 0
        for symbol in atoms:
            width = room // len(open_) if symbol in open_ else len(self.types[symbol])
            if symbol in open_:
                self.send(symbol, image[at : at + width])
            at += width

    def require_fits(self, symbol: Symbol, translation: Translation) -> None:
        box, image = generator(self.a, symbol), self.diagrams[symbol]
        dom, cod = translation.ty(box.dom), translation.ty(box.cod)
        if (dom, cod) != (image.dom, image.cod):
            raise TypeMismatch(
                f"{symbol} : {box.dom or 'I'} → {box.cod or 'I'} goes to a diagram {dom or 'I'} → {cod or 'I'}, got "
                f"{image} : {image.dom or 'I'} → {image.cod or 'I'}"
            )
        if is_deterministic(box) and (kernel := first_kernel(image)) is not None:
            raise TypeMismatch(f"{symbol} is deterministic, and {image} is not, because of the kernel {kernel!r}")


def _ends(box: markov.Box) -> list[Symbol]:
    return [object_symbol(ob) for ob in (*box.dom.inside, *box.cod.inside)]
