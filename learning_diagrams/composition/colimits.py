"""Colimits of learning diagrams: coproducts, pushouts, and the colimit of any gluing of symbols.

Each class of glued boxes, objects, sample spaces or columns becomes one symbol, with the name of its first member. If
two classes would have one name, a label stands in front of it, as in `a.f` and `b.f`. Constraints, axioms and players
of different parts with equal content after gluing are matched one to one, those of equal names first, then in order of
names; those of one part stay apart. So the loss of a pushout is the sum of the losses of its parts minus the loss of
the constraints that they share.

>>> from learning_diagrams import Box, Constraint, Kernel, SampleSpace, Ty
>>> def classifier(task):
...     rows, image, digit = SampleSpace(f"{task} rows"), Ty("image"), Ty(f"{task} label")
...     encode, classify = Box("encode", image, Ty("feature")), Kernel("classify", Ty("feature"), digit)
...     x, y = rows.column("x", image), rows.column("y", digit)
...     return LearningDiagram(Constraint("fit", x >> encode >> classify, y))
>>> both = pushout(classifier("cats"), classifier("dogs"), along={"encode": "encode"})
>>> print(both)
learning diagram
  a.fit: cats rows.x >> encode >> a.classify = cats rows.y
  b.fit: dogs rows.x >> encode >> b.classify = dogs rows.y
>>> coproduct(both, LearningDiagram()) == both
True

Source: Mac Lane, *Categories for the Working Mathematician* (1998), section III.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from learning_diagrams.composition.congruence import Congruence, Node
from learning_diagrams.composition.idle_symbols import with_idle_symbols
from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.composition.quotient import quotient_of, symbol_maps
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.editing.supports import reduced, support
from learning_diagrams.editing.symbol import GENERATORS, Symbol, find
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.terms.printer import is_name

if TYPE_CHECKING:  # pictures are made when someone asks for one
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction


@dataclass(frozen=True, repr=False)
class Colimit(Drawn):
    """A learning diagram that is glued of several, with the morphisms into it.

    diagram : LearningDiagram, the colimit.
    injections : mapping from each label to the morphism from its diagram.
    """

    diagram: LearningDiagram
    injections: Mapping[str, Morphism]

    def __str__(self) -> str:
        legs = (f"{at}: {injection}" for at, injection in self.injections.items())
        return "\n".join([str(self.diagram), *legs])

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.composition.span import description, span_of

        scene = span_of(self.diagram, self.injections, direction, notation)
        return scene, self.diagram.name or "colimit", description(self.diagram, self.injections)

    def mediator(self, legs: Mapping[str, Morphism]) -> Morphism:
        """The one morphism u with `injections[label] >> u == legs[label]` for every label.

        legs : mapping from each label to a morphism, a cocone: all legs end in one learning diagram, and agree on
            symbols that are glued, among them constraints and players of equal content.

        Raises `UnknownName`: a label does not belong to a diagram, or a diagram has no leg. `TypeMismatch`: a leg
        starts or ends in another learning diagram, or two legs do not agree.
        """
        if not isinstance(legs, Mapping) or not all(isinstance(leg, Morphism) for leg in legs.values()):
            raise TypeMismatch(f"a cocone is a mapping from labels to morphisms, got {brief(legs)}")
        for at in legs:
            if at not in self.injections:
                raise UnknownName(f"no diagram is labelled {brief(at)}; {did_you_mean(str(at), self.injections)}")
        for at in self.injections:
            if at not in legs:
                raise UnknownName(f"the cocone has no leg for the diagram {at!r}; give a morphism from it")
        if not legs:
            raise TypeMismatch("a cocone of no legs has no end; from nothing to d goes Morphism(LearningDiagram(), d)")
        ends = list(legs.values())
        for at, leg in legs.items():
            if leg.dom != self.injections[at].dom or leg.cod != ends[0].cod:
                wrong = "starts from" if leg.dom != self.injections[at].dom else "ends in"
                raise TypeMismatch(
                    f"the leg of {at!r} {wrong} another learning diagram; each leg goes from its own diagram of the "
                    "colimit, and all legs end in one"
                )
        images: dict[Symbol, Symbol] = {}
        for at, injection in self.injections.items():
            for symbol, glued in injection.images.items():
                image = legs[at](symbol)
                if images.setdefault(glued, image) != image:
                    other = f"another leg sends a symbol that is glued with it to {images[glued]}"
                    here = f"the leg of {at!r} sends {symbol} to {image}"
                    raise TypeMismatch(f"the legs do not agree on {glued}: {here}, {other}")
        return Morphism(self.diagram, ends[0].cod, images)


def coproduct(a: LearningDiagram, b: LearningDiagram) -> LearningDiagram:
    """Two learning diagrams side by side, with nothing shared: the loss is the sum of the losses.

    Symbols of equal names become `a.x` and `b.x`.
    """
    return colimit({"a": a, "b": b}).diagram


def pushout(a: LearningDiagram, b: LearningDiagram, along: Mapping[Any, Any]) -> LearningDiagram:
    """Two learning diagrams glued: the loss is the sum of the losses minus the loss of the shared constraints.

    along : mapping from boxes, columns, objects or sample spaces of `a` to those of `b`; a name may stand for each,
        "space.column" for a column. Glued boxes glue the objects of their ends, and the boxes that they use. Glued
        columns glue their sample spaces too.

    Raises `UnknownName`: a symbol that `a` or `b` does not have. `TypeMismatch`: glued symbols differ in kind, type or
    training, or the gluing would make two objects of one diagram equal. `DuplicateName`: an ambiguous name, or a new
    name such as `a.x` that is taken.
    """
    if not isinstance(along, Mapping):
        raise TypeMismatch(f"along= takes a mapping from symbols of a to symbols of b, as {{f: g}}; got {brief(along)}")
    return colimit({"a": a, "b": b}, [{"a": symbol, "b": image} for symbol, image in along.items()]).diagram


def colimit(
    diagrams: Mapping[str, LearningDiagram], gluing: Iterable[Mapping[str, Any] | Iterable[tuple[str, Any]]] = ()
) -> Colimit:
    """The colimit of learning diagrams under a gluing: the diagram, the injections, and the mediators of cocones.

    diagrams : mapping from labels to learning diagrams. A class of glued symbols has the name of its first member.
    gluing : list of classes. A class is a mapping from labels to symbols, or a list of pairs (label, symbol), which may
        glue two symbols of one diagram. Constraints of equal content, given as themselves, can be glued too.

    Raises the errors of `pushout`, and `UnknownName` for an unknown label.
    """
    parts = _read_diagrams(diagrams)
    classes = _read_gluing(gluing, parts)
    asked = {node for entry in classes for node in entry}
    live = {}
    for at, part in parts.items():
        own = frozenset(support(part))
        live[at] = reduced(part) if all(symbol in own for of, symbol in asked if of == at) else part
    glued = Congruence(live)
    for entry in classes:
        for first, second in pairwise(entry):
            glued.glue(first, second)
    glued.require_asked()
    to = symbol_maps(glued)
    diagram = quotient_of(parts, with_idle_symbols(to, parts))
    injections = {at: Morphism(part, diagram, _of_support(to[at], part)) for at, part in parts.items()}
    return Colimit(diagram, MappingProxyType(injections))


def _read_diagrams(diagrams: Mapping[str, LearningDiagram]) -> dict[str, LearningDiagram]:
    if not isinstance(diagrams, Mapping):
        raise TypeMismatch(f"a colimit takes a mapping from labels to learning diagrams, got {brief(diagrams)}")
    for at, diagram in diagrams.items():
        if not isinstance(at, str) or not is_name(at):
            raise TypeMismatch(f"a label stands in front of names, so it is a word, as 'left'; got {brief(at)}")
        if not isinstance(diagram, LearningDiagram):
            raise TypeMismatch(f"a colimit is made of learning diagrams, got {brief(diagram)} as {at!r}")
    return dict(diagrams)


def _of_support(to: SymbolMap, part: LearningDiagram) -> dict[Symbol, Symbol]:
    """The images of the symbols on which a morphism is defined."""
    own = frozenset(support(part))
    return {symbol: image for symbol, image in to.symbols.items() if symbol.kind not in GENERATORS or symbol in own}


def _read_gluing(gluing: Any, diagrams: Mapping[str, LearningDiagram]) -> list[list[Node]]:
    what = "gluing= takes a list of mappings as {'a': f, 'b': g}, or of lists of pairs as [('a', f), ('a', g)]"
    if isinstance(gluing, str | Mapping) or not isinstance(gluing, Iterable):
        raise TypeMismatch(f"{what}; got {brief(gluing)}")
    read: list[list[Node]] = []
    for entry in gluing:
        pairs = list(entry.items()) if isinstance(entry, Mapping) else entry
        if not isinstance(pairs, list | tuple) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            raise TypeMismatch(f"{what}; got {brief(entry)} in it")
        nodes = []
        for at, key in pairs:
            if not isinstance(at, str) or at not in diagrams:
                raise UnknownName(f"no diagram is labelled {brief(at)}; {did_you_mean(str(at), diagrams)}")
            nodes.append((at, find(diagrams[at], key, GENERATORS, f" in {at}")))
        read.append(nodes)
    return read
