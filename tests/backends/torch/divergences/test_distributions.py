"""Divergences of torch Distributions against closed forms; what has no rule, no density or no gradient is said."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import (
    Categorical,
    Distribution,
    Exponential,
    Independent,
    MultivariateNormal,
    Normal,
    Poisson,
    StudentT,
    Uniform,
    kl_divergence,
)  # fmt: skip

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import TorchDivergences

torch.set_num_threads(1)
x, rows = ld.Ty("x"), ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", x)
p, q = ld.Kernel("p", x, x), ld.Kernel("q", x, x)
OB = {x: Euclidean(2)}
mean_of = TorchDivergences().functions()


class Module(nn.Module):
    """A kernel by a function from a trained linear map to a Distribution."""

    def __init__(self, law):
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.law = nn.Linear(2, 2).double(), law

    def forward(self, value):
        return self.law(self.linear(value))


def objective(lhs, rhs, divergence, *, frozen=(), **laws):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence), frozen=frozen)
    return compile(diagram, TorchFunctor(ob=OB, ar={name: Module(law) for name, law in laws.items()}))


def batch(n=4, y=None):
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return {"rows": {"x": x, "y": 2 * x if y is None else y}}


def normal_kl(mean, scale, other, width):
    """KL(N(mean, scale²) ‖ N(other, width²)) in nats."""
    return math.log(width / scale) + (scale**2 + (mean - other) ** 2) / (2 * width**2) - 0.5


LAWS = {"Normal": lambda m, s: Normal(m, s), "Independent": lambda m, s: Independent(Normal(m, s), 1),
        "MultivariateNormal": lambda m, s: MultivariateNormal(m, torch.eye(2).double() * s**2)}  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ["kl", "reverse_kl"])
def test_kl_of_normals_is_the_closed_form(name, law):
    """Sum over the two features, whether the distribution counts them as rows or as one event; mean over rows."""
    loss = objective(x_of >> p, x_of >> q, name, p=lambda v: LAWS[law](v, 0.5), q=lambda v: LAWS[law](v + 1, 2.0))
    total, _ = loss(batch(), strict=False)
    first, second = ((1, 2.0), (0, 0.5)) if name == "kl" else ((0, 0.5), (1, 2.0))
    assert total.item() == pytest.approx(2 * normal_kl(*first, *second), rel=1e-12)
    assert loss.defects(batch(), strict=False)["c"].tolist() == pytest.approx([total.item()] * 4)


def test_gradient_of_kl_is_that_of_the_closed_form():
    """KL(N(a, 1) ‖ N(b, 1)) = ½ |a − b|², whose slope in b is (b − a) / rows."""
    a, b = torch.randn(3, 2).double(), torch.randn(3, 2).double().requires_grad_()
    mean_of["distribution_kl"](Normal(a, 1.0), Normal(b, 1.0)).backward()
    torch.testing.assert_close(b.grad, (b.detach() - a) / 3)


@pytest.mark.parametrize("name", ["kl", "reverse_kl"])
def test_equal_laws_are_at_distance_zero(name):
    loss = objective(x_of >> p, x_of >> q, name, p=lambda v: Normal(v, 0.5), q=lambda v: Normal(v, 0.5))
    assert loss(batch(), strict=False)[0].item() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("law", LAWS)
def test_nll_is_minus_the_log_density_written_out(law):
    loss = objective(x_of >> p, y_of, "nll", p=lambda v: LAWS[law](0 * v + 1, 0.5))
    data = batch()
    squares = [((2 * value - 1) / 0.5) ** 2 / 2 for row in data["rows"]["x"].tolist() for value in row]
    expected = sum(square + math.log(0.5 * math.sqrt(2 * math.pi)) for square in squares) / 4
    assert loss(data)[0].item() == pytest.approx(expected, rel=1e-12)


def test_nll_may_be_negative():
    assert mean_of["negative_log_likelihood"](torch.zeros(1, 1), Normal(torch.zeros(1, 1), 1e-3)).item() < -5


def test_kl_with_unequal_support_is_infinite_and_not_an_error():
    loss = objective(
        x_of >> p, x_of >> q, "kl", p=lambda v: Uniform(0 * v, 0 * v + 1), q=lambda v: Uniform(0 * v, 0 * v + 2)
    )
    assert loss(batch(), strict=False)[0].item() == math.inf


class NoDensity(Distribution):
    arg_constraints = {}  # noqa: RUF012

    def __init__(self, at):
        super().__init__(at.shape, validate_args=False)


LAW_ERRORS = [
    ("kl", "distribution", lambda v: Normal(v, 1.0), lambda v: StudentT(3.0, v, 1.0), ld.CompileError,
     r"no KL divergence of StudentT \(reference\) from Normal \(prediction\); .* register_kl"),
    ("reverse_kl", "distribution", lambda v: StudentT(3.0, v, 1.0), lambda v: Normal(v, 1.0), ld.CompileError,
     r"no KL divergence of StudentT \(prediction\) from Normal \(reference\)"),
    ("kl", "distribution", lambda v: Independent(Normal(v, 1.0), 1), lambda v: Normal(v, 1.0), ld.CompileError,
     r"no KL divergence of Normal \(reference\) from Independent \(prediction\)"),
    ("nll", "point", lambda v: NoDensity(v), None, ld.CompileError, r"NoDensity has no density \(log_prob\)"),
    ("nll", "point", lambda v: Exponential(v.exp()), None, ld.DataError,
     "the reference lies outside the support of the prediction Exponential"),
    ("energy", "point", lambda v: Poisson(v.exp()), None, ld.CompileError,
     "divergence 'energy', but Poisson has no reparametrised sample"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "lhs", "rhs", "error", "message"), LAW_ERRORS)
def test_what_has_no_value_is_a_typed_error(name, kind, lhs, rhs, error, message):
    """Between two laws when it is compiled; of data at the first value, in the objective and in `defects` alike."""
    if kind == "distribution":
        with pytest.raises(error, match=f"constraint 'c': .*{message}"):
            objective(x_of >> p, x_of >> q, name, p=lhs, q=rhs)
        return
    loss = objective(x_of >> p, y_of, name, p=lhs)
    for evaluate in (loss, loss.defects):
        with pytest.raises(error, match=message):
            evaluate(batch(y=torch.full((4, 2), -1.0).double()), strict=False)


@pytest.mark.parametrize("name", ["kl", "reverse_kl", "nll"])
def test_options_of_labels_have_no_meaning_between_distributions(name):
    option = {"label_smoothing": 0.1} if name == "nll" else {"temperature": 2.0}
    with pytest.raises(
        ld.CompileError, match=f"'{name}' between distributions on .* takes no options, got {next(iter(option))}"
    ):
        rhs = y_of if name == "nll" else x_of >> q
        laws = {"p": lambda v: Normal(v, 1.0)} | ({} if name == "nll" else {"q": lambda v: Normal(v, 1.0)})
        objective(x_of >> p, rhs, {"name": name, **option}, **laws)


# ---- energy: estimated by draws -------------------------------------------------------------------------------------


def absolute_normal(mean, scale):
    """E|N(mean, scale²)|."""
    density = math.exp(-((mean / scale) ** 2) / 2) / math.sqrt(2 * math.pi)
    return 2 * scale * density + mean * math.erf(mean / scale / math.sqrt(2))


def energy_of_normals(mean, scale, other, width):
    """2 E|P − R| − E|P − P′| − E|R − R′|; width 0 is a point."""
    between = absolute_normal(mean - other, math.hypot(scale, width))
    return 2 * between - absolute_normal(0, math.sqrt(2) * scale) - (width and absolute_normal(0, math.sqrt(2) * width))


@pytest.mark.parametrize("width", [0, 0.5], ids=["point", "distribution"])
@pytest.mark.parametrize("samples", [2, 8])
@pytest.mark.parametrize("mean", [0.0, 1.5])
def test_energy_is_without_bias(mean, samples, width):
    """Over 40,000 rows the mean of the estimates is the closed form, within four of its standard errors."""
    torch.manual_seed(0)
    n = 40_000
    prediction = Normal(torch.full((n, 1), mean).double(), 1.0)
    reference = Normal(torch.zeros(n, 1).double(), width) if width else torch.zeros(n, 1).double()
    values = mean_of["energy_rows"](reference, prediction, samples=samples)
    assert abs(values.mean().item() - energy_of_normals(mean, 1.0, 0.0, width)) < 4 * values.std().item() / math.sqrt(n)
    assert energy_of_normals(mean, 1.0, 0.0, width) >= 0


def test_energy_of_one_row_is_the_formula_over_all_pairs(monkeypatch):
    """With the samples given: brute force over all pairs of different ones."""
    drawn = torch.randn(3, 1, 2).double()
    law = Normal(torch.zeros(1, 2).double(), 1.0)
    monkeypatch.setattr(law, "rsample", lambda shape: drawn[: shape[0]])
    point = torch.tensor([[1.0, -1.0]]).double()
    points = [drawn[i, 0].tolist() for i in range(3)]
    across = sum(math.dist(point, (1, -1)) for point in points) / 3
    within = sum(math.dist(point, other) for point in points for other in points) / 6
    assert mean_of["energy_rows"](point, law, samples=3).tolist() == pytest.approx([2 * across - within])


def test_energy_trains_a_law_towards_its_data_in_mean_and_width():
    """The slope of the estimate is that of the closed form, within four standard errors over 20,000 rows."""
    torch.manual_seed(0)
    at, width = torch.tensor([1.0, 2.0]).double().requires_grad_(), torch.randn(20_000, 1).double()
    values = mean_of["energy_rows"](width, Normal(at[0].expand(20_000, 1), at[1]))
    slope = torch.autograd.grad(values.mean(), at)[0].tolist()
    for i, step in enumerate(((1e-5, 0), (0, 1e-5))):
        up, down = (energy_of_normals(1 + s * step[0], 2 + s * step[1], 0.0, 1.0) for s in (1, -1))
        assert slope[i] == pytest.approx((up - down) / 2e-5, abs=0.05)


def test_the_number_of_samples_stands_in_the_code():
    loss = objective(x_of >> p, y_of, {"name": "energy", "samples": 3}, p=lambda v: Normal(v, 1.0))
    assert "energy(y, p_out, samples=3)" in loss.code


@pytest.mark.parametrize("law", [lambda v: Poisson(v.exp()), lambda v: Independent(Poisson(v.exp()), 1)])
def test_energy_needs_no_gradient_of_a_frozen_reference(law):
    """Its samples have none; with the reference trained, that is an error."""
    laws = {"p": lambda v: Normal(v, 1.0), "q": law}
    total, _ = objective(x_of >> p, x_of >> q, "energy", frozen=[q], **laws)(batch(), strict=False)
    assert total.isfinite() and total.requires_grad
    with pytest.raises(ld.CompileError, match="no reparametrised sample"):
        objective(x_of >> p, x_of >> q, "energy", **laws)(batch(), strict=False)


def test_a_discrete_law_of_a_torch_distribution_has_its_rule():
    """Categorical on numbers: KL by the registry, over rows of two."""
    r, p = (Categorical(probs=torch.tensor([[law, law]])) for law in ((0.5, 0.5), (0.9, 0.1)))
    assert mean_of["distribution_kl"](r, p).item() == pytest.approx(2 * 0.510826, abs=1e-5)
    assert kl_divergence(r, p).shape == (1, 2)
