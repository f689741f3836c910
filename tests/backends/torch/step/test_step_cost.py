"""What a step of `fit` costs beside the same step by hand, in counts, which no other program on the machine changes."""

import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

torch.set_num_threads(1)
BENCHMARKS = Path(__file__).parents[4] / "benchmarks"


class Operators(TorchDispatchMode):
    """Counts the operators that run, forwards and backwards."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        self.counts[str(operator)] += 1
        return operator(*args, **kwargs or {})


def operators_of(step):
    with Operators() as operators:
        step(0)
    return operators.counts


def calls_of(step):
    """How many functions are called that are written in Python."""
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        step(0)
    finally:
        sys.setprofile(before)
    return count


def nodes_of(total):
    """How many nodes the graph of a total has."""
    seen, waiting = set(), [total.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [following for following, _ in node.next_functions]
    return len(seen)


@pytest.fixture
def bench(monkeypatch):
    """The modules of the benchmark of step time."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import regime
    import step_overhead

    return regime, step_overhead


@pytest.fixture
def steps(bench):
    """A step of `fit` and the step by hand, each made a few times."""
    regime, step_overhead = bench
    data = regime.batches(16, 32)
    pair = step_overhead.fit_step(16, data), step_overhead.hand_step(16, data)
    for step in pair:
        for i in range(3):
            step(i)
    return pair


def test_a_step_runs_the_operators_of_the_step_by_hand(steps, bench):
    """And detaches each term, and reads two values, of KL and of bits, for which a fused kernel may compute 0 · ∞."""
    ours, by_hand = map(operators_of, steps)
    more = {"aten.detach.default": len(bench[0].WEIGHTS), "aten._local_scalar_dense.default": 2}
    assert ours.total() > 100 and dict(ours - by_hand) == more


def test_a_step_calls_at_most_twenty_functions_more_than_the_step_by_hand(steps):
    ours, by_hand = (min(calls_of(step) for _ in range(3)) for step in steps)  # without finalizers of other tests
    assert by_hand > 100 and ours <= by_hand + 20


def test_the_graph_of_a_loss_has_no_more_nodes_than_by_hand(bench):
    regime, _ = bench
    nets, (batch, *_) = regime.modules(16), regime.batches(16, 32)
    loss = regime.objective(16, nets)  # which freezes the teacher
    assert 20 < nodes_of(loss({"rows": batch})[0]) <= nodes_of(regime.by_hand(nets, batch))
