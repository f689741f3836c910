"""The loss of a learning diagram as one program, for any back end: what is computed, how often, and each term of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.program.lowering import Constant, ConstantTable, DivergenceTable, Lowered, Lowering
from learning_diagrams.semantics.program.printer import Names, Term
from learning_diagrams.semantics.program.program import ProgramBuilder
from learning_diagrams.semantics.program.statement import Statement, live


@dataclass(frozen=True)
class LossProgram:
    """A loss before it is printed.

    Parameters
    ----------
    terms : one for each constraint, in order of name.
    statements : all that some term needs, in order.
    constants : numbers that the terms refer to by name, weights among them.
    paired : groups of sample spaces whose rows are paired by position.
    """

    terms: tuple[Term, ...]
    statements: tuple[Statement, ...]
    constants: Mapping[str, Constant]
    paired: frozenset[tuple[str, ...]]


def lower_loss(
    diagram: LearningDiagram,
    spaces: Mapping[str, Space],
    measures: DivergenceTable,
    taken: Iterable[str],
    known: Mapping[tuple[str, str], Column] | None = None,
    factors: Mapping[str, float] = MappingProxyType({}),
) -> LossProgram:
    """The program of a learning diagram's loss.

    Parameters
    ----------
    spaces : the space of each object, by name.
    measures : the divergences of the back end.
    taken : names that constants may not have.
    known : the columns that batches have, by sample space and name; by default those of the learning diagram.
    factors : what the weights of some constraints are multiplied by.
    """
    columns = diagram.signature.columns if known is None else known
    any_column = {columns[key].space.name: columns[key] for key in sorted(columns)}
    builder = ProgramBuilder(spaces, (box.name for box in diagram.frozen))
    constants = ConstantTable(Names({*taken, "zero"}))
    lowering = Lowering(builder, measures, constants)
    lowered = [
        lowering.lower(constraint, any_column | constraint.reading.columns)
        for constraint in diagram.constraints
        if not constraint.reading.is_vacuous
    ]
    kept = live(builder.statements, (variable for one in lowered for variable in one.results))
    weights = {c.name: c.weight * factors.get(c.name, 1.0) for c in diagram.constraints}
    terms = _make_terms(diagram, lowered, builder.statements, kept, constants, weights)
    return LossProgram(tuple(terms), tuple(kept), constants.values, frozenset(builder.paired))


def _make_terms(
    diagram: LearningDiagram,
    lowered: Iterable[Lowered],
    statements: list[Statement],
    kept: list[Statement],
    constants: ConstantTable,
    weights: Mapping[str, float],
) -> list[Term]:
    """A term for each constraint in order of name, each with the kept statements that were made for it."""
    alive = {id(statement) for statement in kept}
    made: dict[str, tuple[tuple[Statement, ...], Lowered]] = {}
    start = 0
    for one in lowered:
        own = tuple(statement for statement in statements[start : one.end] if id(statement) in alive)
        made[one.constraint.name], start = (own, one), one.end
    terms = []
    for constraint in diagram.constraints:
        statements_of, found = made.get(constraint.name, ((), None))
        title = f"{constraint.lhs} = {constraint.rhs}" + ("" if constraint.over is None else f" over {constraint.over}")
        title += f", {' and '.join(constraint.detach)} detached" if constraint.detach else ""
        terms.append(
            Term(
                constraint.name,
                title,
                statements_of,
                () if found is None else found.distances,
                constants.add(f"weight_{constraint.name}", weights[constraint.name]),
                weights[constraint.name],
                found is not None and found.in_law,
            )
        )
    return terms
