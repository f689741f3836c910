"""What equality of learning diagrams sees: the things in normal forms, and the boxes that something is said of.

A box whose output is discarded is in no normal form, so that equal learning diagrams may differ in it. What is to
depend on meaning alone, such as a morphism, looks at these things only.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy, Discard
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> a = Ty("a")
>>> x, idle = SampleSpace("rows").column("x", a), Box("idle", a, Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Copy(a) >> a @ (idle >> Discard(Ty("b"))), x))
>>> print(*support(d), sep=", ")
object 'a', sample space 'rows', column 'rows.x', constraint 'fit'
>>> reduced(d) == d, reduced(d).boxes
(True, ())
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.symbol import Symbol, generators, things
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.learning_diagram import LearningDiagram


def support(diagram: LearningDiagram) -> list[Symbol]:
    """The things of a learning diagram that every equal one has.

    Axioms are not among them: they are told by what they say, and their names are no part of equality.
    """
    sides = [part for c in diagram.constraints for part in c.diagrams]
    sides += [side for axiom in diagram.axioms for side in (axiom.lhs, axiom.rhs)]
    alive = Signature()
    for side in sides:
        graph = normalise(PortGraph.from_diagram(side))
        alive.add_type(graph.dom)
        alive.add_type(graph.cod)
        for box in graph.boxes:
            alive.add_box(box)
    for name in annotated_boxes(diagram):
        alive.add_box(diagram.signature.boxes[name])
    return [*generators(alive), *(thing for thing in things(diagram) if thing.kind in ("constraint", "player"))]


def annotated_boxes(diagram: LearningDiagram) -> frozenset[str]:
    """The boxes that something is said of besides equations: what is detached, follows, is followed, or plays."""
    detached = (name for c in diagram.constraints for name in c.detach if name in diagram.signature.boxes)
    averages = (name for target, (source, _) in diagram.ema.items() for name in (target, source))
    return frozenset([*detached, *averages, *(name for player in diagram.players for name in player.boxes)])


def reduced(diagram: LearningDiagram) -> LearningDiagram:
    """An equal learning diagram without the rest; the drawing of a side that has none of it is kept."""
    alive, spoken = set(support(diagram)), annotated_boxes(diagram)

    def prune(side: Diagram) -> Diagram:
        own = Signature.of([side])
        if alive.issuperset(generators(own)) or spoken & own.boxes.keys():
            return side
        return normalise(PortGraph.from_diagram(side)).to_diagram()

    if alive.issuperset(generators(diagram.signature)):
        return diagram
    edited = diagram.map(prune)
    return edited.freeze(*({box.name for box in diagram.frozen} & edited.signature.boxes.keys()))
