"""Which boxes the gradient of a constraint reaches: backwards from the ends of its sides, not past what is detached.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> encode, predict = Box("encode", x, x), Box("predict", x, x)
>>> side = Constraint("c", encode >> predict, encode, over=rows.column("x", x), detach=encode)
>>> sorted(reached(side))
['predict']
"""

from __future__ import annotations

from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.almost_sure import joint_with_source
from learning_diagrams.presentation.constraint import Constraint


def reached(constraint: Constraint) -> frozenset[str]:
    """The names of the boxes that a gradient of the constraint's term can come to, frozen ones among them."""
    found: set[str] = set()
    ends = len(constraint.lhs.cod)
    for name, side in (("lhs", constraint.lhs), ("rhs", constraint.rhs)):
        if name in constraint.detach:
            continue
        graph = normalise(joint_with_source(constraint.source, side))
        live = set(graph.outputs[-ends:])  # the first ones are the test point, of which no term is made
        for box, arguments, made in reversed(list(graph.applications())):
            if live.intersection(made) and box.name not in constraint.detach:
                live.update(arguments)
                if not isinstance(box, Column | State):
                    found.add(box.name)
    return frozenset(found)
