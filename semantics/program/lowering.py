"""Lowering: a constraint as distances between variables of a program, and its term in the loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject
from learning_diagrams.errors import CompileError, plural
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.reading import drawn_spaces
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.functor.space import Kind
from learning_diagrams.semantics.program.printer import Distance, Names
from learning_diagrams.semantics.program.program import SAMPLES, ProgramBuilder, Value
from learning_diagrams.semantics.program.statement import Variable

Constant = float | tuple[float, ...]


@dataclass(frozen=True)
class DivergenceCall:
    """How a back end computes a divergence.

    function : what is called with (reference, prediction) and the options.
    literals : options that stand in the code as they are, as text.
    buffers : options that are kept beside the weights, where the device can see them.
    drawn : whether laws are drawn from first.
    coupled : whether the value of a row depends on the other rows.
    """

    function: str
    literals: tuple[tuple[str, str], ...] = ()
    buffers: tuple[tuple[str, Constant], ...] = ()
    drawn: bool = False
    coupled: bool = False


class DivergenceTable(Protocol):
    """The divergences of a back end: which function computes one, on spaces and kinds of ends."""

    def kind(self, name: str, where: str = "") -> DivergenceKind:
        """The divergence of that name; `UnknownName` if no divergence has the name."""

    def pointwise(
        self, asked: Divergence | None, space: Any, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        """For the two ends of one output wire, in a space of the back end."""

    def in_law(self, asked: Divergence | None, spaces: tuple[Any, ...], where: str) -> DivergenceCall:
        """For the laws of two sides from I, on all output wires together."""


@dataclass
class ConstantTable:
    """The weights and other numbers of a loss, each under an identifier of its own.

    names : gives the identifiers; it knows what is taken.
    """

    names: Names
    values: dict[str, Constant] = field(default_factory=dict)

    def add(self, hint: str, value: Constant) -> str:
        name = self.names.new(hint)
        self.values[name] = value
        return name


@dataclass(frozen=True)
class Lowered:
    """A constraint as distances, and where the statements that were made for it end."""

    constraint: Constraint
    distances: tuple[Distance, ...]
    end: int
    in_law: bool = False

    @property
    def results(self) -> list[Variable]:
        return [variable for one in self.distances for variable in (*one.references, *one.predictions)]


class Lowering:
    """Makes distances of constraints, in one program.

    Parameters
    ----------
    builder : of the program.
    measures : the divergences of the back end.
    constants : filled with what the distances need.
    """

    def __init__(self, builder: ProgramBuilder, measures: DivergenceTable, constants: ConstantTable) -> None:
        self.builder, self.measures, self.constants = builder, measures, constants

    def lower(self, constraint: Constraint, counted: Mapping[str, Column]) -> Lowered:
        """The distances between the two sides of a constraint.

        counted : for each sample space a column by which its rows are counted.
        """
        self.builder.detached = frozenset(constraint.detach)
        if constraint.tested == "in law" and not _has_closed_form(constraint, self.measures):
            return self._in_law(constraint, counted)
        return self._pointwise(constraint, counted)

    def _side(self, ends: Iterable[Variable], side: str, constraint: Constraint) -> tuple[Variable, ...]:
        """The variables at the end of a side, without their gradient where the constraint detaches it."""
        return tuple(self.builder.detach(end) for end in ends) if side in constraint.detach else tuple(ends)

    def _pointwise(self, constraint: Constraint, counted: Mapping[str, Column]) -> Lowered:
        where = f"constraint {constraint.name!r}"
        graphs = constraint.reading.sides
        if constraint.tested == "in law":
            self.builder.start_side((), counted, rows=1)
            points: tuple[Value, ...] = ()
        else:
            beside = [space for graph in graphs for space in drawn_spaces(graph)]
            points = self.builder.source(constraint.reading, beside, counted)
        sides = []
        for name, graph in zip(("lhs", "rhs"), graphs, strict=True):
            require_free_outputs(graph, where)
            ends = [self.builder.result(end, where) for end in self.builder.fold(graph, points)]
            sides.append(self._side(ends, name, constraint))
        given = constraint.divergence
        asked = given if isinstance(given, tuple) else (given,) * len(sides[0])
        shared: dict[tuple[str, Constant], str] = {}
        distances = []
        for prediction, reference, one in zip(*sides, asked, strict=True):
            self._check_options(one, where)
            assert reference.space is not None, "only row counts have no space, and they are no results"
            measure = self.measures.pointwise(one, reference.space, reference.kind, prediction.kind, where)
            distances.append(self._distance(measure, (reference,), (prediction,), constraint.name, shared))
        return Lowered(constraint, tuple(distances), len(self.builder.statements))

    def _in_law(self, constraint: Constraint, counted: Mapping[str, Column]) -> Lowered:
        where = f"constraint {constraint.name!r}"
        for ob in constraint.lhs.cod.inside:
            if isinstance(ob, SampleObject):
                raise CompileError(f"{where}: ends in the sample space {ob.name!r}; compose it with a column")
        asked = constraint.divergence
        if isinstance(asked, tuple):
            raise CompileError(
                f"{where} starts from I, so the joint law of its outputs is compared, by one divergence; it gives "
                f"{plural(len(asked), 'divergence')}: give one, or a constraint for each output"
            )
        self._check_options(asked, where)
        samples = dict(asked.options).get("samples") if asked else None
        sides = constraint.reading.sides
        data = [drawn_spaces(side) for side in sides]
        ends = []
        for side, own, other in zip(sides, data, data[::-1], strict=True):
            self.builder.start_side(own or (() if samples else other), counted, int(samples or SAMPLES))
            ends.append(self.builder.fold(side, ()))
        spaces = tuple(self.builder.spaces[ob.name] for ob in constraint.lhs.cod.inside)
        measure = self.measures.in_law(asked, spaces, where)
        read = self.builder.sample if measure.drawn else self.builder.result
        prediction, reference = (
            self._side([read(end, where) for end in side], name, constraint)
            for name, side in zip(("lhs", "rhs"), ends, strict=True)
        )
        distance = self._distance(measure, reference, prediction, constraint.name, {})
        return Lowered(constraint, (distance,), len(self.builder.statements), in_law=True)

    def _check_options(self, asked: Divergence | None, where: str) -> None:
        if asked is not None:
            self.measures.kind(asked.name, where).check(dict(asked.options), where)

    def _distance(
        self,
        measure: DivergenceCall,
        references: tuple[Variable, ...],
        predictions: tuple[Variable, ...],
        name: str,
        shared: dict[tuple[str, Constant], str],
    ) -> Distance:
        for item in measure.buffers:
            if item not in shared:
                shared[item] = self.constants.add(f"{item[0]}_{name}", item[1])
        buffers = [(item[0], f"constants[{shared[item]!r}]") for item in measure.buffers]
        return Distance(measure.function, references, predictions, (*buffers, *measure.literals), measure.coupled)


def _has_closed_form(constraint: Constraint, measures: DivergenceTable) -> bool:
    """Whether two sides from I are two constants or two laws that are known as such, and no samples are asked for."""
    asked = constraint.divergence
    where = f"constraint {constraint.name!r}"
    if isinstance(asked, Divergence) and measures.kind(asked.name, where).compares == "in law":
        return False
    return all(map(_is_explicit, constraint.reading.sides))


def _is_explicit(graph: PortGraph) -> bool:
    """Whether a side from I ends in constants and laws that are known as such: no data, and no draw is consumed."""
    laws = {wire for box, _, made in graph.applications() if not is_deterministic(box) for wire in made}
    return not drawn_spaces(graph) and laws.isdisjoint(wire for arguments in graph.arguments for wire in arguments)


def require_free_outputs(graph: PortGraph, where: str) -> None:
    """Raise `CompileError` where a law is wired to two outputs, or to an output and a box.

    Elsewhere the outputs of a side, in normal form, are independent given its draws, so that divergences add over them.
    """
    uses = Counter(wire for arguments in graph.arguments for wire in arguments)
    outputs = Counter(graph.outputs)
    for box, _, made in graph.applications():
        for wire in made:
            if not is_deterministic(box) and outputs[wire] and outputs[wire] + uses[wire] > 1:
                raise CompileError(
                    f"{where}: the output of kernel {box.name!r} goes to an output and is used again, so the outputs "
                    "of this side are not independent and their divergences do not add; compare the joint in one "
                    "object, or draw first with over="
                )
