"""The review of a learning diagram: what its constraints prove of each other, and what they do not train.

A constraint over a deterministic source asserts `over >> lhs = over >> rhs`; any other says that its sides agree beside
the test point that they share. Redundant *on the data* is what axioms and other constraints prove of these; redundant
*as an equation* what they prove if they hold everywhere. A constraint is a premise only if its weight is positive and
its divergence is 0 at equality alone.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x, y, z = Ty("x"), Ty("y"), Ty("z")
>>> f, g, h = Box("f", x, y), Box("g", y, z), Box("h", x, z)
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> point = SampleSpace("rows").column("point", x)
>>> twice = [Constraint(name, f >> g, h, over=point) for name in ("once", "twice")]
>>> for finding in review(LearningDiagram(*twice, frozen=[h])):
...     print(finding.subject, finding.kind, len(finding.evidence[0].steps))
twice redundant on the data 1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Id, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.editing.substitution import substitute
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.divergences import KINDS, divergence
from learning_diagrams.semantics.reasoning.proving import derive
from learning_diagrams.semantics.reasoning.seen_columns import Data, compare_columns, masked_columns

NODES = 2_000
KEEPS = "dropping it keeps the exact solutions, and changes gradients, and the minimiser where 0 is not reached"


@dataclass(frozen=True)
class Finding:
    """What a review has found.

    Attributes
    ----------
    kind : "vacuous", "redundant on the data", "redundant as an equation", "inconsistent", "forced", "collapsing",
        "untrained" or "unread".
    subject : the constraint, box or column that it is about; empty where it is about the whole.
    says : what was found, in words.
    evidence : the proofs that show it.
    """

    kind: str
    subject: str
    says: str
    evidence: tuple[Proof, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject}: {self.kind}: {self.says}" if self.subject else f"{self.kind}: {self.says}"


def review(diagram: LearningDiagram, data: Data | None = None, budget: int = NODES) -> list[Finding]:
    """What a learning diagram says twice, what it cannot mean, and what it does not train, each with its evidence.

    In a game the constraints are aims that oppose each other, so that nothing is proved from them.

    Parameters
    ----------
    data : for each sample space its columns, a masked one as a pair (values, mask); without data, equations that they
        must satisfy are "forced", and all rows count as present.
    budget : how many diagrams each proof may look at.

    Raises `TypeMismatch` where the diagram or the data are none.
    """
    _require(diagram, data)
    on_data = _drops(diagram, False, budget, data)
    everywhere = _drops(diagram, True, budget, data)
    found = []
    for constraint in diagram.constraints:
        name = constraint.name
        if constraint.reading.is_vacuous:
            found.append(
                Finding("vacuous", name, "the theory alone proves it, so its term is always 0", (on_data[name],))
            )
        elif name in on_data:
            said = f"the other constraints prove it; {KEEPS}"
            found.append(Finding("redundant on the data", name, said, (on_data[name],)))
        elif name in everywhere:
            said = f"the other constraints prove it if they hold everywhere, not only on their data; {KEEPS}"
            found.append(Finding("redundant as an equation", name, said, (everywhere[name],)))
    if not diagram.players:
        found += _forced(diagram, data, budget)
        found += _collapsing(diagram, budget)
    found += _unused(diagram)
    return found


def minimal(
    diagram: LearningDiagram, everywhere: bool = False, budget: int = NODES, data: Data | None = None
) -> LearningDiagram:
    """Without the constraints that axioms and the constraints kept prove: on the data, or if they hold everywhere.

    Constraints are tried in order of name. Dropping one keeps the exact solutions; it changes gradients, and the
    minimiser where 0 is not reached. Raises as `review`.
    """
    _require(diagram, data)
    return diagram.without(*_drops(diagram, everywhere, budget, data))


def _require(diagram: LearningDiagram, data: Data | None) -> None:
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"a review is of a learning diagram, got {brief(diagram)}")
    spaces = data if isinstance(data, Mapping) else {"": data}
    if data is not None and not all(isinstance(columns, Mapping) for columns in spaces.values()):
        raise TypeMismatch(f"data= takes {{space: {{column: values}}}}, columns of sample spaces; got {brief(data)}")


def assertion(constraint: Constraint, everywhere: bool = False) -> Equation:
    """The equation that a constraint asserts: of its sides alone, or on its data."""
    lhs, rhs = (constraint.lhs, constraint.rhs) if everywhere else constraint.reading.asserted
    return Equation(lhs, rhs, constraint.name)


def is_premise(constraint: Constraint) -> bool:
    """Whether a term of 0 says that the sides are equal: its weight is positive and its divergences separate."""
    given = constraint.divergence
    for one in given if isinstance(given, tuple) else (given,):
        if isinstance(one, Divergence):
            try:
                if not divergence(one.name).capabilities(dict(one.options)).separating:
                    return False
            except LearningDiagramError:
                return False  # one of the user's own, of which nothing is known here
    return constraint.weight > 0


def premises(diagram: LearningDiagram) -> Premises:
    """What may be assumed of a learning diagram: its axioms, and what its constraints assert, if anything follows."""
    # What players aim at need not hold together, so that nothing follows from it.
    said = [assertion(c) for c in diagram.constraints if is_premise(c) and not diagram.players]
    return _premises(diagram, said)


def _drops(diagram: LearningDiagram, everywhere: bool, budget: int, data: Data | None) -> dict[str, Proof]:
    """The constraints that are dropped, each with a proof from axioms and those that are kept."""
    goals = {constraint.name: assertion(constraint, everywhere) for constraint in diagram.constraints}
    # What players aim at need not hold together, so that nothing follows from it.
    usable = {c.name for c in diagram.constraints if is_premise(c) and not diagram.players}
    masked = {name: masked_columns(goal, data) for name, goal in goals.items()}
    trained = {box.name for box in diagram.boxes} - {box.name for box in diagram.frozen}
    trains = {constraint.name: reached(constraint) & trained for constraint in diagram.constraints}
    detached = {
        c.name: trained.intersection(c.boxes) - trains[c.name] if c.detach else set() for c in diagram.constraints
    }

    def proof(name: str, premises: set[str]) -> Proof | None:
        # The premises may speak of a box and, where it is detached, not train it.
        others = premises - {name}
        lost = trains[name] & set().union(*(detached[other] for other in others))
        if not lost <= set().union(*(trains[other] for other in others)):
            return None
        # A term is tested where all its columns are present: a premise must be tested wherever the goal is.
        equations = [goals[p] for p in sorted(premises & usable - {name}) if masked[p] <= masked[name]]
        found = derive(goals[name], _premises(diagram, equations), budget)
        return found if isinstance(found, Proof) else None

    kept: set[str] = set()
    for name in sorted(goals):  # what earlier ones prove is not even a premise, so that short equations prove long ones
        if proof(name, kept) is None:
            kept.add(name)
    for name in sorted(kept):
        if proof(name, kept) is not None:
            kept.discard(name)
    found = {name: proof(name, kept) for name in sorted(set(goals) - kept)}
    return {name: one for name, one in found.items() if one is not None}


def _premises(diagram: LearningDiagram, equations: list[Equation]) -> Premises:
    named = {f"constraint {equation.name}": equation for equation in equations}
    return Premises.read({**{f"axiom {axiom.name}": axiom for axiom in diagram.axioms}, **named}, "markov")


def _forced(diagram: LearningDiagram, data: Data | None, budget: int) -> Iterator[Finding]:
    """Equations between columns and frozen boxes that the constraints prove, of the rows in which all are tested."""
    equations = [assertion(constraint) for constraint in diagram.constraints if is_premise(constraint)]
    sides = [side for equation in equations for side in (equation.lhs, equation.rhs)]
    fixed = {
        digest(side): side
        for side in sides
        if all(_is_fixed(box, diagram) for box in PortGraph.from_diagram(side).boxes)
    }
    everywhere = [equation for equation in equations if not masked_columns(equation, data)]
    for one, other in combinations(fixed.values(), 2):
        if (one.dom, one.cod) != (other.dom, other.cod):
            continue
        proof = derive(Equation(one, other), _premises(diagram, everywhere), budget)
        if not isinstance(proof, Proof) and len(everywhere) < len(equations):
            proof = derive(Equation(one, other), _premises(diagram, equations), budget)
        if not isinstance(proof, Proof):
            continue
        masked = {column for axiom in proof.axioms.values() for column in masked_columns(axiom, data)}
        seen = compare_columns(one, other, masked, data)
        said = f"the constraints prove {one} = {other}"
        if seen is not None and seen.differ:
            yield Finding("inconsistent", "", f"{said}, which the data refute{seen.where}", (proof,))
        elif seen is None and not masked:
            said += ", which nothing here trains: check that the data satisfy it"
            yield Finding("forced", "", said, (proof,))


def _is_fixed(box: markov.Box, diagram: LearningDiagram) -> bool:
    return isinstance(box, Column | State) or not _learns(box, diagram)


def _learns(box: markov.Box, diagram: LearningDiagram) -> bool:
    """Whether training changes a box: it is trained, or follows one that is."""
    return box not in diagram.frozen or box.name in diagram.ema


def _collapsing(diagram: LearningDiagram, budget: int) -> Iterator[Finding]:
    """Whether constants satisfy every constraint, so that nothing need be learned."""
    trained = [box for box in diagram.boxes if _learns(box, diagram)]
    if not trained or not diagram.constraints or any(map(_contrasts, diagram.constraints)):
        return
    constants = {box: Discard(box.dom) >> _constant(box.cod) for box in trained}
    axioms = [Equation(*_put(constants, axiom), axiom.name) for axiom in diagram.axioms]
    fixed = [axiom for axiom in diagram.axioms if not any(box in constants for box in _boxes(axiom))]
    premises = Premises.read({axiom.name: axiom for axiom in fixed}, "markov")
    proofs = []
    for equation in [*axioms, *(Equation(*_put(constants, assertion(c)), c.name) for c in diagram.constraints)]:
        proof = derive(equation, premises, budget)
        if not isinstance(proof, Proof):
            return
        proofs.append(proof)
    names = ", ".join(box.name for box in trained)
    said = f"constants in place of {names} satisfy every constraint; add one that they break, or freeze a box"
    yield Finding("collapsing", "", said, tuple(proofs))


def _contrasts(constraint: Constraint) -> bool:
    """Whether it asks that rows be told from each other, as constants do not."""
    given = constraint.divergence
    chosen = (one.name for one in (given if isinstance(given, tuple) else (given,)) if isinstance(one, Divergence))
    return constraint.weight > 0 and any(n in KINDS and KINDS[n].compares == "across a batch" for n in chosen)


def _constant(cod: Ty) -> Diagram:
    return Id(Ty()).tensor(*(Box(f"constant {ob.name}", Ty(), Ty(ob)) for ob in cod.inside))


def _put(constants: Mapping[markov.Box, Diagram], equation: Equation) -> tuple[Diagram, Diagram]:
    return substitute(equation.lhs, constants), substitute(equation.rhs, constants)


def _boxes(equation: Equation) -> set[markov.Box]:
    return {box for side in (equation.lhs, equation.rhs) for box in PortGraph.from_diagram(side).boxes}


def _unused(diagram: LearningDiagram) -> Iterator[Finding]:
    """Boxes that no constraint trains, and columns that none reads."""
    needed: set[markov.Box] = set()
    moved: set[str] = set()
    for constraint in diagram.constraints:
        if constraint.weight > 0 and not constraint.reading.is_vacuous:
            moved |= reached(constraint)
            for joint in constraint.reading.joints:
                needed |= set(joint.boxes)
    for box in diagram.boxes:
        if box not in diagram.frozen and box.name not in moved:
            yield Finding("untrained", box.name, "no constraint trains it; freeze it, or add one that does")
    for column in diagram.columns:
        if column not in needed:
            yield Finding("unread", f"{column.space.name}.{column.name}", "no constraint reads this column")
