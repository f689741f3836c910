"""Lemmas about a learning diagram: proofs whose axioms are its assumptions, under the names that these have there.

>>> from learning_diagrams import Box, Ty, prove
>>> from learning_diagrams.semantics.reasoning.assumption import axioms_of
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> idempotent = LearningDiagram(axioms=[Equation(f >> f, f, "twice")])
>>> thrice = prove(Equation(f >> f >> f, f, "thrice"), idempotent.axioms)
>>> {name: [*lemma.axioms] for name, lemma in lemmas_from([thrice], axioms_of(idempotent), idempotent).items()}
{'thrice': ['axiom twice']}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from learning_diagrams.errors import ProofError, TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.semantics.reasoning.assumption import Assumption


def lemmas_from(
    lemmas: Mapping[str, Proof] | Iterable[Proof], assumed: Sequence[Assumption], diagram: LearningDiagram
) -> dict[str, Proof]:
    """The lemmas by name, each from assumptions of a learning diagram, and after the lemmas that it uses.

    Raises `TypeMismatch`: a lemma is not a Proof. `ProofError`: a lemma has no name, or needs another equation.
    """
    if not isinstance(lemmas, Iterable):
        raise TypeMismatch(f"lemmas are Proofs by name or in a list, got {brief(lemmas)}")
    proofs = [*lemmas.values()] if isinstance(lemmas, Mapping) else [*lemmas]
    for proof in proofs:
        if not isinstance(proof, Proof):
            raise TypeMismatch(f"a lemma is a Proof, as prove and Derivation give it, got {brief(proof)}")
    names = [*lemmas] if isinstance(lemmas, Mapping) else [proof.statement.name for proof in proofs]
    result: dict[str, Proof] = {}
    for name, proof in zip(names, proofs, strict=True):
        result[name] = _of_assumptions(name, proof, assumed, diagram)
    return result


def renamed(steps: tuple[Step, ...], names: Mapping[str, str]) -> tuple[Step, ...]:
    """Steps by the same equations under other names."""
    return tuple(replace(step, name=names.get(step.name, step.name)) for step in steps)


def _of_assumptions(name: str, proof: Proof, assumed: Sequence[Assumption], diagram: LearningDiagram) -> Proof:
    names: dict[str, str] = {}
    axioms: dict[str, Equation] = {}
    for own, axiom in proof.axioms.items():
        if axiom.lhs is axiom.rhs:  # it only names a symbol
            continue
        same = next((each for each in assumed if each.equation == axiom), None)
        if same is None:
            raise ProofError(
                f"the lemma {name!r} uses {own!r}, and {diagram.name or 'the learning diagram'} does not assume "
                f"{brief(axiom)}; a lemma is proved from its axioms, and from its constraints on their data"
            )
        names[own] = same.name
        axioms[same.name] = same.equation.named(same.name)
    lemmas = {
        inner: replace(each, steps=renamed(each.steps, names), axioms=axioms) for inner, each in proof.lemmas.items()
    }
    return Proof(proof.statement.named(name), proof.theory, renamed(proof.steps, names), axioms, lemmas)
