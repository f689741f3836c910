"""Means in law: a mean in place of a draw is refused where it makes the law of a side another."""

import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.errors import CompileError

x, y, z, w = ld.Ty("x"), ld.Ty("y"), ld.Ty("z"), ld.Ty("w")
p, f, g, r = ld.Kernel("p", ld.Ty(), x), ld.Kernel("f", x, y), ld.Kernel("g", y, x), ld.Kernel("r", x, w)
last, both, split = ld.Kernel("last", ld.Ty(), w), ld.Kernel("both", x @ x, w), ld.Kernel("split", x, x @ x)
real, decide = ld.Box("real", x, z), ld.Box("decide", x, w)
joint = p >> ld.Copy(x) >> x @ f, p >> f >> ld.Copy(y) >> g @ y
TABLE = torch.tensor([[0.5, 0.5], [0.125, 0.875]])


def linear(v=None):
    return torch.tensor([[0.25, 0.75]]).log() if v is None else (v @ TABLE).log()


def loss(lhs, rhs, sample="expectation", **options):
    constraint = ld.Constraint("c", lhs, rhs, **options)
    spaces = {x: Finite(2, sample=sample), y: Finite(2, sample=sample), z: Euclidean(2), w: Finite(2)}
    boxes = {box.name for box in ld.LearningDiagram(constraint).boxes}
    known = {"split": lambda v: (linear(v), linear(v)), "real": lambda v: v, "both": lambda u, v: linear(u * v)}
    known["decide"] = lambda v: v.argmax(1)
    modules = {name: known.get(name, lambda *v: linear(*v)) for name in boxes}
    return compile(ld.LearningDiagram(constraint, frozen=boxes), TorchFunctor(ob=spaces, ar=modules))


@pytest.mark.parametrize(
    ("lhs", "rhs", "options", "kernel"),
    [
        (*joint, {}, "p"),
        (p, p >> f >> g, {"divergence": "energy_distance"}, "p"),  # means are no samples
        (p >> real, p >> f >> g >> real, {}, "p"),
        (p >> ld.Copy(x) >> both, last, {}, "p"),  # two draws of one mean would be independent
        (p >> split >> both, last, {}, "p"),
        (p >> decide, last, {}, "p"),  # a function of the mean has no law of a function of draws
    ],
)
def test_a_mean_that_changes_a_law_is_refused_and_draws_are_advised(lhs, rhs, options, kernel):
    message = f"compared in law, and kernel '{kernel}' is drawn by sample='expectation'"
    with pytest.raises(CompileError, match=message) as error:
        loss(lhs, rhs, **options)
    assert str(error.value).endswith("give its space sample='straight-through' or 'gumbel'")


def test_a_mean_that_kernels_linear_in_it_read_once_gives_the_exact_law():
    law = torch.tensor([0.25, 0.75]) @ TABLE @ TABLE
    value, _ = loss(last, p >> f >> ld.Kernel("h", y, w))({})
    torch.testing.assert_close(value, (law * (law / torch.tensor([0.25, 0.75])).log()).sum())


def test_in_law_a_space_is_not_advised_to_pass_means_on():
    with pytest.raises(CompileError, match="must say how to draw: sample='straight-through' or 'gumbel'; or let"):
        loss(*joint, sample=None)


def test_a_frozen_draw_of_data_is_not_said_to_want_a_gradient():
    at = ld.SampleSpace("rows").column("at", x)
    with pytest.raises(CompileError, match="boxes get a discrete draw as a vector, although no gradient passes here"):
        loss(at >> f >> g, at, sample=None)
