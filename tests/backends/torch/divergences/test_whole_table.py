"""What holds of every divergence of the table: its precision, and its gradients at what is extreme."""

import itertools
import math

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from learning_diagrams.backends.torch.divergences.own import divergence
from learning_diagrams.backends.torch.divergences.samples import AVERAGES, SAMPLES
from learning_diagrams.backends.torch.divergences.table import LIBRARY, TorchDivergences
from learning_diagrams.semantics import divergences as semantics
from learning_diagrams.semantics.divergences import latest_definitions

torch.set_num_threads(1)
FUNCTIONS = TorchDivergences().functions()
HALVES = [torch.bfloat16, torch.float16]
COMPLEX = {torch.bfloat16: torch.complex64, torch.float16: torch.complex32, torch.float32: torch.complex64}
HALF_AS_COMPLEX = {torch.bfloat16: torch.float32, torch.float16: torch.float32}
INF = math.inf
# Every function that code calls for a divergence, with its carrier and the kinds of its ends.
TABLE = {
    **{function.name: key[1:] for key, function in LIBRARY.items()},
    **{f"{function.name}_rows": key[1:] for key, function in LIBRARY.items()},
    **dict.fromkeys(SAMPLES, ("points", "point", "point")),
    **dict.fromkeys(AVERAGES, ("labels", "distribution", "distribution")),
}


def options_of(name):
    return {"outcomes": 3} if name in AVERAGES else {}


def typical(carrier, kind, dtype, seed):
    """An end of six rows as models give it."""
    torch.manual_seed(seed)
    shape = (6, 2, 3) if carrier in ("tokens", "probabilities") else (6, 3)
    numbers = torch.randn(shape).to(dtype)
    if carrier == "complex":
        return torch.complex(*torch.randn(2, 6, 3).to(HALF_AS_COMPLEX.get(dtype, dtype))).to(COMPLEX[dtype])
    if carrier == "probabilities" and kind == "point":
        return numbers.softmax(-1)
    if kind == "distribution":
        return Normal(numbers, numbers.exp()) if carrier == "points" else numbers
    if carrier == "bits":
        return (numbers > 0).to(dtype)
    return numbers if carrier == "points" else torch.randint(3, shape[:-1])


def value(function, *ends, **options):
    torch.manual_seed(5)  # for divergences that draw
    return function(*ends, **options)


def widened(end):
    if isinstance(end, Normal):
        return Normal(end.loc.float(), end.scale.float())
    return end.to(torch.complex64) if end.is_complex() else end.float() if end.is_floating_point() else end


def test_the_table_is_whole():
    assert TABLE.keys() == FUNCTIONS.keys()


@pytest.mark.sampled(40)
@pytest.mark.parametrize("name", TABLE)
def test_autocast_and_half_precision_change_no_digit(name):
    """Of ends in half precision, too: the value is that of the same numbers in float32."""
    for dtype in (torch.float32, *HALVES):
        carrier, *kinds = TABLE[name]
        ends = [typical(carrier, kind, dtype, seed) for seed, kind in enumerate(kinds)]
        full = value(FUNCTIONS[name], *map(widened, ends), **options_of(name))
        assert full.dtype == torch.float32 and full.isfinite().all()
        assert torch.equal(value(FUNCTIONS[name], *ends, **options_of(name)), full)
        for half in HALVES:
            with torch.autocast("cpu", dtype=half):
                assert torch.equal(value(FUNCTIONS[name], *ends, **options_of(name)), full)
                assert torch.is_autocast_enabled("cpu")


def test_laws_inside_laws_are_widened_too_and_options_change_no_dtype():
    mean, root = torch.randn(5, 3).bfloat16(), torch.eye(3).bfloat16()
    laws = [Independent(Normal(mean + i, torch.tensor(1.5).bfloat16()), 1) for i in (0, 1)]
    full = [Independent(Normal(mean.float() + i, torch.tensor(1.5)), 1) for i in (0, 1)]
    exact = FUNCTIONS["distribution_kl"](*full)
    torch.testing.assert_close(FUNCTIONS["distribution_kl"](laws[0], full[1]), exact, rtol=0, atol=0)
    dense = MultivariateNormal(mean.float(), scale_tril=root.float())
    with torch.autocast("cpu", torch.bfloat16):
        assert FUNCTIONS["negative_log_likelihood"](mean, dense).dtype == torch.float32
        soft = FUNCTIONS["kl"](mean, -mean, temperature=torch.tensor(3.0).bfloat16())
    assert soft == FUNCTIONS["kl"](mean.float(), -mean.float(), temperature=torch.tensor(3.0))


def test_a_divergence_of_ones_own_is_computed_in_full_precision_too(monkeypatch):
    monkeypatch.setattr(semantics, "_latest", {})

    @divergence(formula="⟨p, r⟩", unit="no unit")
    def product(reference, prediction):
        return (prediction @ reference.T).diagonal()

    own = TorchDivergences(tuple(latest_definitions().values())).functions()["product"]
    a, b = torch.randn(4, 3), torch.randn(4, 3)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(own(a, b), (a * b).sum(1).mean())
        assert own(a.bfloat16(), b.bfloat16()).dtype == torch.float32


ZERO, SOME = torch.zeros(4, 3), torch.arange(12.0).reshape(4, 3) / 7
EXTREMES = {
    ("points", "point"): [ZERO, SOME, torch.cat([ZERO[:2], SOME[2:]]), torch.full((4, 3), 1e-30)],
    ("points", "distribution"): [ZERO, SOME],
    ("labels", "point"): [torch.tensor([0, 1, 2, 0]), torch.tensor([1, 1, 2, 0])],
    ("labels", "distribution"): [
        ZERO, torch.tensor([[0.0, -INF, -INF], [-INF, 0.0, -INF]] * 2), torch.tensor([[0.0, 0.0, -INF]] * 4),
        torch.tensor([[-200.0, 0.0, -60.0]] * 4),
    ],
    ("bits", "point"): [torch.eye(4)[:, :3], 1 - torch.eye(4)[:, :3]],
    ("bits", "distribution"): [
        ZERO, torch.tensor([[INF, -INF, INF]] * 4), torch.tensor([[-INF, INF, 0.0]] * 4),
        torch.tensor([[60.0, -60.0, 9.0]] * 4),
    ],
}  # fmt: skip
for end in ("point", "distribution"):
    EXTREMES["tokens", end] = [torch.stack([v, v.flip(0)], 1) for v in EXTREMES["labels", end]]
EXTREMES["probabilities", "distribution"] = EXTREMES["labels", "distribution"]
# Not the smallest probabilities: the slope in a probability p grows as 1 / p.
EXTREMES["probabilities", "point"] = [v.softmax(-1) for v in EXTREMES["labels", "distribution"][:-1]]
EXTREMES["complex", "point"] = [torch.complex(v, v.flip(0)) for v in EXTREMES["points", "point"]]


def learnt(carrier, kind, numbers):
    """An end, and the tensors to which a gradient passes."""
    if not (numbers.is_floating_point() or numbers.is_complex()):
        return numbers, []
    leaf = numbers.clone().requires_grad_()
    if (carrier, kind) != ("points", "distribution"):
        return leaf, [leaf]
    scale = torch.ones_like(numbers).requires_grad_()
    return Normal(leaf, scale), [leaf, scale]


@pytest.mark.sampled(80)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", TABLE)
def test_gradients_are_finite_at_zero_vectors_equal_ends_and_probability_zero(name, dtype):
    """Where the value is infinite, too. χ² grows as 1 / p, and its slope with it."""
    carrier, *kinds = TABLE[name]
    for numbers in itertools.product(*(EXTREMES[carrier, kind] for kind in kinds)):
        cast = [
            v.to(dtype) if v.is_floating_point() else v.to(dtype.to_complex()) if v.is_complex() else v for v in numbers
        ]
        (reference, r), (prediction, p) = (learnt(carrier, kind, v) for kind, v in zip(kinds, cast, strict=True))
        result = value(FUNCTIONS[name], reference, prediction, **options_of(name))
        assert not result.isnan().any()
        bound = INF if "chi_squared" in name else 300
        for gradient in torch.autograd.grad(result.sum(), [*r, *p], allow_unused=True) if result.requires_grad else ():
            assert gradient is None or gradient.abs().max() < bound, (numbers, result, gradient)


@pytest.mark.parametrize("name", ["cosine", "info_nce"])
def test_a_zero_vector_gets_no_gradient_and_takes_none_from_the_others(name):
    numbers = SOME.double()
    numbers[1] = torch.tensor([0.0, 1e-12, 0.0])
    numbers.requires_grad_()
    for ends in ((SOME.double().flip(1), numbers), (numbers, SOME.double().flip(1))):
        (gradient,) = torch.autograd.grad(FUNCTIONS[name](*ends), numbers)
        assert gradient[1].eq(0).all() and gradient[[0, 2, 3]].ne(0).any(1).all()


@pytest.mark.parametrize(
    ("name", "sure"),
    [("cross_entropy", [[-INF, 0.0, 0.0]]), ("kl", [[-INF, 0.0, 0.0]]), ("reverse_kl", [[-INF, 0.0, 0.0]]),
     ("renyi", [[-INF, 0.0, 0.0]]), ("chi_squared", [[-INF, 0.0, 0.0]]), ("binary_kl", [[-INF, 0.0, 0.0]]),
     ("reverse_kl_of_bits", [[-INF, 0.0, 0.0]]), ("binary_cross_entropy", [[-INF, 0.0, 0.0]])],
)  # fmt: skip
def test_what_is_surely_wrong_has_the_value_infinity(name, sure):
    wrong, other = torch.tensor(sure), torch.tensor([[0.0, 1.0, 2.0]])
    label = {"cross_entropy": torch.tensor([0]), "binary_cross_entropy": torch.ones(1, 3)}.get(name, other)
    ends = (wrong, other) if name.startswith("reverse") else (label, wrong)
    assert FUNCTIONS[name](*ends).item() == INF == FUNCTIONS[f"{name}_rows"](*ends).item()
