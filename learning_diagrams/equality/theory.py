"""The theories in which diagrams are compared: their deterministic boxes, and how to read, reduce and compare graphs.

"symmetric": the laws of symmetric monoidal categories, without copy and discard. Scalars are counted.
"markov": discarding is natural for all boxes, copying for deterministic boxes. "cartesian": every box is deterministic.

>>> from learning_diagrams import Box, Copy, Kernel, Ty
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> determinism("markov")(k), determinism("markov", ["k"])(k), determinism("cartesian")(k)
(False, True, True)
>>> ops.key(ops.read(f >> Copy(x))) == ops.key(ops.read(Copy(x) >> f @ f))
True

Source: Fritz, *A synthetic approach to Markov kernels* (2020); Fox, *Coalgebras and cartesian categories* (1976).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Literal

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, is_deterministic
from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import markov_normal_form, normalise
from learning_diagrams.equality.symmetric_form import symmetric_normal_form
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean

Theory = Literal["symmetric", "markov", "cartesian"]
THEORIES = ("symmetric", "markov", "cartesian")  # each has all laws of those before it


def determinism(theory: Theory, also: Iterable[markov.Box | str] = ()) -> Callable[[markov.Box], bool]:
    """A function that tells whether a box commutes with copying in a theory.

    also : iterable of boxes or names, deterministic in "markov" besides those of kind `Box`.

    Raises `UnknownName` for another theory, and `TypeMismatch` where `also` is not a list of boxes or names.
    """
    if theory not in THEORIES:
        raise UnknownName(f"theory must be one of {', '.join(map(repr, THEORIES))}, got {brief(theory)}")
    listed = isinstance(also, Iterable) and not isinstance(also, str | markov.Diagram)
    boxes = tuple(also) if listed else ()
    if not listed or not all(isinstance(box, str | markov.Box) for box in boxes):
        raise TypeMismatch(f"deterministic= takes a list of boxes or names, got {brief(also)}")
    names = {box if isinstance(box, str) else box.name for box in boxes}
    if theory == "cartesian":
        return lambda box: True
    return lambda box: is_deterministic(box) or (box.name in names and not box.is_dagger)


def require_occurring(also: Iterable[markov.Box | str], graphs: Iterable[PortGraph]) -> None:
    """Raise `UnknownName` for a name of a deterministic box that no box of some graphs has: it may be misspelt."""
    known = {box.name for graph in graphs for box in graph.boxes}
    for name in also:
        if isinstance(name, str) and name not in known:
            hint = "give the box itself where a list is for other diagrams too"
            raise UnknownName(f"deterministic= names {name!r}, and no box has it; {did_you_mean(name, known)}; {hint}")


class TheoryOps:
    """The operations of a theory on port graphs, over a table of labels; parameters and errors as of `determinism`.

    Laws: `form(g) == form(h)`, and `key(reduce(g)) == key(reduce(h))`, if and only if parallel g and h are equal in the
    theory.
    """

    def __init__(self, theory: Theory, also: Iterable[markov.Box | str] = ()) -> None:
        self.theory = theory
        self.linear = theory == "symmetric"
        self.labels = LabelTable()
        self.spend: Callable[[int], None] | None = None  # told of each walk through a closed component
        which = determinism(theory, also)
        self.deterministic: Callable[[markov.Box], bool] = (lambda box: False) if self.linear else which

    def graph(self, diagram: Diagram | PortGraph) -> PortGraph:
        """The graph of a diagram as it is written; `TypeMismatch` for structure that the theory does not have."""
        return diagram if isinstance(diagram, PortGraph) else PortGraph.from_diagram(diagram, copies=not self.linear)

    def read(self, diagram: Diagram | PortGraph) -> PortGraph:
        return self.reduce(self.graph(diagram))

    def reduce(self, graph: PortGraph) -> PortGraph:
        """The normal form; in "symmetric" the graph itself."""
        return graph if self.linear else normalise(graph, self.deterministic)

    def form(self, graph: PortGraph) -> Hashable:
        """A value that is equal exactly for parallel graphs that are equal in the theory."""
        if self.linear:
            form, closed = symmetric_normal_form(graph, self.labels, self.spend)
            return tuple(form), tuple(map(tuple, closed))
        return tuple(markov_normal_form(graph, self.labels, self.deterministic))

    def key(self, graph: PortGraph) -> Hashable:
        """As `form`, for reduced graphs: quicker."""
        if self.linear:
            return self.form(graph)
        return tuple(map(self.labels.number, graph.boxes)), graph.arguments, graph.outputs
