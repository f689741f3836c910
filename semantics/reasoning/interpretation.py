"""Interpretations: a learning diagram `a` read in another one `b`, whose premises prove the constraints of `a`.

A translation sends each box of `a` to a diagram of `b`. Each constraint and axiom of `a` becomes an equation in `b`. If
`b` proves all of them, then every model of `b` is a model of `a`. A constraint asserts its equation on its data, as in
`review`. A constraint counts as proved only if its term is least where its equation holds. A term that consumes draws
is more than its equation, and is proved by a constraint of the same equation alone. A term that `b` has too is proved
whatever its divergence.

A constraint of `b` is a premise only if a term of 0 says that its sides are equal. A countermodel satisfies the
equations of all constraints of `b` whose weight is not 0.

Laws: a strict morphism is an interpretation; and interpretations compose, with their proofs.

>>> from learning_diagrams import Box, SampleSpace, Ty
>>> image, code = Ty("image"), Ty("code")
>>> point = SampleSpace("rows").column("point", image)
>>> encode, decode = Box("encode", image, code), Box("decode", code, image)
>>> autoencoder = LearningDiagram(Constraint("undo", point >> encode >> decode, point))
>>> same = Box("same", image, image)
>>> idempotent = LearningDiagram(Constraint("twice", point >> same >> same, point >> same))
>>> reading = interprets({same: encode >> decode}, idempotent, autoencoder)
>>> print(bool(reading), {name: type(answer).__name__ for name, answer in reading.answers.items()})
True {'constraint twice': 'Proof'}

Source: Tarski, Mostowski & Robinson, *Undecidable Theories* (1953), for interpretations of theories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from discopy import monoidal

from learning_diagrams.composition.translation import Translation
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.editing.supports import reduced
from learning_diagrams.equality.decision import equal
from learning_diagrams.errors import TypeMismatch, brief, printable
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises, completed
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.semantics.least_term import consumes_draws, is_least
from learning_diagrams.semantics.models.countermodel import Countermodel
from learning_diagrams.semantics.reasoning.assumption import (
    NODES,
    Assumption,
    assertion,
    assumptions,
    axioms_of,
    no_premises,
    of_same_draws,
    prove_from,
)
from learning_diagrams.semantics.reasoning.lemmas import lemmas_from
from learning_diagrams.semantics.reasoning.proving import prove
from learning_diagrams.semantics.reasoning.row_draws import RowDraws

Answer = Proof | Countermodel | Unknown


@dataclass(frozen=True, repr=False)
class Interpretation(Printed):
    """A reading of `a` in `b`; true exactly when every constraint and axiom of `a` is proved.

    translation : Translation of the boxes, columns and objects of `a` into `b`.
    answers : mapping from each "constraint name" and "axiom name" of `a` to a Proof from the constraints and axioms of
        `b`, a Countermodel, or Unknown.
    """

    a: LearningDiagram
    b: LearningDiagram
    translation: Translation
    answers: Mapping[str, Answer]

    def __bool__(self) -> bool:
        return all(isinstance(answer, Proof) for answer in self.answers.values())

    def __call__(self, diagram: Diagram) -> Diagram:
        """The image in `b` of a diagram over the boxes of `a`."""
        return self.translation.diagram(diagram)

    def then(self, other: Interpretation) -> Interpretation:
        """The composite: this interpretation, then another. Two proofs compose to a proof without a search.

        A proof of this interpretation is translated step by step. The proofs of the other one become its lemmas.

        Raises `TypeMismatch`: the other interpretation does not read the learning diagram `b`.
        """
        if not isinstance(other, Interpretation):
            raise TypeMismatch(f"an interpretation composes with another one, got {brief(other)}")
        if self.b != other.a:
            raise TypeMismatch(f"these do not compose: the first reads in {self.b!r}, the second reads {other.a!r}")
        translation = self.translation.then(other.translation)
        answers = {name: _composed(answer, other) for name, answer in self.answers.items()}
        return Interpretation(self.a, other.b, translation, answers)

    __rshift__ = then

    def __str__(self) -> str:
        verdicts = {Proof: "proved", Countermodel: "refuted", Unknown: "unknown"}
        refuted = any(isinstance(answer, Countermodel) for answer in self.answers.values())
        verdict = "an interpretation" if self else "none" if refuted else "unknown"
        lines = [f"{self.a.name or 'a'} in {self.b.name or 'b'}: {verdict}"]
        for name, answer in self.answers.items():
            reason = f", {answer.reason}" if isinstance(answer, Unknown) else ""
            lines.append(f"  {name}: {verdicts[type(answer)]}{reason}")
        return printable("\n".join(lines))


def interprets(
    f: Any,
    a: LearningDiagram,
    b: LearningDiagram,
    budget: int = NODES,
    lemmas: Mapping[str, Proof] | Iterable[Proof] = (),
) -> Interpretation:
    """Whether `b` proves every constraint and axiom of `a`, after the boxes of `a` are read as diagrams of `b`.

    f : mapping from boxes of `a`, or their names, to diagrams over the boxes of `b`, and from columns and objects where
        need be; or a Morphism from `a` to `b`. Boxes force the images of objects; any other symbol keeps its name.
    budget : int ≥ 1, diagrams and models that may be looked at for each constraint and axiom.
    lemmas : proofs from the axioms and constraints of `b`, by name or in a list: what was proved once, as by waypoints,
        need not be found again. A statement of `a` that a lemma proves follows in one step.

    Raises `UnknownName`: a key that `a` does not have, or a symbol of an image that `b` does not have. `TypeMismatch`:
    an image of the wrong type; a `Box` whose image is not deterministic. `ProofError`: a lemma has no name, or needs an
    equation that `b` does not assume.
    """
    for diagram in (a, b):
        if not isinstance(diagram, LearningDiagram):
            raise TypeMismatch(f"an interpretation reads one learning diagram in another, got {brief(diagram)}")
    translation = Translation.read(f, a, b)
    a = reduced(a)
    assumed = [*axioms_of(b), *assumptions(b)]
    beside = no_premises(b)
    proved = lemmas_from(lemmas, assumed)

    def search(goal: Equation, premises: Premises) -> Answer:
        return prove(goal, [*premises.axioms.values(), *premises.lemmas.values()], budget=budget)

    def answer(statement: Equation, name: str, constraint: Constraint | None = None) -> Answer:
        goal = translation.equation(statement, name)
        usable, known = assumed, proved
        if constraint is not None and (same := _of_same_term(constraint, goal, b, translation)):
            return prove_from(goal, same, b, search)
        if constraint is not None and not is_least(constraint):
            return Unknown(goal, "its divergence is not least where the sides are equal", 0)
        if constraint is not None and consumes_draws(constraint):
            usable, known = of_same_draws(constraint, goal, (each for each in assumed if not each.everywhere)), {}
            if not usable:
                return Unknown(goal, "its term consumes draws, so that it is more than its equation", 0)
        return prove_from(goal, usable, b, search, lemmas=known, beside=beside)

    answers = {f"constraint {c.name}": answer(c.reading.assertion, f"constraint {c.name}", c) for c in a.constraints}
    answers |= {f"axiom {axiom.name}": answer(axiom, f"axiom {axiom.name}") for axiom in a.axioms}
    return Interpretation(a, b, translation, answers)


def _of_same_term(constraint: Constraint, goal: Equation, b: LearningDiagram, to: Translation) -> list[Assumption]:
    """The constraints of `b` with the term of a translated constraint: its sides in order, divergences and weight."""
    same = []
    for other in b.constraints:
        weights = constraint.weight, other.weight
        positive = all(isinstance(weight, float) and weight > 0 for weight in weights)
        stated = assertion(other)
        if (
            constraint.tested == other.tested
            and stated.canonical == goal.canonical
            and (positive or _alike(*weights, to))
            and _alike(constraint.divergence, other.divergence, to)
        ):
            same.append(Assumption(f"constraint {other.name}", stated, in_law=other.tested == "in law"))
    return same


def _alike(own: Any, other: Any, to: Translation) -> bool:
    """Whether the translation of a weight, of a divergence or of several is that of another constraint."""
    if isinstance(own, tuple) and isinstance(other, tuple):
        return len(own) == len(other) and all(_alike(*pair, to) for pair in zip(own, other, strict=True))
    if isinstance(own, Divergence) and isinstance(other, Divergence):
        return own.name == other.name and _alike(own.options, other.options, to)
    if isinstance(own, monoidal.Diagram) and isinstance(other, monoidal.Diagram):
        image = to.diagram(own)
        return bool(image.cod == other.cod and equal(image, other))
    return bool(own == other)


def _composed(answer: Answer, other: Interpretation) -> Answer:
    """A proof of the translated statement by translated steps, in the learning diagram where `other` ends."""
    if not isinstance(answer, Proof):
        goal = answer.goal
        image = Equation(other(goal.lhs), other(goal.rhs), goal.name)
        return Unknown(image, "the first of the two interpretations has no proof of it", 0)
    statement = other.translation.equation(answer.statement, answer.statement.name)
    if sorted(RowDraws(statement).several.values()) != sorted(RowDraws(answer.statement).several.values()):
        return Unknown(statement, "rows of several sample spaces become rows of one, which are different rows", 0)
    proved: dict[str, Proof] = {}
    spoken: dict[str, Equation] = {}  # axioms that bring a symbol into the question
    for name, axiom in answer.axioms.items():
        image = other.translation.equation(axiom, name)
        if axiom.lhs is axiom.rhs:
            spoken[name] = Equation(image.lhs, image.lhs, name)
            continue
        # Constraints of one equation may have other divergences. An axiom need not have the same name in both.
        by_name = name.startswith("constraint ")
        candidates = [other.answers.get(name)] if by_name else [*other.answers.values()]
        proofs = (proof for proof in candidates if isinstance(proof, Proof) and proof.statement == image)
        proof = next(proofs, None)
        if proof is None:
            return Unknown(statement, f"the second of the two interpretations has no proof of {name!r}", 0)
        proved[name] = proof
    axioms = spoken | {name: axiom for proof in proved.values() for name, axiom in proof.axioms.items()}
    lemmas: dict[str, Proof] = {}
    taken, called = {*axioms}, {}

    def fresh(name: str) -> str:
        while name in taken:
            name = f"{name}'"
        taken.add(name)
        return name

    for name, proof in proved.items():
        inner = {lemma: fresh(lemma) for lemma in proof.lemmas}
        for lemma, own in proof.lemmas.items():
            lemmas[inner[lemma]] = Proof(own.statement, own.theory, _renamed(own.steps, inner), own.axioms)
        called[name] = fresh(f"{name}, interpreted")
        lemmas[called[name]] = Proof(proof.statement, proof.theory, _renamed(proof.steps, inner), proof.axioms)
    for lemma, own in answer.lemmas.items():
        called[lemma] = fresh(lemma)
        image = other.translation.equation(own.statement, called[lemma])
        lemmas[called[lemma]] = Proof(image, own.theory, _translated(own.steps, other.translation, called), axioms)
    steps = _translated(answer.steps, other.translation, called)
    bearers = Premises(answer.theory, axioms).speaking_of(other.b.signature, statement).axioms.values()
    return completed(Proof(statement, answer.theory, steps, axioms, lemmas), bearers)


def _renamed(steps: tuple[Step, ...], names: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(replace(step, name=names.get(step.name, step.name)) for step in steps)


def _translated(steps: tuple[Step, ...], to: Translation, names: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(Step(names[s.name], s.backwards, to.graph(s.before), to.graph(s.after)) for s in steps)
