"""The signature of a question: the objects, boxes and sample spaces of which its goal and its axioms speak.

A proof uses no other. A new constant would inhabit a type that may be empty: `discard(y) >> a = discard(y) >> b` says
nothing where y is empty, and proves a = b by any c : I → y. An axiom c = c says that there is a c. A sample space
brings its state, so that it is not empty.

>>> from learning_diagrams.diagrams.box import Box
>>> f, column = Box("f", Ty("x"), Ty("y")), SampleSpace("rows").column("point", Ty("x"))
>>> [str(shown) for shown in symbols([column, f]).values()]
['Id(rows)', 'state(rows)', 'Id(x)', 'point', 'Id(y)', 'f']

Source: Goguen & Meseguer, *Completeness of many-sorted equational logic* (1985).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import SampleObject, SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.errors import ProofError, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.terms.scope import signature_of

Symbols = dict[tuple[Any, ...], Diagram]  # each with a diagram that speaks of it


def symbols(diagrams: Iterable[Diagram | PortGraph]) -> Symbols:
    """The objects and boxes of diagrams, discarded and used ones too; for each sample space its state."""
    known: Symbols = {}
    for diagram in diagrams:
        graph = diagram if isinstance(diagram, PortGraph) else PortGraph.from_diagram(diagram)
        _add_type(known, graph.dom)
        for box in {id(box): box for box in graph.boxes}.values():
            _add_box(known, box)
    return known


def _add_box(known: Symbols, box: markov.Box) -> None:
    for part in with_uses(box):
        _add_type(known, part.dom)
        _add_type(known, part.cod)
        known.setdefault(label(part), part)


def _add_type(known: Symbols, ty: Ty) -> None:
    for ob in ty.inside:
        if not isinstance(ob, SampleObject):
            known.setdefault(("object", *object_names(Ty(ob))), Id(Ty(ob)))
        elif ("sample space", ob.name) not in known:
            state = SampleSpace(ob.name).state
            known.update({("sample space", ob.name): Id(Ty(ob)), label(state): state})


def symbols_of(equations: Iterable[Equation]) -> Symbols:
    """The signature of some equations."""
    return symbols(graph for equation in equations for graph in equation.graphs)


def symbols_in(signature: Any) -> Symbols:
    """The symbols of a scope: boxes, sample spaces, diagrams, signatures, learning diagrams, or lists of these."""
    scope = signature_of([signature])
    known: Symbols = {}
    for ty in (*scope.objects.values(), *(space.ty for space in scope.sample_spaces.values())):
        _add_type(known, ty)
    for box in (*scope.boxes.values(), *scope.columns.values()):
        _add_box(known, box)
    return known


def require_one_meaning(known: Symbols) -> None:
    """Raise `DuplicateName` where two boxes, or an object and a sample space, have one name: they would print alike."""
    signature = Signature()
    for diagram in known.values():
        if isinstance(diagram, markov.Box):
            signature.declare(diagram)
        else:
            signature.add_type(diagram.dom)


def require_spoken(used: Symbols, question: Symbols, place: str) -> None:
    """Raise `ProofError` for a symbol that the question does not have."""
    for symbol in used:
        if symbol not in question:
            hint = "an axiom that equates it with itself would bring it in"
            raise ProofError(f"{place}: the question does not speak of {symbol[0]} {brief(symbol[1])}; {hint}")


def there_is(diagram: Diagram, taken: Iterable[str] = ()) -> Equation:
    """The trivial axiom that brings a symbol into a question, under a name that is not taken."""
    name = f"there is {diagram}"
    while name in set(taken):
        name += "'"
    return Equation(diagram, diagram, name)
