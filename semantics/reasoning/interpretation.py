"""Interpretations: one regime read in another, boxes as diagrams, constraints and axioms as equations that it proves.

Whatever satisfies `b` then satisfies `a`, with its boxes read so. Constraints are read as in `review`: on their data,
both sides beside the test point that they share.

Laws: a strict morphism is an interpretation, and interpretations compose, with their proofs.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> image, code = Ty("image"), Ty("code")
>>> point = SampleSpace("rows").column("point", image)
>>> encode, decode = Box("encode", image, code), Box("decode", code, image)
>>> autoencoder = LearningDiagram(Constraint("undo", point >> encode >> decode, point))
>>> same = Box("same", image, image)
>>> idempotent = LearningDiagram(Constraint("twice", point >> same >> same, point >> same))
>>> found = interprets({same: encode >> decode}, idempotent, autoencoder)
>>> print(bool(found), {name: type(answer).__name__ for name, answer in found.answers.items()})
True {'constraint twice': 'Proof'}

Source: Tarski, Mostowski & Robinson, *Undecidable Theories* (1953), for interpretations of theories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from learning_diagrams.composition.translation import Translation
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.editing.support import reduced
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.semantics.models.countermodel import Countermodel
from learning_diagrams.semantics.reasoning.assumption import NODES, assertion, premises
from learning_diagrams.semantics.reasoning.proving import prove

Answer = Proof | Countermodel | Unknown


@dataclass(frozen=True)
class Interpretation:
    """A reading of `a` in `b`; true exactly when all that `a` says is proved.

    Attributes
    ----------
    a, b : the learning diagrams.
    translation : what the boxes, columns and objects of `a` are in `b`.
    answers : for each "constraint name" and "axiom name" of `a` a proof from the constraints and axioms of `b`, a
        finite model of these in which it fails, or neither.
    """

    a: LearningDiagram
    b: LearningDiagram
    translation: Translation
    answers: Mapping[str, Answer]

    def __bool__(self) -> bool:
        return all(isinstance(answer, Proof) for answer in self.answers.values())

    def __call__(self, diagram: Diagram) -> Diagram:
        """What a diagram over the boxes of `a` is in `b`."""
        return self.translation.diagram(diagram)

    def then(self, other: Interpretation) -> Interpretation:
        """First this, then the other: where both prove, so does the composite, without any search.

        A proof of this one is translated step by step, and the proofs of the other one are its lemmas.

        Raises `TypeMismatch` where the other one does not read the learning diagram in which this one ends.
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
        said = {Proof: "proved", Countermodel: "refuted", Unknown: "unknown"}
        lines = [f"{self.a.name or 'a'} in {self.b.name or 'b'}: {'an interpretation' if self else 'none'}"]
        return "\n".join([*lines, *(f"  {name}: {said[type(answer)]}" for name, answer in self.answers.items())])


def interprets(f: Any, a: LearningDiagram, b: LearningDiagram, budget: int = NODES) -> Interpretation:
    """Whether `b` proves all that `a` says, after its boxes are read as diagrams of `b`.

    Parameters
    ----------
    f : a mapping from boxes of `a`, or their names, to diagrams over the boxes of `b`, and from columns and objects
        where need be; or a `Morphism` from `a` to `b`. Objects go where boxes force them, and what is left by name.
    budget : how many diagrams and models may be looked at for each constraint and axiom.

    Raises
    ------
    UnknownName : a key that `a` does not have, or something of an image that `b` does not have.
    TypeMismatch : an image of another type than it must have; a `Box` whose image is not deterministic.
    """
    for given in (a, b):
        if not isinstance(given, LearningDiagram):
            raise TypeMismatch(f"an interpretation reads one learning diagram in another, got {brief(given)}")
    a = reduced(a)
    translation = Translation.read(f, a, b)
    goals = {f"constraint {c.name}": assertion(c) for c in a.constraints}
    goals |= {f"axiom {axiom.name}": axiom for axiom in a.axioms}
    given_ = premises(b).axioms
    answers = {name: prove(translation.equation(goal, name), given_, budget=budget) for name, goal in goals.items()}
    return Interpretation(a, b, translation, answers)


def _composed(answer: Answer, other: Interpretation) -> Answer:
    """A proof in the last learning diagram, of the translated statement, by translated steps."""
    if not isinstance(answer, Proof):
        goal = answer.goal
        there = Equation(other(goal.lhs), other(goal.rhs), goal.name)
        return Unknown(there, "the first of the two interpretations has no proof of it", 0)
    statement = other.translation.equation(answer.statement, answer.statement.name)
    proved: dict[str, Proof] = {}
    for name, axiom in answer.axioms.items():
        said = other.translation.equation(axiom, name)
        found = next((one for one in other.answers.values() if isinstance(one, Proof) and one.statement == said), None)
        if found is None:
            return Unknown(statement, f"the second of the two interpretations has no proof of {name!r}", 0)
        proved[name] = found
    axioms = {name: axiom for proof in proved.values() for name, axiom in proof.axioms.items()}
    lemmas: dict[str, Proof] = {}
    taken = {*axioms}

    def fresh(name: str) -> str:
        while name in taken:
            name = f"{name}'"
        taken.add(name)
        return name

    called: dict[str, str] = {}
    for name, proof in proved.items():
        inner = {lemma: fresh(lemma) for lemma in proof.lemmas}
        for lemma, own in proof.lemmas.items():
            lemmas[inner[lemma]] = Proof(own.statement, own.theory, _renamed(own.steps, inner), own.axioms)
        called[name] = fresh(f"{name}, interpreted")
        lemmas[called[name]] = Proof(proof.statement, proof.theory, _renamed(proof.steps, inner), proof.axioms)
    for lemma, own in answer.lemmas.items():
        called[lemma] = fresh(lemma)
        said = other.translation.equation(own.statement, called[lemma])
        lemmas[called[lemma]] = Proof(said, own.theory, _translated(own.steps, other.translation, called), axioms)
    return Proof(statement, answer.theory, _translated(answer.steps, other.translation, called), axioms, lemmas)


def _renamed(steps: tuple[Step, ...], names: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(replace(step, name=names.get(step.name, step.name)) for step in steps)


def _translated(steps: tuple[Step, ...], to: Translation, names: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(Step(names[s.name], s.backwards, to.graph(s.before), to.graph(s.after)) for s in steps)
