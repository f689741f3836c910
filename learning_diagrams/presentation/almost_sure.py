"""What a constraint says about its data: both sides anchored at the source that they share.

A constraint asserts `over >> copy >> A @ lhs = over >> copy >> A @ rhs`, where A is the domain of its sides: the test
point, and beside it what each side makes of it. For a deterministic source this is `over >> lhs = over >> rhs`.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> f = Box("f", x, x)
>>> is_vacuous(Constraint("same", f >> f, f >> f, over=rows.column("x", x)))
True
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.equality.canonical_form import canonical
from learning_diagrams.presentation.constraint import Constraint


def joint_with_source(source: Diagram, side: Diagram) -> PortGraph:
    """The graph of `source >> copy >> A @ side`."""
    builder = PortGraphBuilder(source.dom)
    points = builder.paste(PortGraph.from_diagram(source), builder.inputs)
    ends = builder.paste(PortGraph.from_diagram(side), points)
    return builder.build(source.cod @ side.cod, [*points, *ends])


def is_vacuous(constraint: Constraint) -> bool:
    """Whether the theory "markov" alone proves what a constraint asserts."""
    lhs, rhs = (canonical(joint_with_source(constraint.source, side)) for side in (constraint.lhs, constraint.rhs))
    return lhs == rhs
