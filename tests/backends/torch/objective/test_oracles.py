"""Numbers worked out by hand: triangle, lens laws, a learner's step, Kullback–Leibler, a ladder of diamonds."""

import math

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
x = ld.Ty("x")
rows = ld.SampleSpace("rows")


class Times(nn.Module):
    """Multiplication by a trainable number."""

    def __init__(self, by):
        super().__init__()
        self.by = nn.Parameter(torch.tensor(float(by)))

    def forward(self, value):
        return self.by * value


def test_triangle():
    """E (a·b·x − c·x)² with E x = 0, E x² = 1 is (ab − c)²: at (2, 3, 5) it is 1, its gradient 2(ab − c)·(b, a, −1)."""
    a, b, c = (ld.Box(name, x, x) for name in "abc")
    modules = {"a": Times(2), "b": Times(3), "c": Times(5)}
    diagram = ld.LearningDiagram(ld.Constraint("commutes", a >> b, c, over=rows.column("x", x)))
    total, _ = compile(diagram, TorchFunctor(ob={x: Euclidean(1)}, ar=modules))(
        {"rows": {"x": torch.tensor([[-1.0], [1.0]])}}
    )
    total.backward()
    assert total.item() == 1.0
    assert [modules[name].by.grad.item() for name in "abc"] == [6.0, 4.0, -2.0]


@pytest.mark.parametrize(
    ("put", "expected"),
    [
        (lambda s, v: torch.cat([v, s[:, 1:]], 1), {"PutGet": 0.0, "GetPut": 0.0, "Undo": 0.0}),
        (lambda s, v: torch.cat([v, s[:, 1:] + v], 1), {"PutGet": 0.0, "GetPut": 1.0, "Undo": 2.0}),
    ],
    ids=["very well behaved", "adds v to s₂"],
)
def test_lens_laws_over_two_independent_sample_spaces(put, expected):
    """Standardised rows (each variable ±1, all combinations) have exactly the first two moments of N(0, 1).

    With put(s, v) = (v, s₂ + v): GetPut is E s₁² = 1, and Undo, put(put(s, v), get s) = s, is E (v + s₁)² = 2.
    """
    S, V = ld.Ty("S"), ld.Ty("V")
    states, views = ld.SampleSpace("states"), ld.SampleSpace("views")
    s, v = states.column("s", S), views.column("v", V)
    put_box, get = ld.Box("put", S @ V, S), ld.Box("get", S, V)
    undo = ld.Copy(S) @ V >> S @ ld.Swap(S, V) >> put_box @ get >> put_box
    diagram = ld.LearningDiagram(
        ld.Constraint("PutGet", put_box >> get, ld.Discard(S) @ V, over=s @ v),
        ld.Constraint("GetPut", ld.Copy(S) >> S @ get >> put_box, ld.Id(S), over=s),
        ld.Constraint("Undo", undo, S @ ld.Discard(V), over=s @ v),
    )
    F = TorchFunctor(ob={S: Euclidean(2), V: Euclidean(1)}, ar={get: lambda s: s[:, :1], put_box: put})
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3)
    _, terms = compile(diagram, F)({"states": {"s": signs[:, :2]}, "views": {"v": signs[:, 2:]}})
    assert {name: term.item() for name, term in terms.items()} == expected


def test_learner_chain():
    """Fong, Spivak & Tuyéras' learners: p=2, q=3, x=1, y=5, error ½(·)², step 0.1: one step gives (1.7, 2.8)."""
    p, q = ld.Box("p", x, x), ld.Box("q", x, x)
    constraint = ld.Constraint("error", rows.column("x", x) >> p >> q, rows.column("y", x), weight=0.5)
    objective = compile(
        ld.LearningDiagram(constraint), TorchFunctor(ob={x: Euclidean(1)}, ar={p: Times(2), q: Times(3)})
    )
    optimizer = torch.optim.SGD(objective.trainable_parameters(), lr=0.1)
    total, _ = objective({"rows": {"x": torch.tensor([[1.0]]), "y": torch.tensor([[5.0]])}})
    total.backward()
    optimizer.step()
    assert total.item() == 0.5
    after = [parameter.item() for parameter in objective.trainable_parameters()]
    assert after == pytest.approx([1.7, 2.8], rel=1e-6)


def constant_logits(*probabilities):
    logits = torch.tensor(probabilities, dtype=torch.float64).log()
    return lambda value: logits.expand(value.shape[0], -1)


@pytest.mark.parametrize(
    ("reference", "prediction", "nats"),
    [((0.5, 0.5), (0.9, 0.1), 0.510826), ((0.9, 0.1), (0.5, 0.5), 0.368064), ((0.5, 0.5), (0.5, 0.5), 0.0)],
)
def test_kullback_leibler_of_the_reference_from_the_prediction(reference, prediction, nats):
    coin = ld.Ty("coin")
    p, q = ld.Kernel("p", x, coin), ld.Kernel("q", x, coin)
    column = rows.column("x", x)
    F = TorchFunctor(
        ob={x: Euclidean(1), coin: Finite(2)}, ar={p: constant_logits(*prediction), q: constant_logits(*reference)}
    )
    total, _ = compile(ld.LearningDiagram(ld.Constraint("c", p, q, over=column)), F)({"rows": {"x": torch.ones(3, 1)}})
    assert total.item() == pytest.approx(nats, abs=5e-7)
    expected = sum(r * math.log(r / p) for r, p in zip(reference, prediction, strict=True))
    assert total.item() == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("k", [1, 3, 12])
def test_a_ladder_of_k_diamonds_has_2_to_the_k_paths_and_4k_calls(k):
    """A diamond is two parallel paths of two boxes, added; the whole ladder is written four times and run once."""
    add = ld.Box("add", x @ x, x)
    calls = []

    def counted(name):
        return lambda value: (calls.append(name), value + 1)[1]

    ladder, edges = ld.Id(x), {}
    for i in range(k):
        a, b, c, d = (ld.Box(f"{name}{i}", x, x) for name in "abcd")
        edges |= {box.name: counted(box.name) for box in (a, b, c, d)}
        ladder = ladder >> ld.Copy(x) >> (a >> b) @ (c >> d) >> add
    column = rows.column("x", x)
    both = ladder >> ld.Copy(x) >> add
    copied = ld.Copy(x) >> ladder @ ladder >> add
    diagram = ld.LearningDiagram(
        ld.Constraint("once", ladder, ld.Id(x), over=column),
        ld.Constraint("copied", copied, ld.Id(x), over=column),
        ld.Constraint("both", both, ld.Id(x), over=column),
    )
    F = TorchFunctor(ob={x: Euclidean(1)}, ar={add: lambda p, q: p + q, **edges})
    objective = compile(diagram, F)
    calls.clear()
    _, terms = objective({"rows": {"x": torch.zeros(1, 1)}})
    assert sorted(calls) == sorted(edges) and len(calls) == 4 * k
    value = 2 * (2 ** (k + 1) - 2) * 2  # y ↦ 2(y + 2) k times from 0 is 4(2^k − 1), and the whole is added to itself
    assert terms["both"].item() == terms["copied"].item() == value**2
