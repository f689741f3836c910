"""Draws of discrete laws: how often, from which law, with which gradient, and equal to the functor's."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.draw import SAMPLERS

torch.set_num_threads(1)
x, c, y = ld.Ty("x"), ld.Ty("c"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of, label = rows.column("x", x), rows.column("y", y), rows.column("label", c)
k, read, two = ld.Kernel("k", x, c), ld.Box("read", c, y), ld.Box("two", c @ c, y)
HOW = ("straight-through", "gumbel", "expectation")
SPACES = {
    "Finite": lambda **how: Finite(3, **how),
    "Bernoulli": lambda **how: Bernoulli(3, **how),
    "Tokens": lambda **how: Tokens(3, 2, **how),
}
SHAPES = {"Finite": (3,), "Bernoulli": (3,), "Tokens": (2, 3)}


class Logits(nn.Linear):
    """Logits of some shape, counting calls on real tensors."""

    def __init__(self, *shape, features=2):
        super().__init__(features, math.prod(shape), dtype=torch.float64)
        self.shape, self.calls = shape, 0

    def forward(self, value):
        self.calls += type(value) is torch.Tensor
        return super().forward(value).reshape(-1, *self.shape)


class Consumer(nn.Module):
    """A linear map of what it is given, which it keeps."""

    def __init__(self, *shape):
        super().__init__()
        self.linear, self.seen = nn.Linear(math.prod(shape), 1, dtype=torch.float64), []

    def forward(self, *values):
        if type(values[0]) is torch.Tensor:
            self.seen.append(values)
        return self.linear(sum(value.flatten(1) for value in values))


def run(lhs, rhs=y_of, space="Finite", how="straight-through", batch=400, frozen=(), seed=0, over=None, **options):
    """Total, objective and modules of one constraint on a batch."""
    torch.manual_seed(1)
    shape = SHAPES[space]
    modules = {"k": Logits(*shape), "read": Consumer(*shape), "two": Consumer(*shape)}
    spaces = {x: Euclidean(2), c: SPACES[space](sample=how, **options), y: Euclidean(1)}
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, over=over), frozen=frozen)
    objective = compile(diagram, TorchFunctor(ob=spaces, ar=modules))
    data = {"x": torch.randn(batch, 2).double(), "y": torch.randn(batch, 1).double(), "label": torch.arange(batch) % 3}
    data = {"rows": {column.name: data[column.name] for column in diagram.columns}}
    torch.manual_seed(seed)
    return objective(data)[0], objective, modules, data


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("space", SPACES)
def test_one_draw_is_used_twice_and_two_draws_come_from_one_law(space, how):
    _, _, modules, _ = run(x_of >> k >> ld.Copy(c) >> two, space=space, how=how)
    one, other = modules["two"].seen[-1]
    assert torch.equal(one, other) and modules["k"].calls == 1
    assert one.shape == (400, *SHAPES[space]) and one.dtype == torch.float64
    _, _, modules, _ = run(x_of >> ld.Copy(x) >> k @ k >> two, space=space, how=how)
    one, other = modules["two"].seen[-1]
    assert torch.equal(one, other) == (how == "expectation") and modules["k"].calls == 1


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("frozen", [(), (k,), (k, read)], ids=len)
def test_the_compiled_loss_is_the_functor_under_the_same_seed(space, how, frozen):
    lhs = x_of >> ld.Copy(x) >> (k >> read) @ (k >> read)
    rhs = ld.Copy(rows.ty) >> y_of @ (x_of >> k >> read)
    total, objective, _, data = run(lhs, rhs, space=space, how=how, frozen=frozen)
    torch.manual_seed(0)
    predicted, expected = objective.functor(lhs)(data["rows"]), objective.functor(rhs)(data["rows"])
    plain = sum((p - r).square().mean() for p, r in zip(predicted, expected, strict=True))
    torch.testing.assert_close(total, plain, rtol=1e-12, atol=0)
    parameters = objective.trainable_parameters()
    assert total.requires_grad == bool(parameters)
    if parameters:
        theirs = torch.autograd.grad(plain, parameters)
        for one, other in zip(torch.autograd.grad(total, parameters), theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
            assert one.abs().sum() > 0


def chi_squared(counts, probabilities):
    expected = counts.sum() * probabilities
    return ((counts - expected).square() / expected).sum().item()


def test_draws_have_the_frequencies_of_their_law():
    """Pearson's χ² of 30,000 draws, below its 99.9 % quantile: 13.8 for 2, 10.8 for 1 degree of freedom."""
    torch.manual_seed(0)
    p = torch.tensor([0.5, 0.2, 0.3])
    drawn = SAMPLERS["straight_through"](p.log().expand(30000, 3))
    assert torch.equal(drawn.sum(1), torch.ones(30000)) and set(drawn.unique().tolist()) == {0.0, 1.0}
    assert chi_squared(drawn.sum(0), p) < 13.8
    relaxed = SAMPLERS["gumbel"](p.log().expand(30000, 3), 0.5).argmax(1)  # the greatest has the law at any temperature
    assert chi_squared(torch.bincount(relaxed, minlength=3), p) < 13.8
    tokens = SAMPLERS["straight_through"](p.log().expand(15000, 2, 3))
    assert chi_squared(tokens.sum((0, 1)), p) < 13.8
    pairs = torch.bincount(tokens[:, 0].argmax(1) * 3 + tokens[:, 1].argmax(1), minlength=9)
    assert chi_squared(pairs, torch.outer(p, p).flatten()) < 26.1  # 8 degrees: positions are independent
    for name, options in (("straight_through_bits", ()), ("gumbel_bits", (0.3,))):
        bits = SAMPLERS[name](torch.logit(p).expand(30000, 3), *options).round()
        for i in range(3):
            ones = bits[:, i].sum()
            assert chi_squared(torch.stack([ones, 30000 - ones]), torch.stack([p[i], 1 - p[i]])) < 10.8
    assert torch.equal(SAMPLERS["expectation"](p.log()[None]), p.log()[None].softmax(-1))


@pytest.mark.parametrize("bits", [False, True], ids=["outcomes", "bits"])
def test_the_gradient_of_a_straight_through_draw_is_that_of_the_expectation(bits):
    """For a linear consumer, whatever was drawn."""
    suffix = "_bits" if bits else ""
    logits = torch.randn(7, 2, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(7, 2, 3, dtype=torch.float64)
    found = [
        torch.autograd.grad((SAMPLERS[f"{name}{suffix}"](logits) * weight).sum(), logits)[0]
        for name in ("straight_through", "straight_through", "expectation")
    ]
    torch.testing.assert_close(found[0], found[2], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(found[1], found[2], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("space", SPACES)
def test_a_cold_relaxed_draw_is_nearly_a_category_and_a_warm_one_is_not(space):
    distance = {}
    for temperature in (0.01, 5.0):
        total, objective, modules, _ = run(x_of >> k >> read, space=space, how="gumbel", temperature=temperature)
        (drawn,) = modules["read"].seen[-1]
        distance[temperature] = (drawn - drawn.round()).abs().mean().item()
        assert ((drawn >= 0) & (drawn <= 1)).all()
        gradient = torch.autograd.grad(total, objective.boxes.of("k").weight)[0]
        assert torch.isfinite(gradient).all() and gradient.abs().sum() > 0
    assert distance[0.01] < 0.01 < 0.1 < distance[5.0]


@pytest.mark.parametrize("space", SPACES)
def test_the_expectation_has_no_randomness(space):
    ends = [run(x_of >> k >> read, space=space, how="expectation", seed=seed)[0] for seed in (0, 1)]
    assert torch.equal(*ends)
    drawn = [run(x_of >> k >> read, space=space, seed=seed)[0] for seed in (0, 1)]
    assert not torch.equal(*drawn)


@pytest.mark.parametrize("space", SPACES)
def test_without_sample_a_draw_is_a_typed_error(space):
    law = {"k": Logits(*SHAPES[space]), "read": lambda v: torch.zeros(len(v), 1)}
    F = TorchFunctor(ob={x: Euclidean(2), c: SPACES[space](), y: Euclidean(1)}, ar=law)
    with pytest.raises(ld.CompileError, match=r"kernel 'k' ends in .* must say how to draw: sample='straight-through'"):
        compile(ld.LearningDiagram(ld.Constraint("c", x_of >> k >> read, y_of)), F)
    with pytest.raises(ld.CompileError, match=r"kernel 'k' ends in .* must say how to draw"):
        F(k >> read)(torch.zeros(2, 2).double())
    with pytest.raises(ld.CompileError, match="sample of Finite is 'straight-through'"):
        Finite(3, sample="hard")
    for temperature in (0, -1.0, "1", True):
        with pytest.raises(ld.CompileError, match="temperature of Finite must be a number > 0"):
            Finite(3, sample="gumbel", temperature=temperature)


@pytest.mark.parametrize("how", HOW)
def test_labels_of_a_column_enter_boxes_as_one_hot_vectors_of_the_module_dtype(how):
    total, objective, modules, data = run(label >> read, how=how)
    (given,) = modules["read"].seen[-1]
    assert torch.equal(given, nn.functional.one_hot(data["rows"]["label"], 3).double())
    plain = objective.functor(read)(data["rows"]["label"]) - data["rows"]["y"]
    assert torch.equal(total, plain.square().mean())
    assert torch.equal(objective.model(read)(data["rows"]["label"]), objective.functor(read)(data["rows"]["label"]))


def test_labels_stay_labels_for_divergences_and_where_nothing_is_drawn():
    total, objective, _, data = run(x_of >> k, label)
    logits = objective.functor(k)(data["rows"]["x"])
    torch.testing.assert_close(total, nn.functional.cross_entropy(logits, data["rows"]["label"]), rtol=1e-12, atol=0)
    seen = []
    spaces = {c: Finite(3), y: Euclidean(1)}
    look = {"read": lambda v: (seen.append(v), torch.zeros(len(v), 1))[1]}
    objective = compile(ld.LearningDiagram(ld.Constraint("c", label >> read, y_of)), TorchFunctor(ob=spaces, ar=look))
    objective({"rows": {"label": torch.tensor([0, 2]), "y": torch.zeros(2, 1)}})
    assert seen[-1].tolist() == [0, 2] and seen[-1].dtype == torch.int64


def test_masked_labels_enter_boxes_as_those_of_present_rows():
    _, objective, modules, _ = run(label >> read, batch=4)
    y_column = torch.ones(4, 1, dtype=torch.float64)
    mask = torch.tensor([True, False, False, True])
    total, _ = objective({"rows": {"label": (torch.tensor([2, -100, 10**9, 1]), mask), "y": y_column}})
    assert modules["read"].seen[-1][0].argmax(1).tolist() == [2, 2, 2, 1]
    expected = objective.functor(read)(torch.tensor([2, 1])) - 1
    torch.testing.assert_close(total, expected.square().mean(), rtol=1e-12, atol=0)


# ---- over= and oracle values ----------------------------------------------------------------------------------------

bit = ld.Ty("bit")
coin, flip = ld.Kernel("coin", ld.Ty(), bit), ld.Box("flip", bit, bit)
NOT = {"coin": lambda: torch.zeros(1, 2), "flip": lambda v: v.argmin(-1)}


def compiled(constraint, space, **modules):
    return compile(ld.LearningDiagram(constraint), TorchFunctor(ob={bit: space, x: Euclidean(2)}, ar=NOT | modules))


def test_identity_and_not_differ_by_1_on_a_shared_fair_bit_and_by_nothing_as_laws():
    """DESIGN, section 8."""
    straight = Finite(2, sample="straight-through")
    tv = {"divergence": "total_variation"}
    shared = compiled(ld.Constraint("c", ld.Id(bit), flip, over=coin, **tv), straight)
    assert shared({})[0].item() == 1.0
    back = compiled(ld.Constraint("c", flip >> flip, ld.Id(bit), over=coin, **tv), straight)
    assert back({})[0].item() == 0.0
    composed = compiled(ld.Constraint("c", coin, coin >> flip, **tv), straight)
    torch.manual_seed(0)
    assert composed({})[0].item() < 0.1  # 256 tosses against the law itself


def test_a_shared_draw_ends_a_side_as_a_label_and_a_relaxed_one_is_a_typed_error():
    guess = ld.Kernel("guess", bit, bit)
    constraint = ld.Constraint("c", guess, ld.Id(bit), over=coin)
    copying = {"guess": lambda v: 4.0 * v}
    value = compiled(constraint, Finite(2, sample="straight-through"), **copying)({})[0].item()
    assert value == pytest.approx(math.log(1 + math.exp(-4)), rel=1e-5)
    bits = compiled(constraint, Bernoulli(2, sample="straight-through"), guess=lambda v: 8.0 * v - 4.0)({})[0].item()
    assert bits == pytest.approx(2 * math.log(1 + math.exp(-4)), rel=1e-5)
    for how in ("gumbel", "expectation"):
        for space in (Finite(2, sample=how), Bernoulli(2, sample=how)):
            with pytest.raises(ld.CompileError, match=f"'coin' in over= ends a side.*draws by {how}.*straight-through"):
                compiled(constraint, space, **copying)


def test_over_is_drawn_once_for_both_sides():
    constraint = ld.Constraint("c", read, read, over=x_of >> k)
    with pytest.warns(UserWarning, match="proved by the theory"):
        run(constraint.lhs, constraint.rhs, over=constraint.over)
    double = ld.Copy(c) >> read @ ld.Discard(c)
    total, _, modules, _ = run(ld.Copy(c) >> two, double, over=x_of >> k)
    assert modules["k"].calls == 1
    torch.testing.assert_close(modules["two"].seen[-1][0], modules["read"].seen[-1][0], rtol=0, atol=0)
    assert total > 0


def test_two_sides_draw_for_themselves_so_the_sampled_form_is_no_divergence_of_composites():
    """h = (.5, .5), g = [[.9, .1], [.1, .9]]: the composites are equal, and the sampled form is ½ · .8 · ln 9."""
    h, h2, g = ld.Kernel("h", x, bit), ld.Kernel("h2", x, bit), ld.Kernel("g", bit, bit)
    table = torch.tensor([[0.9, 0.1], [0.1, 0.9]]).log()
    modules = {"h": lambda v: torch.zeros(len(v), 2), "h2": lambda v: torch.zeros(len(v), 2), "g": lambda v: v @ table}
    batch = {"rows": {"x": torch.zeros(40000, 2)}}
    values = {}
    for how in ("straight-through", "expectation"):
        torch.manual_seed(0)
        constraint = ld.Constraint("c", x_of >> h >> g, x_of >> h2 >> g)
        values[how] = compiled(constraint, Finite(2, sample=how), **modules)(batch)[0].item()
    assert values["straight-through"] == pytest.approx(0.878890, abs=4 * 0.878890 / math.sqrt(40000))
    assert values["expectation"] == pytest.approx(0.0, abs=1e-6)


class NoGradient(Normal):
    has_rsample = False


class Counts(nn.Linear):
    """A kernel into ℝ whose samples have no gradient."""

    def forward(self, value):
        return NoGradient(super().forward(value), 1.0)


def test_a_draw_without_rsample_is_a_typed_error_where_a_gradient_should_pass():
    n, f = ld.Kernel("n", x, x), ld.Box("f", x, x)
    lhs = x_of >> n >> f
    batch = {"rows": {"x": torch.zeros(3, 2), "z": torch.zeros(3, 2)}}
    z_of = rows.column("z", x)

    def objective(*frozen, side=lhs):
        ar = {"n": Counts(2, 2), "f": nn.Linear(2, 2)}
        diagram = ld.LearningDiagram(ld.Constraint("c", side, z_of), frozen=frozen)
        return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=ar))

    with pytest.raises(ld.CompileError, match=r"the draw of kernel 'n'.*no reparametrised sample"):
        objective()(batch)
    total, _ = objective(n)(batch)
    total.backward()
    with pytest.raises(ld.CompileError, match="the draw of kernel 'n'"):
        objective(n, side=x_of >> f >> n >> f)(batch)
    with torch.no_grad():
        objective()(batch)
