"""Strict morphisms of learning diagrams: maps of things that keep all that is said of them.

Objects go to objects, sample spaces to sample spaces, boxes and columns to those of the same kind and shape, trained or
frozen alike, constraints to constraints that say the same with the same source, divergence, weight and detached parts,
players to players, moving averages to moving averages. Axioms go to axioms that say the same, which leaves no choice.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> f, g = (Kernel(name, Ty("a"), Ty("b")) for name in "fg")
>>> one = LearningDiagram(Constraint("fit", x >> f, y))
>>> two = LearningDiagram(Constraint("fit", x >> g, y), Constraint("agree", x >> f, x >> g))
>>> m = Morphism(one, two, {f: g})
>>> print(m(x >> f))
x >> g
>>> Morphism.identity(one) >> m == m == m >> Morphism.identity(two)
True

Source: Mac Lane, *Categories for the Working Mathematician* (1998), chapter III, for colimits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, overload

from discopy import cat, markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.label import label
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.editing.support import support
from learning_diagrams.editing.symbol import KINDS, Symbol, find, object_symbol, statements, things
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram

NAMED = tuple(kind for kind in KINDS if kind not in ("player", "axiom"))


@dataclass(frozen=True, eq=False, repr=False)
class Morphism:
    """A strict morphism dom → cod.

    Parameters
    ----------
    images : for things of `dom` those of `cod` that they go to: things themselves, or names. Objects and sample spaces
        go where boxes and columns force them, and what is left goes to what has its name.

    Raises
    ------
    UnknownName : something has no image: it is not given, and `cod` has nothing of its name.
    TypeMismatch : kind, type, training, source of an average, or what a constraint, axiom or player says is not kept.
    """

    dom: LearningDiagram
    cod: LearningDiagram
    images: Mapping[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for given in (self.dom, self.cod):
            if not isinstance(given, LearningDiagram):
                raise TypeMismatch(f"a morphism goes between learning diagrams, got {brief(given)}")
        object.__setattr__(self, "images", MappingProxyType(_Reader(self.dom, self.cod, self.images).read()))
        to = SymbolMap(self.images)
        _require_boxes(self, to)
        _require_statements(self, to)

    @classmethod
    def identity(cls, diagram: LearningDiagram) -> Morphism:
        """The morphism that sends everything to itself."""
        return cls(diagram, diagram)

    @overload
    def __call__(self, part: Symbol) -> Symbol: ...
    @overload
    def __call__(self, part: Diagram) -> Diagram: ...
    def __call__(self, part: Symbol | Diagram) -> Symbol | Diagram:
        """The image of a thing of `dom`, or of a diagram that is written with its boxes."""
        if not isinstance(part, Symbol):
            return SymbolMap(self.images).diagram(part)
        if part not in self.images:
            raise UnknownName(f"there is no {part} in the domain; {_known(part, self.images)}")
        image: Symbol = self.images[part]
        return image

    def then(self, other: Morphism) -> Morphism:
        """First this, then the other; `TypeMismatch` where the other does not start from where this ends."""
        if not isinstance(other, Morphism):
            raise TypeMismatch(f"a morphism of learning diagrams composes with another one, got {brief(other)}")
        if self.cod != other.dom:
            raise TypeMismatch(
                f"these do not compose: the first ends in {self.cod!r}, the second starts from {other.dom!r}"
            )
        return Morphism(self.dom, other.cod, {thing: other(image) for thing, image in self.images.items()})

    __rshift__ = then

    def inverse(self) -> Morphism:
        """The inverse of an isomorphism, that is of a renaming; `TypeMismatch` or `UnknownName` for any other."""
        back: dict[Symbol, Symbol] = {}
        for thing, image in self.images.items():
            if back.setdefault(image, thing) != thing:
                raise TypeMismatch(f"there is no inverse: {thing} and {back[image]} both go to {image}")
        return Morphism(self.cod, self.dom, back)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Morphism)
            and (self.dom, self.cod) == (other.dom, other.cod)
            and dict(self.images) == dict(other.images)
        )

    def __hash__(self) -> int:
        return hash((self.dom, self.cod, frozenset(self.images.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return Morphism, (self.dom, self.cod, dict(self.images))

    def __repr__(self) -> str:
        return f"<Morphism {self.dom!r} → {self.cod!r}>"

    def __str__(self) -> str:
        moved = [f"  {thing} ↦ {image.called!r}" for thing, image in self.images.items() if thing != image]
        return "\n".join([f"{self.dom.name or 'dom'} → {self.cod.name or 'cod'}", *moved, "  the rest by name"])


class _Reader:
    """The images in the making: what is given, what boxes and columns force, and the rest by name."""

    def __init__(self, dom: LearningDiagram, cod: LearningDiagram, given: Any) -> None:
        if not isinstance(given, Mapping):
            raise TypeMismatch(f"a morphism is given by a mapping as {{student: pupil}}, got {brief(given)}")
        self.dom, self.cod, self.there = dom, cod, set(things(cod))
        self.support = support(dom)
        self.images: dict[Symbol, Symbol] = {}
        self.given: set[Symbol] = set()
        for key, value in given.items():
            thing = find(dom, key, NAMED, " in the domain")
            self.given.add(thing)
            self.send(thing, find(cod, value, (thing.kind,), " in the codomain"))

    def read(self) -> dict[Symbol, Symbol]:
        # What is given forces before what goes by name.
        for thing in sorted(self.of("box"), key=lambda thing: thing not in self.given):
            boxes = self.dom.signature.boxes[thing.name], self.cod.signature.boxes[self.by_name(thing).name]
            self.force(thing, *boxes)
        for thing in sorted(self.of("column"), key=lambda thing: thing not in self.given):
            if thing not in self.images:
                space = self.by_name(Symbol("sample space", thing.space))
                self.by_name(thing, Symbol("column", thing.name, space.name))
            image = self.images[thing]
            columns = self.dom.signature.columns, self.cod.signature.columns
            self.force(thing, columns[0][thing.space, thing.name], columns[1][image.space, image.name])
        for thing in self.support:
            self.by_name(thing)
        return {thing: self.images[thing] for thing in self.support}

    def of(self, kind: str) -> Iterable[Symbol]:
        return (thing for thing in self.support if thing.kind == kind)

    def send(self, thing: Symbol, image: Symbol) -> None:
        if thing.kind != image.kind:
            raise TypeMismatch(f"{thing} cannot go to {image}: a morphism keeps the kind")
        if self.images.setdefault(thing, image) != image:
            raise TypeMismatch(f"{thing} would go to {self.images[thing]} and to {image}; a morphism sends it to one")

    def by_name(self, thing: Symbol, default: Symbol | None = None) -> Symbol:
        """The image of a thing: by default what has its name."""
        if thing not in self.images:
            image = default or thing
            if image not in self.there:
                raise UnknownName(
                    f"{thing} has no image: the codomain has no {image}; {_known(image, self.there)}; give its image"
                )
            self.send(thing, image)
        return self.images[thing]

    def force(self, thing: Symbol, box: markov.Box, image: markov.Box) -> None:
        ends: list[tuple[cat.Ob, ...]] = [(*each.dom.inside, *each.cod.inside) for each in (box, image)]
        if (len(box.dom), len(box.cod)) != (len(image.dom), len(image.cod)):
            raise TypeMismatch(f"{thing} : {describe(box)} cannot go to {self.images[thing]} : {describe(image)}")
        for ob, ob_ in zip(*ends, strict=True):
            self.send(object_symbol(ob), object_symbol(ob_))


def _known(thing: Symbol, known: Iterable[Symbol]) -> str:
    return did_you_mean(thing.called, (other.called for other in known if other.kind == thing.kind))


def _require_boxes(self: Morphism, to: SymbolMap) -> None:
    """Kinds, types, data and training of boxes and columns are kept, and whom an average follows."""
    for thing, image in self.images.items():
        if thing.kind != "box":  # what columns force is all that there is to them
            continue
        box, there = self.dom.signature.boxes[thing.name], self.cod.signature.boxes[image.name]
        if label(to.box(box)) != label(there):
            data = "" if box.data == there.data else f", with other data ({there.data!r:.60} for {box.data!r:.60})"
            raise TypeMismatch(f"{thing} : {describe(box)} cannot go to {image} : {describe(there)}{data}")
        here = self.dom.training(thing.name), self.cod.training(image.name)
        if here[0] != here[1]:
            raise TypeMismatch(f"{thing} {here[0]}, and cannot go to {image}, which {here[1]}")
        if thing.name in self.dom.ema:
            source, source_ = to.name("box", self.dom.ema[thing.name][0]), self.cod.ema[image.name][0]
            if source != source_:
                raise TypeMismatch(f"{thing} follows a box that goes to {source!r}, and {image} follows {source_!r}")


def _require_statements(self: Morphism, to: SymbolMap) -> None:
    """Constraints, axioms and players have the same content after the morphism."""
    identity = SymbolMap({})
    there = statements(self.cod)
    for symbol, statement in statements(self.dom).items():
        if symbol.kind == "axiom":
            continue
        image = there[self.images[symbol]]
        if statement.content(to) != image.content(identity):
            raise TypeMismatch(f"{symbol} cannot go to {self.images[symbol]}, which says something else: {image}")
    axioms = {digest_of(axiom.content(identity)) for axiom in self.cod.axioms}
    for axiom in self.dom.axioms:
        if digest_of(axiom.content(to)) not in axioms:
            raise TypeMismatch(f"axiom {axiom.name!r} goes to no axiom of the codomain, which has no {axiom.map(to)}")
