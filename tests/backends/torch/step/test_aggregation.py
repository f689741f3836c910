"""Aggregators: the sum is plain training, and those of torchjd get the Jacobian of the weighted terms."""

import copy

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

torch.set_num_threads(1)
X = ld.Ty("x")
s = ld.SampleSpace("s")
a, b, c = (s.column(name, X) for name in "abc")
f, g, h = (ld.Box(name, X, X) for name in "fgh")
SGD = torch.optim.SGD
ROWS = torch.randn(3, 8, 2, generator=torch.Generator().manual_seed(0)).double()
DATA = {"s": dict(zip("abc", ROWS, strict=True))}


def game_of_terms():
    torch.manual_seed(0)
    nets = {box: nn.Linear(2, 2).double() for box in (f, g, h)}
    diagram = ld.LearningDiagram(
        ld.Constraint("one", a >> f >> g, b, weight=0.5),
        ld.Constraint("two", a >> f >> h, c, weight=3.0),
        ld.Constraint("three", a >> f, a),
    )
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar=nets)), nets


def by_hand(nets, aggregator, steps, lr):
    """Terms, weights and aggregation as one writes them without the library; only f is shared."""
    A, B, C = ROWS
    parameters = [p for net in nets.values() for p in net.parameters()]
    for _ in range(steps):
        mean = lambda error: error.square().sum(1).mean()  # noqa: E731
        code = nets[f](A)
        losses = [0.5 * mean(nets[g](code) - B), mean(code - A), 3.0 * mean(nets[h](code) - C)]
        shared = list(nets[f].parameters())
        matrix = torch.stack(
            [torch.cat([p.flatten() for p in torch.autograd.grad(e, shared, retain_graph=True)]) for e in losses]
        )
        for p in parameters:
            p.grad = None
        sum(losses).backward(inputs=[*nets[g].parameters(), *nets[h].parameters()])
        weight, bias = aggregator(matrix).split([4, 2])
        nets[f].weight.grad, nets[f].bias.grad = weight.view(2, 2), bias
        SGD(parameters, lr=lr).step()


def torchjd(name):
    return getattr(pytest.importorskip("torchjd").aggregation, name)()


@pytest.mark.parametrize("name", ["sum", "mean", "Mean", "MGDA", "AlignedMTL", "UPGrad"])
def test_steps_equal_a_loop_by_hand(name):
    own = {"sum": lambda matrix: matrix.sum(0), "mean": lambda matrix: matrix.mean(0)}
    try:
        aggregators = [own.get(name) or torchjd(name) for _ in range(2)]
    except ImportError as error:
        pytest.skip(str(error))
    o, nets = game_of_terms()
    theirs = copy.deepcopy(nets)
    fit(o, DATA, steps=3, batch_size=8, optimizer=SGD, lr=0.05, aggregator=aggregators[0], progress=False)
    by_hand(dict(zip(nets, theirs.values(), strict=True)), aggregators[1], 3, 0.05)
    for mine, other in zip(nets.values(), theirs.values(), strict=True):
        for p, q in zip(mine.parameters(), other.parameters(), strict=True):
            assert torch.allclose(p, q, rtol=1e-10, atol=1e-12)


def test_the_sum_is_plain_training_also_where_batches_are_joined():
    results = []
    for aggregator in (None, lambda matrix: matrix.sum(0)):
        for accumulate, size in ((1, 8), (2, 4)):
            o, nets = game_of_terms()
            options = {"accumulate": accumulate, "batch_size": size, "aggregator": aggregator, "clip_norm": 1.0}
            fit(o, DATA, steps=3, optimizer=SGD, lr=0.05, progress=False, **options)
            results.append(torch.cat([p.detach().flatten() for net in nets.values() for p in net.parameters()]))
    for other in results[1:]:
        assert torch.allclose(results[0], other, rtol=1e-10, atol=1e-12)


def test_the_aggregator_sees_rows_of_terms_and_columns_of_shared_entries():
    shapes = []
    o, _ = game_of_terms()
    fit(o, DATA, steps=1, aggregator=lambda m: shapes.append(m.shape) or m.sum(0), progress=False)
    assert shapes == [(3, 6)]  # three terms, the six entries of f


def test_a_gradient_that_is_not_finite_goes_to_no_aggregator():
    o, nets = game_of_terms()
    nets[h].register_forward_hook(
        lambda module, inputs, output: (output * 0).square().sum(1, keepdim=True).sqrt() + output
    )
    before = nets[f].weight.detach().clone()
    with pytest.raises(ld.NonFiniteGradient, match="term 'two'"):
        fit(o, DATA, steps=1, aggregator=lambda matrix: pytest.fail("called"), progress=False)
    assert torch.equal(nets[f].weight, before)


def test_a_wrong_result_is_a_typed_error():
    o, _ = game_of_terms()
    with pytest.raises(
        ld.CompileError, match=r"Jacobian \[terms, entries\], here \[3, 6\], and returns .* got shape \[3\]"
    ):
        fit(o, DATA, steps=1, aggregator=lambda matrix: matrix.sum(1), progress=False)
