"""Constraints from I: constants, closed forms, and what is compared in law, by samples."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

torch.set_num_threads(1)
I, x, c = ld.Ty(), ld.Ty("x"), ld.Ty("c")
A, B = ld.SampleSpace("A"), ld.SampleSpace("B")
ax, ay, bx, by = A.column("x", x), A.column("y", x), B.column("x", x), B.column("y", x)
al, bl = A.column("l", c), B.column("l", c)
f, g, h, pair = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("h", x, c), ld.Box("pair", x @ x, x)
noise, other, point, spot = (ld.Kernel("noise", I, x), ld.Kernel("other", I, x), ld.Box("point", I, x),
                             ld.Box("spot", I, x))  # fmt: skip
coin, die = ld.Kernel("coin", I, c), ld.Kernel("die", I, c)
ZERO = torch.zeros(1, 2, dtype=torch.float64)
IN_LAW = ("mmd", "energy_distance", "sliced_wasserstein", None)


class Constant(nn.Module):
    def __init__(self, *values):
        super().__init__()
        self.values = nn.Parameter(torch.tensor([values], dtype=torch.float64))

    def forward(self):
        return self.values


def objective(lhs, rhs, divergence=None, over=None, space=Finite(3), **modules):  # noqa: B008
    torch.manual_seed(0)
    ar = {"f": nn.Linear(2, 2).double(), "g": nn.Linear(2, 2).double(), "h": nn.Linear(2, 3).double()}
    ar |= {"pair": nn.Bilinear(2, 2, 2).double(), "noise": lambda: Normal(ZERO, 1.0), "point": Constant(1.0, 2.0)}
    ar |= {"other": lambda: Normal(ZERO + 1, 2.0), "spot": Constant(4.0, -2.0)}
    ar |= {"coin": Constant(0.0, 1.0, 2.0), "die": Constant(0.0, 0.0, 0.0)}
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence, over=over))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), c: space}, ar=ar | modules))


def data(n, m, shift=0.0):
    torch.manual_seed(7)
    a, b = torch.randn(n, 2, dtype=torch.float64), torch.randn(m, 2, dtype=torch.float64) + shift
    return {"A": {"x": a, "y": a}, "B": {"x": b, "y": b}}


def value(made, batch, seed=0):
    batch = {space: {n: batch[space][n] for n in names} for space, names in made.layout.read.items()}
    torch.manual_seed(seed)
    return made(batch)[0]


def distance(p, r):
    """The energy distance of two sets of samples, by all pairs."""

    def mean(a, b):
        return sum(math.dist(u, v) for u in a.tolist() for v in b.tolist()) / (len(a) * len(b))

    return 2 * mean(p, r) - mean(p, p) - mean(r, r)


def test_two_deterministic_sides_are_two_constants():
    total = value(objective(point, spot), {})
    assert total.item() == (4 - 1) ** 2 + (-2 - 2) ** 2
    assert value(objective(point >> f, point, f=nn.Identity()), {}).item() == 0.0


def test_explicit_distributions_have_their_closed_form():
    """KL(N(1, 4) ‖ N(0, 1)) = ½ (4 + 1 − 1 − ln 4) for each of two features; that of logits, by hand."""
    total = value(objective(noise, other, "kl"), {})
    assert total.item() == pytest.approx(4 - math.log(4), rel=1e-12)
    p = [math.exp(k) / sum(map(math.exp, range(3))) for k in range(3)]
    expected = sum(math.log(1 / 3 / one) / 3 for one in p)
    assert value(objective(coin, die), {}).item() == pytest.approx(expected, rel=1e-12)
    assert value(objective(coin, die, "total_variation"), {}).item() == pytest.approx(p[2] - 1 / 3, rel=1e-12)
    likelihood = value(objective(noise, point, "nll"), {}).item()
    assert likelihood == pytest.approx(math.log(2 * math.pi) + (1 + 4) / 2, rel=1e-12)


@pytest.mark.parametrize("divergence", IN_LAW)
def test_data_of_two_spaces_is_unpaired_and_of_any_sizes(divergence):
    made, batch = objective(A.state >> ax >> f, B.state >> by, divergence), data(5, 9, shift=2.0)
    total = value(made, batch)
    if divergence in (None, "energy_distance"):
        expected = distance(made.functor(f)(batch["A"]["x"]), batch["B"]["y"])
        assert total.item() == pytest.approx(expected, rel=1e-12)
    assert total > 0
    order = torch.randperm(5)
    mixed = batch | {"A": {name: column[order] for name, column in batch["A"].items()}}
    torch.testing.assert_close(value(made, mixed), total, rtol=1e-9, atol=1e-12)
    gradients = torch.autograd.grad(total, list(made.boxes.of("f").parameters()))
    assert all(one.isfinite().all() and one.abs().sum() > 0 for one in gradients)


@pytest.mark.parametrize("divergence", IN_LAW)
def test_equal_samples_in_any_order_are_0(divergence):
    made, batch = objective(A.state >> ax, B.state >> by, divergence), data(6, 6)
    batch["B"]["y"] = batch["A"]["x"].flip(0)
    assert value(made, batch).item() == pytest.approx(0.0, abs=1e-12)
    twice = batch | {"B": {"y": batch["A"]["x"].repeat(2, 1)}}
    assert value(made, twice).item() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("divergence", IN_LAW)
def test_masks_remove_samples(divergence):
    made, batch = objective(A.state >> ax >> f, B.state >> by, divergence), data(5, 4)
    masks = {"A": torch.tensor([True, False, True, True, False]), "B": torch.tensor([False, True, True, True])}
    kept = {space: {n: v[masks[space]] for n, v in columns.items()} for space, columns in batch.items()}
    masked = {
        space: {n: (torch.where(masks[space][:, None], v, torch.nan), masks[space]) for n, v in columns.items()}
        for space, columns in batch.items()
    }
    ours, expected = value(made, masked), value(made, kept)
    torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-12)
    parameters = list(made.boxes.of("f").parameters())
    found = zip(torch.autograd.grad(ours, parameters), torch.autograd.grad(expected, parameters), strict=True)
    for one, other_one in found:
        torch.testing.assert_close(one, other_one, rtol=1e-9, atol=1e-12)
    nothing = masked | {"A": {"x": (batch["A"]["x"], torch.zeros(5, dtype=torch.bool))}}
    total = value(made, nothing)
    assert total.item() == 0 and not any(one.abs().sum() for one in torch.autograd.grad(total, parameters))


def test_a_sample_of_several_columns_counts_where_all_are_present():
    both = A.state >> ld.Copy(A.ty) >> ax @ ay
    made = objective(both, B.state >> ld.Copy(B.ty) >> bx @ by)
    batch = data(5, 4)
    here, there = torch.tensor([1, 0, 1, 1, 1]).bool(), torch.tensor([1, 1, 0, 1, 1]).bool()
    masked = batch | {"A": {"x": (batch["A"]["x"], here), "y": (batch["A"]["y"], there)}}
    kept = batch | {"A": {n: v[here & there] for n, v in batch["A"].items()}}
    torch.testing.assert_close(value(made, masked), value(made, kept), rtol=1e-12, atol=0)


def test_one_draw_copied_is_told_from_two_draws_though_their_marginals_are_equal():
    copied, two = noise >> ld.Copy(x), noise @ noise
    options = {"name": "energy_distance", "samples": 400}
    same, alike = ld.Kernel("same", I, x), {"same": lambda: Normal(ZERO, 1.0)}
    assert value(objective(copied, two, options), {}).item() > 0.08
    assert value(objective(same @ same, two, options, **alike), {}).item() < 0.03  # what chance leaves of 400 samples
    for keep in (x @ ld.Discard(x), ld.Discard(x) @ x):
        assert value(objective(copied >> keep, same, options, **alike), {}).item() < 0.03
    with pytest.raises(ld.CompileError, match="the output of kernel 'noise' goes to an output and is used again"):
        objective(copied, two)


def test_noise_is_drawn_as_often_as_its_side_or_else_the_other_has_rows():
    seen = []
    spy = {"pair": lambda a, b: (seen.append((a, b)), a)[1], "f": lambda v: (seen.append((v,)), v)[1]}
    value(objective(noise >> f, B.state >> bx, **spy), data(3, 7))
    assert seen[-1][0].shape == (7, 2) and len(seen[-1][0].unique()) == 14
    value(objective((A.state >> ax) @ noise >> pair, B.state >> bx, **spy), data(3, 7))
    assert [one.shape for one in seen[-1]] == [(3, 2), (3, 2)]
    value(objective(noise >> f, other, **spy), {})
    assert seen[-1][0].shape == (256, 2)


def test_two_spaces_on_one_side_are_paired_and_two_draws_of_one_are_rolled():
    made = objective((A.state >> ax) @ (B.state >> bx) >> pair, noise)
    with pytest.raises(ld.DataError, match="paired by position, and their numbers differ: 'A' has 3, 'B' has 7"):
        value(made, data(3, 7))
    seen = []
    spy = {"pair": lambda a, b: (seen.append((a, b)), a)[1]}
    value(objective((A.state >> ax) @ (A.state >> ax) >> pair, B.state >> bx, **spy), data(3, 7))
    assert torch.equal(seen[-1][1], seen[-1][0].roll(1, 0))


def test_finite_laws_are_averaged_over_rows_first():
    made, batch = objective(A.state >> ax >> h, B.state >> bl), data(5, 4)
    batch["B"]["l"] = torch.tensor([0, 2, 2, 1])
    p = made.functor(h)(batch["A"]["x"]).softmax(1).mean(0)
    r = torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64)
    torch.testing.assert_close(value(made, batch), (r * (r / p).log()).sum(), rtol=1e-12, atol=0)
    drawn = objective(noise >> h, coin, h=lambda v: torch.zeros(len(v), 3, dtype=torch.float64))
    assert value(drawn, {}).item() > 0.1
    by_samples = objective(A.state >> ax >> h, B.state >> bl, "mmd", space=Finite(3, sample="straight-through"))
    assert value(by_samples, batch).requires_grad


@pytest.mark.parametrize("over", [noise, point])
def test_over_may_start_from_nothing(over):
    made = objective(f, g, over=over)
    total = value(made, {})
    torch.manual_seed(0)
    tested = torch.distributions.Normal(ZERO, 1.0).expand((256, 2)).rsample() if over is noise else ZERO + 1
    if over is point:
        tested = made.boxes.of("point").values
    expected = (made.functor(f)(tested) - made.functor(g)(tested)).square().sum(1).mean()
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=0)
    assert made.defects({})["c"].shape == (256,)


REFUSED = {
    r"'c' starts from I, so the joint law .* it gives 2 divergences": (
        noise >> ld.Copy(x) >> f @ g, other @ other, ["mmd", "mmd"]),
    "'squared_error' compares row by row": (A.state >> ax, B.state >> bx, "squared_error"),
    "'kl' compares row by row": (A.state >> ax, B.state >> bx, "kl"),
    "'mmd' does not fit .* it compares two sides in law: let both start from I": (ax >> f, ay, "mmd"),
    "'energy_distance' does not fit .* in law": (ax >> f, ay, "energy_distance"),
    "samples of divergence 'mmd' must be": (A.state >> ax, B.state >> bx, {"name": "mmd", "samples": 0}),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_what_does_not_fit_is_a_compile_error(message):
    lhs, rhs, divergence = REFUSED[message]
    with pytest.raises(ld.CompileError, match=message):
        objective(lhs, rhs, divergence)


@pytest.mark.parametrize("divergence", ["mmd", "energy_distance", "sliced_wasserstein"])
def test_training_moves_a_generator_onto_a_shifted_gaussian(divergence):
    """From N(0, 1) noise onto N((3, −2), ½²), by an affine map: 200 steps bring mean and spread within 0.2."""
    torch.manual_seed(0)
    layer = nn.Linear(2, 2).double()
    option = {"name": "mmd", "bandwidth": 3.0} if divergence == "mmd" else divergence
    made = objective(noise >> f, A.state >> ax, option, f=layer)
    target = torch.randn(2000, 2, dtype=torch.float64) / 2 + torch.tensor([3.0, -2.0], dtype=torch.float64)
    fit(made, {"A": {"x": target}}, steps=200, batch_size=64, lr=0.05, progress=False, device="cpu",
        optimizer=torch.optim.Adam)  # fmt: skip
    made.eval()
    torch.testing.assert_close(layer.bias.detach(), target.mean(0), rtol=0, atol=0.2)
    spread = (layer.weight @ layer.weight.T).detach()
    torch.testing.assert_close(spread, torch.eye(2, dtype=torch.float64) / 4, rtol=0, atol=0.2)


def test_an_epoch_of_unpaired_data_is_one_pass_over_the_larger_space():
    made = objective(A.state >> ax >> f, B.state >> by)
    history = fit(made, {"A": {"x": torch.randn(10, 2).double()}, "B": {"y": torch.randn(25, 2).double()}}, epochs=1,
                  batch_size={"A": 4, "B": 10}, progress=False, device="cpu")  # fmt: skip
    assert len(history.steps) == 3
