"""The loss of a learning diagram as one program, for any back end: what is computed, how often, and each term of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.almost_sure import is_vacuous, joint_with_source
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


def graphs_of(diagram: LearningDiagram) -> dict[str, tuple[PortGraph, PortGraph]]:
    """For each constraint that the theory alone does not prove, its sides at the source that they share."""
    return {
        c.name: (normalise(joint_with_source(c.source, c.lhs)), normalise(joint_with_source(c.source, c.rhs)))
        for c in diagram.constraints
        if not is_vacuous(c)
    }


def lower_loss(
    diagram: LearningDiagram,
    graphs: Mapping[str, tuple[PortGraph, PortGraph]],
    spaces: Mapping[str, Space],
    measures: DivergenceTable,
    taken: Iterable[str],
    known: Mapping[tuple[str, str], Column] | None = None,
    factors: Mapping[str, float] = MappingProxyType({}),
) -> LossProgram:
    """The program of a learning diagram's loss.

    Parameters
    ----------
    graphs : what `graphs_of` made of the learning diagram; constraints without any have the term 0.
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
        lowering.lower(c, any_column | _columns(graphs[c.name])) for c in diagram.constraints if c.name in graphs
    ]
    kept = live(builder.statements, (variable for one in lowered for variable in one.results))
    weights = {c.name: c.weight * factors.get(c.name, 1.0) for c in diagram.constraints}
    terms = _make_terms(diagram, lowered, builder.statements, kept, constants, weights)
    return LossProgram(tuple(terms), tuple(kept), constants.values, frozenset(builder.paired))


def _columns(graphs: Iterable[PortGraph]) -> dict[str, Column]:
    """For each sample space a column that some graphs read."""
    return {box.space.name: box for graph in graphs for box in graph.boxes if isinstance(box, Column)}


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
