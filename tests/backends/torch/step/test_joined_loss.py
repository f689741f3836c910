"""Batches joined to one step: the gradient is that of the batches as one batch, whatever their masks."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile, divergence, fit
from learning_diagrams.backends.torch.step.joined_loss import JoinedLoss
from learning_diagrams.backends.torch.step.player_step import PlayerStep

torch.set_num_threads(1)
X, Y = ld.Ty("x"), ld.Ty("y")
s, t = ld.SampleSpace("s"), ld.SampleSpace("t")
a, b, label = s.column("a", X), s.column("b", X), s.column("label", Y)
c, d = t.column("c", X), t.column("d", X)
f, g, k = ld.Box("f", X, X), ld.Box("g", X, X), ld.Kernel("k", X, Y)
SGD = torch.optim.SGD
CONSTRAINTS = [
    ld.Constraint("fit", a >> f, b),
    ld.Constraint("kind", a >> k, label, weight=0.5),
    ld.Constraint("other", c >> f, c, weight=2.0),
    ld.Constraint("still", a, b),  # these two reach no parameter, and count in the total
    ld.Constraint("idle", c, d, weight=0.25),
]


def objective_of(*constraints, **options):
    torch.manual_seed(0)
    modules = {box: nn.Linear(2, 2).double() for box in (f, g, k)}
    diagram = ld.LearningDiagram(*constraints, **options)
    used = {box: module for box, module in modules.items() if box.name in diagram.signature.boxes}
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2), Y: Finite(2)}, ar=used))


def part(rows, masks):
    return {
        "s": {
            "a": (torch.randn(rows, 2).double(), torch.tensor(masks[0])),
            "b": (torch.randn(rows, 2).double(), torch.tensor(masks[1])),
            "label": (torch.arange(rows) % 2, torch.tensor(masks[2])),
        },
        "t": {"c": torch.randn(rows + 1, 2).double(), "d": torch.randn(rows + 1, 2).double()},
    }


def joined(parts):
    def column(space, name):
        columns = [batch[space][name] for batch in parts]
        if isinstance(columns[0], tuple):
            return tuple(map(torch.cat, zip(*columns, strict=True)))
        return torch.cat(columns)

    return {space: {name: column(space, name) for name in columns} for space, columns in parts[0].items()}


def gradient(o):
    return [p.grad.clone() for p in o.trainable_parameters() if p.grad is not None]


@given(
    st.lists(
        st.integers(1, 4).flatmap(
            lambda n: st.tuples(
                st.just(n), st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=3, max_size=3)
            )
        ),
        min_size=2,
        max_size=3,
    )
)
@settings(max_examples=15)
def test_the_gradient_of_parts_is_that_of_the_whole(sizes):
    torch.manual_seed(1)
    o = objective_of(*CONSTRAINTS)
    parts = [part(rows, masks) for rows, masks in sizes]
    step = PlayerStep(None, o, JoinedLoss(o, o), SGD(o.trainable_parameters(), lr=0.0))
    record = step.make(parts)
    found = gradient(o)
    o.zero_grad()
    total, terms = o(joined(parts))
    total.backward()
    assert record.total.item() == pytest.approx(total.item(), rel=1e-12, abs=1e-12)
    for name, term in terms.items():
        assert record.terms[name].item() == pytest.approx(term.item(), rel=1e-12, abs=1e-12)
        assert record.counts[name].item() == o.counts(joined(parts))[name].item()
    for mine, theirs in zip(found, gradient(o), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


def test_an_epoch_of_five_batches_is_three_steps_of_two():
    data = {"s": {"a": torch.randn(18, 2).double(), "b": torch.randn(18, 2).double()}}
    o = objective_of(ld.Constraint("fit", a >> f, b))
    twin = copy.deepcopy(o)
    history = fit(o, data, epochs=2, batch_size=4, accumulate=2, optimizer=SGD, lr=0.1, progress=False)
    assert len(history.steps) == 6 and o.steps_made == 6
    wide = fit(twin, data, epochs=2, batch_size=8, optimizer=SGD, lr=0.1, progress=False)
    for mine, theirs in zip(o.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-12)
    assert [row["total"] for row in history.steps] == pytest.approx([row["total"] for row in wide.steps], rel=1e-12)


@divergence(formula="(Σ (p − r))²", unit="units")
def across_of_ones_own(reference, prediction):
    return (prediction - reference).sum().square().expand(len(prediction)) / len(prediction)


@pytest.mark.parametrize(
    ("constraint", "why"),
    [
        (ld.Constraint("c", a >> f, b, divergence="info_nce"), "compares each row with the other rows"),
        (ld.Constraint("c", s.state >> a >> f, s.state >> b, divergence="mmd"), "compares its sides in law"),
        (ld.Constraint("c", a >> f, b, divergence="across_of_ones_own"), "does not say row_by_row=True"),
    ],
)
def test_terms_across_rows_are_refused(constraint, why):
    o = objective_of(constraint)
    data = {"s": {"a": torch.randn(8, 2).double(), "b": torch.randn(8, 2).double()}}
    with pytest.raises(ld.TypeMismatch, match=rf"accumulate=2 joins means over rows, and term 'c' .*{why}"):
        fit(o, data, epochs=1, accumulate=2, progress=False)
    fit(o, data, epochs=1, accumulate=1, progress=False)


def test_a_compiled_objective_is_called_where_shares_are_even():
    o = objective_of(ld.Constraint("fit", a >> f, b))
    calls = []

    def call(batch, strict):
        calls.append(1)
        return o(batch, strict)

    step = PlayerStep(None, o, JoinedLoss(o, call), SGD(o.trainable_parameters(), lr=0.1))
    plain = {"s": {"a": torch.randn(4, 2).double(), "b": torch.randn(4, 2).double()}}
    masked = {"s": {**plain["s"], "b": (plain["s"]["b"], torch.tensor([True, False, True, True]))}}
    step.make([plain, plain])
    step.make([plain, masked])  # one term: its share is known without the graph
    assert len(calls) == 4


def test_a_learnt_weight_of_a_term_without_parameters_gets_its_gradient():
    number = ld.Ty("number")
    beta = ld.Box("beta", ld.Ty(), number)

    class Number(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.tensor([[0.3]]).double())

        def forward(self):
            return self.value

    torch.manual_seed(0)
    module, net = Number(), nn.Linear(2, 2).double()
    diagram = ld.LearningDiagram(ld.Constraint("still", a, b, weight=beta), ld.Constraint("fit", c >> f, c))
    o = compile(diagram, TorchFunctor(ob={X: Euclidean(2), number: Euclidean(1)}, ar={beta: module, f: net}))
    parts = [
        part(3, [[True] * 3, [True, False, True], [True] * 3]),
        part(4, [[False] + [True] * 3, [True] * 4, [True] * 4]),
    ]
    parts = [
        {"s": {k: v for k, v in batch["s"].items() if k != "label"}, "t": {"c": batch["t"]["c"]}} for batch in parts
    ]
    for aggregator in (None, lambda matrix: matrix.sum(0)):
        PlayerStep(None, o, JoinedLoss(o, o, aggregator=aggregator), SGD(o.trainable_parameters(), lr=0.0)).make(parts)
        found = gradient(o)
        o.zero_grad()
        o(joined(parts))[0].backward()
        for mine, theirs in zip(found, gradient(o), strict=True):
            assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("reduction", ["sum", "mean", "tokens"])
def test_positions_of_joined_batches_are_counted(reduction):
    words, tags = ld.Ty("words"), ld.Ty("tags")
    w = s.column("w", words)
    student, teacher = ld.Kernel("student", words, tags), ld.Kernel("teacher", words, tags)
    torch.manual_seed(0)
    nets = {box: nn.Embedding(9, 4).double() for box in (student, teacher)}
    spaces = {name: Tokens(n, 5, padding=0, reduction=reduction, positions="p") for name, n in ((words, 9), (tags, 4))}
    diagram = ld.LearningDiagram(ld.Constraint("kd", w >> student, w >> teacher), frozen=[teacher])
    o = compile(diagram, TorchFunctor(ob=spaces, ar=nets))
    texts = torch.tensor([[3, 5, 0, 0, 0], [1, 2, 7, 8, 0], [4, 0, 0, 0, 0], [0, 0, 0, 0, 0], [8, 8, 1, 2, 3]])
    parts = [{"s": {"w": texts[:2]}}, {"s": {"w": texts[2:4]}}, {"s": {"w": texts[4:]}}]
    record = PlayerStep(None, o, JoinedLoss(o, o), SGD(o.trainable_parameters(), lr=0.0)).make(parts)
    found = gradient(o)
    o.zero_grad()
    total = o({"s": {"w": texts}})[0]
    total.backward()
    assert record.total.item() == pytest.approx(total.item(), rel=1e-12)
    assert torch.allclose(found[0], gradient(o)[0], rtol=1e-12, atol=1e-14)
