"""Divergences of tensors against their formulas written out; which of them fit where."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Independent, Normal, StudentT, kl_divergence

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import TorchDivergences

torch.set_num_threads(1)
FUNCTIONS = TorchDivergences().functions()
x, digit, bits, mark = ld.Ty("x"), ld.Ty("digit"), ld.Ty("bits"), ld.Ty("mark")
rows = ld.SampleSpace("rows")
x_of, label_of, bits_of = rows.column("x", x), rows.column("label", digit), rows.column("bits", bits)
f, k, m, n, b = (
    ld.Box("f", x, x), ld.Kernel("k", x, digit), ld.Kernel("m", x, digit), ld.Kernel("n", x, x), ld.Kernel("b", x, bits)
)  # fmt: skip
OB = {x: Euclidean(3), digit: Finite(3), bits: Bernoulli(3)}


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def softmax(v):
    total = sum(math.exp(a) for a in v)
    return [math.exp(a) / total for a in v]


def plain_kl(r, p):
    return sum(a * math.log(a / c) for a, c in zip(r, p, strict=True) if a > 0)


def plain_bits(r, p):
    return sum(plain_kl((a, 1 - a), (c, 1 - c)) for a, c in zip(r, p, strict=True))


# The value on one row; the divergence is the mean over rows.
FORMULAS = {
    "squared_error": lambda r, p, t: sum((a - c) ** 2 for a, c in zip(r, p, strict=True)),
    "mean_squared_error": lambda r, p, t: sum((a - c) ** 2 for a, c in zip(r, p, strict=True)) / len(r),
    "absolute": lambda r, p, t: sum(abs(a - c) for a, c in zip(r, p, strict=True)),
    "kl": lambda r, p, t: plain_kl(softmax([a / t for a in r]), softmax([a / t for a in p])),
    "binary_kl": lambda r, p, t: plain_bits([sigmoid(a / t) for a in r], [sigmoid(a / t) for a in p]),
    "cross_entropy": lambda r, p, t: -math.log(softmax([a / t for a in p])[int(abs(r[0])) % 3]),
    "binary_cross_entropy": lambda r, p, t: plain_bits([float(a > 0) for a in r], [sigmoid(a / t) for a in p]),
}
numbers = st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=4, max_size=4)


def reference_of(name, values):
    """What the function takes as reference: labels, bits, or the values themselves."""
    tensor = torch.tensor(values, dtype=torch.float64)
    if name == "cross_entropy":
        return tensor[:, 0].abs().long() % 3
    return (tensor > 0).double() if name == "binary_cross_entropy" else tensor


def value(name, reference, prediction, temperature=1.0):
    options = {"temperature": torch.tensor(temperature, dtype=torch.float64)} if temperature != 1 else {}
    return FUNCTIONS[name](reference, prediction, **options)


@given(numbers, numbers, st.sampled_from([1.0, 4.0, 0.5]))
@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_the_formula_written_out(name, references, predictions, temperature):
    temperature = temperature if "kl" in name or "entropy" in name else 1.0
    ours = value(name, reference_of(name, references), torch.tensor(predictions, dtype=torch.float64), temperature)
    pairs = zip(references, predictions, strict=True)
    expected = sum(FORMULAS[name](r, p, temperature) for r, p in pairs) / len(references)
    assert ours.shape == () and ours.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert ours.item() >= -1e-12


@given(numbers)
def test_zero_at_equality(values):
    for name in ("squared_error", "mean_squared_error", "absolute", "kl", "binary_kl"):
        tensor = torch.tensor(values, dtype=torch.float64)
        assert value(name, tensor, tensor.clone()).item() == pytest.approx(0.0, abs=1e-12)
    laws = [Normal(torch.tensor(values, dtype=torch.float64), 2.0) for _ in range(2)]
    assert FUNCTIONS["distribution_kl"](*laws).item() == 0.0


def test_distributions_sum_over_features_and_average_over_rows():
    torch.manual_seed(0)
    p, q = Normal(torch.randn(5, 3), 1.0), Normal(torch.randn(5, 3), 2.0)
    expected = kl_divergence(q, p).sum(1).mean()
    torch.testing.assert_close(FUNCTIONS["distribution_kl"](q, p), expected)
    torch.testing.assert_close(FUNCTIONS["distribution_kl"](Independent(q, 1), Independent(p, 1)), expected)


def compiled(lhs, rhs, **options):
    """An objective of one constraint on linear modules, each kernel into x a Normal."""
    torch.manual_seed(0)
    law = nn.Linear(3, 3)
    ar = {"f": nn.Linear(3, 3), "k": nn.Linear(3, 3), "m": nn.Linear(3, 3), "b": nn.Linear(3, 3)}
    F = TorchFunctor(
        ob=OB | {mark: Finite(3)}, ar=ar | {"n": lambda v: Normal(law(v), 1.0), "o": lambda v: Normal(v, 2.0)}
    )
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs, **options)), F)


MISFITS = {
    "the reference stands on the right": (label_of, x_of >> k, {}),
    "let the prediction be a Kernel": (label_of, rows.column("other", digit), {}),
    "a kernel into such a space names its divergence": (x_of >> n, x_of, {}),
    "does not fit Euclidean": (x_of >> f, x_of, {"divergence": "kl"}),
    "does not fit Finite.*what fits: 'chi_squared', .*'kl'": (x_of >> k, label_of, {"divergence": "squared_error"}),
    "does not fit Bernoulli": (x_of >> b, bits_of, {"divergence": "absolute"}),
    "temperature of divergence 'kl' must be a number > 0": (
        x_of >> k, label_of, {"divergence": {"name": "kl", "temperature": 0}}
    ),
    "takes temperature, label_smoothing, class_weight, got 'beta'": (
        x_of >> k, label_of, {"divergence": {"name": "kl", "beta": 1}}
    ),
    "takes no options": (x_of >> f, x_of, {"divergence": {"name": "absolute", "temperature": 2}}),
    "takes no options, got temperature": (
        x_of >> n, x_of >> ld.Kernel("o", x, x), {"divergence": {"name": "kl", "temperature": 2}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", MISFITS)
def test_a_divergence_that_does_not_fit_is_a_typed_error(message):
    lhs, rhs, options = MISFITS[message]
    with pytest.raises(ld.CompileError, match=message):
        compiled(lhs, rhs, **options)


def test_an_unknown_divergence_is_an_unknown_name():
    with pytest.raises(ld.UnknownName, match="did you mean 'kl'"):
        compiled(x_of >> k, label_of, divergence="kll")


@pytest.mark.parametrize("label", [-100, -1, 3])
def test_a_label_out_of_range_is_an_error_and_never_ignored(label):
    with pytest.raises(ld.DataError, match=f"labels .*{label}"):
        compiled(x_of >> k, label_of)({"rows": {"x": torch.ones(2, 3), "label": torch.tensor([1, label])}})


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_compared_in_float32(dtype):
    """10 rows of 3 features with error 100²: the sum, 3·10⁵, is beyond float16, and its mean needs float32."""
    a, c = torch.full((10, 3), 100.0, dtype=dtype), torch.zeros(10, 3, dtype=dtype)
    assert value("squared_error", a, c).item() == 3e4
    for name in FORMULAS:
        result = value(name, reference_of(name, a.tolist()) if "entropy" in name else a, c)
        assert result.dtype == torch.float32 and result.isfinite(), name


def test_under_autocast_a_term_is_float32():
    objective = compiled(x_of >> k, x_of >> m)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = objective({"rows": {"x": torch.ones(4, 3)}})
    assert total.dtype == torch.float32


class Far(nn.Module):
    """Logits whose first and last are 110 apart, so that the least probability underflows in float32."""

    def __init__(self, sign):
        super().__init__()
        self.logits = nn.Parameter(sign * torch.tensor([55.0, 0.0, -55.0]))

    def forward(self, value):
        return self.logits.expand(len(value), 3)


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1)])
@pytest.mark.parametrize("kernel", [k, b], ids=["kl", "binary_kl"])
def test_between_two_trained_kernels_far_apart_gradients_are_finite(kernel, signs):
    """And the value is that of the kernel that a frozen reference takes, and of float64."""
    p, q = (ld.Kernel(name, kernel.dom, kernel.cod) for name in "pq")
    ends, data = [Far(sign) for sign in signs], {"rows": {"x": torch.ones(4, 3)}}
    diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> p, x_of >> q))
    F = TorchFunctor(ob=OB, ar={p: ends[0], q: ends[1]})
    total, _ = compile(diagram, F)(data)
    total.backward()
    assert all(end.logits.grad.isfinite().all() for end in ends)
    double = [end.logits.detach().double().expand(4, 3).requires_grad_() for end in ends]
    exact = FUNCTIONS["kl" if kernel is k else "binary_kl"](*reversed(double))
    exact.backward()
    assert total.item() == pytest.approx(exact.item(), rel=1e-6, abs=1e-6)
    for end, there in zip(ends, double, strict=True):
        torch.testing.assert_close(end.logits.grad, there.grad.sum(0).float(), rtol=1e-5, atol=1e-6)
    frozen, _ = compile(diagram.freeze(q), F)(data)
    assert frozen.item() == pytest.approx(total.item(), rel=1e-6, abs=1e-6)


def test_a_pair_of_distributions_without_a_rule_for_kl_is_a_typed_error():
    p, q = ld.Kernel("p", x, x), ld.Kernel("q", x, x)
    F = TorchFunctor(ob=OB, ar={p: lambda v: Normal(v, 1.0), q: lambda v: StudentT(3.0, v, 1.0)})
    with pytest.raises(ld.CompileError, match=r"no KL divergence of StudentT \(reference\) from Normal \(prediction\)"):
        diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> p, x_of >> q, divergence="kl"))
        compile(diagram, F)({"rows": {"x": torch.ones(2, 3)}})


# ---- laws from the unit: one row, the same for every row of the data ------------------------------------------------

point, other = ld.Kernel("point", ld.Ty(), digit), ld.Kernel("other", ld.Ty(), digit)
NOTHING = ld.Discard(rows.ty)


@pytest.mark.parametrize("shape", [(3,), (1, 3)], ids=["[n]", "[1, n]"])
@pytest.mark.parametrize("side", ["lhs", "rhs", "both", "label"])
def test_logits_from_the_unit_are_compared_at_every_row(shape, side):
    torch.manual_seed(0)
    logits, net, data = torch.randn(3), nn.Linear(3, 3), torch.randn(5, 3)
    labels = torch.tensor([0, 1, 2, 1, 1])
    F = TorchFunctor(ob=OB, ar={point: lambda: logits.reshape(shape), other: lambda: -logits.reshape(shape), k: net})
    sides = {"lhs": (NOTHING >> point, x_of >> k), "rhs": (x_of >> k, NOTHING >> point)}
    sides |= {"both": (NOTHING >> point, NOTHING >> other), "label": (NOTHING >> point, label_of)}
    objective = compile(ld.LearningDiagram(ld.Constraint("c", *sides[side])), F)
    every, there = logits.expand(5, 3), net(data)
    expected = {
        "lhs": FUNCTIONS["kl"](there, every), "rhs": FUNCTIONS["kl"](every, there),
        "both": FUNCTIONS["kl"](-every, every), "label": FUNCTIONS["cross_entropy"](labels, every),
    }[side]  # fmt: skip
    total, _ = objective({"rows": {"x": data, "label": labels}}, strict=False)
    torch.testing.assert_close(total, expected)


@pytest.mark.parametrize("shape", [(3,), (1, 3)], ids=["[n]", "[1, n]"])
def test_a_law_from_the_unit_is_compared_with_a_kernel_at_every_row(shape):
    """KL(N(0, 1) ‖ N(v, 1)) = ½ ‖v‖², so over the rows v = r · (1, 1, 1), r = 0 … 4, the mean is 1.5 · 30 / 5 = 9."""
    p = ld.Kernel("p", ld.Ty(), x)
    F = TorchFunctor(ob=OB, ar={p: lambda: Normal(torch.zeros(shape), 1.0), n: lambda v: Normal(v, 1.0)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", x_of >> n, NOTHING >> p, divergence="kl")), F)
    data = torch.arange(5.0)[:, None].expand(5, 3)
    assert objective({"rows": {"x": data}})[0].item() == pytest.approx(9.0)


@pytest.mark.parametrize("empty", ["left", "right", "neither"])
def test_rows_are_counted_where_another_sample_space_has_no_column(empty):
    """‖(1, 1, 1)‖² = 3 at each of five rows, beside a sample space without a column, or alone."""
    p, other = ld.Box("p", ld.Ty(), x), ld.Discard(ld.SampleSpace("empty").ty)
    data = {"left": other @ x_of, "right": x_of @ other, "neither": x_of}[empty]
    F = TorchFunctor(ob=OB, ar={p: lambda: torch.ones(3)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", ld.Discard(data.dom) >> p, data)), F)
    assert objective({"rows": {"x": torch.zeros(5, 3)}})[0].item() == pytest.approx(3.0)


@pytest.mark.parametrize("shape", [(3,), (1, 3)], ids=["[n]", "[1, n]"])
def test_distributions_from_the_unit_are_summed_over_features(shape):
    """KL(N(0, 1) ‖ N(1, 1)) = ½ on each of three features."""
    p, q = ld.Kernel("p", ld.Ty(), x), ld.Kernel("q", ld.Ty(), x)
    F = TorchFunctor(ob=OB, ar={p: lambda: Normal(torch.ones(shape), 1.0), q: lambda: Normal(torch.zeros(shape), 1.0)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", NOTHING >> p, NOTHING >> q, divergence="kl")), F)
    total, _ = objective({"rows": {"x": torch.ones(5, 3)}}, strict=False)
    assert total.item() == pytest.approx(1.5)
