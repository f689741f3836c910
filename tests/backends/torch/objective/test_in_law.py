"""Constraints on I: constants, closed forms, and two sides that are compared as laws, by their samples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.samples import SAMPLES, join

torch.set_num_threads(1)
some = settings(max_examples=12, deadline=None)
I, x, y = ld.Ty(), ld.Ty("x"), ld.Ty("y")
A, B = ld.SampleSpace("A"), ld.SampleSpace("B")
a, b, a_label, b_label = A.column("x", x), B.column("y", x), A.column("label", y), B.column("kind", y)
f, g, pair = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("pair", x @ x, x)
first, second = ld.Box("one", I, x), ld.Box("two", I, x)
p, q, coin, dice = (ld.Kernel(name, I, ty) for name, ty in (("p", x), ("q", x), ("coin", y), ("dice", y)))
classify, noisy = ld.Kernel("classify", x, y), ld.Kernel("noisy", x, x)


def compiled(lhs, rhs, divergence=None, over=None, finite=None, **ar):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence, over=over))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: finite or Finite(3)}, ar=ar))


def normal(mean=0.0, scale=1.0):
    return lambda: Normal(torch.full((2,), mean), scale)


class Counted(nn.Linear):
    """A layer that counts its calls on real tensors."""

    calls = 0

    def forward(self, value):
        self.calls += type(value) is torch.Tensor
        return super().forward(value)


class Shift(nn.Module):
    """A generator: noise, moved by what is learned."""

    def __init__(self):
        super().__init__()
        self.by = nn.Parameter(torch.zeros(2))

    def forward(self, value):
        return value + self.by


# ---- constants and closed forms -------------------------------------------------------------------------------------


def test_two_deterministic_sides_are_two_constants():
    boxes = {"one": lambda: torch.ones(2), "two": lambda: torch.tensor([[2.0, 4.0]]), "f": lambda v: 2 * v}
    assert compiled(first, second, **boxes)({})[0].item() == 1 + 9
    assert compiled(first >> f, second, "absolute", **boxes)({})[0].item() == 2
    both = compiled(first @ second, second @ first, **boxes)
    assert both({})[0].item() == 2 * (1 + 9) and both.defects({})["c"].shape == (1,)


CLOSED = {
    "normals": (normal(), normal(1.0, 2.0)),
    "one row": (lambda: Normal(torch.zeros(1, 2), 1.0), normal(1.0, 2.0)),
    "events": (
        lambda: MultivariateNormal(torch.zeros(2), torch.eye(2)),
        lambda: MultivariateNormal(torch.ones(2), torch.eye(2) * 4),
    ),
    "independent": (lambda: Independent(normal()(), 1), lambda: Independent(normal(1.0, 2.0)(), 1)),
}


@pytest.mark.parametrize("laws", CLOSED)
def test_two_explicit_distributions_have_their_closed_form(laws):
    """KL(N(0, 1) ‖ N(1, 4)) on two features: 2 (log 2 + ¼ − ½); nothing is drawn."""
    reference, prediction = CLOSED[laws]
    loss = compiled(p, q, "kl", p=prediction, q=reference)
    state = torch.random.get_rng_state()
    assert loss({})[0].item() == pytest.approx(2 * (math.log(2) + 0.25 - 0.5))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert kl_divergence(reference(), prediction()).sum().item() == pytest.approx(2 * (math.log(2) - 0.25))


def test_logits_from_I_and_laws_at_a_constant_have_their_closed_form():
    r, s = torch.tensor([0.5, 0.5]), torch.tensor([0.9, 0.1])
    for rhs, ar in ((dice, {"dice": r.log}), (first >> classify, {"one": lambda: r, "classify": lambda v: v.log()})):
        loss = compiled(coin, rhs, finite=Finite(2), coin=s.log, **ar)
        assert loss({})[0].item() == pytest.approx(0.510826, abs=1e-6)


# ---- two sides in law -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, *SAMPLES])
def test_unpaired_data_of_different_sizes(name):
    """The default compares points by their energy distance."""
    loss = compiled(A.state >> a >> g, B.state >> b, name, g=lambda v: 2 * v)
    torch.manual_seed(0)
    r, s = torch.randn(7, 2), torch.randn(5, 2)
    torch.manual_seed(1)
    total, _ = loss({"A": {"x": s}, "B": {"y": r}})
    torch.manual_seed(1)
    torch.testing.assert_close(total, SAMPLES[name or "energy_distance"](r, 2 * s))
    assert loss.defects({"A": {"x": s}, "B": {"y": r}}) == {}


@some
@given(st.permutations(range(5)), st.permutations(range(4)))
def test_the_order_of_rows_does_not_matter(left, right):
    loss = compiled(A.state >> a >> g, B.state >> b, g=lambda v: v * v)
    torch.manual_seed(0)
    r, s = torch.randn(4, 2), torch.randn(5, 2)
    torch.testing.assert_close(
        loss({"A": {"x": s[left]}, "B": {"y": r[right]}})[0], loss({"A": {"x": s}, "B": {"y": r}})[0]
    )


def test_within_a_side_rows_are_paired_and_two_draws_of_one_space_are_two_rows():
    loss = compiled(A.state @ B.state >> a @ b >> pair, B.state >> b, pair=lambda u, v: u - v)
    r, s = torch.randn(4, 2), torch.randn(4, 2)
    torch.testing.assert_close(loss({"A": {"x": s}, "B": {"y": r}})[0], SAMPLES["energy_distance"](r, s - r))
    with pytest.raises(ld.DataError, match="paired"):
        loss({"A": {"x": s[:3]}, "B": {"y": r}})
    twice = compiled(A.state @ A.state >> a @ a >> pair, B.state >> b, pair=lambda u, v: (u - v).square())
    gap = (s - s.roll(1, 0)).square()
    torch.testing.assert_close(twice({"A": {"x": s}, "B": {"y": r[:2]}})[0], SAMPLES["energy_distance"](r[:2], gap))


def test_data_beside_the_test_points_of_a_side_are_paired_with_them():
    """A state inside a side gives a row for each test point; other numbers of rows are an error, and not broadcast."""
    beside = {"pair": lambda u, v: u - v, "p": normal(), "f": lambda v: v * 0}
    on_rows = compiled(a @ B.state >> x @ b >> pair, a, **beside)
    s, r = torch.randn(4, 2), torch.randn(4, 2)
    torch.testing.assert_close(on_rows({"A": {"x": s}, "B": {"y": r}})[0], r.square().sum(1).mean())
    for n in (1, 3):
        with pytest.raises(ld.DataError, match="paired"):
            on_rows({"A": {"x": s}, "B": {"y": r[:n]}})
    from_noise = compiled(x @ B.state >> x @ b >> pair, f, over=p, **beside)
    torch.manual_seed(0)
    total, _ = from_noise({"B": {"y": r}})
    torch.manual_seed(0)
    torch.testing.assert_close(total, (torch.randn(4, 2) - r).square().sum(1).mean())


def test_a_copied_draw_and_two_draws_are_told_apart_by_their_joint_law():
    """Marginals are equal: two samples of one law are near 0, and of the joint laws far from it."""
    alone, joint, options = q >> ld.Copy(x) >> x @ ld.Discard(x), q >> ld.Copy(x), {"samples": 1000}
    for name, near, far in (("energy_distance", 0.02, 0.06), ("mmd", 0.01, 0.03), ("sliced_wasserstein", 0.04, 0.08)):
        for lhs, rhs, low in ((alone, p, True), (joint, p @ p, False), (joint, q @ q, False)):
            torch.manual_seed(0)
            loss = compiled(lhs, rhs, {"name": name, **options}, q=normal(), p=normal())
            assert loss({})[0].item() < near if low else loss({})[0].item() > far, name


def test_a_copied_coin_and_two_coins_by_their_joint_law():
    """One-hot vectors of pairs that differ in d coins are √(2d) apart: (2√2 + 2)/4 − 1 for fair coins."""
    space = Finite(2, sample="straight-through")
    divergence = {"name": "energy_distance", "samples": 2000}
    torch.manual_seed(0)
    loss = compiled(coin >> ld.Copy(y), coin @ coin, divergence, finite=space, coin=lambda: torch.zeros(2))
    assert loss({})[0].item() == pytest.approx((2 * math.sqrt(2) + 2) / 4 - 1, abs=0.03)


def test_on_one_finite_space_average_laws_are_compared():
    """By default by KL: of the frequencies of labels from the mean of the classifier's probabilities."""
    loss = compiled(A.state >> a >> classify, B.state >> b_label, classify=lambda v: torch.cat([v, v[:, :1] * 0], 1))
    values, labels = torch.randn(6, 2), torch.tensor([0, 0, 1, 2])
    p_bar = torch.softmax(torch.cat([values, torch.zeros(6, 1)], 1), 1).mean(0)
    r_bar = torch.tensor([0.5, 0.25, 0.25])
    total, _ = loss({"A": {"x": values}, "B": {"kind": labels}})
    torch.testing.assert_close(total, (r_bar * (r_bar / p_bar).log()).sum())
    two_wires = compiled(A.state >> a_label, B.state >> b_label)
    assert two_wires({"A": {"label": labels}, "B": {"kind": labels.flip(0).repeat(2)}})[0].item() == pytest.approx(0)


# ---- generators -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("swapped", [False, True])
def test_a_generator_draws_as_many_samples_as_there_are_data_and_gradients_reach_it(swapped):
    shift = Shift()
    sides = p >> f, A.state >> a
    loss = compiled(*(sides[::-1] if swapped else sides), p=normal(), f=shift)
    data = torch.randn(9, 2) + 3
    torch.manual_seed(0)
    total, _ = loss({"A": {"x": data}})
    torch.manual_seed(0)
    torch.testing.assert_close(total, SAMPLES["energy_distance"](data, torch.randn(9, 2)))
    total.backward()
    assert (shift.by.grad < 0).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_training_moves_a_generator_onto_a_shifted_gaussian(name):
    """From N(0, 1) to N((2, −1), 1), in 150 steps on 64 rows each."""
    torch.manual_seed(0)
    shift, goal = Shift(), torch.tensor([2.0, -1.0])
    divergence = {"name": name, **({"bandwidth": 2.0} if name == "mmd" else {})}
    loss = compiled(p >> f, A.state >> a, divergence, p=normal(), f=shift)
    optimizer = torch.optim.Adam(loss.trainable_parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss({"A": {"x": torch.randn(64, 2) + goal}})[0].backward()
        optimizer.step()
    assert (shift.by - goal).abs().max() < 0.3


def test_a_generator_of_outcomes_learns_their_frequencies_by_its_average_law():
    logits = nn.Module()
    logits.values = nn.Parameter(torch.zeros(3))
    logits.forward = lambda: logits.values
    loss = compiled(coin, B.state >> b_label, coin=logits)
    optimizer = torch.optim.Adam(loss.trainable_parameters(), lr=0.1)
    for _ in range(150):
        optimizer.zero_grad()
        loss({"B": {"kind": torch.tensor([0, 0, 1, 2])}})[0].backward()
        optimizer.step()
    torch.testing.assert_close(logits.values.softmax(0), torch.tensor([0.5, 0.25, 0.25]), atol=0.01, rtol=0)


def test_without_data_there_are_256_draws_or_as_many_as_samples_says():
    """From I in `over`, and on the two sides in law; the sides of `over` see one draw."""
    seen = []

    def spy(v):
        seen.append(v)
        return v

    boxes = {"p": normal(), "q": normal(), "f": spy, "g": lambda v: spy(v * 1)}
    cases = (
        (f, g, None, p, 256),
        (p >> f, q >> g, None, None, 256),
        (p >> f, q >> g, {"name": "mmd", "samples": 7}, None, 7),
        (f >> noisy, g, {"name": "nll"}, p, 256),
    )
    for lhs, rhs, divergence, over, n in cases:
        loss = compiled(lhs, rhs, divergence, over, noisy=lambda v: Normal(v, 1.0), **boxes)
        seen.clear()
        loss({})
        left, right = seen
        assert left.shape == right.shape == (n, 2) and torch.equal(left, right) == (over is not None)
    one_row = compiled(f, g, over=first, one=lambda: torch.ones(2), **boxes)
    assert one_row({})[0].item() == 0


# ---- what is shared, what is refused --------------------------------------------------------------------------------


def test_equal_boxes_on_both_sides_are_computed_once_and_draws_are_not_shared():
    layers = {"f": Counted(2, 2), "g": Counted(2, 2)}
    loss = compiled(A.state >> a >> f, A.state >> a >> f >> g, **layers)
    calls = {name: layer.calls for name, layer in layers.items()}
    loss({"A": {"x": torch.randn(4, 2)}})
    assert {name: layer.calls - calls[name] for name, layer in layers.items()} == {"f": 1, "g": 1}

    class Noisy(Counted):
        def forward(self, value):
            return Normal(super().forward(value), 1.0)

    kernel, seen = Noisy(2, 2), []
    boxes = {"noisy": kernel, "f": lambda v: seen.append(v) or v, "g": lambda v: seen.append(v) or v * 1}
    loss = compiled(A.state >> a >> noisy >> f, A.state >> a >> noisy >> g, **boxes)
    kernel.calls = seen.clear() or 0
    loss({"A": {"x": torch.randn(4, 2)}})
    assert kernel.calls == 1 and not torch.equal(*seen)


REFUSED = {
    "sides are compared in law, and divergence 'squared_error' compares row by row": (
        A.state >> a, B.state >> b, "squared_error", None),
    "divergence 'kl' compares row by row on Euclidean.2.": (A.state >> a, p, "kl", None),
    "divergence 'energy' compares row by row": (A.state >> a, p, "energy", None),
    "divergence 'mmd' does not fit .*; it compares two sides in law": (f, g, "mmd", a),
    "'energy_distance' does not fit .*; it compares two sides in law": (a >> f, a >> g, "energy_distance", None),
    "the joint law of its outputs is compared, by one divergence; it gives 2 divergences": (
        A.state @ A.state >> a @ a, B.state @ B.state >> b @ b, ("mmd", "mmd"), None),
    "starts from I, .* gives 1 divergence": (A.state >> a, B.state >> b, ("mmd",), None),
    "ends in the sample space 'A'": (A.state >> ld.Copy(A.ty), A.state @ A.state, None, None),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_compared_is_a_typed_error(message):
    lhs, rhs, divergence, over = REFUSED[message]
    with pytest.raises(ld.LearningDiagramError, match=message):
        compiled(lhs, rhs, divergence, over, p=normal(), f=nn.Identity(), g=nn.Flatten())


def test_several_wires_are_samples_of_their_product():
    sides = A.state >> ld.Copy(A.ty) >> a @ a_label, B.state >> ld.Copy(B.ty) >> b @ b_label
    r, s, labels = torch.randn(3, 2), torch.randn(4, 2), torch.tensor([0, 1, 2, 2])
    total, _ = compiled(*sides)({"A": {"x": s, "label": labels}, "B": {"y": r, "kind": labels[:3]}})
    hot = nn.functional.one_hot(labels, 3)
    torch.testing.assert_close(total, SAMPLES["energy_distance"](join(r, hot[:3]), join(s, hot)))
