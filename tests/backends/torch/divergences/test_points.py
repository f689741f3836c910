"""Divergences of points against plain Python: values, rows, gradients."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.backends.torch.divergences.points import POINTS

torch.set_num_threads(1)


def huber(delta):
    return lambda d: d**2 / 2 if abs(d) <= delta else delta * (abs(d) - delta / 2)


def summed(of):
    return lambda r, p: sum(of(b - a) for a, b in zip(r, p, strict=True))


def cosine(r, p):
    lengths = math.hypot(*r) * math.hypot(*p)
    return 1 - sum(a * b for a, b in zip(r, p, strict=True)) / lengths if lengths else 1.0


FORMULAS = {
    "squared_error": (summed(lambda d: d**2), {}),
    "mean_squared_error": (lambda r, p: summed(lambda d: d**2)(r, p) / len(r), {}),
    "absolute": (summed(abs), {}),
    "huber": (summed(huber(1.0)), {}),
    "huber 0.5": (summed(huber(0.5)), {"delta": 0.5}),
    "cosine": (cosine, {}),
}
OF = {function.name: function for function in POINTS}
every = pytest.mark.parametrize("name", FORMULAS)


def tables(features):
    row = st.lists(st.integers(-20, 20).map(lambda k: k / 4), min_size=features, max_size=features)
    return st.lists(st.tuples(row, row), min_size=1, max_size=4)


def test_every_divergence_of_points_is_here():
    assert {name.split()[0] for name in FORMULAS} == set(OF)


@given(st.sampled_from([1, 2, 6]).flatmap(tables))
@every
def test_values_are_the_formula_written_out(name, pairs):
    """On vectors, on matrices of as many features, and on numbers without a dimension of features."""
    formula, options = FORMULAS[name]
    expected = [formula(r, p) for r, p in pairs]
    r, p = (torch.tensor(rows, dtype=torch.float64) for rows in zip(*pairs, strict=True))
    shapes = {1: [(1,), ()], 2: [(2,), (1, 2)], 6: [(6,), (2, 3)]}[r.shape[1]]
    for shape in shapes:
        ends = (r.reshape(-1, *shape), p.reshape(-1, *shape))
        rows, mean = OF[name.split()[0]].rows(*ends, **options), OF[name.split()[0]].mean(*ends, **options)
        assert rows.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12) and (rows >= 0).all()
        assert mean.shape == () and mean.item() == pytest.approx(sum(expected) / len(expected), rel=1e-12, abs=1e-12)
        same = OF[name.split()[0]].mean(ends[0], ends[0], **options).item()
        if name != "cosine" or r.any(1).all():
            assert same == pytest.approx(0, abs=1e-12)


@every
def test_gradients_are_those_of_finite_differences(name):
    torch.manual_seed(0)
    ends = [torch.randn(3, 4, dtype=torch.float64).mul(2).requires_grad_() for _ in range(2)]
    function, options = OF[name.split()[0]], FORMULAS[name][1]
    assert torch.autograd.gradcheck(lambda r, p: function.mean(r, p, **options), ends)
    assert torch.autograd.gradcheck(lambda r, p: function.rows(r, p, **options).mean(), ends)


@every
def test_at_equality_the_gradient_is_0(name):
    r = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = r.clone().requires_grad_()
    (slope,) = torch.autograd.grad(OF[name.split()[0]].mean(r, p, **FORMULAS[name][1]), p)
    assert slope.abs().max() < 1e-12


def test_a_vector_of_length_0_is_orthogonal_and_its_gradient_finite():
    p = torch.zeros(1, 3, requires_grad=True)
    value = OF["cosine"].mean(torch.ones(1, 3), p)
    assert value.item() == 1 and torch.autograd.grad(value, p)[0].isfinite().all()
