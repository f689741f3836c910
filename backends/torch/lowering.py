"""Lowering: a constraint as distances between variables of a program, and its term in the loss."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from torch import nn

from learning_diagrams.backends.torch.code import RESERVED, Distance, Names, Term
from learning_diagrams.backends.torch.divergence import resolve
from learning_diagrams.backends.torch.program import ProgramBuilder
from learning_diagrams.backends.torch.statement import Statement, Variable
from learning_diagrams.box import Diagram, is_deterministic
from learning_diagrams.equation import Constraint, Divergence
from learning_diagrams.errors import CompileError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.normal_form import normal_form
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.sample_space import Column
from learning_diagrams.semantics.divergence import divergence as divergence_kind


class ConstantTable:
    """The weights and temperatures of a loss, each under an identifier of its own."""

    def __init__(self) -> None:
        self._names = Names({*RESERVED, "zero", *dir(nn.Module)})
        self.values: dict[str, float] = {}

    def add(self, hint: str, value: float) -> str:
        name = self._names.new(hint)
        self.values[name] = value
        return name


@dataclass(frozen=True)
class Lowered:
    """A constraint as distances, and where the statements that were made for it end."""

    constraint: Constraint
    distances: tuple[Distance, ...]
    end: int

    @property
    def results(self) -> list[Variable]:
        return [variable for one in self.distances for variable in (one.reference, one.prediction)]


def lower(
    constraint: Constraint, counted: dict[str, Column], builder: ProgramBuilder, constants: ConstantTable
) -> Lowered:
    """The distances between the two sides of a constraint, one for each output wire.

    counted : for each sample space a column by which its rows are counted.
    """
    where = f"constraint {constraint.name!r}"
    points = builder.source(constraint.source, counted)
    sides = []
    for side in (constraint.lhs, constraint.rhs):
        _require_free_outputs(side, where)
        sides.append([builder.result(end, where) for end in builder.fold(side, points)])
    given = constraint.divergence
    asked = given if isinstance(given, tuple) else (given,) * len(sides[0])
    shared: dict[tuple[str, float], str] = {}
    distances = tuple(
        _distance(reference, prediction, one, where, constraint.name, constants, shared)
        for prediction, reference, one in zip(*sides, asked, strict=True)
    )
    return Lowered(constraint, distances, len(builder.statements))


def _distance(
    reference: Variable,
    prediction: Variable,
    asked: Divergence | None,
    where: str,
    name: str,
    constants: ConstantTable,
    shared: dict[tuple[str, float], str],
) -> Distance:
    space = reference.space
    assert space is not None, "only row counts have no space, and they are no results"
    if asked is None and space.divergence is None:
        raise CompileError(f"{where}: {space!r} has no divergence of its own; give divergence=")
    asked = asked or Divergence(str(space.divergence))
    options = dict(asked.options)
    divergence_kind(asked.name, where).check(options, where)
    function = resolve(asked.name, space, reference.kind, prediction.kind, tuple(options), where)
    changed = {key: float(value) for key, value in options.items() if value != 1}
    for item in changed.items():
        if item not in shared:
            shared[item] = constants.add(f"{item[0]}_{name}", item[1])
    return Distance(function, reference, prediction, tuple((key, shared[key, value]) for key, value in changed.items()))


def _require_free_outputs(side: Diagram, where: str) -> None:
    """Divergences add over output wires only where no law is wired to two outputs, or to an output and a box."""
    graph = normal_form(PortGraph.from_diagram(side))
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


def make_terms(
    diagram: LearningDiagram,
    lowered: list[Lowered],
    statements: list[Statement],
    kept: list[Statement],
    constants: ConstantTable,
) -> list[Term]:
    """A term for each constraint in order of name, each with the kept statements that were made for it."""
    alive = {id(statement) for statement in kept}
    made: dict[str, tuple[tuple[Statement, ...], tuple[Distance, ...]]] = {}
    start = 0
    for one in lowered:
        own = tuple(statement for statement in statements[start : one.end] if id(statement) in alive)
        made[one.constraint.name], start = (own, one.distances), one.end
    terms = []
    for constraint in diagram.constraints:
        statements_of, distances_of = made.get(constraint.name, ((), ()))
        title = f"{constraint.lhs} = {constraint.rhs}" + ("" if constraint.over is None else f" over {constraint.over}")
        weight = constants.add(f"weight_{constraint.name}", constraint.weight)
        terms.append(Term(constraint.name, title, statements_of, distances_of, weight, constraint.weight))
    return terms
