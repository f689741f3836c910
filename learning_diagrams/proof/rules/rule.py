"""Rules: the two ways to use an equation, as patterns that occur in a graph.

In "markov" and "cartesian" a pattern is a normal form. A graph need not contain an output that no box uses. Therefore a
rule has further patterns, in which some outputs are discarded, without the boxes that only these outputs need.

>>> from learning_diagrams import Box, Copy, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> rule, back = rules("split", Equation(Copy(x) >> f @ g, Copy(x)), TheoryOps("markov"))
>>> [len(pattern.boxes) for pattern in rule.patterns], rule.growth, back.growth
([2, 1, 1], -2, 2)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from learning_diagrams.diagrams.box import Id
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.presentation.equation import Equation

MOST_DISCARDED = 6  # outputs of a pattern, of which the rule discards all combinations


@dataclass(frozen=True)
class Rule:
    """An equation with a direction.

    source, target : PortGraph, the replaced side and the replacing side.
    patterns : tuple of PortGraph, the source, and the source with some outputs discarded. The wire of a discarded
        output is −1.
    growth : int, the number of boxes that a use adds.
    """

    name: str
    backwards: bool
    source: PortGraph
    target: PortGraph
    patterns: tuple[PortGraph, ...]

    @property
    def growth(self) -> int:
        return len(self.target.boxes) - len(self.source.boxes)

    @cached_property
    def is_open(self) -> bool:
        """Whether a pattern has an input that it neither reads nor returns, so that any term may stand there."""
        inputs = set(range(len(self.source.dom)))
        return any(inputs.difference(pattern.outputs, *pattern.arguments) for pattern in self.patterns)

    @cached_property
    def idle(self) -> frozenset[Wire]:
        """The inputs that the target discards: there one term is as good as another."""
        return frozenset(range(len(self.source.dom))).difference(self.target.outputs, *self.target.arguments)


def rules(name: str, equation: Equation, ops: TheoryOps) -> tuple[Rule, Rule]:
    """The forward and the backward rule of an equation."""
    lhs, rhs = ops.read(equation.lhs), ops.read(equation.rhs)
    return Rule(name, False, lhs, rhs, _patterns(lhs, ops)), Rule(name, True, rhs, lhs, _patterns(rhs, ops))


def _patterns(graph: PortGraph, ops: TheoryOps) -> tuple[PortGraph, ...]:
    if ops.linear:
        return (graph,)
    patterns = {ops.key(graph): graph}
    ports = range(len(graph.outputs))
    for size in range(1, len(ports)) if len(ports) <= MOST_DISCARDED else ():
        for discarded in combinations(ports, size):
            kept = [port for port in ports if port not in discarded]
            cod = Id().cod.tensor(*(graph.cod[port] for port in kept))
            outputs = tuple(graph.outputs[port] for port in kept)
            less = normalise(PortGraph(graph.dom, cod, graph.boxes, graph.arguments, outputs), ops.deterministic)
            if len(less.boxes) < len(graph.boxes):
                wires: list[Wire] = [-1] * len(ports)
                for port, wire in zip(kept, less.outputs, strict=True):
                    wires[port] = wire
                pattern = PortGraph(graph.dom, graph.cod, less.boxes, less.arguments, tuple(wires))
                patterns.setdefault(ops.key(pattern), pattern)
    return tuple(patterns.values())
