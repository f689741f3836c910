"""Lowering: a constraint as distances between variables of a program, and its term in the loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from learning_diagrams.diagrams.box import Diagram, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject
from learning_diagrams.errors import CompileError, plural
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.reading import drawn_spaces
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.functor.space import Kind, Positions
from learning_diagrams.semantics.least_term import is_explicit
from learning_diagrams.semantics.program.means_for_draws import require_no_mean
from learning_diagrams.semantics.program.printer import Distance, Names, keys_of
from learning_diagrams.semantics.program.program_builder import SAMPLES, ProgramBuilder
from learning_diagrams.semantics.program.statement import Variable
from learning_diagrams.semantics.program.wire_value import Value

Constant = float | tuple[float, ...] | Schedule


@dataclass(frozen=True)
class DivergenceCall:
    """The computation of a divergence by a back end.

    Parameters
    ----------
    function : str, the name of a function of (reference, prediction) and the options.
    literals : tuple of pairs (option, text), which stand in the code as they are.
    buffers : tuple of pairs (option, value): numbers, tuples of numbers and schedules are kept beside the weights, on
        the device; diagrams from I are computed.
    drawn : bool, whether the function takes samples in place of distributions.
    coupled : bool, whether the value of a row depends on the other rows.
    by_position : bool, whether the function takes `positions`, those of each row that it compares; in law, whether
        an absent position of a sample may be 0, which no outcome is.
    """

    function: str
    literals: tuple[tuple[str, str], ...] = ()
    buffers: tuple[tuple[str, Constant | Diagram], ...] = ()
    drawn: bool = False
    coupled: bool = False
    by_position: bool = False


class DivergenceTable(Protocol):
    """The divergences of a back end: the function for each divergence, space and kind of ends."""

    def kind(self, name: str, where: str = "") -> DivergenceKind:
        """The divergence of that name; `UnknownName` if no divergence has the name."""

    def pointwise(
        self, asked: Divergence | None, space: Any, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        """For the two ends of one output wire, in a space of the back end."""

    def in_law(self, asked: Divergence | None, spaces: tuple[Any, ...], where: str) -> DivergenceCall:
        """For the distributions of two sides from I, on all output wires together."""


@dataclass
class ConstantTable:
    """The weights and other numbers of a loss that no box computes, each under an identifier of its own.

    Parameters
    ----------
    names : Names, which gives the identifiers.
    values : dict from identifier to a number, a tuple of numbers, or a schedule.
    """

    names: Names
    values: dict[str, Constant] = field(default_factory=dict)

    def add(self, hint: str, value: Constant) -> str:
        name = self.names.new(hint)
        self.values[name] = value
        return name


@dataclass(frozen=True)
class Lowered:
    """A constraint as distances.

    Parameters
    ----------
    end : int, the number of statements of the program after the constraint is lowered.
    in_law : bool, whether the sides are compared as distributions, by samples where need be.
    weight : Variable or None, the weight where a diagram computes it.
    """

    distances: tuple[Distance, ...]
    end: int
    in_law: bool = False
    weight: Variable | None = None

    @property
    def results(self) -> list[Variable]:
        options = [value for d in self.distances for _, value in d.options if isinstance(value, Variable)]
        ends = [variable for d in self.distances for variable in (*d.references, *d.predictions)]
        return [*ends, *options, *([self.weight] if self.weight else [])]


class Lowering:
    """Lowers constraints to distances, in one program.

    Parameters
    ----------
    builder : ProgramBuilder of the program.
    divergences : DivergenceTable of the back end.
    constants : ConstantTable, to which the options of divergences are added.
    """

    def __init__(self, builder: ProgramBuilder, divergences: DivergenceTable, constants: ConstantTable) -> None:
        self.builder, self.divergences, self.constants = builder, divergences, constants

    def lower(self, constraint: Constraint, counted: Mapping[str, Column]) -> Lowered:
        """The distances between the two sides of a constraint.

        counted : mapping from the name of a sample space to a column that gives its number of rows.
        """
        self.builder.detached = frozenset(constraint.detach)
        closed = constraint.tested != "in law" or has_closed_form(constraint, self.divergences.kind)
        lowered = self._pointwise(constraint, counted) if closed else self._in_law(constraint, counted)
        if not isinstance(constraint.weight, Diagram):
            return lowered
        weight = self.builder.number(constraint.weight)
        return replace(lowered, weight=weight, end=len(self.builder.statements))

    def _side(self, ends: Iterable[Variable], side: str, constraint: Constraint) -> tuple[Variable, ...]:
        """The variables at the end of a side, detached where the constraint detaches the side."""
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
        choice = constraint.divergence
        choices = choice if isinstance(choice, tuple) else (choice,) * len(sides[0])
        shared: dict[tuple[str, Any], str] = {}
        distances = []
        columns = self.builder.columns(keys_of(end for side in sides for end in side))
        for prediction, reference, divergence in zip(*sides, choices, strict=True):
            self._check_options(divergence, where)
            assert reference.space is not None, "only a number of rows has no space, and it is not a result"
            call = self.divergences.pointwise(divergence, reference.space, reference.kind, prediction.kind, where)
            positions = reference.space.compared(columns)
            distances.append(self._distance(call, (reference,), (prediction,), constraint.name, shared, positions))
        require_one_count(distances, where)
        return Lowered(tuple(distances), len(self.builder.statements))

    def _in_law(self, constraint: Constraint, counted: Mapping[str, Column]) -> Lowered:
        where = f"constraint {constraint.name!r}"
        for ob in constraint.lhs.cod.inside:
            if isinstance(ob, SampleObject):
                raise CompileError(f"{where}: ends in the sample space {ob.name!r}; compose it with a column")
        divergence = sole_divergence(constraint)
        self._check_options(divergence, where)
        samples: Any = dict(divergence.options).get("samples") if divergence else None
        sides = constraint.reading.sides
        data = [drawn_spaces(side) for side in sides]
        spaces = tuple(self.builder.spaces[ob.name] for ob in constraint.lhs.cod.inside)
        call = self.divergences.in_law(divergence, spaces, where)
        ends = []
        for side, own, other in zip(sides, data, data[::-1], strict=True):
            require_no_mean(side, self.builder.spaces, "samples" if call.drawn else "distributions", where)
            self.builder.start_side(own or (() if samples else other), counted, int(samples or SAMPLES))
            ends.append(self.builder.fold(side, ()))
        read = self.builder.sample if call.drawn else self.builder.result
        prediction, reference = (
            self._side([read(end, where) for end in side], name, constraint)
            for name, side in zip(("lhs", "rhs"), ends, strict=True)
        )
        columns = self.builder.columns(keys_of((*reference, *prediction)))
        compared = [each for space in spaces if (each := space.compared(columns)) is not None]
        keys = tuple(sorted({key for each in compared for key in each.keys}))
        size = None if any(each.size is None for each in compared) else 1
        positions = Positions(keys, max(each.ndim for each in compared), size) if compared else None
        distance = self._distance(call, reference, prediction, constraint.name, {}, positions)
        if call.by_position:
            sampled = [pair for side in (reference, prediction) for pair in zip(side, spaces, strict=True)]
            absent = [(sample, space.compared(self.builder.columns(keys_of((sample,))))) for sample, space in sampled]
            distance = replace(distance, ragged=tuple((sample, part) for sample, part in absent if part and part.keys))
        return Lowered((distance,), len(self.builder.statements), in_law=True)

    def _check_options(self, divergence: Divergence | None, where: str) -> None:
        if divergence is not None:
            self.divergences.kind(divergence.name, where).check(dict(divergence.options), where)

    def _distance(
        self,
        call: DivergenceCall,
        references: tuple[Variable, ...],
        predictions: tuple[Variable, ...],
        name: str,
        shared: dict[tuple[str, Any], str],
        positions: Positions | None,
    ) -> Distance:
        buffers: list[tuple[str, str | Variable]] = []
        for option, value in call.buffers:
            if isinstance(value, Diagram):
                buffers.append((option, self.builder.number(value)))
                continue
            if (option, value) not in shared:
                shared[option, value] = self.constants.add(f"{option}_{name}", value)
            buffers.append((option, f"constants[{shared[option, value]!r}]"))
        options, whole = (*buffers, *call.literals), not call.by_position
        return Distance(call.function, references, predictions, options, call.coupled, positions, whole)


def has_closed_form(constraint: Constraint, kind: Callable[..., DivergenceKind]) -> bool:
    """Whether two sides from I are constants or explicit distributions, and the divergence takes no samples."""
    divergence = constraint.divergence
    where = f"constraint {constraint.name!r}"
    if isinstance(divergence, Divergence) and kind(divergence.name, where).compares == "in law":
        return False
    return all(map(is_explicit, constraint.reading.sides))


def sole_divergence(constraint: Constraint) -> Divergence | None:
    """The divergence of a constraint in law; `CompileError` where it gives one for each output."""
    divergence: Divergence | tuple[Divergence, ...] | None = constraint.divergence
    if isinstance(divergence, tuple):
        raise CompileError(
            f"constraint {constraint.name!r} starts from I, so the joint law of its outputs is compared, by one "
            f"divergence; it gives {plural(len(divergence), 'divergence')}: give one, or a constraint for each output"
        )
    return divergence


def require_one_count(distances: Sequence[Distance], where: str) -> None:
    """Raise `CompileError` where one wire of a constraint is a mean over positions and another over something else."""
    counts = {(d.positions.keys, d.positions.size) if d.positions and d.positions.counted else None for d in distances}
    if len(counts) > 1:
        raise CompileError(
            f"{where}: an output with reduction='tokens' is a mean over positions, and another output is a mean over "
            "rows or over other positions; make a constraint for each output"
        )
    counted = (d.positions for d in distances if d.positions is not None and d.positions.counted)
    if any(positions.size is None and positions.sized_by is None for positions in counted):
        raise CompileError(
            f"{where}: a mean over positions of any number counts those of a column, and no column that the sides read "
            "has these positions; give the space and a column's space one positions= name, or give the space a length"
        )


def require_free_outputs(graph: PortGraph, where: str) -> None:
    """Raise `CompileError` where a kernel's output is wired to two outputs, or to an output and a box.

    Otherwise the outputs of a side in normal form are independent given its draws, so that divergences add over them.
    """
    uses = Counter(wire for arguments in graph.arguments for wire in arguments)
    outputs = Counter(graph.outputs)
    for box, _, wires in graph.applications():
        for wire in wires:
            if not is_deterministic(box) and outputs[wire] and outputs[wire] + uses[wire] > 1:
                raise CompileError(
                    f"{where}: the output of kernel {box.name!r} goes to an output and is used again, so the outputs "
                    "of this side are not independent and their divergences do not add; compare the joint in one "
                    "object, or draw first with over=, or compare samples of sides that start from I, as a state does, "
                    "by divergence='energy_distance'"
                )
