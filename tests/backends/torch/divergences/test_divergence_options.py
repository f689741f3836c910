"""Options of divergences: what they compute, which values and places they have, how they are kept."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.semantics.divergences import KINDS

torch.set_num_threads(1)
FUNCTIONS = TorchDivergences().functions()
x, y, bits = ld.Ty("x"), ld.Ty("y"), ld.Ty("bits")
rows = ld.SampleSpace("rows")
x_of, other_of, y_of, bits_of = (rows.column(*pair) for pair in (("x", x), ("other", x), ("y", y), ("bits", bits)))
k, m, b, c = ld.Kernel("k", x, y), ld.Kernel("m", x, y), ld.Kernel("b", x, bits), ld.Kernel("c", x, bits)
BATCH = {"rows": {"x": torch.linspace(-2, 2, 12).reshape(4, 3), "y": torch.tensor([0, 2, 1, 2])}}


def objective(divergence, lhs=x_of >> k, rhs=y_of, dtype=torch.float32):
    torch.manual_seed(0)
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence))
    ar = {box: nn.Linear(3, 3, dtype=dtype) for box in (k, m, b, c) if box in diagram.boxes}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(3), y: Finite(3), bits: Bernoulli(3)}, ar=ar))


def double(batch):
    columns = batch["rows"].items()
    return {"rows": {key: column.double() if column.is_floating_point() else column for key, column in columns}}


# ---- what they compute ----------------------------------------------------------------------------------------------

logits_and_labels = st.lists(
    st.tuples(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.integers(0, 2)), min_size=1, max_size=4
)


@given(logits_and_labels, st.floats(0, 0.9), st.lists(st.floats(0, 4), min_size=3, max_size=3), st.floats(0.25, 4))
def test_cross_entropy_with_options_is_written_out(pairs, smoothing, weight, temperature):
    """Σ_k s_k log(1 / p_k), s the smoothed label, times the weight of the label; mean over rows, not over weights."""
    expected = []
    for logits, label in pairs:
        powers = [math.exp(logit / temperature) for logit in logits]
        costs = [-math.log(power / sum(powers)) for power in powers]
        smoothed = [smoothing / 3 + (1 - smoothing) * (j == label) for j in range(3)]
        expected.append(weight[label] * sum(s * cost for s, cost in zip(smoothed, costs, strict=True)))
    logits = torch.tensor([row for row, _ in pairs], dtype=torch.float64)
    labels = torch.tensor([label for _, label in pairs])
    options = {
        "label_smoothing": smoothing,
        "class_weight": torch.tensor(weight, dtype=torch.float64),
        "temperature": torch.tensor(temperature, dtype=torch.float64),
    }
    assert FUNCTIONS["cross_entropy_rows"](labels, logits, **options).tolist() == pytest.approx(expected)
    mean = FUNCTIONS["cross_entropy"](labels, logits, **options)
    assert mean.item() == pytest.approx(sum(expected) / len(expected))


@pytest.mark.parametrize("name", ["kl", "nll"])
def test_label_smoothing_is_that_of_pytorch(name):
    loss = objective({"name": name, "label_smoothing": 0.2})
    logits = loss.boxes.of("k")(BATCH["rows"]["x"])
    expected = functional.cross_entropy(logits, BATCH["rows"]["y"], label_smoothing=0.2)
    torch.testing.assert_close(loss(BATCH)[0], expected)


def test_class_weight_is_a_mean_over_rows_where_pytorch_divides_by_the_weights():
    loss = objective({"name": "kl", "class_weight": [2, 3, 5]})
    logits, labels, weight = loss.boxes.of("k")(BATCH["rows"]["x"]), BATCH["rows"]["y"], torch.tensor([2.0, 3.0, 5.0])
    total = loss(BATCH)[0]
    torch.testing.assert_close(
        total, (weight[labels] * functional.cross_entropy(logits, labels, reduction="none")).mean()
    )
    torch.testing.assert_close(total, functional.cross_entropy(logits, labels, weight=weight) * weight[labels].mean())


@pytest.mark.parametrize("name", ["kl", "reverse_kl"])
@pytest.mark.parametrize(("lhs", "rhs"), [(k, m), (b, c)], ids=["labels", "bits"])
def test_a_temperature_softens_both_kernels_and_hides_no_factor(name, lhs, rhs):
    warm = objective({"name": name, "temperature": 4.0}, x_of >> lhs, x_of >> rhs)
    total, _ = warm(BATCH, strict=False)
    plain = objective(name, x_of >> lhs, x_of >> rhs)
    for box in (lhs, rhs):
        for parameter in plain.boxes.of(box.name).parameters():
            parameter.data /= 4
    torch.testing.assert_close(total, plain(BATCH, strict=False)[0])


def test_delta_and_alpha_change_the_value():
    r, p = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    assert FUNCTIONS["huber"](r, p, delta=2.0).item() == 2 * (3 - 1) + 2 * (4 - 1)
    assert FUNCTIONS["huber"](r, p, delta=10.0).item() == 12.5
    fair, sure = (torch.tensor([law]).double().log() for law in ((0.5, 0.5), (0.9, 0.1)))
    for alpha in (0.5, 3.0):
        expected = math.log(0.5**alpha * (0.9 ** (1 - alpha) + 0.1 ** (1 - alpha))) / (alpha - 1)
        assert FUNCTIONS["renyi"](fair, sure, alpha=alpha).item() == pytest.approx(expected)
    nearly = FUNCTIONS["renyi"](fair, sure, alpha=1 + 1e-6).item()
    assert nearly == pytest.approx(FUNCTIONS["kl"](fair, sure).item(), abs=1e-5)


# ---- what is refused ------------------------------------------------------------------------------------------------

VALUES = [
    ("kl", "temperature", "must be a number > 0", [0, -1, "2", True, [2]]),
    ("kl", "label_smoothing", r"must be a number in \[0, 1\)", [1, -0.1, "a", True]),
    ("kl", "class_weight", "must be a list of numbers ≥ 0", [2, [], [-1, 1, 1], [True, 1, 1], ["a"]]),
    ("renyi", "alpha", "must be a number > 0 other than 1", [0, 1, 1.0, -2, True]),
    ("energy", "samples", "must be a whole number ≥ 2", [1, 2.5, True]),
    ("huber", "delta", "must be a number > 0", [0, -1, "a"]),
]


@pytest.mark.parametrize(
    ("name", "key", "message", "value"), [(*case, value) for *case, values in VALUES for value in values], ids=str
)
def test_a_wrong_option_is_a_typed_error(name, key, message, value):
    ends = (x_of, other_of) if name in ("huber", "energy") else ()
    with pytest.raises(ld.CompileError, match=f"constraint 'c': {key} of divergence '{name}' {message}"):
        objective({"name": name, key: value}, *ends)


UNKNOWN = {
    "'kl' takes temperature, label_smoothing, class_weight, got 'alpha'": {"name": "kl", "alpha": 2},
    "'absolute' takes no options, got 'delta'": {"name": "absolute", "delta": 1},
    "'jensen_shannon' takes no options, got 'temperature'": {"name": "jensen_shannon", "temperature": 2},
    "'nll' takes label_smoothing, class_weight, got 'temperature'": {"name": "nll", "temperature": 2},
    r"class_weight has 2 numbers, and Finite\(3\) has 3 outcomes": {"name": "kl", "class_weight": [1, 2]},
}


@pytest.mark.parametrize("message", UNKNOWN)
def test_an_option_that_does_not_fit_is_a_typed_error(message):
    with pytest.raises(ld.CompileError, match=message):
        objective(UNKNOWN[message])


WEIGHT, SMOOTH = {"class_weight": [1, 1, 1]}, {"label_smoothing": 0.1}
PLACES = [
    ({"name": "kl", **SMOOTH}, x_of >> k, x_of >> m, "label_smoothing is an option for labels, .* a distribution"),
    ({"name": "kl", **WEIGHT}, x_of >> k, x_of >> m, "class_weight is an option for labels, .* a distribution"),
    ({"name": "kl", **WEIGHT}, x_of >> b, bits_of, "class_weight is an option for labels, .* not a label"),
    ({"name": "nll", **SMOOTH}, x_of >> b, bits_of, "label_smoothing is an option for labels, .* not a label"),
]


@pytest.mark.parametrize(("divergence", "lhs", "rhs", "message"), PLACES)
def test_an_option_out_of_place_is_a_typed_error(divergence, lhs, rhs, message):
    with pytest.raises(ld.CompileError, match=message):
        objective(divergence, lhs, rhs)


# ---- how they are kept ----------------------------------------------------------------------------------------------

BUFFERED = {"name": "kl", "temperature": 0.1, "class_weight": [0.1, 0.2, 0.7], "label_smoothing": 0.1}


def test_temperature_and_class_weight_are_buffers_that_follow_the_dtype_exactly():
    loss = objective(BUFFERED)
    assert "constants['temperature_c']" in loss.code and "label_smoothing=0.1" in loss.code
    assert loss.constants["temperature_c"].dtype == torch.float32
    for convert in (lambda module: module.double(), lambda module: module.to(torch.float64)):
        wide = convert(objective(BUFFERED))
        assert wide.constants["temperature_c"].item() == 0.1
        assert wide.constants["class_weight_c"].tolist() == [0.1, 0.2, 0.7]
        there = objective(BUFFERED, dtype=torch.float64)
        there.load_state_dict(wide.state_dict())
        assert wide(double(BATCH))[0].item() == there(double(BATCH))[0].item()
    half = objective(BUFFERED).to(torch.bfloat16)
    assert half.constants["temperature_c"].dtype == torch.float32
    assert not any("temperature" in key or "weight_c" in key for key in loss.state_dict())


def test_two_constraints_keep_their_own_numbers():
    both = ld.LearningDiagram(
        *(
            ld.Constraint(name, x_of >> k, y_of, divergence={"name": "kl", "temperature": t})
            for name, t in (("a", 2), ("b", 8))
        )
    )
    loss = compile(both, TorchFunctor(ob={x: Euclidean(3), y: Finite(3)}, ar={k: nn.Linear(3, 3)}))
    logits = loss.boxes.of("k")(BATCH["rows"]["x"])
    _, terms = loss(BATCH)
    for name, t in (("a", 2), ("b", 8)):
        torch.testing.assert_close(terms[name], functional.cross_entropy(logits / t, BATCH["rows"]["y"]))


EVERY = {
    "kl": BUFFERED,
    "renyi": {"name": "renyi", "alpha": 0.5},
    "huber": {"name": "huber", "delta": 0.5},
    "energy": {"name": "energy", "samples": 4},
    "nll": {"name": "nll", "class_weight": [1, 2, 3]},
    "mmd": {"name": "mmd", "bandwidth": 0.1, "samples": 5},
    "energy_distance": {"name": "energy_distance", "samples": 3},
    "sliced_wasserstein": {"name": "sliced_wasserstein", "projections": 7},
    "info_nce": {"name": "info_nce", "temperature": 0.5, "symmetric": True},
    "reverse_kl": {"name": "reverse_kl", "temperature": 3},
}


def test_every_divergence_with_options_is_kept():
    assert {name for name, kind in KINDS.items() if kind.options} == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_options_survive_as_data_and_enter_the_digest(name):
    def diagram(divergence):
        return ld.LearningDiagram(ld.Constraint("c", x_of >> k, y_of, divergence=divergence))

    full = EVERY[name]
    read = ld.LearningDiagram.from_dict(diagram(full).to_dict())
    assert read == diagram(full) and read.constraints[0].options["divergence"] == full
    digests = {diagram(full).digest(), diagram(name).digest()}
    for key in full.keys() - {"name"}:
        digests.add(diagram({option: value for option, value in full.items() if option != key}).digest())
        changed = [9.0, 1, 1] if key == "class_weight" else 0.3 if key == "label_smoothing" else 9
        digests.add(diagram(full | {key: changed}).digest())
    options = len(full) - 1
    assert len(digests) == (3 if options == 1 else 2 + 2 * options)


def test_whole_and_floating_numbers_are_one_option_and_the_order_says_nothing():
    def digest(**options):
        constraint = ld.Constraint("c", x_of >> k, y_of, divergence={"name": "kl", **options})
        return ld.LearningDiagram(constraint).digest()

    assert digest(temperature=4) == digest(temperature=4.0)
    assert digest(temperature=4, class_weight=[1, 2, 3]) == digest(class_weight=(1.0, 2.0, 3.0), temperature=4.0)
    assert digest(class_weight=[1, 2, 3]) != digest(class_weight=[3, 2, 1])
