"""A part of a proof: some of its steps, as a proof that assumes the axioms and the lemmas that they use.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.proof.derivation import Derivation
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> derivation = Derivation(f >> f >> f, {"same": Equation(f, g)})
>>> proof = derivation.rewrite("same").rewrite("same").rewrite("same").proof(name="all")
>>> print(part_of(proof, slice(1, 3)))
f >> f >> g = g >> g >> g in the theory markov, by 2 steps
    f >> f >> g
  = f >> g >> g    by same
  = g >> g >> g    by same
>>> part_of(proof, slice(1, 3)).statement.name
'all, steps 2 to 3'
"""

from __future__ import annotations

from typing import Any

from learning_diagrams.errors import ProofError, TypeMismatch, brief, plural
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof


def part_of(proof: Proof, steps: Any) -> Proof:
    """The proof of some steps, from the diagram before the first one to the diagram behind the last one.

    Raises `TypeMismatch` for what is no slice of steps in a row, `ProofError` for a slice without a step.
    """
    first, last = _ends(steps, len(proof.steps))
    diagrams = list(proof.diagrams())
    rhs = proof.statement.rhs if last == len(proof.steps) else diagrams[last]  # as it is written
    statement = Equation(diagrams[first], rhs, _name(proof, first, last))
    assumed = {**proof.axioms, **{name: lemma.statement for name, lemma in proof.lemmas.items()}}
    return Premises(proof.theory, assumed).proof(statement, proof.steps[first:last])


def _ends(steps: Any, count: int) -> tuple[int, int]:
    try:
        first, last, stride = steps.indices(count)
    except (AttributeError, TypeError):
        stride = 0
    if stride != 1 or not isinstance(steps, slice):
        raise TypeMismatch(f"a part of a proof is a slice of its steps, as proof[0:5], got {brief(steps)}")
    if first >= last:
        raise ProofError(f"the proof has {plural(count, 'step')}, and [{_written(steps)}] has none of them")
    return first, last


def _written(steps: slice) -> str:
    return ":".join("" if end is None else str(end) for end in (steps.start, steps.stop))


def _name(proof: Proof, first: int, last: int) -> str:
    """The name of the statement, and the numbers of the steps as a reader counts them."""
    name = proof.statement.name
    if (first, last) == (0, len(proof.steps)):
        return name
    numbers = f"step {last}" if last == first + 1 else f"steps {first + 1} to {last}"
    return f"{name}, {numbers}" if name else numbers
