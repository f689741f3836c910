"""Dependence: a model in which each output depends on some of the inputs, so that no search for a proof is needed.

In the model a box lets some of its inputs through to some of its outputs. Two sides are equal in the model where each
output depends on the same inputs. What equations prove in the theory "markov" holds in each of their models.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.diagrams.structure import Discard
>>> x, y = Ty("x"), Ty("y")
>>> f, end, both = Box("f", x, y), Box("end", Ty(), y), Box("both", x @ y, y)
>>> right = Equation(both, Discard(x) @ Id(y))
>>> may_be_constant(f, [right]), may_be_constant(f, [right, Equation(f, Discard(x) >> end)])
(False, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.presentation.equation import Equation

Passage = tuple[markov.Box, int, int]  # a box, the number of an input, and the number of an output
Blocked = frozenset[Passage]
_MOST_MODELS = 500


def may_be_constant(diagram: Diagram, premises: Iterable[Equation]) -> bool:
    """Whether premises may prove that a diagram is constant: False if they hold in a model in which it is not.

    The models are tried that arise where one passage after another is blocked in an equation that does not hold.
    """
    sides = [premise.normal_forms for premise in premises]
    goal = PortGraph.from_diagram(diagram)
    stack, seen = [Blocked()], {Blocked()}
    while stack:
        blocked = stack.pop()
        passages = next((found for pair in sides if (found := _unequal(*pair, blocked)) is not None), None)
        if passages is None:
            return False
        for passage in passages:
            more = blocked | {passage}
            if more not in seen and any(_reads(goal, more)[wire] for wire in goal.outputs):
                seen.add(more)
                stack.append(more)
        if len(seen) > _MOST_MODELS:
            return True
    return True


def _unequal(lhs: PortGraph, rhs: PortGraph, blocked: Blocked) -> list[Passage] | None:
    """The passages on the ways from an input to an output in the one side that has such ways; None for equal sides."""
    reads = [_reads(side, blocked) for side in (lhs, rhs)]
    for left, right in zip(lhs.outputs, rhs.outputs, strict=True):
        for more, fewer, side, end, own in ((0, 1, lhs, left, right), (1, 0, rhs, right, left)):
            for start in reads[more][end] - reads[fewer][own]:
                return list(_passages(side, start, end, blocked))
    return None


def _reads(graph: PortGraph, blocked: Blocked) -> list[frozenset[Wire]]:
    """For each wire the inputs on which it depends."""
    reads = [frozenset((wire,)) for wire in range(len(graph.dom))]
    for box, arguments, outputs in graph.applications():
        for output in range(len(outputs)):
            through = (wire for i, wire in enumerate(arguments) if (box, i, output) not in blocked)
            reads.append(frozenset[Wire]().union(*(reads[wire] for wire in through)))
    return reads


def _passages(graph: PortGraph, start: Wire, end: Wire, blocked: Blocked) -> Iterator[Passage]:
    reads, needed = _reads(graph, blocked), {end}
    for box, arguments, outputs in reversed(list(graph.applications())):
        for number, output in enumerate(outputs):
            for i, wire in enumerate(arguments):
                if output in needed and start in reads[wire] and (box, i, number) not in blocked:
                    needed.add(wire)
                    yield box, i, number
