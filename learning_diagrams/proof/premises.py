"""Premises: the axioms and lemmas that a derivation may use, each under a name.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> sorted(Premises.read([Equation(f >> g, Id(x), "left"), Equation(g >> f, Id(x), "right")], "markov").equations)
['left', 'right']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import DuplicateName, ProofError, TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation, name_axioms
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step


@dataclass(frozen=True)
class Premises:
    """Axioms, and lemmas that have been proved from some.

    Attributes
    ----------
    axioms, lemmas : by name; a lemma comes after the lemmas that it uses.
    """

    theory: Theory
    axioms: Mapping[str, Equation] = field(default_factory=dict)
    lemmas: Mapping[str, Proof] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, Equation] | Iterable[Equation | Proof], theory: Theory) -> Premises:
        """From equations by name or in a list, and proofs, each a lemma under the name of its statement.

        The axioms of a lemma must be among those that are given, under their names.

        Raises
        ------
        TypeMismatch : what is given is neither.
        DuplicateName : one name for two equations.
        ProofError : a lemma of another theory, without a name, or that needs other axioms.
        """
        determinism(theory)
        if isinstance(given, Equation | Proof) or not isinstance(given, Iterable):
            raise TypeMismatch(
                f"axioms= takes a list of equations, or a mapping from names to them; got {brief(given)}"
            )
        if isinstance(given, Mapping):
            return cls(theory, _unique(name_axioms(given)))
        items = list(given)
        axioms = _unique(name_axioms([item for item in items if not isinstance(item, Proof)]))
        lemmas: dict[str, Proof] = {}
        for proof in items:
            if isinstance(proof, Proof):
                for name, lemma in {**proof.lemmas, proof.statement.name: proof}.items():
                    if not name or lemma.theory != theory or name in axioms or lemmas.get(name, lemma) != lemma:
                        raise ProofError(
                            f"a lemma needs a name of its own and the theory {theory!r}, got {brief(name)} in the "
                            f"theory {lemma.theory!r}; name it by Equation(lhs, rhs, name)"
                        )
                    if missing := [axiom for axiom, used in lemma.axioms.items() if axioms.get(axiom) != used]:
                        raise ProofError(f"lemma {name!r} needs the axiom {missing[0]!r}, which is not given")
                    lemmas[name] = lemma
        return cls(theory, axioms, lemmas)

    @property
    def equations(self) -> dict[str, Equation]:
        return {**self.axioms, **{name: lemma.statement for name, lemma in self.lemmas.items()}}

    def proof(self, statement: Equation, steps: Sequence[Step]) -> Proof:
        """A proof with those of the premises that its steps need."""
        names = {step.name for step in steps}
        lemmas: dict[str, Proof] = {}
        for name, lemma in reversed(list(self.lemmas.items())):
            if name in names:
                lemmas = {name: lemma, **lemmas}
                names |= {step.name for step in lemma.steps}
        axioms = {name: axiom for name, axiom in self.axioms.items() if name in names}
        return Proof(statement, self.theory, tuple(steps), axioms, lemmas)


def _unique(axioms: Iterable[Equation]) -> dict[str, Equation]:
    result: dict[str, Equation] = {}
    for axiom in axioms:
        if result.setdefault(axiom.name, axiom) is not axiom:
            raise DuplicateName(f"two axioms are named {axiom.name!r}")
    return result
