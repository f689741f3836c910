"""The routes of an equation: its two sides as paths of steps, each of which is an arrow of a commutative diagram.

A side that is a row of boxes is a path of boxes. Any other side is a path of slices, as its term is written.

>>> from learning_diagrams.regimes import lens_laws
>>> diagram = lens_laws()
>>> start, (lhs, rhs) = routes_of(diagram.constraints[0], diagram.signature)
>>> print(start, [step_key(step, diagram.signature)[0] for step in lhs], rhs)
source ['copy(source)', 'id(source) @ get', 'put'] ()
"""

from __future__ import annotations

from typing import TypeAlias

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.layers import steps
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.drawing.elements.look import written
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import ParseError
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_term

Step: TypeAlias = Diagram  # a box, or a slice of several boxes and wires
Route: TypeAlias = tuple[Step, ...]


def routes_of(statement: Constraint | Equation, signature: Signature) -> tuple[Ty, tuple[Route, Route]] | None:
    """Where the two sides part, and each from there on; None where a name cannot stand in a term."""
    graphs = statement.graphs if isinstance(statement, Equation) else statement.reading.composite_graphs
    start: Ty = graphs[0].dom
    lhs, rhs = (_path(normalise(graph)) for graph in graphs[:2])
    if lhs is None or rhs is None:
        start = statement.lhs.dom
        try:
            lhs, rhs = (_slices(side, signature) for side in (statement.lhs, statement.rhs))
        except ParseError:
            return None
    whole = start, (lhs, rhs)
    while lhs and rhs and lhs[0] == rhs[0] and is_function(lhs[0]):
        start, lhs, rhs = lhs[0].cod, lhs[1:], rhs[1:]
    while lhs and rhs and lhs[-1] == rhs[-1] and (len(lhs) > 1 or len(rhs) > 1):
        lhs, rhs = lhs[:-1], rhs[:-1]
    return (start, (lhs, rhs)) if lhs or rhs else whole


def _slices(side: Diagram, signature: Signature) -> Route:
    """The slices of a diagram as its term is written, each a diagram; a box alone is the box."""
    reader = TermReader(signature)
    slices = [reader.read(text) for text in print_term(side, signature).split(" >> ")]
    return tuple(_alone(part) for part in slices if part.inside)


def _alone(part: Diagram) -> Step:
    boxes: list[Step] = [box for _, box in steps(part)]
    return boxes[0] if len(boxes) == 1 and boxes[0].dom == part.dom and not _is_wiring(boxes[0]) else part


def is_function(step: Step) -> bool:
    """Whether a step has no kernel in it."""
    boxes = [step] if isinstance(step, markov.Box) else [box for _, box in steps(step)]
    return all(is_deterministic(box) or _is_wiring(box) for box in boxes)


def _is_wiring(step: Step) -> bool:
    return isinstance(step, markov.Copy | markov.Swap)


def step_key(step: Step, signature: Signature) -> tuple[str, Ty, Ty]:
    """What tells a step from others: its name or its term, and its ends."""
    is_box = isinstance(step, markov.Box) and not _is_wiring(step)
    return written(step) if is_box else print_term(step, signature), step.dom, step.cod


def _path(graph: PortGraph) -> Route | None:
    """The boxes of a graph, where each reads all wires that the one before has written; None for another graph."""
    wires = tuple(range(len(graph.dom)))
    for _, arguments, written_wires in graph.applications():
        if arguments != wires:
            return None
        wires = tuple(written_wires)
    return graph.boxes if graph.outputs == wires else None
