"""Rules: the two ways to use an equation, as patterns to be found in a graph.

In "markov" and "cartesian" a pattern is a normal form. An output of it that nobody uses need not be there, so that the
pattern is also looked for with some outputs discarded, and without the boxes that only they need.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> rule, back = rules("split", Equation(Copy(x) >> f @ g, Copy(x)), TheoryOps("markov"))
>>> [len(pattern.boxes) for pattern in rule.patterns], rule.growth, back.growth
([2, 1, 1], -2, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import Id
from learning_diagrams.diagrams.label import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.equality.symmetric_form import symmetric_normal_form
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.presentation.equation import Equation

MOST_DISCARDED = 6  # outputs of a pattern that are tried in all combinations


class TheoryOps:
    """A theory with one table of labels, in which graphs are read, reduced and compared.

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
        """The normal form; in "symmetric" the graph itself, which has nothing to reduce."""
        return graph if self.linear else normalise(graph, self.deterministic)

    def key(self, graph: PortGraph) -> Hashable:
        """What tells reduced graphs apart."""
        if self.linear:
            form, closed = symmetric_normal_form(graph, self.labels)
            return tuple(form), tuple(map(tuple, closed))
        return tuple(map(self.labels.number, graph.boxes)), graph.arguments, graph.outputs


@dataclass(frozen=True)
class Rule:
    """An equation used in one direction.

    Attributes
    ----------
    source, target : the side that is replaced, and the one that replaces it.
    patterns : the source, and the source without the boxes that only some of its outputs need. The wires of a
        pattern's outputs are −1 where the output is discarded.
    growth : how many boxes a use of it adds.
    """

    name: str
    backwards: bool
    source: PortGraph
    target: PortGraph
    patterns: tuple[PortGraph, ...]

    @property
    def growth(self) -> int:
        return len(self.target.boxes) - len(self.source.boxes)


def rules(name: str, equation: Equation, calculus: TheoryOps) -> tuple[Rule, Rule]:
    """An equation used forwards, and backwards."""
    lhs, rhs = calculus.read(equation.lhs), calculus.read(equation.rhs)
    return (
        Rule(name, False, lhs, rhs, _patterns(lhs, calculus)),
        Rule(name, True, rhs, lhs, _patterns(rhs, calculus)),
    )


def _patterns(graph: PortGraph, calculus: TheoryOps) -> tuple[PortGraph, ...]:
    if calculus.linear:
        return (graph,)
    found = {calculus.key(graph): graph}
    ports = range(len(graph.outputs))
    for size in range(1, len(ports)) if len(ports) <= MOST_DISCARDED else ():
        for gone in combinations(ports, size):
            kept = [port for port in ports if port not in gone]
            cod = Id().cod.tensor(*(graph.cod[port] for port in kept))
            less = normalise(
                PortGraph(graph.dom, cod, graph.boxes, graph.arguments, tuple(graph.outputs[port] for port in kept)),
                calculus.deterministic,
            )
            if len(less.boxes) < len(graph.boxes):
                wires: list[Wire] = [-1] * len(ports)
                for port, wire in zip(kept, less.outputs, strict=True):
                    wires[port] = wire
                pattern = PortGraph(graph.dom, graph.cod, less.boxes, less.arguments, tuple(wires))
                found.setdefault(calculus.key(pattern), pattern)
    return tuple(found.values())
