"""Draws of outcomes: how often, with which frequencies, with which gradient, and what the two sides share."""

import math
from contextlib import nullcontext

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal, Poisson

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.draws import SAMPLERS

torch.set_num_threads(1)
some = settings(max_examples=12, deadline=None)
HOW = ("straight-through", "gumbel", "expectation")
x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of, target = rows.column("x", x), rows.column("y", y), rows.column("target", x)
k, read, both = ld.Kernel("k", x, y), ld.Box("read", y, x), ld.Box("both", y @ y, x)
SPACES = {
    "finite": lambda **options: Finite(3, **options),
    "bits": lambda **options: Bernoulli(3, **options),
    "tokens": lambda **options: Tokens(3, 2, **options),
}
discrete = pytest.mark.parametrize("make", SPACES.values(), ids=list(SPACES))
how = pytest.mark.parametrize("sample", HOW)


class Logits(nn.Module):
    """A kernel that returns the same logits for each row, and counts its calls on real tensors."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits.clone())
        self.calls = 0

    def forward(self, value):
        self.calls += type(value) is torch.Tensor
        return self.logits.expand(len(value), *self.logits.shape)


class Recorded:
    """A function of vectors into ℝ², the sum of a few, that keeps what it is given."""

    def __init__(self):
        self.given = []

    def __call__(self, *values):
        if type(values[0]) is torch.Tensor:
            self.given.append(values)
        return torch.stack([sum(values).reshape(len(values[0]), -1).sum(1)] * 2, 1)


def logits_of(space, seed=0):
    torch.manual_seed(seed)
    return torch.randn(space.distribution_shape)


def functor(space, **ar):
    return TorchFunctor(ob={x: Euclidean(2), y: space}, ar=ar)


def compiled(space, *constraints, frozen=(), **ar):
    return compile(ld.LearningDiagram(*constraints, frozen=frozen), functor(space, **ar))


def data(n=4, **more):
    return {"rows": {"x": torch.arange(2.0 * n).reshape(n, 2), **more}}


def probabilities(space, logits):
    return torch.sigmoid(logits) if isinstance(space, Bernoulli) else torch.softmax(logits, -1)


# ---- how many draws -------------------------------------------------------------------------------------------------


@discrete
@how
@pytest.mark.parametrize("wiring", ["one draw", "two draws"])
def test_a_kernel_then_copy_is_one_draw_and_a_copy_then_kernels_two_from_one_law(make, sample, wiring):
    space = make(sample=sample)
    law, spy = Logits(logits_of(space)), Recorded()
    twice = k >> ld.Copy(y) if wiring == "one draw" else ld.Copy(x) >> k @ k
    made = compiled(space, ld.Constraint("c", x_of >> twice >> both, x_of), k=law, both=spy)
    law.calls = 0
    made(data(64))
    ((first, second),) = spy.given
    assert law.calls == 1 and first.shape == (64, *space.distribution_shape)
    assert torch.equal(first, second) == (wiring == "one draw" or sample == "expectation")


@discrete
@how
def test_each_row_and_each_evaluation_draws_anew_and_expectation_draws_nothing(make, sample):
    space = make(sample=sample)
    spy = Recorded()
    made = compiled(space, ld.Constraint("c", x_of >> k >> read, x_of), k=Logits(logits_of(space)), read=spy)
    state = torch.random.get_rng_state()
    made(data(64))
    still = torch.equal(torch.random.get_rng_state(), state)
    made(data(64))
    (one,), (other,) = spy.given
    assert still == torch.equal(one, other) == torch.equal(one[:1].expand_as(one), one) == (sample == "expectation")
    if still:
        torch.testing.assert_close(one[0], probabilities(space, logits_of(space)))


@how
def test_the_two_sides_draw_independently_and_over_is_what_they_share(sample):
    """With `over` one draw; without, one for each side, from a law that is evaluated once."""
    space = Finite(3, sample=sample)
    law, spies = Logits(torch.zeros(3)), (Recorded(), Recorded())
    left, right = ld.Box("left", y, x), ld.Box("right", y, x)
    shared = ld.Constraint("shared", left, right, over=x_of >> k)
    alone = ld.Constraint("alone", x_of >> k >> left, x_of >> k >> right)
    for constraint, draws in ((shared, 1), (alone, 2)):
        mean = constraint is shared and sample == "expectation"
        with pytest.warns(UserWarning, match="at the mean of what over= draws") if mean else nullcontext():
            made = compiled(space, constraint, k=law, left=spies[0], right=spies[1])
        law.calls = 0
        made(data(64))
        one, other = (spy.given[-1][0] for spy in spies)
        assert law.calls == 1 and made.code.count(f"{sample.replace('-', '_')}(") == draws
        assert torch.equal(one, other) == (constraint is shared or sample == "expectation")


@discrete
@how
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_loss_is_that_of_the_plain_functor_with_the_same_seed(make, sample, dtype):
    """Also with two draws, a law at the end of the other side, and both dtypes."""
    space, n = make(sample=sample), 5
    modules = {"k": Logits(logits_of(space)).to(dtype), "both": lambda p, q: (p * 2 - q).flatten(1)[:, :2]}
    side = ld.Copy(x) >> k @ k >> both
    made = compiled(space, ld.Constraint("c", x_of >> side, target), **modules)
    batch = {"x": torch.zeros(n, 2, dtype=dtype), "target": torch.ones(n, 2, dtype=dtype)}
    torch.manual_seed(3)
    total, _ = made({"rows": batch})
    torch.manual_seed(3)
    plain = functor(space, **modules)(side)(batch["x"])
    assert total.dtype == dtype
    torch.testing.assert_close(total, (plain - 1).square().sum(1).mean(), rtol=1e-6, atol=0)


# ---- which law, which gradient --------------------------------------------------------------------------------------


@discrete
def test_straight_through_draws_are_points_with_the_frequencies_of_the_law(make):
    """Of 20,000 rows: within five standard errors in each entry, and entries that are exactly 0 or 1."""
    space, n = make(sample="straight-through"), 20_000
    spy = Recorded()
    logits = logits_of(space)
    compiled(space, ld.Constraint("c", x_of >> k >> read, x_of), k=Logits(logits), read=spy)(data(n))
    drawn, p = spy.given[0][0].detach(), probabilities(space, logits)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert ((drawn.mean(0) - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()
    if not isinstance(space, Bernoulli):
        assert (drawn.sum(-1) == 1).all()
    parts = drawn.reshape(n, -1, 3)[..., 0] if isinstance(space, Tokens) else drawn[:, :2]
    if not isinstance(space, Finite):
        joint, marginal = parts.prod(1).mean().item(), parts.mean(0).prod().item()
        assert joint == pytest.approx(marginal, abs=5 / math.sqrt(n))  # tokens and bits are independent


@some
@given(st.lists(st.integers(-12, 12).map(lambda i: i / 4), min_size=6, max_size=6), st.integers(0, 9))
@pytest.mark.parametrize("suffix", ["", "_bits"])
def test_the_gradient_of_a_straight_through_draw_is_that_of_the_expectation(suffix, values, seed):
    """For a linear consumer, whatever was drawn."""
    torch.manual_seed(seed)
    weight, gradients = torch.randn(2, 3, dtype=torch.float64), []
    for name in ("straight_through", "expectation"):
        logits = torch.tensor(values, dtype=torch.float64).reshape(2, 3).requires_grad_()
        (weight * SAMPLERS[name + suffix](logits)).sum().backward()
        gradients.append(logits.grad)
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-15)


@discrete
@pytest.mark.parametrize("temperature", [1e-3, 1.0, 100.0])
def test_gumbel_draws_are_near_points_at_low_temperature_and_even_at_high(make, temperature):
    """Their most likely outcome has the frequencies of the law at any temperature, and gradients flow."""
    space, spy = make(sample="gumbel", temperature=temperature), Recorded()
    logits, n = logits_of(space), 20_000
    law = Logits(logits)
    total, _ = compiled(space, ld.Constraint("c", x_of >> k >> read, x_of), k=law, read=lambda v: spy(v * v))(data(n))
    total.backward()
    drawn, p = spy.given[0][0].detach().sqrt(), probabilities(space, logits)
    assert law.logits.grad.isfinite().all() and (law.logits.grad != 0).any()
    bits = isinstance(space, Bernoulli)
    if not bits:
        torch.testing.assert_close(drawn.sum(-1), torch.ones(drawn.shape[:-1]), rtol=1e-4, atol=0)
    near = torch.minimum(drawn, 1 - drawn).mean().item()
    assert near < 0.01 if temperature < 0.1 else near > 0.05 if temperature == 1 else near > 0.3
    winner = (drawn > 0.5).float() if bits else nn.functional.one_hot(drawn.argmax(-1), 3).float()
    assert ((winner.mean(0) - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()


@pytest.mark.parametrize("name", ["straight_through_bits", "gumbel_bits", "straight_through", "gumbel"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_rare_outcomes_keep_their_probability_in_half_precision(name, dtype):
    """A probability near 1e-3, either side of it: noise of 8 bits would make it 4e-3, or never."""
    torch.manual_seed(0)
    n, options = 200_000, {"temperature": 0.01} if name.startswith("gumbel") else {}
    for logit in (-7.0, 7.0):
        logits = torch.full((n, 1), logit, dtype=dtype)
        if not name.endswith("bits"):
            logits = torch.cat([logits, torch.zeros_like(logits)], 1)
        drawn = SAMPLERS[name](logits, **options)
        p, frequency = torch.sigmoid(torch.tensor(logit)).item(), (drawn[:, 0] > 0.5).float().mean().item()
        assert drawn.dtype == dtype and frequency == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / n))


# ---- labels, and what cannot be drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", [*HOW, None])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("space", ["finite", "tokens"])
def test_labels_enter_boxes_as_draws_do(sample, dtype, space):
    """As one-hot vectors in the dtype of the modules; without `sample`, as the labels that they are."""
    spy, space = Recorded(), SPACES[space](sample=sample)
    labels = torch.randint(3, (4, *space.point_shape))
    scale = ld.Box("scale", x, x)
    made = compiled(
        space,
        ld.Constraint("c", y_of >> read >> scale, x_of),
        read=lambda v: spy(v)[:, :2].to(dtype), scale=nn.Linear(2, 2, dtype=dtype),
    )  # fmt: skip
    batch = data(y=labels)
    batch["rows"]["x"] = batch["rows"]["x"].to(dtype)
    made(batch)
    (given,) = spy.given[-1]
    wanted = labels if sample is None else nn.functional.one_hot(labels, 3)
    assert torch.equal(given, wanted if sample is None else wanted.to(dtype))
    assert given.dtype == (torch.int64 if sample is None else dtype)


@discrete
def test_a_space_that_does_not_say_how_to_draw_is_a_typed_error_only_where_a_box_needs_a_draw(make):
    law = {"k": Logits(logits_of(make()))}

    def wide(value):
        return value.reshape(len(value), -1)[:, :1].repeat(1, 2) * 1.0

    boxes = {"read": wide, "other": lambda value: wide(value), "same": lambda value: value}
    for *sides, options in (
        (x_of >> k >> read, x_of, {}),
        (read, ld.Box("other", y, x), {"over": x_of >> k}),
        (ld.Id(y), ld.Box("same", y, y), {"over": x_of >> k, "divergence": "total_variation"}),
    ):
        with pytest.raises(ld.CompileError, match=r"'k' ends in .* must say how to draw: sample='straight") as e:
            compiled(make(), ld.Constraint("c", *sides, **options), **boxes, **law)
        assert ("or use a Box" in str(e.value)) == (make().outcomes is None), "a trained box into labels is refused"
    with pytest.raises(ld.CompileError, match=r"'k' ends in .* must say how to draw"):
        functor(make(), read=Recorded(), **law)(k >> read)(torch.zeros(4, 2))
    unused = x_of >> ld.Copy(x) >> (k >> read >> ld.Discard(x)) @ x
    dead = compiled(make(), ld.Constraint("c", unused, target), read=Recorded(), **law)
    assert dead(data(target=torch.zeros(4, 2)))[0].item() > 0


# ---- over -----------------------------------------------------------------------------------------------------------


@discrete
@how
def test_a_draw_of_over_at_the_end_of_a_side_is_its_point(make, sample):
    """The reference is the draw, the prediction a kernel that sees it: here it says ±4, so the loss is known."""
    space, guess = make(sample=sample), ld.Kernel("guess", y, y)
    constraint = ld.Constraint("c", guess, ld.Id(y), over=x_of >> k)
    modules = {"k": Logits(logits_of(space)), "guess": lambda v: 8 * v - 4}
    if sample != "straight-through":
        with pytest.raises(ld.CompileError, match=r"'k' in over= ends a side, .* use sample='straight-through'"):
            compiled(space, constraint, **modules)
        return
    total, _ = compiled(space, constraint, **modules)(data(64))
    each = math.log(1 + math.exp(-4)) if isinstance(space, Bernoulli) else math.log(1 + 2 * math.exp(-8))
    assert total.item() == pytest.approx(math.prod(space.point_shape) * each, rel=1e-3)


@pytest.mark.parametrize("source", [ld.Kernel("coin", ld.Ty(), y), x_of >> k], ids=["from I", "from data"])
def test_a_fair_bit_is_at_total_variation_1_from_its_negation_on_a_shared_draw(source):
    """Identity against NOT: 0 if precomposed, 1 where both sides see one draw."""
    flip = ld.Box("flip", y, y)
    modules = {"coin": lambda: torch.zeros(2), "k": Logits(torch.zeros(2)), "flip": lambda v: 1 - v.argmax(-1)}
    space = Finite(2, sample="straight-through")
    made = compiled(space, ld.Constraint("c", ld.Id(y), flip, over=source, divergence="total_variation"), **modules)
    assert made(data() if made.diagram.columns else {})[0].item() == 1.0


def test_both_sides_h_then_g_is_its_sampled_form_in_expectation():
    """h = (½, ½), g = [[.9, .1], [.1, .9]]: KL 0 precomposed, .878890 where each side draws for itself."""
    h, g = ld.Kernel("h", ld.Ty(), y), ld.Kernel("g", y, y)
    chances = torch.tensor([[0.9, 0.1], [0.1, 0.9]])
    modules = {"h": lambda: torch.zeros(2), "k": Logits(torch.zeros(2)), "g": lambda v: (v @ chances).log()}
    sides = x_of >> k >> g, x_of >> ld.Discard(x) @ h >> g
    made = compiled(Finite(2, sample="straight-through"), ld.Constraint("c", *sides, divergence="kl"), **modules)
    torch.manual_seed(0)
    n = 20_000
    assert made(data(n))[0].item() == pytest.approx(0.878890, abs=5 * 0.878890 / math.sqrt(n))


# ---- gradients ------------------------------------------------------------------------------------------------------


@how
def test_a_frozen_kernel_draws_without_a_gradient_and_one_behind_a_trained_box_with(sample):
    space, f = Finite(3, sample=sample), ld.Box("f", x, x)
    modules = {"k": nn.Linear(2, 3), "f": nn.Linear(2, 2), "read": nn.Linear(3, 2)}
    name = sample.replace("-", "_")
    for side, guarded in ((x_of >> k >> read, True), (x_of >> f >> k >> read, False)):
        made = compiled(space, ld.Constraint("c", side, x_of), frozen=[k], **modules)
        (line,) = [line for line in made.code.splitlines() if f"= {name}(" in line]
        assert line.startswith(" " * 8) == guarded
        made.zero_grad()
        made(data())[0].backward()
        assert modules["k"].weight.grad is None and modules["read"].weight.grad.any()
        assert guarded or modules["f"].weight.grad.any()


def test_a_distribution_without_reparametrised_sample_is_an_error_where_a_gradient_should_pass():
    h, f = ld.Kernel("h", x, x), ld.Box("f", x, x)

    class Counts(nn.Linear):
        def forward(self, value):
            return Poisson(super().forward(value).exp())

    ar = {"h": Counts(2, 2), "f": nn.Linear(2, 2)}
    behind, first = ld.Constraint("c", x_of >> f >> h >> f, x_of), ld.Constraint("c", x_of >> h >> f, x_of)
    for constraint, frozen in ((first, ()), (behind, [h])):
        made = compiled(Finite(3), constraint, frozen=frozen, **ar)
        with pytest.raises(ld.CompileError, match="the draw of kernel 'h', but Poisson has no reparametrised sample"):
            made(data())
        with torch.no_grad():
            assert made(data())[0].isfinite()
    compiled(Finite(3), first, frozen=[h], **ar)(data())[0].backward()
    ar |= {"h": lambda value: Normal(value, 1.0), "read": lambda value: value}
    made = compiled(Finite(3), ld.Constraint("c", x_of >> ld.Box("f", x, x) >> h >> ld.Box("read", x, x), x_of), **ar)
    made.zero_grad()
    made(data())[0].backward()
    assert ar["f"].weight.grad.any()
