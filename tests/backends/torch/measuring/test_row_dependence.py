"""Terms across rows: each kind is named with its reason, and parts of a batch show that the reason holds."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, divergence
from learning_diagrams.backends.torch.measuring.row_dependence import terms_across_rows

x, y = ld.Ty("x"), ld.Ty("y")
s, other = ld.SampleSpace("s"), ld.SampleSpace("other")
a, b, label = s.column("a", x), s.column("b", x), s.column("y", y)
f, k, far = ld.Box("f", x, x), ld.Kernel("k", x, y), ld.Box("far", x @ x, x)
UNIT = {"formula": "|p − r|", "unit": "units"}


@divergence(**UNIT)
def centred(reference, prediction):
    return (prediction - prediction.mean(0) - reference).abs().sum(1)


@divergence(**UNIT, row_by_row=True)
def plain(reference, prediction):
    return (prediction - reference).abs().sum(1)


ACROSS = {
    "in law": ld.Constraint("c", s.state >> a >> f, s.state >> b),
    "different rows": ld.Constraint("c", a @ a >> far, a @ a >> ld.Discard(x) @ f),
    "other rows": ld.Constraint("c", a >> f, b, divergence="info_nce"),
    "row_by_row=True": ld.Constraint("c", a >> f, b, divergence="centred"),
}
BY_ROWS = {
    "points": ld.Constraint("c", a >> f, b),
    "labels": ld.Constraint("c", a >> k, label),
    "copied row": ld.Constraint("c", a >> ld.Copy(x) >> far, b),
    "own": ld.Constraint("c", a >> f, b, divergence="plain"),
    "paired": ld.Constraint("c", (a >> f) @ ld.Discard(other.ty), ld.Discard(s.ty) @ other.column("x", x)),
}
torch.manual_seed(0)
A = torch.randn(6, 2)
DATA = {"s": {"a": A, "b": A + torch.randn(6, 2), "y": torch.arange(6) % 2}, "other": {"x": torch.randn(6, 2)}}


def objective_of(constraint):
    torch.manual_seed(1)
    modules = {f: nn.Linear(2, 2), k: nn.Linear(2, 2), far: nn.Bilinear(2, 2, 2)}
    return compile(ld.LearningDiagram(constraint), TorchFunctor(ob={x: Euclidean(2), y: Finite(2)}, ar=modules))


def mean_of_halves(objective):
    halves = [{n: {c: v[rows] for c, v in cs.items()} for n, cs in DATA.items()} for rows in (slice(3), slice(3, 6))]
    return sum(objective(half, strict=False)[0].item() for half in halves) / 2


@pytest.mark.parametrize("reason", ACROSS)
def test_a_term_across_rows_says_why_and_is_no_mean_over_batches(reason):
    objective = objective_of(ACROSS[reason])
    assert reason in terms_across_rows(objective.loss)["c"]
    assert mean_of_halves(objective) != pytest.approx(objective(DATA, strict=False)[0].item(), rel=1e-4)


@pytest.mark.parametrize("name", BY_ROWS)
def test_a_term_of_single_rows_is_the_mean_over_batches(name):
    objective = objective_of(BY_ROWS[name])
    assert terms_across_rows(objective.loss) == {}
    assert mean_of_halves(objective) == pytest.approx(objective(DATA, strict=False)[0].item(), rel=1e-6)
