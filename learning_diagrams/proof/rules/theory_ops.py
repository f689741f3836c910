"""A theory as operations on graphs: read, reduce, compare.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> f = Box("f", x, x)
>>> ops.key(ops.read(f >> Copy(x))) == ops.key(ops.read(Copy(x) >> f @ f))
True
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from discopy import markov

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.equality.symmetric_form import symmetric_normal_form
from learning_diagrams.equality.theory import Theory, determinism


class TheoryOps:
    """The operations of a theory on port graphs, over a table of labels: read, reduce, compare.

    Law: `key(reduce(g)) == key(reduce(h))` if and only if g and h are equal in the theory.
    """

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self.linear = theory == "symmetric"
        self.labels = LabelTable()
        which = determinism(theory)
        self.deterministic: Callable[[markov.Box], bool] = (lambda box: False) if self.linear else which

    def read(self, diagram: markov.Diagram) -> PortGraph:
        return self.reduce(PortGraph.from_diagram(diagram, copies=not self.linear))

    def reduce(self, graph: PortGraph) -> PortGraph:
        """The normal form; in "symmetric" the graph itself."""
        return graph if self.linear else normalise(graph, self.deterministic)

    def key(self, graph: PortGraph) -> Hashable:
        """A value that is equal exactly for reduced graphs that are equal in the theory."""
        if self.linear:
            form, closed = symmetric_normal_form(graph, self.labels)
            return tuple(form), tuple(map(tuple, closed))
        return tuple(map(self.labels.number, graph.boxes)), graph.arguments, graph.outputs
