"""Constant columns: the constraints prove that a column, or a frozen box after it, is the same in all rows.

That is an equation between two rows of the sample space. It follows above all from a constraint that reads rows of two
sample spaces: these are not paired, so that the constraint asks for its equation at every pair of rows.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> x, y = Ty("x"), Ty("y")
>>> covers, secrets = SampleSpace("covers"), SampleSpace("secrets")
>>> pix, bits = covers.column("pix", x), secrets.column("bits", y)
>>> guess = Constraint("guess", pix @ Discard(secrets.ty) >> Box("extract", x, y), Discard(covers.ty) @ bits)
>>> print(*forced_constants(LearningDiagram(guess), {"secrets": {"bits": [3, 4]}}))
inconsistent: constraint guess proves that bits is the same in all rows of secrets, but the data have different \
values, first in rows 0 and 1: 3 and 4; rows of covers and secrets are not paired
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.sample_space import Column, SampleObject
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import NODES
from learning_diagrams.semantics.reasoning.dependence import may_be_constant
from learning_diagrams.semantics.reasoning.findings import Finding
from learning_diagrams.semantics.reasoning.fixed_sides import FixedSides
from learning_diagrams.semantics.reasoning.seen_columns import Data, compare_columns, presence_of, present_values


def forced_constants(diagram: LearningDiagram, data: Data | None = None, budget: int = NODES) -> Iterator[Finding]:
    """A finding for each column, and for each composite with frozen boxes, that is proved to be the same in all rows.

    The rows are those in which all constraints of the proof are tested. What reads only columns that are constant, as
    proved or in the data, is left out, and so is what no premise relates to a side without it.
    """
    fixed = FixedSides(diagram, data)
    equations = [premise.equation for premise in fixed.premises]
    constant = {column for column in fixed.columns if _same(column, data)}
    for candidate in _candidates(fixed):
        columns = {box for box in PortGraph.from_diagram(candidate).boxes if isinstance(box, Column)}
        if columns <= constant or not may_be_constant(candidate, equations):
            continue
        goal = Equation(candidate @ Discard(candidate.dom), Discard(candidate.dom) @ candidate)
        if fixed.has(goal) or (proved := fixed.prove(goal, budget)) is None:
            continue  # an equation between two fixed sides is one of `forced_equations`
        proof, masked = proved
        constant |= {candidate} & columns if masked <= columns else set()
        here = {column for column in masked if column.space.ty == candidate.dom}
        elsewhere = [column for column in fixed.columns if column.space.ty != candidate.dom]
        if not _some_row(elsewhere, masked - here, data):
            continue
        seen = compare_columns(goal.lhs, goal.rhs, here, data)
        statement = f"{_premises(proof)} that {candidate} is the same in all rows of {candidate.dom}"
        if seen is not None and seen.differ:
            statement += f", but the data have different values{seen.where}"
            yield Finding("inconsistent", "", f"{statement}{_unpaired(proof, diagram)}", (proof,))
        elif seen is None and not masked:
            statement += ", which nothing here trains: check that the data satisfy it"
            yield Finding("forced", "", f"{statement}{_unpaired(proof, diagram)}", (proof,))


def _candidates(fixed: FixedSides) -> Iterator[Diagram]:
    """The columns, and then the fixed sides with boxes that read one row, as diagrams from that row."""
    yield from fixed.columns
    for graph in fixed.normal_forms:
        used = {wire for wires in (*graph.arguments, graph.outputs) for wire in wires if wire < len(graph.dom)}
        inner = [box for box in graph.boxes if not isinstance(box, Column)]
        if len(used) != 1 or not inner or not all(map(is_deterministic, graph.boxes)):
            continue
        (row,) = used
        if isinstance(graph.dom.inside[row], SampleObject) and row not in graph.outputs:
            builder = PortGraphBuilder(Ty(graph.dom.inside[row]))
            inputs = [builder.inputs[0]] * len(graph.dom)  # the other inputs are discarded
            yield builder.build(graph.cod, builder.paste(graph, inputs)).to_diagram()


def _same(column: Column, data: Data | None) -> bool:
    """Whether the data have one value of a column in all rows in which it is present."""
    values = present_values(column, data)
    return values is not None and all(value == values[0] for value in values)


def _some_row(columns: Iterable[Column], masked: Iterable[Column], data: Data | None) -> bool:
    """Whether each sample space of some columns has a row in which all of its masked columns are present.

    Else a proof that draws such a row says nothing.
    """
    presences: dict[str, list[Sequence[bool]]] = {}
    for column in columns:
        if (presence := presence_of(column, data)) is not None:
            rows = presence if column in masked else [True] * len(presence)
            presences.setdefault(column.space.name, []).append(rows)
    return all(any(map(all, zip(*own, strict=True))) for own in presences.values())


def _premises(proof: Proof) -> str:
    """The premises of a proof by name, with the verb."""
    kinds: dict[str, list[str]] = {}
    for kind, name in (premise.split(" ", 1) for premise in sorted(proof.axioms)):
        kinds.setdefault(kind, []).append(name)
    parts = [f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}" for kind, names in kinds.items()]
    return f"{' and '.join(parts)} {'prove' if len(proof.axioms) > 1 else 'proves'}"


def _unpaired(proof: Proof, diagram: LearningDiagram) -> str:
    """Why columns of two sample spaces are not compared row by row, as a reader may expect."""
    for constraint in diagram.constraints:
        spaces = sorted(set(constraint.reading.sample_spaces))
        if f"constraint {constraint.name}" in proof.axioms and len(spaces) > 1:
            return f"; rows of {' and '.join(spaces)} are not paired"
    return ""
