"""Divergences of laws on labels, bits and tokens: values, gradients, and what is finite, against plain Python."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import learning_diagrams as ld
import plain_divergence as plain
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import LIBRARY, TorchDivergences
from learning_diagrams.semantics.divergences import KINDS

torch.set_num_threads(1)
FUNCTIONS = TorchDivergences().functions()
ENTRIES = [key for key in LIBRARY if key[1] in ("labels", "bits", "tokens") and key[0] in plain.FORMULAS]
LAWS = [key for key in ENTRIES if key[1] != "bits" and key[2:] == ("distribution", "distribution")]
IDS = "-".join
every_entry = pytest.mark.parametrize("key", ENTRIES, ids=IDS)


def laws():
    """[2, 2, n, outcomes]: reference and prediction of two rows; n positions or bits."""
    weights = arrays(np.int64, st.just((2, 2, 3, 3)), elements=st.integers(0, 6))
    return weights.map(lambda w: np.where(w.sum(-1, keepdims=True) > 0, w, 1)).map(
        lambda w: w / w.sum(-1, keepdims=True)
    )


def cut(carrier, values):
    """Laws as a carrier has them: rows of one, of bits, of tokens."""
    if carrier == "bits":
        two = values[..., :2] + 0.0
        two[two.sum(-1) == 0] = 1
        return two / two.sum(-1, keepdims=True)
    return values if carrier == "tokens" else values[..., :1, :]


def encode(carrier, kind, values):
    """Laws [rows, n, outcomes], or where they are largest, as the functions take them; and which laws these are."""
    if kind == "point":
        points = values.argmax(-1)
        values = np.eye(values.shape[-1])[points]
        tensor = torch.tensor(points)
        tensor = tensor.double() if carrier == "bits" else tensor
    else:
        with np.errstate(divide="ignore"):
            tensor = torch.tensor(np.log(values))
        tensor = tensor[..., 1] - tensor[..., 0] if carrier == "bits" else tensor
    return (tensor.squeeze(1) if carrier == "labels" else tensor), values


def expected(name, references, predictions, **options):
    """The value for each row."""
    formula = plain.FORMULAS[name]
    return [
        sum(formula(r.tolist(), p.tolist(), **options) for r, p in zip(*row, strict=True))
        for row in zip(references, predictions, strict=True)
    ]


def ends(key, values):
    """Reference and prediction as tensors, and as laws."""
    encoded = [encode(key[1], kind, part) for kind, part in zip(key[2:], cut(key[1], values), strict=True)]
    return tuple(zip(*encoded, strict=True))


def options_of(key):
    return [{}, {"alpha": 0.5}] if key[0] == "renyi" else [{}]


@settings(max_examples=10, deadline=None)
@given(laws())
@every_entry
def test_values_are_the_formula_written_out(key, values):
    tensors, written = ends(key, values)
    for options in options_of(key):
        wanted = expected(key[0], *written, **options)
        rows = FUNCTIONS[f"{LIBRARY[key].name}_rows"](*tensors, **options)
        mean = FUNCTIONS[LIBRARY[key].name](*tensors, **options)
        exact = 1e-6 if key[2:] == ("point", "point") else 1e-12  # of two labels none has a dtype: float32
        assert rows.tolist() == pytest.approx(wanted, rel=exact, abs=1e-12)
        assert mean.shape == () and mean.item() == pytest.approx(sum(wanted) / 2, rel=exact, abs=1e-12)
        assert (rows >= -1e-12).all()


@settings(max_examples=10, deadline=None)
@given(laws())
@pytest.mark.parametrize("key", [key for key in ENTRIES if key[2] == key[3]], ids=IDS)
def test_zero_at_equality(key, values):
    tensors, _ = ends(key, np.stack([values[0], values[0]]))
    for options in options_of(key):
        assert FUNCTIONS[LIBRARY[key].name](*tensors, **options).item() == pytest.approx(0, abs=1e-12)


def softmax(logits):
    with np.errstate(under="ignore"):
        powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def slopes(function, at):
    """The gradient by central differences."""
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[index] = 1e-6
        gradient[index] = (function(at + step) - function(at - step)) / 2e-6
    return gradient


@pytest.mark.parametrize("seed", [0, 1])
@every_entry
def test_gradients_are_those_of_the_formula(key, seed):
    """In the logits of either side; [rows, n] logits of bits are those of (0, logit)."""
    name, carrier = key[:2]
    shape = {"labels": (2, 1, 3), "bits": (2, 3), "tokens": (2, 2, 3)}[carrier]
    rng = np.random.default_rng(seed)
    logits = [rng.normal(size=shape) for _ in range(2)]

    def as_laws(logits):
        return softmax(np.stack([np.zeros_like(logits), logits], -1) if carrier == "bits" else logits)

    def encoded(side):
        if key[2 + side] == "point":
            return encode(carrier, "point", as_laws(logits[side]))
        tensor = torch.tensor(logits[side], requires_grad=True)
        return tensor, as_laws(logits[side])

    (reference, r), (prediction, p) = encoded(0), encoded(1)
    tensors = [end.squeeze(1) if carrier == "labels" and end.dim() == 3 else end for end in (reference, prediction)]
    value = FUNCTIONS[LIBRARY[key].name](*tensors)
    if not value.requires_grad:  # two points
        return
    value.backward()
    for side, tensor in ((0, reference), (1, prediction)):
        if key[2 + side] == "distribution":

            def formula(at, side=side):
                written = [r, p]
                written[side] = as_laws(at)
                return sum(expected(name, *written)) / 2

            assert tensor.grad.numpy() == pytest.approx(slopes(formula, logits[side]), rel=1e-6, abs=1e-8)


FAR = [-math.inf, -1e4, -100.0, 0.0, 1.0, 100.0, 1e4]
FAR_LAWS = [pair for pair in itertools.product(FAR, FAR) if max(pair) > -math.inf]


def far_ends(key, dtype):
    """Every pair of two laws on two outcomes whose logits are far apart, a row each."""
    pairs = itertools.product([*FAR, math.inf] if key[1] == "bits" else FAR_LAWS, repeat=2)
    for kind, values in zip(key[2:], zip(*pairs, strict=True), strict=True):
        tensor = torch.tensor(values, dtype=dtype)
        if kind == "point":
            tensor = (tensor > 0).to(dtype) if key[1] == "bits" else tensor.argmax(-1)
        yield tensor if key[1] == "labels" else tensor.unsqueeze(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@every_entry
def test_far_apart_nothing_is_nan(key, dtype):
    """No value is NaN, and where it is finite so is its gradient, also where both sides exclude an outcome."""
    mean, rows = (FUNCTIONS[LIBRARY[key].name + suffix] for suffix in ("", "_rows"))
    both = list(far_ends(key, dtype))
    values = rows(*both)
    assert not values.isnan().any()
    finite = [end[values.isfinite()] for end in both]
    learn = [end.requires_grad_() for kind, end in zip(key[2:], finite, strict=True) if kind == "distribution"]
    for function in (mean, lambda *ends: rows(*ends).mean()):
        value = function(*finite)
        assert value.item() == pytest.approx(values[values.isfinite()].double().mean().item(), rel=1e-5)
        for slope in torch.autograd.grad(value, learn) if learn else ():
            assert slope.isfinite().all()
    if learn:
        frozen = mean(finite[0].detach(), finite[1])  # a reference that does not learn may take another kernel
        assert frozen.item() == pytest.approx(value.item(), rel=1e-5)
        if finite[1].requires_grad:
            assert torch.autograd.grad(frozen, finite[1])[0].isfinite().all()


SURE = {  # the space, a value, a law that is sure of it, and another value
    "labels": (Finite(3), [1], [[-math.inf, 0.5, -math.inf]], [2]),
    "bits": (Bernoulli(2), [[1.0, 0.0]], [[math.inf, -math.inf]], [[1.0, 1.0]]),
    "tokens": (
        Tokens(3, 2), [[1, 0]], [[[-math.inf, 0.5, -math.inf], [0.0, -math.inf, -math.inf]]], [[1, 2]]
    ),
}  # fmt: skip
BOUND = {"jensen_shannon": math.log(2), "total_variation": 1.0, "hellinger": 1.0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("key", [key for key in ENTRIES if key[2:] == ("point", "distribution")], ids=IDS)
def test_a_sure_law_costs_nothing_where_it_is_right(key, dtype):
    """And where one label, bit or token is wrong the value is infinite, or the divergence's bound; it is never NaN."""
    space, right, law, wrong = SURE[key[1]]
    x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
    logits = torch.nn.Parameter(torch.tensor(law, dtype=dtype))
    d = ld.LearningDiagram(
        ld.Constraint("c", rows.column("a", x) >> ld.Kernel("k", x, y), rows.column("b", y), divergence=key[0])
    )
    module = torch.nn.Module()
    module.logits, module.forward = logits, lambda value: logits.expand(len(value), *logits.shape[1:])
    loss = compile(d, TorchFunctor(ob={x: Euclidean(1), y: space}, ar={"k": module}))
    kind = dtype if key[1] == "bits" else torch.int64
    for values, value in ((right, 0.0), (wrong, BOUND.get(key[0], math.inf))):
        batch = {"rows": {"a": torch.zeros(2, 1, dtype=dtype), "b": torch.tensor(values * 2, dtype=kind)}}
        total = loss(batch)[0]
        assert total.item() == pytest.approx(value) and loss.defects(batch)["c"].tolist() == pytest.approx([value] * 2)
        if value == 0:
            assert torch.autograd.grad(total, logits)[0].isfinite().all()


@pytest.mark.parametrize("name", BOUND)
def test_bounds_are_those_of_each_bit_and_token(name):
    """Three bits, or three tokens, all as far apart as can be; a mean over tokens is bounded as a token is."""
    ones, bits = torch.ones(1, 3), torch.full((1, 3), -math.inf)
    assert LIBRARY[name, "bits", "point", "distribution"].mean(ones, bits).item() == pytest.approx(3 * BOUND[name])
    tokens = LIBRARY[name, "tokens", "point", "point"].rows
    apart = torch.zeros(1, 3, dtype=torch.int64), torch.ones(1, 3, dtype=torch.int64)
    assert tokens(*apart).item() == pytest.approx(3 * BOUND[name])
    assert tokens(*apart, mean=True).item() == pytest.approx(BOUND[name])
    assert KINDS[name].infinite.endswith("for each label, bit or token")


def test_a_label_without_weight_costs_nothing_where_it_is_excluded():
    weight, logits = torch.tensor([0.0, 1.0]), torch.tensor([[-math.inf, 0.0]])
    assert FUNCTIONS["cross_entropy"](torch.tensor([0]), logits, class_weight=weight).item() == 0.0


@pytest.mark.parametrize("name", ["chi_squared", "renyi", "kl", "jensen_shannon", "total_variation", "hellinger"])
def test_a_sure_and_right_prediction_is_worth_nothing(name):
    """Where the other probabilities underflow in float32."""
    function = LIBRARY[name, "labels", "point", "distribution"].mean
    assert function(torch.tensor([1]), torch.tensor([[-200.0, 0.0, -1e4]])).item() == 0.0


def test_chi_squared_is_exact_where_a_probability_is_tiny():
    """r = (½, ½) and p = (1, e⁻⁶⁰), up to 10⁻²⁶: ¼ + ¼ e⁶⁰."""
    chi_squared = LIBRARY["chi_squared", "labels", "distribution", "distribution"].mean
    value = chi_squared(torch.zeros(1, 2), torch.tensor([[0.0, -60.0]]))
    assert value.item() == pytest.approx(0.25 * math.exp(60), rel=1e-5)


def test_bits_that_are_computed_pass_no_nan_back():
    bits = torch.tensor([[1.0, 0.0, 0.25]], requires_grad=True)
    for name in ("jensen_shannon", "total_variation", "hellinger", "renyi", "chi_squared"):
        value = LIBRARY[name, "bits", "point", "distribution"].mean(bits, torch.zeros(1, 3))
        assert torch.autograd.grad(value, bits)[0].isfinite().all(), name


@pytest.mark.parametrize("carrier", ["labels", "bits", "tokens"])
def test_every_kind_of_law_stands_in_the_table(carrier):
    """Against a point, or from one, there is no entry whose value would always be infinite."""
    kinds = ("point", "distribution")
    for name, reference, prediction in itertools.product(plain.FORMULAS, kinds, kinds):
        bounded = name in ("jensen_shannon", "total_variation", "hellinger") and carrier != "bits"
        fits = {
            ("distribution", "distribution"): name != "nll", ("point", "distribution"): name != "reverse_kl",
            ("distribution", "point"): bounded, ("point", "point"): bounded,
        }[reference, prediction]  # fmt: skip
        assert ((name, carrier, reference, prediction) in LIBRARY) == fits, (name, reference, prediction)
