"""The loss of a learning diagram as one program, for any back end: its statements, its terms, its constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.diagrams.symbol import shared_in
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import sides_text
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.least_term import is_always_zero
from learning_diagrams.semantics.program.lowering import Constant, ConstantTable, DivergenceTable, Lowering
from learning_diagrams.semantics.program.printer import Names, Term
from learning_diagrams.semantics.program.program_builder import ProgramBuilder
from learning_diagrams.semantics.program.statement import Statement, live


@dataclass(frozen=True)
class LossProgram:
    """A loss before it is printed.

    Parameters
    ----------
    terms : tuple of Term, one for each constraint, in order of name.
    statements : tuple of Statement, all that a term needs, in order.
    constants : mapping from the names that terms use to numbers and schedules, the weights among them.
    paired : frozenset of tuples of str, groups of sample spaces whose rows are paired by position.
    """

    terms: tuple[Term, ...]
    statements: tuple[Statement, ...]
    constants: Mapping[str, Constant]
    paired: frozenset[tuple[str, ...]]


def lower_loss(
    diagram: LearningDiagram,
    spaces: Mapping[str, Space],
    divergences: DivergenceTable,
    taken: Iterable[str],
    known: Mapping[tuple[str, str], Column] | None = None,
    factors: Mapping[str, float] = MappingProxyType({}),
) -> LossProgram:
    """The program of the loss of a learning diagram. A term that the theory makes 0 is not computed.

    Parameters
    ----------
    spaces : mapping from the name of each object to its Space.
    divergences : DivergenceTable of the back end.
    taken : names that constants may not have.
    known : the columns of batches by (sample space, name); by default those of the learning diagram.
    factors : mapping from the names of some constraints to factors of their weights.
    """
    columns = diagram.signature.columns if known is None else known
    any_column = {columns[key].space.name: columns[key] for key in sorted(columns)}
    builder = ProgramBuilder(spaces, (box.name for box in diagram.frozen))
    constants = ConstantTable(Names({*taken, "zero"}))
    lowering = Lowering(builder, divergences, constants)
    lowered = {
        constraint.name: lowering.lower(constraint, any_column | constraint.reading.columns)
        for constraint in diagram.constraints
        if not is_always_zero(constraint, divergences.kind, spaces)
    }
    kept = live(builder.statements, (result for own in lowered.values() for result in own.results))
    needed = {id(statement) for statement in kept}
    terms, start = [], 0
    shared = shared_in(diagram.signature)
    for constraint in diagram.constraints:
        own = lowered.get(constraint.name)
        end = start if own is None else own.end
        weight, factor = constraint.weight, factors.get(constraint.name, 1.0)
        if isinstance(weight, Schedule):
            weight = weight.scaled(factor) if factor != 0 else 0.0
        else:
            weight = factor if isinstance(weight, Diagram) else weight * factor
        terms.append(
            Term(
                constraint.name,
                sides_text(constraint, shared)
                + "".join(meaning.title(value, shared) for meaning, value in constraint.annotations),
                tuple(statement for statement in builder.statements[start:end] if id(statement) in needed),
                () if own is None else own.distances,
                constants.add(f"weight_{constraint.name}", weight),
                weight,
                own is not None and own.in_law,
                None if own is None else own.weight,
            )
        )
        start = end
    return LossProgram(tuple(terms), tuple(kept), constants.values, frozenset(builder.paired))
