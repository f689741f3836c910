"""Checking has a budget of wires, so that a hostile certificate is refused with its reason, and soon."""

import time

import pytest

from learning_diagrams.proof.checker import BUDGET, check

KERNEL = {"name": "f", "dom": ["x"], "cod": ["x"], "kind": "kernel"}


def graph(dom, boxes, outputs):
    return {"dom": dom, "boxes": boxes, "outputs": outputs}


def chain(n):
    return graph(["x"], [[0, i] for i in range(n)], [n])


NOTHING = chain(0)
STEP = {"by": "a", "backwards": False, "before": NOTHING, "after": NOTHING}
LEMMA = {"lhs": NOTHING, "rhs": NOTHING, "steps": [STEP]}
DISCARDED = graph(["x"], [[0, i] for i in range(1_000)], [0])


def both(side):
    return {"lhs": side, "rhs": side}


def certificate(**changes):
    frame = {"format": "proof/1", "theory": "markov", "sample_spaces": [], "boxes": [KERNEL], "lemmas": []}
    return frame | {"axioms": {"a": both(NOTHING)}, "statement": both(NOTHING), "steps": []} | changes


RING = graph(
    [],
    [[0]] * 10_000 + [[1, 2 * i + 1, (2 * i + 2) % 20_000] for i in range(9_999)] + [[1, 0, 19_999]],
    [],
)
PAIRS = [
    {"name": "z", "dom": [], "cod": ["x", "x"], "kind": "box"},
    {"name": "q", "dom": ["x", "x"], "cod": [], "kind": "box"},
]
HOSTILE = {
    "steps with large diagrams": certificate(axioms={"a": {"lhs": DISCARDED, "rhs": NOTHING}}, steps=[STEP] * 1_000),
    "many small steps": certificate(steps=[STEP] * 20_000),
    "many lemmas": certificate(lemmas=[{**LEMMA, "name": f"l{i}"} for i in range(20_000)]),
    "many axioms": certificate(axioms={f"a{i}": both(NOTHING) for i in range(30_000)}),
    "many boxes": certificate(boxes=[{**KERNEL, "name": f"f{i}"} for i in range(30_000)]),
    "many sample spaces": certificate(sample_spaces=[f"s{i}" for i in range(100_000)]),
    "a long statement": certificate(statement=both(chain(200_000))),
    "a wide statement": certificate(statement=both(graph(["x"] * 400_000, [], [*range(400_000)]))),
    "a name": certificate(boxes=[{**KERNEL, "name": "f" * 1_000_000}]),
    "an object": certificate(boxes=[{**KERNEL, "dom": ["x" * 1_000_000]}]),
    "many data": certificate(boxes=[{**KERNEL, "data": [0] * 500_000}]),
    "long data": certificate(boxes=[{**KERNEL, "data": "0" * 10_000_000}]),
    "long names many times": certificate(boxes=[{**KERNEL, "name": "f" * 200}], statement=both(chain(20_000))),
    "closed components": certificate(theory="symmetric", boxes=PAIRS, statement=both(RING)),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_certificate_is_refused_with_its_reason_and_soon(name):
    start = time.process_time()
    verdict = check(HOSTILE[name])
    assert time.process_time() - start < 4  # about one second; machines differ
    assert not verdict and ("budget of 800,000 wires" in verdict.reason or "at most 200 characters" in verdict.reason
                            or ("closed" in name and "to draw" in verdict.reason))  # fmt: skip


def test_a_budget_counts_wires_and_can_be_raised():
    data = certificate(steps=[STEP] * 100)
    assert check(data) and check(data, budget=60_000)
    assert "budget of 5,000 wires" in check(data, budget=5_000).reason
    large = certificate(steps=[STEP] * 8_000)
    assert not check(large)


@pytest.mark.thorough
def test_a_large_certificate_is_accepted_within_a_larger_budget():
    assert check(certificate(steps=[STEP] * 8_000), budget=3 * BUDGET)
