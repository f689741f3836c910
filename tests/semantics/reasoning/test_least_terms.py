"""What a review drops is least where its premises are, by the terms that the compiler makes of exact finite modules."""

from collections import Counter

import pytest

from learning_diagrams.backends.torch import divergence
from learning_diagrams.semantics.reasoning.diagnosis import checked_columns
from learning_diagrams.semantics.reasoning.redundancy import redundant
from random_regime import Draw

BUDGET = 60
pytestmark = pytest.mark.filterwarnings("ignore:constraint .* is proved by the theory alone")


@divergence(formula="Σ |p − r| + |p|", unit="units", separating=True)
def own(reference, prediction):
    return (prediction - reference).abs().sum(1) + prediction.abs().sum(1)


@divergence(formula="Σ |p − r|", unit="units", separating=True, least_at_equality=True)
def own_least(reference, prediction):
    return (prediction - reference).abs().sum(1)


def check(seed, counts):
    regime = Draw(seed).regime()
    if regime is None:
        return
    counts["diagrams"] += 1
    data = checked_columns(regime.data, regime.diagram.signature)
    dropped = redundant(regime.diagram, everywhere=False, budget=BUDGET, data=data)
    if not dropped:
        return
    terms = regime.terms()
    applies = False
    for name, proof in dropped.items():
        premises = [axiom.removeprefix("constraint ") for axiom in proof.axioms if axiom.startswith("constraint ")]
        if all(terms[premise] < 1e-5 for premise in premises):
            applies = applies or bool(premises)
            assert terms[name] < 1e-5, (seed, regime.diagram.constraints, name, terms, regime.data, str(proof))
            counts["drops"] += 1
            counts["with premises"] += bool(premises)
            counts[place(regime, name)] += bool(premises)
    counts["diagrams that drop"] += applies


def place(regime, name):
    constraint = next(c for c in regime.diagram.constraints if c.name == name)
    return constraint.tested if len(constraint.source.dom) < 2 else "pairs"


def run(seeds):
    counts = Counter()
    for seed in seeds:
        check(seed, counts)
    return counts


@pytest.mark.thorough
def test_what_a_review_drops_is_least():
    counts = run(range(100))
    assert counts["diagrams that drop"] >= 25, counts


@pytest.mark.thorough
def test_what_a_review_drops_is_least_in_two_thousand_diagrams():
    counts = run(range(100, 2_100))
    print(counts)
    assert counts["diagrams that drop"] >= 500, counts
