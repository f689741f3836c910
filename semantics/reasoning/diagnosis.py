"""The review of a learning diagram: what its constraints prove of each other, and what they do not train.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> x, y, z = Ty("x"), Ty("y"), Ty("z")
>>> f, g, h = Box("f", x, y), Box("g", y, z), Box("h", x, z)
>>> point = SampleSpace("rows").column("point", x)
>>> twice = [Constraint(name, f >> g, h, over=point) for name in ("once", "twice")]
>>> for finding in review(LearningDiagram(*twice, frozen=[h])):
...     print(finding.subject, finding.kind, len(finding.evidence[0].steps))
twice redundant on the data 1
>>> rows = SampleSpace("rows")
>>> signature = Signature.of([rows.column("x", Ty("x")), rows.column("y", Ty("x"))])
>>> checked_columns({"rows": {"x": [1, 2], "y": ([0, 2], [False, True])}}, signature)
{'rows': {'x': [1, 2], 'y': ([None, 2], [False, True])}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DataError, FileError, TypeMismatch, brief, plural
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.semantics.least_term import compares_samples, is_always_zero
from learning_diagrams.semantics.reasoning.assumption import NODES
from learning_diagrams.semantics.reasoning.constant_columns import forced_constants
from learning_diagrams.semantics.reasoning.findings import Finding, collapse_of, forced_equations
from learning_diagrams.semantics.reasoning.redundancy import only_equations, redundant
from learning_diagrams.semantics.reasoning.seen_columns import Data, listed

Place = tuple[str | int, ...]
CHANGES = "changes gradients, and the minimiser where 0 is not reached"
ON_DATA = f"dropping it keeps the exact solutions, and {CHANGES}"
PRESENT = ", and without data every row counts as present"
EVERYWHERE = f"dropping it keeps the models in which the equations hold everywhere, lets in others, and {CHANGES}"
IF_EVERYWHERE = " if they hold everywhere, not only on their data"
DRAWN = "its drawn term is 0 only where the consumed draws change no output"
IN_LAW = "its term is estimated from samples, and two samples of one law may differ"


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
    drawn = only_equations(diagram, on_data, False, budget, data)
    drawn_everywhere = only_equations(diagram, {*on_data, *everywhere, *drawn}, True, budget, data)
    findings = []
    for constraint in diagram.constraints:
        name = constraint.name
        if is_always_zero(constraint):
            message = "the theory alone proves it, so its term is always 0"
            findings.append(Finding("vacuous", name, message, (on_data[name],)))
        elif name in on_data:
            message = f"the other constraints prove it{'' if data else PRESENT}; {ON_DATA}"
            findings.append(Finding("redundant on the data", name, message, (on_data[name],)))
        elif name in everywhere:
            message = f"the other constraints prove it{IF_EVERYWHERE}; {EVERYWHERE}"
            findings.append(Finding("redundant as an equation", name, message, (everywhere[name],)))
        elif proof := drawn.get(name) or drawn_everywhere.get(name):
            prover = "the other constraints prove it" if proof.axioms else "the theory alone proves it"
            where = "" if name in drawn else IF_EVERYWHERE
            message = f"{prover}{where}; {IN_LAW if compares_samples(constraint) else DRAWN}"
            findings.append(Finding("follows as an equation", name, message, (proof,)))
    if not diagram.players:
        findings += forced_constants(diagram, data, budget)
        findings += forced_equations(diagram, data, budget)
        findings += collapse_of(diagram, budget)
    return [*findings, *_unused(diagram)]


def minimal(
    diagram: LearningDiagram, everywhere: bool = False, budget: int = NODES, data: Data | None = None
) -> LearningDiagram:
    """The learning diagram without the constraints that axioms and the constraints kept prove.

    Constraints are tried in order of name. What is left has the same exact solutions, other gradients, and another
    minimiser where 0 is not reached. Raises as `review`.

    everywhere : bool, whether constraints count as equations that hold everywhere. Then only the models in which they
        do are the same: what is left may have further exact solutions, on its own data.
    budget, data : as of `review`; without data every row counts as present.
    """
    data = _read(diagram, data)
    return diagram.without(*redundant(diagram, everywhere, budget, data))


def _read(diagram: LearningDiagram, data: Data | None) -> Data | None:
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"a review is of a learning diagram, got {brief(diagram)}")
    return None if data is None else checked_columns(data, diagram.signature)


def _unused(diagram: LearningDiagram) -> Iterator[Finding]:
    """Boxes that nothing trains, and columns that no constraint reads; in a game, players train their own boxes."""
    computed = {c.name: c for c in diagram.constraints if c.weight != 0 and not is_always_zero(c)}
    reach = {name: reached(constraint) for name, constraint in computed.items()}
    trained = set[str]().union(*reach.values())
    trainer = "constraint trains it; freeze it, or add one that does"
    if diagram.players:
        lowered = [{name for name, factor in player.terms if factor and name in reach} for player in diagram.players]
        computed = {name: computed[name] for name in set[str]().union(*lowered)}
        trained = set()
        for player, names in zip(diagram.players, lowered, strict=True):
            trained |= set(player.boxes) & set[str]().union(*(reach[name] for name in names))
        trainer = "player trains it; give it to one that has a term of it, or freeze it"
    used = {box for c in computed.values() for joint in c.reading.joints for box in joint.boxes}
    for box in diagram.boxes:
        if box not in diagram.frozen and box.name not in trained:
            yield Finding("untrained", box.name, f"no {trainer}")
    for column in diagram.columns:
        if column not in used:
            yield Finding("unread", f"{column.space.name}.{column.name}", "no constraint reads this column")


def checked_columns(data: Any, signature: Signature) -> Data:
    """Columns by sample space and name, lists or arrays; a column with absent rows is a pair (values, mask).

    Raises `TypeMismatch`: the data are not columns of sample spaces. `UnknownName`: the sample space or the column does
    not exist. `DataError`: columns of one space, or a column and its mask, have unequal numbers of rows; rows of one
    column have unequal shapes; a value is NaN, infinite, or neither number nor text.
    """
    from learning_diagrams.files.column_file import columns  # `import learning_diagrams` must not load pydantic

    if not isinstance(data, Mapping) or not all(isinstance(own, Mapping) for own in data.values()):
        raise TypeMismatch(f"data= takes {{space: {{column: values}}}}, columns of sample spaces; got {brief(data)}")
    names = {space: [name for own, name in signature.columns if own == space] for space in signature.sample_spaces}
    plain = {space: {name: _plain(entry, (space, name)) for name, entry in own.items()} for space, own in data.items()}
    try:
        return columns(plain, names, _where)
    except FileError as error:
        raise DataError(str(error)) from None


def _where(place: Place) -> str:
    return "data=" + "".join(f"[{step!r}]" for step in place)


def _plain(entry: Any, place: Place) -> list[Any]:
    """The values of a column as a list, with None in rows that are absent."""
    values, mask = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, None)
    values, mask = (listed(part) for part in (values, mask))
    if not isinstance(values, list):
        wanted = "a column is a list or an array [rows], as in [3, 1, 4]"
        raise TypeMismatch(f"{_where(place)}: {wanted}; got {brief(values)}")
    values = [listed(value) for value in values]
    if mask is None:
        return values
    if not isinstance(mask, list) or not all(isinstance(present, bool) for present in mask):
        raise TypeMismatch(f"{_where(place)}: a mask is true or false for each row, got {brief(mask)}")
    if len(mask) != len(values):
        raise DataError(f"{_where(place)}: {plural(len(values), 'row')}, and a mask of {plural(len(mask), 'row')}")
    return [value if present else None for value, present in zip(values, mask, strict=True)]
