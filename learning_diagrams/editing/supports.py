"""The support of a learning diagram: the symbols in its normal forms, and the boxes that annotations name.

A box whose output is discarded is in no normal form, so equal learning diagrams may differ in such a box. A notion that
must not distinguish equal learning diagrams, such as a morphism, is defined on the support.

>>> from learning_diagrams import Box, Constraint, Copy, Discard, LearningDiagram, SampleSpace, Ty
>>> a = Ty("a")
>>> x, idle = SampleSpace("rows").column("x", a), Box("idle", a, Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Copy(a) >> a @ (idle >> Discard(Ty("b"))), x))
>>> print(*support(d), sep=", ")
object 'a', sample space 'rows', column 'rows.x', constraint 'fit'
>>> reduced(d) == d, reduced(d).boxes
(True, ())
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.symbol import Symbol, generators, symbols
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation import Presentation

P = TypeVar("P", bound=Presentation)


def support(diagram: Presentation) -> list[Symbol]:
    """The symbols of a learning diagram that every equal one has.

    Axioms are not among them: an axiom is identified by its content, and its name is not part of equality.
    """
    live = Signature.of(normalise(graph) for equation in diagram.equations for graph in equation.graphs)
    for name in diagram.annotated_boxes:
        live.add_box(diagram.signature.boxes[name])
    return [*generators(live), *(symbol for symbol in symbols(diagram) if symbol.kind in ("constraint", "player"))]


@dataclass(frozen=True)
class _Reduction(Transport):
    """The transport of a diagram with an idle symbol to its normal form; other diagrams are fixed."""

    live: frozenset[Symbol]
    annotated: frozenset[str]

    def diagram(self, diagram: Diagram) -> Diagram:
        own = Signature.of([diagram])
        if self.live.issuperset(generators(own)) or self.annotated & own.boxes.keys():
            return diagram
        return normalise(PortGraph.from_diagram(diagram)).to_diagram()


def reduced(diagram: P) -> P:
    """An equal learning diagram that contains only its support; sides within the support keep their drawing."""
    live = frozenset(support(diagram))
    if live.issuperset(generators(diagram.signature)):
        return diagram
    return diagram.map(_Reduction(live, diagram.annotated_boxes))
