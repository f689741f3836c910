"""Gradient reach: the boxes to which the gradient of a constraint comes.

The gradient goes backwards from the ends of the sides, and from the weight and the options that boxes compute. It
passes neither a detached side nor a detached box. From a box it also comes to the boxes that the box uses.

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
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.presentation.constraint import Constraint


def reached(constraint: Constraint) -> frozenset[str]:
    """The names of the boxes that the gradient of the constraint's term can reach, frozen boxes among them."""
    names: set[str] = set()
    sides = zip(("lhs", "rhs"), constraint.reading.joints, strict=True)
    ends = [(joint, constraint.reading.ends(joint)) for side, joint in sides if side not in constraint.detach]
    for joint, wires in (*ends, *((number, number.outputs) for number in constraint.numbers)):
        live = set(wires)
        for box, arguments, outputs in reversed(list(joint.applications())):
            if live.intersection(outputs) and box.name not in constraint.detach:
                live.update(arguments)
                if not isinstance(box, Column | State):
                    names.update(part.name for part in with_uses(box))
    return frozenset(names)
