"""Divergences in law against brute force over all pairs, closed forms, and sorted quantiles; masks remove samples."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
import plain_divergence as plain
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.samples import AVERAGES, SAMPLES, join

torch.set_num_threads(1)
some = settings(max_examples=12, deadline=None)
values = st.integers(-8, 8).map(lambda k: k / 4)


def sets(features):
    return st.lists(st.lists(values, min_size=features, max_size=features), min_size=1, max_size=5)


def mean_over_pairs(of, a, b):
    return sum(of(x, y) for x in a for y in b) / (len(a) * len(b))


def by_pairs(of):
    def function(r, p):
        return 2 * mean_over_pairs(of, p, r) - mean_over_pairs(of, p, p) - mean_over_pairs(of, r, r)

    return function


def kernel(width):
    return lambda x, y: -math.exp(-(math.dist(x, y) ** 2) / (2 * width**2))


BY_PAIRS = {"energy_distance": (by_pairs(math.dist), {}), "mmd": (by_pairs(kernel(1.0)), {}),
            "mmd, narrow": (by_pairs(kernel(0.5)), {"bandwidth": 0.5})}  # fmt: skip


def tensor(samples):
    return torch.tensor(samples, dtype=torch.float64)


@some
@given(sets(2), sets(2))
@pytest.mark.parametrize("name", BY_PAIRS)
def test_values_are_the_formula_over_all_pairs(name, r, p):
    formula, options = BY_PAIRS[name]
    function = SAMPLES[name.split(",")[0]]
    assert function(tensor(r), tensor(p), **options).item() == pytest.approx(formula(r, p), abs=1e-12)
    assert function(tensor(r), tensor(p), **options).item() >= -1e-12


def wasserstein(r, p):
    """W₂² of two empirical laws on a line: each sample repeated until both have equally many, in order; exact."""
    n = math.lcm(len(r), len(p))
    ends = [sorted(Fraction(number) for (number,) in samples for _ in range(n // len(samples))) for samples in (r, p)]
    return float(sum((a - b) ** 2 for a, b in zip(*ends, strict=True)) / n)


@some
@given(sets(1), sets(1))
def test_on_a_line_sliced_wasserstein_is_wasserstein(r, p):
    assert SAMPLES["sliced_wasserstein"](tensor(r), tensor(p)).item() == pytest.approx(wasserstein(r, p), abs=1e-12)


@some
@given(sets(3), sets(3))
def test_sliced_wasserstein_is_the_mean_over_its_directions(r, p):
    """The same random directions, and along each the exact value."""
    torch.manual_seed(0)
    value = SAMPLES["sliced_wasserstein"](tensor(r), tensor(p), projections=5).item()
    torch.manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(5, 3, dtype=torch.float64), dim=1)
    along = [[(tensor(samples) @ direction)[:, None].tolist() for samples in (r, p)] for direction in directions]
    assert value == pytest.approx(sum(wasserstein(*ends) for ends in along) / 5, abs=1e-12)


def test_sliced_wasserstein_of_a_shift_is_its_square_over_the_dimension():
    """Along θ a shift by s is one by ⟨θ, s⟩, and E⟨θ, s⟩² = |s|² / d; four standard errors over 4,000 directions."""
    torch.manual_seed(0)
    r, shift = torch.randn(50, 3).double(), tensor([1.0, 2.0, -2.0])
    value = SAMPLES["sliced_wasserstein"](r, r + shift, projections=4000).item()
    assert value == pytest.approx(9 / 3, abs=4 * 9 * math.sqrt(4 / 45 / 4000))


def test_normals_in_law_are_near_their_closed_forms():
    """Of N(1, 1) and N(0, 1) from 3,000 samples of each: 2 E|N(1, 2)| − 2 E|N(0, 2)|, 2 (√⅓)(1 − e^(−1/6)), and 1."""
    torch.manual_seed(0)
    r, p = torch.randn(3000, 1), torch.randn(3000, 1) + 1
    absolute = 2 / math.sqrt(math.pi) * math.exp(-0.25) + math.erf(0.5)
    expected = {
        "energy_distance": 2 * absolute - 4 / math.sqrt(math.pi),
        "mmd": 2 * math.sqrt(1 / 3) * (1 - math.exp(-1 / 6)), "sliced_wasserstein": 1.0,
    }  # fmt: skip
    for name, function in SAMPLES.items():
        assert function(r, p).item() == pytest.approx(expected[name], rel=0.15), name


@some
@given(sets(2), sets(2), st.data())
@pytest.mark.parametrize("name", SAMPLES)
def test_absent_samples_are_removed_and_repeated_ones_are_weights(name, r, p, data):
    masks = [data.draw(st.lists(st.booleans(), min_size=len(samples), max_size=len(samples))) for samples in (r, p)]

    def of(r, p, **present):
        torch.manual_seed(0)
        return SAMPLES[name](tensor(r), tensor(p), **present).item()

    kept = [[sample for sample, here in zip(*both, strict=True) if here] for both in zip((r, p), masks, strict=True)]
    present = dict(zip(("reference_present", "prediction_present"), map(torch.tensor, masks), strict=True))
    assert of(r, p, **present) == pytest.approx(of(*kept) if all(kept) else 0.0, abs=1e-9)
    assert of(r * 3, p * 2) == pytest.approx(of(r, p), abs=1e-9)
    assert of(r, r[::-1]) == pytest.approx(0, abs=1e-12)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("n", "scale"), [(8, 0.788), (64, 0.969)])
def test_small_batches_make_a_generator_narrow(n, scale):
    """The value counts pairs of a sample with itself: s · z against z′, z and z′ normal, is least at c / √(2 − c²) with
    c = 1 − 1/n, where 4 s / √(2π (1 + s²)) = 2 c / √π. There the mean slope of 3,000 batches is 0, and at 1 it is not.
    """
    c = 1 - 1 / n
    least = c / math.sqrt(2 - c * c)
    assert round(least, 3) == scale
    torch.manual_seed(0)
    for at in (least, 1.0):
        s = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        batches = (torch.randn(2, n, 1, dtype=torch.float64) for _ in range(3000))
        slopes = torch.stack([torch.autograd.grad(SAMPLES["energy_distance"](r, s * z), s)[0] for r, z in batches])
        error = slopes.std() / math.sqrt(len(slopes))
        assert (slopes.mean().abs() < 3 * error) == (at == least), (at, slopes.mean(), error)


@pytest.mark.parametrize("name", SAMPLES)
def test_gradients_are_those_of_finite_differences_and_0_at_equal_samples(name):
    torch.manual_seed(0)
    r, p = torch.randn(4, 2).double(), torch.randn(3, 2).double().requires_grad_()
    mask = torch.tensor([True, True, False])

    def of(p):
        torch.manual_seed(1)
        return SAMPLES[name](r, p, prediction_present=mask)

    assert torch.autograd.gradcheck(of, p)
    assert torch.autograd.grad(of(p), p)[0][2].tolist() == [0, 0]
    same = r.clone().requires_grad_()
    assert torch.autograd.grad(SAMPLES[name](r, same), same)[0].abs().max() < 1e-12


# ---- through compile ------------------------------------------------------------------------------------------------

x, y = ld.Ty("x"), ld.Ty("y")
first, second = ld.SampleSpace("one"), ld.SampleSpace("two")
x_of, other_x, y_of, other_y = first.column("x", x), second.column("x", x), first.column("y", y), second.column("y", y)
law, label = ld.Kernel("distribution", ld.Ty(), x), ld.Kernel("label", ld.Ty(), y)


def objective(lhs, rhs, divergence=None, space=None, **ar):
    ob = {x: Euclidean(2), y: space or Finite(3)}
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence)), TorchFunctor(ob=ob, ar=ar))


@pytest.mark.parametrize("name", SAMPLES)
def test_unpaired_data_with_masks_through_compile(name):
    """Two sample spaces of unequal length, absent samples holding NaN."""
    r, p = torch.randn(5, 2), torch.randn(4, 2)
    r[1], p[3] = torch.nan, torch.nan
    here = {"one": torch.arange(4) != 3, "two": torch.arange(5) != 1}
    loss = objective(first.state >> x_of, second.state >> other_x, name)
    torch.manual_seed(0)
    total, _ = loss({"one": {"x": (p, here["one"])}, "two": {"x": (r, here["two"])}})
    torch.manual_seed(0)
    torch.testing.assert_close(total, SAMPLES[name](r[here["two"]], p[here["one"]]))


def test_several_wires_are_compared_jointly():
    """Equal marginals, unequal joint: (0, 0), (1, 1) against (0, 1), (1, 0)."""
    values = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    loss = objective(first.state >> ld.Copy(first.ty) >> x_of @ x_of, first.state @ second.state >> x_of @ other_x)
    total, _ = loss({"one": {"x": values}, "two": {"x": values.flip(0)}})
    assert total.item() == pytest.approx(
        SAMPLES["energy_distance"](join(values, values.flip(0)), join(values, values)).item()
    )
    assert total.item() > 0.5


f, q = ld.Box("f", x, x), ld.Kernel("q", ld.Ty(), x)
NORMALS = {"distribution": lambda: Normal(torch.zeros(2), 1.0), "q": lambda: Normal(torch.ones(2), 1.0)}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_says_how_many_are_drawn(name):
    """Seven of each side, against the function of seven draws with the same seed; the draw of the left comes first."""
    option = {"mmd": {"bandwidth": 2.0}, "sliced_wasserstein": {"projections": 3}}.get(name, {})
    loss = objective(law >> f, q, {"name": name, "samples": 7, **option}, f=lambda v: v, **NORMALS)
    torch.manual_seed(0)
    total, _ = loss({})
    torch.manual_seed(0)
    p, r = torch.randn(7, 2), torch.randn(7, 2) + 1
    torch.testing.assert_close(total, SAMPLES[name](r, p, **option))


@pytest.mark.parametrize("name", SAMPLES)
def test_two_explicit_laws_may_be_compared_by_samples(name):
    """Where it is asked for: also two laws that have a closed form."""
    assert objective(law, q, name, **NORMALS)({})[0].isfinite()


class Logits(nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(tensor(logits))

    def forward(self):
        return self.logits


@pytest.mark.sampled(3)
@some
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=6), st.lists(st.integers(1, 9), min_size=3, max_size=3), st.data()
)
@pytest.mark.parametrize("name", [name.removesuffix("_in_law") for name in AVERAGES])
def test_average_laws_are_frequencies(name, labels, weights, data):
    """The formula on the frequencies of the present labels, in double precision, on either side."""
    present = data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels)))
    kept = [k for k, here in zip(labels, present, strict=True) if here]
    p = [w / sum(weights) for w in weights]
    r = [kept.count(k) / len(kept) for k in range(3)] if kept else None
    for ends, sides in (((r, p), (label, first.state >> y_of)), ((p, r), (first.state >> y_of, label))):
        module = Logits([math.log(w) for w in weights])
        loss = objective(*sides, name, label=module)
        total, _ = loss({"one": {"y": (torch.tensor(labels), torch.tensor(present))}})
        expected = plain.FORMULAS[name](*ends) if kept else 0.0
        assert total.item() == pytest.approx(expected, rel=1e-12, abs=1e-12)
        if math.isfinite(expected):
            total.backward()
            assert module.logits.grad.isfinite().all()


@pytest.mark.parametrize("name", [name.removesuffix("_in_law") for name in AVERAGES])
@pytest.mark.parametrize("side", ["lhs", "rhs"])
def test_no_label_present_is_a_term_0_with_gradient_0(name, side):
    sides = (label, first.state >> y_of) if side == "lhs" else (first.state >> y_of, label)
    module = Logits([0.0, 1.0, 2.0])
    total, _ = objective(*sides, name, label=module)({"one": {"y": (torch.tensor([0, 1]), torch.tensor([False] * 2))}})
    total.backward()
    assert (total.item(), module.logits.grad.tolist()) == (0, [0, 0, 0])


def test_alpha_is_the_one_option_of_average_laws():
    r, p = (0.5, 0.5, 0.0), (0.2, 0.3, 0.5)
    module, data = Logits([math.log(a) for a in p]), {"one": {"y": torch.tensor([0, 1])}}
    total, _ = objective(label, first.state >> y_of, {"name": "renyi", "alpha": 0.5}, label=module)(data)
    assert total.item() == pytest.approx(plain.renyi(r, p, 0.5))
    with pytest.raises(ld.CompileError, match="average distributions are compared by 'kl' without options but alpha"):
        objective(label, first.state >> y_of, {"name": "kl", "temperature": 2.0}, label=module)


def test_labels_bits_and_tokens_by_samples():
    """Labels are one-hot vectors: two different ones are √2 apart, whichever they are."""
    for a, b in ((0, 1), (0, 2)):
        batch = {"one": {"y": torch.tensor([a])}, "two": {"y": torch.tensor([b])}}
        total, _ = objective(first.state >> y_of, second.state >> other_y, "energy_distance")(batch)
        assert total.item() == pytest.approx(2 * math.sqrt(2))
    for space, a, b, apart in (
        (Bernoulli(2), [[0.0, 1.0]], [[1.0, 0.0]], math.sqrt(2)), (Tokens(5, 3), [[0, 1, 4]], [[1, 1, 0]], 2.0)
    ):  # fmt: skip
        batch = {"one": {"y": torch.tensor(a)}, "two": {"y": torch.tensor(b)}}
        total, _ = objective(first.state >> y_of, second.state >> other_y, space=space)(batch)
        assert total.item() == pytest.approx(2 * apart), space


MISFITS = {
    "'kl' compares row by row on Euclidean.2.; what fits: 'mmd', 'energy_distance', 'sl": (x_of, other_x, "kl"),
    "'squared_error' compares .* Finite.3.; what fits: 'mmd', .*'kl', .*'reverse_kl'": (y_of, other_y, "squared_error"),
    "'nll' compares row by row": (y_of, other_y, "nll"),
    "bandwidth of divergence 'mmd' must be a number > 0": (x_of, other_x, {"name": "mmd", "bandwidth": 0}),
    "samples of divergence 'mmd' must be a whole number ≥ 1": (x_of, other_x, {"name": "mmd", "samples": 0}),
    "projections of .* must be a whole number ≥ 1": (x_of, other_x, {"name": "sliced_wasserstein", "projections": 2.5}),
}


@pytest.mark.parametrize("message", MISFITS)
def test_what_does_not_fit_in_law_is_a_typed_error(message):
    lhs, rhs, divergence = MISFITS[message]
    with pytest.raises(ld.CompileError, match=message):
        objective(first.state >> lhs, second.state >> rhs, divergence)
