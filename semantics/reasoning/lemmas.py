"""Lemmas about a learning diagram: proofs whose axioms are its assumptions, under the names that these have there.

>>> from learning_diagrams import Box, LearningDiagram, Ty, prove
>>> from learning_diagrams.semantics.reasoning.assumption import axioms_of
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> idempotent = LearningDiagram(axioms=[Equation(f >> f, f, "twice")])
>>> thrice = prove(Equation(f >> f >> f, f, "thrice"), idempotent.axioms)
>>> {name: [*lemma.axioms] for name, lemma in lemmas_from([thrice], axioms_of(idempotent)).items()}
{'thrice': ['axiom twice']}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.assumption import Assumption


def lemmas_from(lemmas: Mapping[str, Proof] | Iterable[Proof], assumed: Sequence[Assumption]) -> Mapping[str, Proof]:
    """The lemmas by name, each from the assumptions, and after the lemmas that it uses.

    Raises `TypeMismatch`: a lemma is not a Proof. `ProofError`: a lemma has no name, or needs another equation.
    """
    if not isinstance(lemmas, Iterable):
        raise TypeMismatch(f"lemmas= takes proofs by name or in a list, got {brief(lemmas)}")
    given = [*lemmas.items()] if isinstance(lemmas, Mapping) else [(None, proof) for proof in lemmas]
    for _, proof in given:
        if not isinstance(proof, Proof):
            raise TypeMismatch(f"a lemma is a Proof, as prove and Derivation give it, got {brief(proof)}")
    named = [replace(p, statement=p.statement.named(p.statement.name if name is None else name)) for name, p in given]
    equations: list[Equation] = [each.equation.named(each.name) for each in assumed]
    return Premises.read([*equations, *named], "markov").lemmas
