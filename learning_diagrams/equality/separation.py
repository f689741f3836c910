"""Separation of unequal diagrams: an exact finite model, and an outcome that has different weights in them.

The model is the canonical model of the left-hand side, with the canonical outcome. A diagram gives that outcome a
positive weight only if a homomorphism goes from the diagram to the left-hand side. The diagram gives the same weight
only if a homomorphism uses each box once, so that the diagram equals the left-hand side.

>>> from learning_diagrams.diagrams.structure import Copy
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.equality.decision import equal
>>> x = Ty("x")
>>> k = Kernel("k", x, x)
>>> print(equal(k >> Copy(x), Copy(x) >> k @ k, evidence=True))
not equal in the theory markov; this model tells them apart:
  x = {input 1, k, ⊥}
  k(input 1) = k (1/2), ⊥ (1/2)
  anything else gives ⊥
given (input 1), the outcome (k, k) has probability 1/2 on the left-hand side, 1/4 on the right-hand side
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import prod

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.canonical_model import CanonicalModel, Weight
from learning_diagrams.equality.homomorphism import Images, homomorphisms
from learning_diagrams.equality.theory import Theory, TheoryOps


@dataclass(frozen=True)
class Evidence:
    """The answer whether two diagrams are equal, as truth value, with a model that separates unequal diagrams.

    theory : Theory of the comparison.
    model : CanonicalModel that separates the sides; None for equal sides.
    lhs, rhs : Fraction or int, the weight of `model.outcome` given `model.inputs`: a probability, or in "symmetric" a
        natural number.
    """

    theory: Theory
    model: CanonicalModel | None = None
    lhs: Weight = 1
    rhs: Weight = 1

    def __bool__(self) -> bool:
        return self.model is None

    def __str__(self) -> str:
        if self.model is None:
            return f"equal in the theory {self.theory}"
        model = self.model
        inputs, outcome = model.named(model.graph.dom, model.inputs), model.named(model.graph.cod, model.outcome)
        weight = "probability" if model.stochastic else "weight"
        lhs, rhs = map(brief_weight, (self.lhs, self.rhs))
        shown = str(model).replace("\n", "\n  ")
        sides = f"{lhs} on the left-hand side, {rhs} on the right-hand side"
        return (
            f"not equal in the theory {self.theory}; this model tells them apart:\n  {shown}\n"
            f"given {inputs}, the outcome {outcome} has {weight} {sides}"
        )


def refute(lhs: PortGraph, rhs: PortGraph, ops: TheoryOps) -> Evidence:
    """A model that separates two unequal diagrams."""
    theory, lhs, rhs = ops.theory, ops.reduce(lhs), ops.reduce(rhs)
    if not ops.linear:
        model = CanonicalModel(lhs, ops.deterministic)
        return Evidence(theory, model, *(_weight(model, homomorphisms(side, lhs, theory)) for side in (lhs, rhs)))
    laid = [homomorphisms(side, lhs, theory) for side in (lhs, rhs)]
    draw = random.Random(0)
    for largest in count(1):  # different polynomials in the weights differ at some small numbers
        model = CanonicalModel(lhs, None, [draw.randint(1, largest) for _ in lhs.boxes])
        evidence = Evidence(theory, model, *(_weight(model, ways) for ways in laid))
        if evidence.lhs != evidence.rhs:
            return evidence
    raise AssertionError("count has no end")


def _weight(model: CanonicalModel, ways: list[list[Images]]) -> Weight:
    """The weight of the outcome of a model in a diagram: a sum over homomorphisms of products over boxes."""
    weights = [[[model.weights[i] for i in images] for images in part] for part in ways]
    if model.stochastic:  # each weight is 1 or 1/n, and one fraction a sum is faster than one a factor
        denominators = (prod(weight.denominator for weight in factors) for factors in weights[0])
        return sum((Fraction(1, denominator) for denominator in denominators), Fraction(0))
    return prod(sum(prod(factors) for factors in part) for part in weights)


def brief_weight(weight: Weight) -> str:
    """A weight as text; for a weight of more than 64 bits, its magnitude."""
    size = max(weight.numerator.bit_length(), weight.denominator.bit_length())
    if size <= 64:
        return str(weight)
    digits = (weight.numerator.bit_length() - weight.denominator.bit_length()) * 30103 // 100000
    return f"about 10^{digits}"
