"""The review of a learning diagram: what its constraints prove of each other, and what they do not train.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> x, y, z = Ty("x"), Ty("y"), Ty("z")
>>> f, g, h = Box("f", x, y), Box("g", y, z), Box("h", x, z)
>>> point = SampleSpace("rows").column("point", x)
>>> twice = [Constraint(name, f >> g, h, over=point) for name in ("once", "twice")]
>>> for finding in review(LearningDiagram(*twice, frozen=[h])):
...     print(finding.subject, finding.kind, len(finding.evidence[0].steps))
twice redundant on the data 1
"""

from __future__ import annotations

from collections.abc import Iterator

from discopy import markov

from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.semantics.least_term import is_always_zero
from learning_diagrams.semantics.reasoning.assumption import NODES
from learning_diagrams.semantics.reasoning.checked_data import checked_columns
from learning_diagrams.semantics.reasoning.findings import Finding, collapse_of, forced_equations
from learning_diagrams.semantics.reasoning.redundancy import only_equations, redundant
from learning_diagrams.semantics.reasoning.seen_columns import Data

KEEPS = "dropping it keeps the exact solutions, and changes gradients, and the minimiser where 0 is not reached"
DRAWN = "it follows as an equation; its drawn term is 0 only where the consumed draws change no output"


def review(diagram: LearningDiagram, data: Data | None = None, budget: int = NODES) -> list[Finding]:
    """The findings about a learning diagram: redundant constraints, contradictions with data, untrained boxes.

    In a game the constraints are aims that oppose each other, so that nothing is proved from them.

    data : for each sample space a mapping from columns to values [rows], a masked column as a pair (values, mask).
        A constraint counts in the rows in which the columns that its sides read in normal form are present. Without
        data, an equation that the data must satisfy is "forced", and every row counts as present.
    budget : int, diagrams that each proof may look at.

    Raises `TypeMismatch`: the diagram is not a learning diagram; the data are not columns of sample spaces.
    `UnknownName`, `DataError`: the data do not fit the diagram, see `checked_columns`.
    """
    data = _read(diagram, data)
    on_data = redundant(diagram, False, budget, data)
    everywhere = redundant(diagram, True, budget, data)
    drawn = only_equations(diagram, on_data, budget, data)
    findings = []
    for constraint in diagram.constraints:
        name = constraint.name
        if is_always_zero(constraint):
            message = "the theory alone proves it, so its term is always 0"
            findings.append(Finding("vacuous", name, message, (on_data[name],)))
        elif name in on_data:
            message = f"the other constraints prove it; {KEEPS}"
            findings.append(Finding("redundant on the data", name, message, (on_data[name],)))
        elif name in everywhere:
            message = f"the other constraints prove it if they hold everywhere, not only on their data; {KEEPS}"
            findings.append(Finding("redundant as an equation", name, message, (everywhere[name],)))
        elif name in drawn:
            prover = "the other constraints prove it" if drawn[name].axioms else "the theory alone proves it"
            findings.append(Finding("follows as an equation", name, f"{prover}; {DRAWN}", (drawn[name],)))
    if not diagram.players:
        findings += forced_equations(diagram, data, budget)
        findings += collapse_of(diagram, budget)
    return [*findings, *_unused(diagram)]


def minimal(
    diagram: LearningDiagram, everywhere: bool = False, budget: int = NODES, data: Data | None = None
) -> LearningDiagram:
    """The learning diagram without the constraints that axioms and the constraints kept prove.

    Constraints are tried in order of name. Dropping one keeps the exact solutions; it changes gradients, and the
    minimiser where 0 is not reached. Raises as `review`.

    everywhere : bool, whether constraints count as equations that hold everywhere, or on their data.
    budget, data : as of `review`.
    """
    data = _read(diagram, data)
    return diagram.without(*redundant(diagram, everywhere, budget, data))


def _read(diagram: LearningDiagram, data: Data | None) -> Data | None:
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"a review is of a learning diagram, got {brief(diagram)}")
    return None if data is None else checked_columns(data, diagram.signature)


def _unused(diagram: LearningDiagram) -> Iterator[Finding]:
    """Boxes that no constraint trains, and columns that no constraint reads."""
    used: set[markov.Box] = set()
    trained: set[str] = set()
    for constraint in diagram.constraints:
        if constraint.weight != 0 and not is_always_zero(constraint):
            trained |= reached(constraint)
            used.update(box for joint in constraint.reading.joints for box in joint.boxes)
    for box in diagram.boxes:
        if box not in diagram.frozen and box.name not in trained:
            yield Finding("untrained", box.name, "no constraint trains it; freeze it, or add one that does")
    for column in diagram.columns:
        if column not in used:
            yield Finding("unread", f"{column.space.name}.{column.name}", "no constraint reads this column")
