"""A reading of a constraint: its diagrams as port graphs and normal forms, each computed once and shared by all users.

A constraint over a source p : S → A asserts `p >> copy >> A @ lhs = p >> copy >> A @ rhs`: both sides see the same test
point, and the test point is compared with itself. This is p-almost-sure equality of the sides. Without `over` the
source is the identity. For a deterministic source the assertion is `p >> lhs = p >> rhs`.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> f = Box("f", x, x)
>>> reading = Reading(Equation(f >> f, f), over=rows.column("x", x))
>>> reading.tested, reading.sample_spaces, [len(graph.boxes) for graph in reading.joints], reading.is_vacuous
('over', ('rows',), [3, 2], False)

Source: Cho & Jacobs, *Disintegration and Bayesian inversion via string diagrams* (2019), for almost-sure equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from learning_diagrams.diagrams.box import Diagram, Id, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.equality.canonical_form import canonical_of_normal_form
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.presentation.almost_sure import joint_with_source
from learning_diagrams.presentation.equation import Equation

Pair = tuple[PortGraph, PortGraph]


@dataclass(frozen=True, eq=False)
class Reading:
    """An equation between diagrams A → B, and the source of its test points.

    Parameters
    ----------
    equation : Equation between the prediction and the reference.
    over : Diagram S → A or None, the source; None stands for the identity of A.
    """

    equation: Equation
    over: Diagram | None = None

    __repr__ = short_repr

    @property
    def tested(self) -> Literal["over", "pointwise", "in law"]:
        """Where the equation is tested: over a given source, at each row of its domain, or in law."""
        if self.over is not None:
            return "over"
        return "pointwise" if len(self.equation.lhs.dom) else "in law"

    @property
    def source(self) -> Diagram:
        """The diagram from data to the test points, shared by both sides."""
        return Id(self.equation.lhs.dom) if self.over is None else self.over

    @cached_property
    def written_source(self) -> PortGraph:
        """The port graph of the source as it is written."""
        if self.over is not None:
            return PortGraph.from_diagram(self.over)
        dom = self.equation.lhs.dom
        return PortGraph(dom, dom, (), (), tuple(range(len(dom))))

    @property
    def graphs(self) -> tuple[PortGraph, ...]:
        """The port graphs of both sides and of the source, as they are written."""
        return (*self.equation.graphs, self.written_source)

    @property
    def sides(self) -> Pair:
        """The normal forms of both sides."""
        return self.equation.normal_forms

    @cached_property
    def source_form(self) -> PortGraph:
        """The normal form of the source."""
        return self.written_source if self.over is None else normalise(self.written_source)

    @cached_property
    def joints(self) -> Pair:
        """The normal forms of the joint distributions of source and side: `source >> copy >> A @ side`."""
        lhs, rhs = map(self._joint, self.sides)
        return lhs, rhs

    def _joint(self, side: PortGraph) -> PortGraph:
        if self.over is not None:
            return normalise(joint_with_source(self.written_source, side))
        # Under the identity the test point is the input itself, so that no box is added and no wire renumbered.
        return replace(side, cod=side.dom @ side.cod, outputs=(*range(len(side.dom)), *side.outputs))

    def ends(self, joint: PortGraph) -> Sequence[Wire]:
        """The wires at which the side of a joint ends; the wires before them are the test point."""
        return joint.outputs[len(self.equation.lhs.dom) :]

    @cached_property
    def over_form(self) -> list[Any] | None:
        """The canonical form of `over`."""
        return None if self.over is None else canonical_of_normal_form(self.source_form)

    @cached_property
    def is_vacuous(self) -> bool:
        """Whether the theory "markov" alone proves the assertion."""
        lhs, rhs = self.equation.canonical if self.over is None else map(canonical_of_normal_form, self.joints)
        return bool(lhs == rhs)

    @property
    def sample_spaces(self) -> tuple[str, ...]:
        """The sample spaces whose rows make a test point, by name: the inputs of the source, then its states."""
        return (*(ob.name for ob in self.source.dom.inside), *drawn_spaces(self.written_source))

    @property
    def columns(self) -> dict[str, Column]:
        """For each sample space a column that source or sides read, by name of the sample space."""
        return {box.space.name: box for graph in self.joints for box in graph.boxes if isinstance(box, Column)}

    @property
    def composites(self) -> tuple[Diagram, Diagram]:
        """The sides after the source: `source >> lhs` and `source >> rhs`."""
        lhs, rhs = self.equation.lhs, self.equation.rhs
        return (lhs, rhs) if self.over is None else (self.over >> lhs, self.over >> rhs)

    @property
    def composite_graphs(self) -> Pair:
        """The port graphs of the composites, as they are written."""
        source, (lhs, rhs) = self.written_source, self.equation.graphs
        return (lhs, rhs) if self.over is None else (_after(source, lhs), _after(source, rhs))

    @cached_property
    def assertion(self) -> Equation:
        """The equation that holds in the theory "markov" exactly where the sides are equal on their data."""
        if self.over is None:
            return self.equation
        if all(map(is_deterministic, self.source_form.boxes)):
            return Equation(*self.composites, self.equation.name)
        lhs, rhs = (joint_with_source(self.written_source, side).to_diagram() for side in self.equation.graphs)
        return Equation(lhs, rhs, self.equation.name)


def drawn_spaces(graph: PortGraph) -> list[str]:
    """The names of the sample spaces from whose states a graph draws, one entry for each draw."""
    return [box.space.name for box in graph.boxes if isinstance(box, State)]


def _after(first: PortGraph, second: PortGraph) -> PortGraph:
    """The graph `first >> second`."""
    builder = PortGraphBuilder(first.dom)
    return builder.build(second.cod, builder.paste(second, builder.paste(first, builder.inputs)))
