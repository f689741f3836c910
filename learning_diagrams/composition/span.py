"""What the picture of a colimit shows: the symbols of each learning diagram, which are glued, and their other names."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from learning_diagrams.composition.morphism import Morphism, with_axioms
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import joined_by, phrase
from learning_diagrams.drawing.elements.look import Looks, label_of, looks_of
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.graph.caption import double_arrow
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.span.panel import Item
from learning_diagrams.drawing.span.span_picture import span_scene
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.editing.symbol import Symbol, generator, symbols
from learning_diagrams.learning_diagram import LearningDiagram

SIZE = 15  # of a name


def span_of(
    diagram: LearningDiagram,
    injections: Mapping[str, Morphism],
    direction: Direction = "right",
    notation: Mapping[Any, str] = MappingProxyType({}),
) -> Scene:
    """The picture of a colimit with its injections.

    notation : LaTeX for symbols of the colimit, and so for all symbols that become one of them.
    """
    sources: dict[Symbol, list[tuple[str, Symbol]]] = {}
    images = {at: with_axioms(injection) for at, injection in injections.items()}
    for at, own_images in images.items():
        for symbol, image in own_images.items():
            sources.setdefault(image, []).append((at, symbol))
    glued = {image for image, members in sources.items() if len({at for at, _ in members}) > 1}
    named = diagram.edited(notation=diagram.with_notation(notation))
    looks = looks_of(named)
    new = {symbol for symbol, _ in named.notation.items() - diagram.notation.items()}
    own = {at: _looks_in(injection, looks, new) for at, injection in injections.items()}

    def other_names(symbol: Symbol) -> str:
        """The names in the parts, where one of them is another name."""
        members = sources.get(symbol, [])
        names = [phrase(at, " ", _called(member, own[at])) for at, member in members]
        renamed = any(member.called != symbol.called for _, member in members)
        return joined_by(" = ", names) if renamed else ""

    parts = []
    for at, injection in injections.items():
        items = [
            Item(
                _scene(injection.dom, symbol, own[at], direction),
                image in glued,
                phrase("→ ", _called(image, looks)) if image != symbol else "",
            )
            for symbol, image in images[at].items()
        ]
        parts.append((f"{at}: {injection.dom.name}" if injection.dom.name else at, items))
    whole = [Item(_scene(diagram, s, looks, direction), s in glued, other_names(s)) for s in symbols(diagram)]
    shared = [item for item in whole if item.is_glued]
    title = diagram.name or ("colimit" if shared else "coproduct")
    return span_scene(title, shared, parts, ("glued" if shared else "side by side", whole))


def _looks_in(injection: Morphism, looks: Looks, new: Container[Symbol]) -> Looks:
    """The looks of a part: training as in the colimit, and its own notation where there is no new one."""
    images = injection.images.items()
    own = looks_of(injection.dom)
    own |= {symbol.name: replace(looks[image.name], label="") for symbol, image in images if image.name in looks}
    own.labels |= {symbol: looks.labels[image] for symbol, image in images if image in new}
    return own


def _called(symbol: Symbol, looks: Looks) -> str:
    return looks.labels.get(symbol, symbol.called)


def description(diagram: LearningDiagram, injections: Mapping[str, Morphism]) -> str:
    """The gluing in sentences, for readers who do not see the picture."""
    sentences = [f"{len(injections)} learning diagrams become {diagram.name or 'one'}"]
    for at, injection in injections.items():
        sentences += [f"{symbol} of {at} becomes {image}" for symbol, image in with_axioms(injection).items()]
    return ". ".join(sentences) + "."


def _scene(diagram: LearningDiagram, symbol: Symbol, looks: Looks, direction: Direction) -> Scene:
    """A box or a column with its wires, an object, a sample space, or the name of a statement behind its mark."""
    name = label_of(symbol, looks)
    if symbol.kind in ("box", "column"):
        return string_diagram(PortGraph.from_diagram(generator(diagram, symbol)), looks, CONTENT, direction)
    if symbol.kind == "sample space":
        size = Node(name, is_space=True)
        drum = Node(name, True, size.width / 2, size.height / 2)
        return Scene(size.width, size.height, tuple(drum.elements()))
    width = text_width(shown_label(name), SIZE, bold=True)
    if symbol.kind == "object":
        return Scene(width, 24, (svg.text(0, 17, name, SIZE, "ink", bold=True),))
    mark = svg.group([double_arrow(0, 0, 90)], transform="translate(13 12) scale(.62)")
    if symbol.kind != "constraint":
        mark = svg.text(13, 17, "=" if symbol.kind == "axiom" else "↓", 16, "ink", anchor="middle")
    return Scene(width + 34, 24, (mark, svg.text(32, 17, name, SIZE, "ink", bold=True)))
