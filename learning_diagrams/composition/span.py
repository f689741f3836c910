"""What the picture of a colimit shows: the symbols of each learning diagram, which are glued, and their other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.graph.caption import double_arrow
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.span.panel import Item
from learning_diagrams.drawing.span.span_picture import span_scene
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.editing.symbol import Symbol, generator, symbols
from learning_diagrams.learning_diagram import LearningDiagram

SIZE = 15  # of a name



def span_of(diagram: LearningDiagram, injections: Mapping[str, Morphism]) -> Scene:
    """The picture of a colimit with its injections."""
    sources: dict[Symbol, list[tuple[str, Symbol]]] = {}
    for at, injection in injections.items():
        for symbol, image in injection.images.items():
            sources.setdefault(image, []).append((at, symbol))
    glued = {image for image, members in sources.items() if len({at for at, _ in members}) > 1}
    looks = looks_of(diagram)
    parts = []
    for at, injection in injections.items():
        own = {symbol.name: looks[image.name] for symbol, image in injection.images.items() if image.name in looks}
        items = [
            Item(_scene(injection.dom, symbol, own), image in glued, f"→ {image.called}" * (image != symbol))
            for symbol, image in injection.images.items()
        ]
        parts.append((f"{at}: {injection.dom.name}" if injection.dom.name else at, items))
    whole = [Item(_scene(diagram, s, looks), s in glued, _other_names(s, sources.get(s, ()))) for s in symbols(diagram)]
    shared = [
        Item(_scene(diagram, s, looks), True, _other_names(s, sources[s])) for s in symbols(diagram) if s in glued
    ]
    title = diagram.name or ("colimit" if shared else "coproduct")
    return span_scene(title, shared, parts, ("glued" if shared else "side by side", whole))


def description(diagram: LearningDiagram, injections: Mapping[str, Morphism]) -> str:
    """The gluing in sentences, for readers who do not see the picture."""
    sentences = [f"{len(injections)} learning diagrams become {diagram.name or 'one'}"]
    for at, injection in injections.items():
        sentences += [f"{symbol} of {at} becomes {image}" for symbol, image in injection.images.items()]
    return ". ".join(sentences) + "."


def _other_names(symbol: Symbol, members: Iterable[tuple[str, Symbol]]) -> str:
    """The names in the parts, where one of them is another name."""
    renamed = any(member.called != symbol.called for _, member in members)
    return " = ".join(f"{at} {member.called}" for at, member in members) if renamed else ""


def _scene(diagram: LearningDiagram, symbol: Symbol, looks: Mapping[str, Look]) -> Scene:
    """A box or a column with its wires, an object, a sample space, or the name of a statement behind its mark."""
    if symbol.kind in ("box", "column"):
        return string_diagram(PortGraph.from_diagram(generator(diagram, symbol)), looks)
    if symbol.kind == "sample space":
        size = Node(symbol.name, is_space=True)
        drum = Node(symbol.name, True, size.width / 2, size.height / 2)
        return Scene(size.width, size.height, tuple(drum.elements()))
    width = text_width(shown_label(symbol.name), SIZE, bold=True)
    if symbol.kind == "object":
        return Scene(width, 24, (svg.text(0, 17, symbol.name, SIZE, "ink", bold=True),))
    mark = svg.group([double_arrow(0, 0, 90)], transform="translate(13 12) scale(.62)")
    if symbol.kind != "constraint":
        mark = svg.text(13, 17, "=" if symbol.kind == "axiom" else "↓", 16, "ink", anchor="middle")
    return Scene(width + 34, 24, (mark, svg.text(32, 17, symbol.name, SIZE, "ink", bold=True)))
