"""Isomorphism: two learning diagrams that are equal up to the names of everything in them.

>>> from learning_diagrams import Box, SampleSpace, Ty, coproduct
>>> def involution(space, a, name):
...     x, f = SampleSpace(space).column("x", Ty(a)), Box(name, Ty(a), Ty(a))
...     return LearningDiagram(Constraint(f"{name} twice", x >> f >> f, x))
>>> photos, letters = involution("photos", "image", "flip"), involution("letters", "text", "reverse")
>>> print(isomorphic(photos, letters)(Symbol("box", "flip")))
box 'reverse'
>>> isomorphic(photos, letters.freeze("reverse")) is None
True
>>> isomorphic(coproduct(photos, letters), coproduct(letters, photos)) is not None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx

from learning_diagrams.composition.graph_matching import find_matching
from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.editing.supports import reduced, support
from learning_diagrams.editing.symbol import GENERATORS, Symbol, box_symbol, generator, object_symbol, statements
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.player import Player


def isomorphic(a: LearningDiagram, b: LearningDiagram) -> Morphism | None:
    """An invertible morphism a → b, or None where there is none.

    It renames objects, sample spaces, columns, boxes, constraints, axioms and players. Everything else agrees: kinds,
    types and data of boxes, sides, sources, divergences, weights, detached parts, moving averages, and who is frozen
    and who plays. The names of the learning diagrams themselves do not count.

    Law: `a.rename(names)` is isomorphic to `a`, and isomorphic learning diagrams are equal after such a renaming.

    Where several morphisms fit, symbols keep their names if they can. The search is exact. Time is about linear where
    the structure tells the symbols apart, and exponential at worst.

    Raises `TypeMismatch` for an argument that is not a learning diagram.
    """
    for diagram in (a, b):
        if not isinstance(diagram, LearningDiagram):
            raise TypeMismatch(f"an isomorphism goes between learning diagrams, got {brief(diagram)}")
    pairs = find_matching(_incidence(reduced(a)), _incidence(reduced(b)))
    if pairs is None:
        return None
    images = {symbol: image for symbol, image in pairs.items() if symbol.kind != "axiom"}
    # A field of the presentation that speaks of no box is compared here.
    return Morphism(a, b, images) if reduced(a).map(SymbolMap(images)) == b else None


def _incidence(diagram: LearningDiagram) -> networkx.MultiDiGraph:
    """The graph of symbols: each statement points to what it mentions, and each generator to its ends."""
    graph = networkx.MultiDiGraph()
    for symbol in support(diagram):
        if symbol.kind not in GENERATORS[2:]:
            graph.add_node(symbol, colour=symbol.kind)
            continue
        box, says = generator(diagram, symbol), []
        for end, ty in (("dom", box.dom), ("cod", box.cod)):
            for i, ob in enumerate(ty.inside):
                graph.add_edge(symbol, object_symbol(ob), label=(end, i))
        for i, use in enumerate(uses_of(box)):
            graph.add_edge(symbol, box_symbol(use), label=("uses", i))
        for meaning, value in diagram.annotations if symbol.kind == "box" else ():
            named = _Numbering()
            says.append(meaning.of_box(value, box, named))
            for i, name in enumerate(named.names):
                graph.add_edge(symbol, Symbol("box", name), label=(meaning.name, i))
        graph.add_node(symbol, colour=(symbol.kind, label(box)[0], label(box)[-1], *says))
    for symbol, statement in statements(diagram).items():
        if isinstance(statement, Player):
            graph.add_node(symbol, colour=("player", statement.optimizer, statement.steps))
            for term, factor in statement.terms:
                graph.add_edge(symbol, Symbol("constraint", term), label=factor)
            for name in statement.boxes:
                graph.add_edge(symbol, Symbol("box", name), label="trains")
        else:
            _add_equation(graph, symbol, statement)
    return graph


class _Numbering(Transport):
    """The transport that names boxes by numbers, in the order in which it is asked for them."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def boxes(self, name: str) -> tuple[str, ...]:
        return (self.names.setdefault(name, str(len(self.names))),)


def _add_equation(graph: networkx.MultiDiGraph, symbol: Symbol, statement: Constraint | Equation) -> None:
    """Add a constraint or an axiom: its content without names is its colour, and the names are its edges."""
    order = {part: i for i, part in enumerate(dict.fromkeys(_mentioned(statement.graphs)))}
    numbers = {part: Symbol(part.kind, str(i)) for part, i in order.items()}
    annotated = statement.annotated_boxes if isinstance(statement, Constraint) else ()
    idle = [box for name in annotated if (box := Symbol("box", name)) not in order]  # these have no place in the order
    others = dict.fromkeys(idle, Symbol("box", "other"))
    graph.add_node(symbol, colour=(symbol.kind, digest_of(statement.content(SymbolMap(numbers | others)))))
    for part, i in order.items():
        graph.add_edge(symbol, part, label=i)
    for box in idle:
        role = statement.content(SymbolMap(numbers | others | {box: Symbol("box", "this")}))
        graph.add_edge(symbol, box, label=digest_of(role))


def _mentioned(graphs: Iterable[PortGraph]) -> Iterator[Symbol]:
    """The symbols of the normal forms of some graphs, in an order that does not depend on names."""
    for form in map(normalise, graphs):
        boxes = [part for box in form.boxes for part in with_uses(box)]
        for box in boxes:
            if not isinstance(box, State):
                yield box_symbol(box)
        for ty in (form.dom, form.cod, *(end for box in boxes for end in (box.dom, box.cod))):
            yield from map(object_symbol, ty.inside)
