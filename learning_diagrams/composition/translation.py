"""A translation: objects as types, boxes as diagrams; a functor between free Markov categories.

Law: it respects composition, copies and discards, and a deterministic box goes to a deterministic diagram.

>>> from learning_diagrams.diagrams.box import Box
>>> from learning_diagrams.diagrams.structure import Copy
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
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.diagrams.sample_space import SampleObject, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.substitution import first_kernel
from learning_diagrams.editing.support import support
from learning_diagrams.editing.symbol import GENERATORS, Symbol, box_symbol, find, generator, object_symbol
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation


@dataclass(frozen=True)
class Translation:
    """What objects, sample spaces, boxes and columns become.

    Parameters
    ----------
    types : for each object and sample space, a type.
    diagrams : for each box and column, a diagram between the types of its ends.
    """

    types: Mapping[Symbol, Ty]
    diagrams: Mapping[Symbol, Diagram]

    @classmethod
    def read(cls, given: Any, a: LearningDiagram, b: LearningDiagram) -> Translation:
        """The translation of what stands in `a` that a mapping, or a morphism, asks for; see `interprets`."""
        if isinstance(given, Morphism):
            if (given.dom, given.cod) != (a, b):
                raise TypeMismatch(f"this is a morphism between other learning diagrams: {given!r}")
            given = {thing: image for thing, image in given.images.items() if thing.kind in GENERATORS}
        if not isinstance(given, Mapping):
            raise TypeMismatch(f"an interpretation is given by a mapping as {{box: diagram}}, got {brief(given)}")
        return _Reader(a, b, given).read()

    def ty(self, ty: Ty) -> Ty:
        return Ty().tensor(*(self._type(ob) for ob in ty.inside)) if len(ty) else Ty()

    def graph(self, graph: PortGraph) -> PortGraph:
        """The image of a graph: a bundle of wires for each wire."""
        builder = PortGraphBuilder(self.ty(graph.dom))
        bundles = self._split(graph.dom, builder.inputs)
        for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
            made = builder.paste(self._image(box), [wire for i in arguments for wire in bundles[i]])
            bundles += self._split(box.cod, made)
        return builder.build(self.ty(graph.cod), [wire for i in graph.outputs for wire in bundles[i]])

    def diagram(self, diagram: Diagram) -> Diagram:
        return self.graph(PortGraph.from_diagram(diagram)).to_diagram()

    def equation(self, equation: Equation, name: str) -> Equation:
        return Equation(self.diagram(equation.lhs), self.diagram(equation.rhs), name)

    def then(self, other: Translation) -> Translation:
        types = {thing: other.ty(ty) for thing, ty in self.types.items()}
        return Translation(types, {thing: other.diagram(diagram) for thing, diagram in self.diagrams.items()})

    def _type(self, ob: Any) -> Ty:
        thing = object_symbol(ob)
        if thing not in self.types:
            raise UnknownName(f"the translation has no {thing}; {did_you_mean(ob.name, (t.name for t in self.types))}")
        return self.types[thing]

    def _image(self, box: markov.Box) -> PortGraph:
        if isinstance(box, State):
            spaces = self._type(box.cod.inside[0]).inside
            return PortGraph.from_diagram(Id(Ty()).tensor(*(SampleSpace(ob.name).state for ob in spaces)))
        thing = box_symbol(box)
        if thing not in self.diagrams:
            known = did_you_mean(thing.called, (other.called for other in self.diagrams))
            raise UnknownName(f"the translation has no {thing}; {known}")
        return PortGraph.from_diagram(self.diagrams[thing])

    def _split(self, ty: Ty, wires: tuple[Wire, ...]) -> list[tuple[Wire, ...]]:
        ends = accumulate((len(self._type(ob)) for ob in ty.inside), initial=0)
        return [wires[start:end] for start, end in pairwise(ends)]


class _Reader:
    """A translation in the making: what is given, the types that it forces, and the rest by name."""

    def __init__(self, a: LearningDiagram, b: LearningDiagram, given: Mapping[Any, Any]) -> None:
        self.a, self.b = a, b
        self.support = support(a)
        self.types: dict[Symbol, Ty] = {}
        self.diagrams: dict[Symbol, Diagram] = {}
        for key, value in given.items():
            thing = find(a, key, GENERATORS, " in the learning diagram that is interpreted")
            image = self.value(thing, value)
            if isinstance(image, Ty):
                self.send(thing, image)
            else:
                self.diagrams[thing] = image

    def read(self) -> Translation:
        boxes = [thing for thing in self.support if thing.kind == "box"]
        columns = [thing for thing in self.support if thing.kind == "column"]
        for thing in boxes:
            if thing not in self.diagrams:
                self.diagrams[thing] = self.value(thing, find(self.b, thing, where=f", which {thing} could be by name"))
        self.force()
        for thing in columns:
            if thing not in self.diagrams:
                space = self.types.get(Symbol("sample space", thing.space), SampleSpace(thing.space).ty)
                image = Symbol("column", thing.name, str(space))
                self.diagrams[thing] = self.value(thing, find(self.b, image, where=f", which {thing} could be by name"))
        self.force()
        for thing in self.support:
            if thing.kind in ("object", "sample space") and thing not in self.types:
                self.send(thing, self.value(thing, find(self.b, thing, where=f", which {thing} could be by name")))
        made = Translation(self.types, self.diagrams)
        for thing in [*boxes, *columns]:
            self.require_fits(thing, made)
        return made

    def value(self, thing: Symbol, value: Any) -> Any:
        """The type or the diagram that is given as an image."""
        if isinstance(value, str):
            value = find(self.b, value, (thing.kind,), " in the learning diagram that interprets")
        if isinstance(value, Symbol):
            value = _type_or_generator(self.b, value)
        if isinstance(value, SampleSpace):
            value = value.ty
        is_type = thing.kind in ("object", "sample space")
        if not isinstance(value, Ty if is_type else monoidal.Diagram):
            raise TypeMismatch(f"{thing} goes to a {'type' if is_type else 'diagram'}, got {brief(value)}")
        self.require_known(thing, Id(value) if is_type else value)
        return value

    def require_known(self, thing: Symbol, image: Diagram) -> None:
        """Raise `UnknownName` where an image mentions what `b` does not have."""
        own, there = Signature.of([image]), self.b.signature
        for kind, names, known in (
            ("object", own.objects, there.objects),
            ("sample space", own.sample_spaces, there.sample_spaces),
        ):
            for name in names:
                if name not in known:
                    raise UnknownName(
                        f"the image of {thing} mentions the {kind} {name!r}, which the learning diagram that "
                        f"interprets does not have; {did_you_mean(name, known)}"
                    )
        for box in own.boxes.values():
            there.box(box)
        for column in own.columns.values():
            find(self.b, column, where=" in the learning diagram that interprets")

    def send(self, thing: Symbol, image: Ty) -> None:
        data = [isinstance(ob, SampleObject) for ob in image.inside]
        if (thing.kind == "sample space" and not is_sample_space(image)) or (thing.kind == "object" and any(data)):
            raise TypeMismatch(f"{thing} cannot go to {image or 'I'}: data goes to data, and objects to objects")
        if self.types.setdefault(thing, image) != image:
            raise TypeMismatch(f"{thing} would go to {self.types[thing] or 'I'} and to {image or 'I'}")

    def force(self) -> None:
        """The types that the ends of diagrams force, as long as there are more."""
        known = -1
        while known != len(self.types):
            known = len(self.types)
            for thing, image in self.diagrams.items():
                box = generator(self.a, thing)
                for ty, ends in ((box.dom, image.dom), (box.cod, image.cod)):
                    self.force_end(ty, ends)

    def force_end(self, ty: Ty, image: Ty) -> None:
        atoms = [object_symbol(ob) for ob in ty.inside]
        open_ = [thing for thing in atoms if thing not in self.types]
        room = len(image) - sum(len(self.types[thing]) for thing in atoms if thing in self.types)
        if not open_ or room < 0 or room % len(open_) or (room != len(open_) and len(set(open_)) > 1):
            return  # nothing is forced here; what does not fit is said at the end
        at = 0
        for thing in atoms:
            width = room // len(open_) if thing in open_ else len(self.types[thing])
            if thing in open_:
                self.send(thing, image[at : at + width])
            at += width

    def require_fits(self, thing: Symbol, made: Translation) -> None:
        box, image = generator(self.a, thing), self.diagrams[thing]
        dom, cod = made.ty(box.dom), made.ty(box.cod)
        if (dom, cod) != (image.dom, image.cod):
            raise TypeMismatch(
                f"{thing} : {box.dom or 'I'} → {box.cod or 'I'} goes to a diagram {dom or 'I'} → {cod or 'I'}, got "
                f"{image} : {image.dom or 'I'} → {image.cod or 'I'}"
            )
        if is_deterministic(box):
            kernel = first_kernel(image)
            if kernel is not None:
                raise TypeMismatch(f"{thing} is deterministic, and {image} is not, because of the kernel {kernel!r}")


def _type_or_generator(diagram: LearningDiagram, thing: Symbol) -> Any:
    if thing.kind == "object":
        return diagram.signature.objects[thing.name]
    return SampleSpace(thing.name).ty if thing.kind == "sample space" else generator(diagram, thing)
