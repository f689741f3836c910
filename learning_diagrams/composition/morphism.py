"""Strict morphisms of learning diagrams: maps of symbols that keep everything that is stated about them.

Objects go to objects, and sample spaces to sample spaces. Boxes and columns go to boxes and columns of the same kind,
shape and training. Constraints go to constraints of equal content, which covers source, divergence, weight and detached
parts. Players go to players, moving averages to moving averages. Axioms go to axioms of equal content, which leaves no
choice.

>>> from learning_diagrams import Constraint, Kernel, SampleSpace, Ty
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> f, g = (Kernel(name, Ty("a"), Ty("b")) for name in "fg")
>>> small = LearningDiagram(Constraint("fit", x >> f, y))
>>> large = LearningDiagram(Constraint("fit", x >> g, y), Constraint("agree", x >> f, x >> g))
>>> m = Morphism(small, large, {f: g})
>>> print(m(x >> f))
x >> g
>>> Morphism.identity(small) >> m == m == m >> Morphism.identity(large)
True

Source: Mac Lane, *Categories for the Working Mathematician* (1998), chapter III, for colimits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast, overload

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import KINDS, Symbol, find, generator, object_symbol, statements, symbols
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean, printable
from learning_diagrams.errors.short_text import Printed, one_line
from learning_diagrams.learning_diagram import LearningDiagram

NAMED = tuple(kind for kind in KINDS if kind not in ("player", "axiom"))


@dataclass(frozen=True, repr=False)
class Morphism(Printed):
    """A strict morphism dom → cod.

    images : mapping from symbols of `dom` to symbols of `cod`, or names of these. Objects and sample spaces go where
        boxes and columns force them. Every other symbol goes to the symbol of its name.

    Raises `UnknownName`: a symbol has no image: none is given, and `cod` has no symbol of its name. `TypeMismatch`: the
    map does not keep kind, type, training, the source of an average, or the content of a constraint, an axiom or a
    player.
    """

    dom: LearningDiagram
    cod: LearningDiagram
    images: Mapping[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for choice in (self.dom, self.cod):
            if not isinstance(choice, LearningDiagram):
                raise TypeMismatch(f"a morphism goes between learning diagrams, got {brief(choice)}")
        object.__setattr__(self, "images", MappingProxyType(_Reader(self.dom, self.cod, self.images).read()))
        to = SymbolMap(self.images)
        _require_boxes(self, to)
        _require_statements(self, to)
        _require_fields(self, to)

    @classmethod
    def identity(cls, diagram: LearningDiagram) -> Morphism:
        """The morphism that sends every symbol to itself."""
        return cls(diagram, diagram)

    @overload
    def __call__(self, part: Symbol) -> Symbol: ...
    @overload
    def __call__(self, part: Diagram) -> Diagram: ...
    def __call__(self, part: Symbol | Diagram) -> Symbol | Diagram:
        """The image of a symbol of `dom`, or of a diagram of its boxes."""
        if not isinstance(part, Symbol):
            return SymbolMap(self.images).diagram(part)
        if part not in self.images:
            raise UnknownName(f"there is no {part} in the domain; {_known(part, self.images)}")
        return cast(Symbol, self.images[part])

    def then(self, other: Morphism) -> Morphism:
        """The composite, first this and then the other; `TypeMismatch` where the other starts from another diagram."""
        if not isinstance(other, Morphism):
            raise TypeMismatch(f"a morphism of learning diagrams composes with another one, got {brief(other)}")
        if self.cod != other.dom:
            ends = f"the first ends in {self.cod!r}, the second starts from {other.dom!r}"
            raise TypeMismatch(f"these do not compose: {ends}")
        return Morphism(self.dom, other.cod, {symbol: other(image) for symbol, image in self.images.items()})

    __rshift__ = then

    def inverse(self) -> Morphism:
        """The inverse of a renaming; `TypeMismatch` or `UnknownName` for a morphism that is not an isomorphism."""
        back: dict[Symbol, Symbol] = {}
        for symbol, image in self.images.items():
            if back.setdefault(image, symbol) != symbol:
                raise TypeMismatch(f"there is no inverse: {symbol} and {back[image]} both go to {image}")
        return Morphism(self.cod, self.dom, back)

    def __hash__(self) -> int:
        return hash((self.dom, self.cod, frozenset(self.images.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return Morphism, (self.dom, self.cod, dict(self.images))

    def __repr__(self) -> str:
        return one_line(f"<Morphism {self.dom!r} → {self.cod!r}>")

    def __str__(self) -> str:
        images = with_axioms(self).items()
        moved = [f"  {symbol} ↦ {image.called!r}" for symbol, image in images if symbol != image]
        ends = f"{self.dom.name or 'dom'} → {self.cod.name or 'cod'}"
        return printable("\n".join([ends, *moved, "  the rest by name"]))


def with_axioms(morphism: Morphism) -> dict[Symbol, Symbol]:
    """The images, with those of the axioms by content; of several with equal content, that of equal name, then others.

    >>> from learning_diagrams import Box, Equation, Ty
    >>> f = Box("f", Ty("x"), Ty("x"))
    >>> first, second = (LearningDiagram(axioms={name: Equation(f >> f, f)}) for name in ("once", "again"))
    >>> print(Morphism(first, second))
    dom → cod
      axiom 'once' ↦ 'again'
      the rest by name
    """
    to, identity = SymbolMap(morphism.images), SymbolMap({})
    there: dict[str, list[str]] = {}
    for axiom in morphism.cod.axioms:
        there.setdefault(digest_of(axiom.content(identity)), []).append(axiom.name)
    known = {axiom.name: there[digest_of(axiom.content(to))] for axiom in morphism.dom.axioms}
    sent = {name: name for name, names in known.items() if name in names}
    for name, names in known.items():
        if name not in sent:
            taken = {sent[other] for other, alike in known.items() if alike is names and other in sent}
            sent[name] = next((free for free in names if free not in taken), names[0])
    axioms = {Symbol("axiom", name): Symbol("axiom", sent[name]) for name in known}
    order = sorted({**morphism.images, **axioms}.items(), key=lambda pair: KINDS.index(pair[0].kind))
    return dict(order)


class _Reader:
    """Reads the images: first the given ones, then those that boxes and columns force, then the rest by name."""

    def __init__(self, dom: LearningDiagram, cod: LearningDiagram, choice: Any) -> None:
        if not isinstance(choice, Mapping):
            raise TypeMismatch(f"a morphism is given by a mapping as {{student: pupil}}, got {brief(choice)}")
        self.dom, self.cod, self.there = dom, cod, set(symbols(cod))
        self.support = support(dom)
        self.images: dict[Symbol, Symbol] = {}
        here = set(self.support)
        for key, value in choice.items():
            symbol = key if isinstance(key, Symbol) and key in here else find(dom, key, NAMED, " in the domain")
            known = isinstance(value, Symbol) and value in self.there
            self.send(symbol, value if known else find(cod, value, (symbol.kind,), " in the codomain"))

    def read(self) -> dict[Symbol, Symbol]:
        # A given image forces its ends before a box goes to the box of its name.
        ends = [symbol for symbol in self.support if symbol.kind in ("box", "column")]
        for symbol in sorted(ends, key=lambda symbol: (symbol.kind, symbol not in self.images)):
            if symbol.kind == "column" and symbol not in self.images:
                space = self.by_name(Symbol("sample space", symbol.space))
                self.by_name(symbol, Symbol("column", symbol.name, space.name))
            self.by_name(symbol)
            self.force(symbol)
        for symbol in self.support:
            self.by_name(symbol)
        return {symbol: self.images[symbol] for symbol in self.support}

    def send(self, symbol: Symbol, image: Symbol) -> None:
        if symbol.kind != image.kind:
            raise TypeMismatch(f"{symbol} cannot go to {image}: a morphism keeps the kind")
        if self.images.setdefault(symbol, image) != image:
            raise TypeMismatch(f"{symbol} would go to {self.images[symbol]} and to {image}; a morphism sends it to one")

    def by_name(self, symbol: Symbol, default: Symbol | None = None) -> Symbol:
        """The image of a symbol: by default the symbol of its name."""
        if symbol not in self.images:
            image = default or symbol
            if image not in self.there:
                known = _known(image, self.there)
                raise UnknownName(f"{symbol} has no image: the codomain has no {image}; {known}; give its image")
            self.send(symbol, image)
        return self.images[symbol]

    def force(self, symbol: Symbol) -> None:
        box, image = generator(self.dom, symbol), generator(self.cod, self.images[symbol])
        shape, shape_ = ((len(each.dom), len(each.cod), len(uses_of(each))) for each in (box, image))
        if shape != shape_:
            raise TypeMismatch(f"{symbol} : {describe(box)} cannot go to {self.images[symbol]} : {describe(image)}")
        for ob, ob_ in zip((box.dom @ box.cod).inside, (image.dom @ image.cod).inside, strict=True):
            self.send(object_symbol(ob), object_symbol(ob_))
        for use, use_ in zip(uses_of(box), uses_of(image), strict=True):
            known = (symbol_ := Symbol("box", use.name)) in self.images
            self.send(symbol_, Symbol("box", use_.name))
            if not known:
                self.force(symbol_)


def _known(symbol: Symbol, known: Iterable[Symbol]) -> str:
    return did_you_mean(symbol.called, (other.called for other in known if other.kind == symbol.kind))


def _require_boxes(self: Morphism, to: SymbolMap) -> None:
    """Raise `TypeMismatch` where a box changes kind, type, data or training."""
    for symbol, image in self.images.items():
        if symbol.kind != "box":  # the reader has forced the ends of columns, which have nothing else
            continue
        box, there = generator(self.dom, symbol), generator(self.cod, image)
        if label(to.box(box)) != label(there):
            data = "" if box.data == there.data else f", with other data ({there.data!r:.60} for {box.data!r:.60})"
            raise TypeMismatch(f"{symbol} : {describe(box)} cannot go to {image} : {describe(there)}{data}")
        does, does_ = self.dom.training(symbol.name), self.cod.training(image.name)
        if does != does_:
            raise TypeMismatch(f"{symbol} {does}, and cannot go to {image}, which {does_}")


def _require_statements(self: Morphism, to: SymbolMap) -> None:
    """Raise `TypeMismatch` where a constraint, an axiom or a player changes its content."""
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


def _require_fields(self: Morphism, to: SymbolMap) -> None:
    """Raise `TypeMismatch` where a field says something of a box, and the codomain does not say it of its image."""
    identity = SymbolMap({})
    for meaning, value in self.dom.annotations:
        value_ = getattr(self.cod, meaning.name, None)
        for symbol, image in self.images.items():
            if symbol.kind == "box" and (says := meaning.of_box(value, generator(self.dom, symbol), to)):
                says_ = value_ and meaning.of_box(value_, generator(self.cod, image), identity)
                if says != says_:
                    does = says_ or f"has no {meaning.name}"
                    raise TypeMismatch(f"{symbol} goes to a box that {says}, and {image} {does}")
