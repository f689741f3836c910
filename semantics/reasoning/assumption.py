"""Assumptions: the equations that a learning diagram asserts, and those that may serve as premises of a proof.

A constraint is a premise only if its weight is a fixed number > 0 and its divergences separate: a term of 0 must mean
equality, where draws are exact and not relaxed.
The constraints of a game are no premises, because the aims of players need not hold together. An equation between rows
holds at different rows, one for each of its draws, in which the columns that its sides read are present.

>>> from learning_diagrams import Box, SampleSpace, Ty
>>> x, y = Ty("x"), Ty("y")
>>> point = SampleSpace("rows").column("point", x)
>>> fit = Constraint("fit", Box("f", x, y), Box("g", x, y), over=point)
>>> assertion(fit), assertion(fit, everywhere=True)
(Equation(point >> f = point >> g), Equation(f = g))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.reading import drawn_spaces
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.models.countermodel import Countermodel
from learning_diagrams.semantics.reasoning.proving import derive
from learning_diagrams.semantics.reasoning.row_draws import Numbers, RowDraws
from learning_diagrams.semantics.reasoning.seen_columns import Cells, Data, cells_read, masked_cells

Search = Callable[[Equation, Premises], Proof | Countermodel | Unknown]
NODES = 2_000  # diagrams that the proof of one assertion may look at


@dataclass(frozen=True)
class Assumption:
    """An equation that may be a premise, and the rows in which it holds.

    everywhere : bool, whether it also holds where two of its draws are one row, as an axiom does.
    in_law : bool, whether it is about laws, so that it says nothing of a part of the rows.
    masked : Cells, the masked columns that it reads.
    why : str, of an equation that is no premise, the reason.
    """

    name: str
    equation: Equation
    everywhere: bool = False
    in_law: bool = False
    masked: Cells = frozenset()
    why: str = ""

    def says(self, equation: Equation) -> bool:
        """Whether an equation has the same sides, either way round."""
        return self.equation.canonical in (equation.canonical, equation.canonical[::-1])

    def holds(self, masked: Cells, numbers: Numbers) -> bool:
        """Whether it holds in the rows in which some masked columns are present, at draws of these numbers."""
        own = {(s, numbers[s][draw] if s in numbers else draw, column) for s, draw, column in self.masked}
        return own == masked if self.in_law else own <= masked


def assertion(constraint: Constraint, everywhere: bool = False) -> Equation:
    """The equation that a constraint asserts: of its bare sides, or on its data."""
    return constraint.equation if everywhere else constraint.reading.assertion


def is_premise(constraint: Constraint) -> bool:
    """Whether a term of 0 says that the sides are equal."""
    weighed = isinstance(constraint.weight, float) and constraint.weight > 0
    return weighed and all(map(_separates, divergences(constraint)))


def divergences(constraint: Constraint) -> list[Divergence]:
    """The divergences that a constraint names; output wires that take the default are left out."""
    choice = constraint.divergence
    return [d for d in (choice if isinstance(choice, tuple) else (choice,)) if isinstance(d, Divergence)]


def _separates(divergence: Divergence) -> bool:
    try:
        return divergence_kind(divergence.name).capabilities(dict(divergence.options)).separating
    except LearningDiagramError:
        return False  # nothing is known here of a user's own divergence


def usable(diagram: LearningDiagram) -> list[Constraint]:
    """The constraints that may be premises; in a game there are none."""
    return [] if diagram.players else [constraint for constraint in diagram.constraints if is_premise(constraint)]


def axioms_of(diagram: LearningDiagram, data: Data | None = None) -> list[Assumption]:
    """The axioms of a learning diagram: they hold by construction, about columns where these are present."""
    axioms = []
    for axiom in diagram.axioms:
        in_law = any(map(drawn_spaces, axiom.normal_forms))
        if (masked := cells_read([(side, side.outputs) for side in axiom.normal_forms], in_law, data)) is not None:
            axioms.append(Assumption(f"axiom {axiom.name}", axiom, everywhere=True, in_law=in_law, masked=masked))
    return axioms


def assumptions(diagram: LearningDiagram, everywhere: bool = False, data: Data | None = None) -> list[Assumption]:
    """The assertions of the usable constraints, without those that hold in rows for which there is no equation.

    Everywhere, they are also without the constraints that only ask for constants there, see `depends_on_source`.
    """
    assumed = []
    for constraint in usable(diagram):
        if everywhere and depends_on_source(constraint):
            continue
        if (masked := masked_cells(constraint, data, everywhere)) is not None:
            equation, in_law = assertion(constraint, everywhere), constraint.tested == "in law"
            assumed.append(Assumption(f"constraint {constraint.name}", equation, everywhere, in_law, masked))
    return assumed


def no_premises(diagram: LearningDiagram) -> list[Assumption]:
    """The assertions of the constraints that are no premises, each with the reason; a weight of 0 asserts nothing."""
    premises = {constraint.name for constraint in usable(diagram)}
    return [
        Assumption(f"constraint {constraint.name}", assertion(constraint), why=_why_no_premise(constraint, diagram))
        for constraint in diagram.constraints
        if constraint.name not in premises and constraint.weight != 0
    ]


def _why_no_premise(constraint: Constraint, diagram: LearningDiagram) -> str:
    if diagram.players:
        return "which is of a game, whose aims need not hold together"
    if not isinstance(constraint.weight, float):
        return "whose weight is not a fixed number"
    return "whose divergence may be at its least where the sides differ"


def depends_on_source(constraint: Constraint) -> bool:
    """Whether each side reads an input that the other does not, so that equal sides everywhere are constant in these.

    Such a constraint compares two wires of its source, as two views of an image: it means the source, not all pairs.
    """
    lhs, rhs = (
        {wire for wires in (*side.arguments, side.outputs) for wire in wires if wire < len(side.dom)}
        for side in constraint.reading.sides
    )
    return constraint.tested == "over" and not (lhs <= rhs or rhs <= lhs)


def of_same_draws(constraint: Constraint, goal: Equation, assumed: Iterable[Assumption]) -> list[Assumption]:
    """The assumptions that prove also a term that consumes draws, because they say the same of rows."""
    if constraint.tested == "in law" or constraint.reading.is_vacuous:
        return []
    return [assumption for assumption in assumed if not assumption.in_law and assumption.says(goal)]


def prove_from(
    goal: Equation,
    assumed: Iterable[Assumption],
    diagram: LearningDiagram,
    search: Search,
    masked: Cells = frozenset(),
    lemmas: Mapping[str, Proof] = MappingProxyType({}),
    beside: Iterable[Assumption] = (),
) -> Proof | Countermodel | Unknown:
    """The answer of a search whether assumptions prove an equation, in the rows where some masked columns are present.

    A state of a sample space is the law of one of its rows. It is exchanged by an equation only where no other row of
    the space is drawn. The question speaks of all boxes and sample spaces of the learning diagram. Lemmas from these
    assumptions are used where no space has several draws.

    beside : equations that the learning diagram states, and that are no premises. A countermodel satisfies them too,
        and the equations of assumptions that hold in other rows than the goal asks for.
    """
    draws, assumed = RowDraws(goal), list(assumed)
    if draws.goal is None:
        return Unknown(goal, "its sides end in rows of different draws", 0)
    equations: dict[str, Equation] = {}
    readings: dict[str, Equation] = {}
    names: dict[str, str] = {}  # of the equations, by the names of their readings
    sides = [side for assumption in assumed for side in assumption.equation.normal_forms]
    one_draw = all(draws.several.keys().isdisjoint(drawn_spaces(side)) for side in sides)
    for assumption in assumed:
        equations[assumption.name] = assumption.equation.named(assumption.name)
        for numbers, reading in draws.uses(assumption.equation, assumption.everywhere, one_draw):
            if assumption.holds(masked, numbers):
                name = f"{assumption.name} at {len(names)}" if draws.several else assumption.name
                names[name], readings[name] = assumption.name, reading
    known = {} if draws.several else {name: lemma for name, lemma in lemmas.items() if _follows(lemma, readings)}
    answer = search(draws.goal, Premises.read({**readings, **known}, "markov").speaking_of(diagram, draws.goal))
    if not draws.several:
        other_rows = [assumption for assumption in assumed if assumption.name not in names.values()]
        left_out = {assumption.name: assumption for assumption in (*beside, *other_rows)}
        if not isinstance(answer, Countermodel) or not left_out:
            return answer
        stated = {name: assumption.equation for name, assumption in left_out.items()}
        stronger = search(draws.goal, Premises.read({**readings, **stated}, "markov").speaking_of(diagram, draws.goal))
        if isinstance(stronger, Countermodel):
            return stronger
        first = next(iter(left_out.values()))
        reason = f"no countermodel satisfies {first.name!r} too, {first.why or 'which is about other rows'}"
        return Unknown(goal, reason, getattr(stronger, "explored", 0))
    if isinstance(answer, Proof):
        return draws.read_back(answer, equations, names)
    return Unknown(goal, "no proof in which each draw of a row is another row", getattr(answer, "explored", 0))


def _follows(lemma: Proof, equations: Mapping[str, Equation]) -> bool:
    return all(equations.get(name) == axiom for name, axiom in lemma.axioms.items())


def proof_from(
    goal: Equation, assumed: Iterable[Assumption], diagram: LearningDiagram, budget: int, masked: Cells = frozenset()
) -> Proof | None:
    """The proof that `prove_from` finds within a budget, without a search for models."""
    answer = prove_from(goal, assumed, diagram, lambda goal, premises: derive(goal, premises, budget), masked)
    return answer if isinstance(answer, Proof) else None
