"""Paired sample spaces of unequal length: measured alike whatever the batches, or refused."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

x, k = ld.Ty("x"), ld.Ty("k")
long, short = ld.SampleSpace("long"), ld.SampleSpace("short")
f = ld.Kernel("f", x, k)
lhs = (long.column("x", x) >> f) @ ld.Discard(short.ty)
PAIRED = ld.LearningDiagram(ld.Constraint("pair", lhs, ld.Discard(long.ty) @ short.column("y", k)))
X, Y = torch.randn(50, 4), torch.randint(0, 3, (12,))
DATA = {"long": {"x": X}, "short": {"y": Y}}


def objective():
    net = nn.Linear(4, 3)
    return net, compile(PAIRED, TorchFunctor(ob={x: Euclidean(4), k: Finite(3)}, ar={f: net}))


@pytest.mark.parametrize("batch_size", [None, 12, 6, 4, 1])
def test_row_i_meets_row_i_of_the_shorter_space_repeated(batch_size):
    net, loss = objective()
    expected = functional.cross_entropy(net(X), Y.repeat(5)[:50]).item()
    assert loss.evaluate(DATA, batch_size=batch_size)["pair"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("batch_size", [13, 7, 5])
def test_batches_that_would_leave_out_rows_are_refused(batch_size):
    with pytest.raises(ld.DataError, match=r"divisor of 12|would differ in length"):
        objective()[1].evaluate(DATA, batch_size=batch_size)


def test_predictions_need_equally_many_rows():
    _, loss = objective()
    both = (long.column("x", x) >> f) @ short.column("y", k)
    with pytest.raises(ld.DataError, match="equally many"):
        loss.predict(DATA, both, batch_size=12)
    logits, labels = loss.predict({"long": {"x": X}, "short": {"y": Y.repeat(5)[:50]}}, both, batch_size=10)
    assert logits.shape == (50, 3) and torch.equal(labels, Y.repeat(5)[:50])
