"""Premises: the axioms and lemmas that a derivation may use, by name.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> sorted(Premises.read([Equation(f >> g, Id(x), "left"), Equation(g >> f, Id(x), "right")], "markov").equations)
['left', 'right']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import DuplicateName, ProofError, brief
from learning_diagrams.presentation.equation import Equation, name_axioms
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.assumptions import spoken_axioms
from learning_diagrams.proof.rules.bare_equation import bare_axioms
from learning_diagrams.proof.rules.question import require_one_meaning, symbols_in, symbols_of, there_is
from learning_diagrams.proof.rules.step import Step


@dataclass(frozen=True)
class Premises:
    """Axioms, and lemmas with proofs from these axioms.

    axioms, lemmas : mappings from str to Equation and to Proof. A lemma comes after the lemmas that it uses.
    """

    theory: Theory
    axioms: Mapping[str, Equation] = field(default_factory=dict)
    lemmas: Mapping[str, Proof] = field(default_factory=dict)

    @classmethod
    def read(cls, premises: Any, theory: Theory) -> Premises:
        """Read equations, constraints and proofs, by name or in a list, where a proof has the name of its statement.

        The axioms of a lemma must be among the premises, under any names.

        Raises `TypeMismatch`: the premises are neither a mapping nor a list. `DuplicateName`: two equations have the
        same name. `ProofError`: a lemma has another theory, has no name, or needs other axioms.
        """
        determinism(theory)
        premises = bare_axioms(premises)
        if isinstance(premises, Mapping):
            named = {name: premise for name, premise in premises.items() if isinstance(name, str)}
            proofs = {name: premise for name, premise in named.items() if isinstance(premise, Proof)}
            others: dict[str, Any] = {name: axiom for name, axiom in premises.items() if name not in proofs}
            lemmas_by_key = (replace(proof, statement=proof.statement.named(name)) for name, proof in proofs.items())
            premises = [*name_axioms(others), *lemmas_by_key]
        items = list(premises)
        axioms = _unique(name_axioms([item for item in items if not isinstance(item, Proof)]))
        lemmas: dict[str, Proof] = {}
        for proof in items:
            if isinstance(proof, Proof):
                if proof.theory != theory:
                    name = proof.statement.name
                    raise ProofError(f"lemma {name!r} is proved in the theory {proof.theory}, and not in {theory}")
                _add(proof, axioms, lemmas)
        return cls(theory, axioms, lemmas)

    @property
    def equations(self) -> dict[str, Equation]:
        return {**self.axioms, **{name: lemma.statement for name, lemma in self.lemmas.items()}}

    def proof(self, statement: Equation, steps: Sequence[Step]) -> Proof:
        """A proof with the premises that its steps need."""
        names = {step.name for step in steps}
        lemmas: dict[str, Proof] = {}
        for name, lemma in reversed(list(self.lemmas.items())):
            if name in names:
                lemmas = {name: lemma, **lemmas}
                names |= {step.name for step in lemma.steps}
        axioms = {name: axiom for name, axiom in self.axioms.items() if name in names}
        return completed(Proof(statement, self.theory, tuple(steps), axioms, lemmas), self.axioms.values())

    def about(self, goal: Equation) -> dict[str, Equation]:
        """The equations that may prove a goal: lemmas only if goal and axioms speak of all that they speak of."""
        if not self.lemmas:
            return dict(self.axioms)
        question = symbols_of([goal, *self.axioms.values()])
        lemmas = {name: lemma.statement for name, lemma in self.lemmas.items()}
        spoken = {
            name: equation for name, equation in lemmas.items() if symbols_of([equation]).keys() <= question.keys()
        }
        return {**self.axioms, **spoken}

    def speaking_of(self, signature: Any, *spoken: Equation) -> Premises:
        """The premises with a trivial axiom for each symbol of a signature that no premise and no goal has.

        Raises `DuplicateName` where two boxes of all these have one name.
        """
        axioms, known = dict(self.axioms), symbols_of([*spoken, *self.axioms.values()])
        require_one_meaning(known | symbols_of(self.equations.values()) | symbols_in(signature))
        for symbol, diagram in symbols_in(signature).items():
            if symbol not in known:
                axiom = there_is(diagram, {*axioms, *self.lemmas})
                axioms[axiom.name] = axiom
        return replace(self, axioms=axioms)


def _add(proof: Proof, axioms: Mapping[str, Equation], lemmas: dict[str, Proof]) -> None:
    """Add a proof and its lemmas, by the axioms under their names here."""
    names = _names_here(proof, axioms)
    assumed = {here: axioms[here] for here in names.values()}
    own: dict[str, Proof] = {}
    for name, part in {**proof.lemmas, proof.statement.name: proof}.items():
        steps = tuple(replace(step, name=names.get(step.name, step.name)) for step in part.steps)
        lemma = Proof(part.statement, part.theory, steps, assumed, {name: own[name] for name in part.lemmas})
        if not name or name in axioms or not _alike(lemmas.setdefault(name, lemma), lemma):
            unnamed = f"the proof of {brief(lemma.statement)} has none"
            taken = f"and {name!r} is the name of another one" if name else f"and {unnamed}"
            raise ProofError(
                f"a lemma needs a name of its own, {taken}; give the premises as a mapping from names, "
                "or name the statement: Equation(lhs, rhs, name), or .proof(name=…) of a Derivation"
            )
        own[name] = lemma


def _alike(lemma: Proof, other: Proof) -> bool:
    return (lemma.statement, lemma.steps) == (other.statement, other.steps)


def _names_here(proof: Proof, axioms: Mapping[str, Equation]) -> dict[str, str]:
    """The names that the axioms of a proof have among other axioms; an axiom that only names a symbol is left out."""
    names: dict[str, str] = {}
    for name, axiom in proof.axioms.items():
        if axiom.lhs is axiom.rhs:
            continue
        candidates = [*([name] if name in axioms else []), *axioms]
        same = next((here for here in candidates if _are_same(axioms[here], axiom, proof.theory)), None)
        if same is None:
            lemma = proof.statement.name
            raise ProofError(f"lemma {lemma!r} needs the axiom {name!r}, and {brief(axiom)} is not given")
        names[name] = same
    return names


def _are_same(one: Equation, other: Equation, theory: Theory) -> bool:
    """Whether two equations have equal sides, each to each, also in "symmetric", which copies and merges no boxes."""
    return one == other and all(equal(*sides, theory) for sides in zip(one.diagrams, other.diagrams, strict=True))


def completed(proof: Proof, axioms: Iterable[Equation]) -> Proof:
    """The proof with axioms for symbols of its steps that it does not speak of yet; `ProofError` without one."""
    lemmas = list(proof.lemmas.values())
    steps = [step for part in (proof, *lemmas) for step in part.steps]
    statements = [lemma.statement for lemma in lemmas]
    assumed = spoken_axioms(proof.statement, steps, proof.axioms, axioms, statements)
    return proof if len(assumed) == len(proof.axioms) else replace(proof, axioms=assumed)


def _unique(axioms: Iterable[Equation]) -> dict[str, Equation]:
    result: dict[str, Equation] = {}
    for axiom in axioms:
        if result.setdefault(axiom.name, axiom) is not axiom:
            raise DuplicateName(f"two axioms are named {axiom.name!r}; give each a name of its own, by name=")
    return result
