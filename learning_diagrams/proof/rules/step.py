"""Steps of a derivation: an equation used in a context.

    before >> bypass @ lhs >> after    becomes    before >> bypass @ rhs >> after.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> f_, here = (PortGraph.from_diagram(d) for d in (f, Id(x)))
>>> print(Step("law", False, f_, here).around(PortGraph.from_diagram(g)).to_diagram())
f >> g
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.presentation.equation import Equation


@dataclass(frozen=True)
class Step:
    """A use of an equation.

    backwards : bool, whether the left-hand side replaces the right-hand side.
    before, after : PortGraph, the parts before and after the equation. `before` ends in the wires that bypass the
        equation, then in the wires that enter the equation.
    """

    name: str
    backwards: bool
    before: PortGraph
    after: PortGraph

    __repr__ = short_repr

    def around(self, side: PortGraph) -> PortGraph:
        """The graph `before >> bypass @ side >> after`."""
        builder = PortGraphBuilder(self.before.dom)
        wires = builder.paste(self.before, builder.inputs)
        cut = len(wires) - len(side.dom)
        outputs = builder.paste(self.after, [*wires[:cut], *builder.paste(side, wires[cut:])])
        return builder.build(self.after.cod, outputs)


def after(step: Step, equations: Mapping[str, Equation], ops: TheoryOps) -> PortGraph:
    """The graph after a step by one of some equations, with the boxes that it discards."""
    equation = equations[step.name]
    return step.around(ops.read(equation.lhs if step.backwards else equation.rhs))
