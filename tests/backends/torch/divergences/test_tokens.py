"""Tokens: laws at each position of a sequence; padding counts in no value and no gradient."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import LIBRARY

torch.set_num_threads(1)
x, text = ld.Ty("x"), ld.Ty("text")
rows = ld.SampleSpace("rows")
x_of, text_of, guess_of = rows.column("x", x), rows.column("text", text), rows.column("guess", text)
model, teacher = ld.Kernel("model", x, text), ld.Kernel("teacher", x, text)
V, L, PAD = 4, 3, 0
AGAINST_DATA = sorted({name for name, *rest in LIBRARY if rest == ["tokens", "point", "distribution"]})
BETWEEN_LAWS = sorted({name for name, *rest in LIBRARY if rest == ["tokens", "distribution", "distribution"]})


class Sequence(nn.Module):
    """Logits of one's own for every row of the test."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, value):
        return self.logits[torch.arange(len(value)) % len(self.logits)]


def objective(lhs, rhs, divergence=None, space=None, **logits):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence))
    ob = {x: Euclidean(1), text: space or Tokens(V, L, padding=PAD)}
    return compile(diagram, TorchFunctor(ob=ob, ar={name: Sequence(table) for name, table in logits.items()}))


def batch(tokens, **more):
    return {"rows": {"x": torch.zeros(len(tokens), 1, dtype=torch.float64), "text": torch.tensor(tokens), **more}}


def random_logits(n, seed=0):
    return torch.randn(n, L, V, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


sequences = st.lists(st.lists(st.integers(0, V - 1), min_size=L, max_size=L), min_size=1, max_size=3)


@pytest.mark.sampled(5)
@settings(max_examples=15, deadline=None)
@given(sequences)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", AGAINST_DATA)
def test_padding_counts_in_no_value_and_no_gradient(name, reduction, tokens):
    """Each row is the sum or mean of the divergence on labels over its own tokens; all padding is no row."""
    space, logits = Tokens(V, L, padding=PAD, reduction=reduction), random_logits(len(tokens))
    loss = objective(x_of >> model, text_of, name, space, model=logits)
    total, _ = loss(batch(tokens))
    total.backward()
    on_labels = LIBRARY[name, "labels", "point", "distribution"].rows
    expected = []
    for row, laws in zip(tokens, logits, strict=True):
        real = [(token, law) for token, law in zip(row, laws, strict=True) if token != PAD]
        values = [on_labels(torch.tensor([token]), law[None]).item() for token, law in real]
        expected.append(sum(values) / (max(len(values), 1) if reduction == "mean" else 1))
    assert loss.defects(batch(tokens))["c"].tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    present = max(sum(any(token != PAD for token in row) for row in tokens), 1)
    assert total.item() == pytest.approx(sum(expected) / present, rel=1e-12, abs=1e-12)
    gradient = loss.boxes.of("model").logits.grad
    padded = torch.tensor(tokens) == PAD
    assert not gradient[padded].any() and gradient[~padded].isfinite().all()


@pytest.mark.parametrize("name", AGAINST_DATA)
def test_a_model_that_excludes_the_padding_token_learns(name):
    """Its logit is −∞, so what is compared at padding would be infinite; and without padding it is."""
    logits = random_logits(2)
    logits[..., PAD] = -math.inf
    tokens = [[1, 2, PAD], [PAD, PAD, PAD]]
    loss = objective(x_of >> model, text_of, name, model=logits)
    total, _ = loss(batch(tokens))
    total.backward()
    assert total.isfinite() and loss.boxes.of("model").logits.grad.isfinite().all()
    counted, _ = objective(x_of >> model, text_of, name, Tokens(V, L), model=logits)(batch(tokens))
    bounded = name in ("jensen_shannon", "total_variation", "hellinger")
    assert bool(counted.isfinite()) == bounded and counted > total


def test_the_default_is_cross_entropy_as_pytorch_has_it():
    tokens, logits = [[1, 2, 0], [3, 0, 0]], random_logits(2)
    total, _ = objective(x_of >> model, text_of, model=logits)(batch(tokens))
    flat = logits.reshape(-1, V), torch.tensor(tokens).reshape(-1)
    expected = functional.cross_entropy(*flat, ignore_index=PAD, reduction="sum") / 2
    torch.testing.assert_close(total, expected)


def test_the_mean_is_per_token_of_its_row_and_not_of_the_batch():
    """Uniform laws cost log 4 a token: rows of 3 and 1 tokens have sums 3 log 4 and log 4, and means log 4 each."""
    for reduction, expected in (("sum", 2 * math.log(4)), ("mean", math.log(4))):
        space = Tokens(V, L, padding=PAD, reduction=reduction)
        total, _ = objective(x_of >> model, text_of, space=space, model=torch.zeros(2, L, V))(
            {"rows": {"x": torch.zeros(2, 1), "text": torch.tensor([[1, 2, 3], [1, 0, 0]])}}
        )
        assert total.item() == pytest.approx(expected)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", BETWEEN_LAWS)
def test_between_kernels_every_position_counts(name, reduction):
    space = Tokens(V, L, padding=PAD, reduction=reduction)
    p, r = random_logits(2), random_logits(2, seed=1)
    total, _ = objective(x_of >> model, x_of >> teacher, name, space, model=p, teacher=r)(
        batch([[0] * 3] * 2), strict=False
    )
    on_labels = LIBRARY[name, "labels", "distribution", "distribution"].rows
    each = on_labels(r.reshape(-1, V), p.reshape(-1, V)).reshape(2, L)
    torch.testing.assert_close(total, (each.mean(1) if reduction == "mean" else each.sum(1)).mean())


def test_two_columns_of_tokens_differ_where_neither_is_padding_of_the_reference():
    loss = objective(guess_of, text_of, "total_variation")
    data = batch([[1, 2, PAD], [3, PAD, 1]], guess=torch.tensor([[1, 3, 3], [2, 2, 1]]))
    assert loss.defects(data, strict=False)["c"].tolist() == [1, 1]


def test_label_options_speak_of_every_token():
    weight, logits, tokens = (0.0, 1.0, 2.0, 5.0), random_logits(1), [[1, 3, PAD]]
    option = {"name": "kl", "class_weight": weight, "label_smoothing": 0.2, "temperature": 2.0}
    total, _ = objective(x_of >> model, text_of, option, model=logits)(batch(tokens))
    costs = functional.cross_entropy(logits[0] / 2, torch.tensor(tokens[0]), label_smoothing=0.2, reduction="none")
    assert total.item() == pytest.approx((costs[0] + 5 * costs[1]).item())


def test_a_whole_number_of_numpy_is_a_size():
    size = np.array([0, 3]).max() + 1
    assert Finite(size) == Finite(4) and repr(Finite(size)) == "Finite(4)" and Tokens(size, size) == Tokens(4, 4)


SPACES = {
    "Tokens takes a number of tokens ≥ 1": lambda: Tokens(0, 3),
    "Tokens takes a number of positions ≥ 1": lambda: Tokens(4, True),
    "padding of Tokens is a label in 0 … 3, or -100 or 255, .* or None; got 4": lambda: Tokens(4, 3, padding=4),
    "padding of Finite is a label in 0 … 3, .* got -1": lambda: Finite(4, shape=(2,), padding=-1),
    "padding of Tokens .* got True": lambda: Tokens(4, 3, padding=True),
    "reduction of Tokens is 'sum' or 'mean' over the positions of a row, .* got 'none'": lambda: Tokens(
        4, 3, reduction="none"
    ),
    "positions of a space is a name .* got 3": lambda: Tokens(4, 3, positions=3),
    "only labels have padding": lambda: Finite(4, soft=True, padding=0),
    "returned logits of shape .rows, 4, 3., where Tokens": lambda: objective(
        x_of >> model, text_of, model=torch.zeros(2, 4, 3)
    ),
    "class_weight has 3 numbers, and Tokens.* has 4 outcomes": lambda: objective(
        x_of >> model, text_of, {"name": "kl", "class_weight": [1, 1, 1]}, model=torch.zeros(2, L, V)
    ),
}


@pytest.mark.parametrize("message", SPACES)
def test_a_space_or_a_model_that_does_not_fit_is_a_typed_error(message):
    with pytest.raises(ld.CompileError, match=message):
        SPACES[message]()


DATA = {
    r"has shape \[2, 4\], where Tokens.* needs \[rows, 3\]": torch.zeros(2, 4).long(),
    r"has shape \[2\], where Tokens.* needs \[rows, 3\]": torch.zeros(2).long(),
    "has dtype float32, where Tokens.* needs int64": torch.zeros(2, 3),
    "holds labels -100 … 1": torch.tensor([[1, 1, -100], [1, 1, 1]]),
    "holds labels 1 … 4": torch.tensor([[1, 1, 4], [1, 1, 1]]),
}


@pytest.mark.parametrize("message", DATA)
def test_tokens_that_do_not_fit_are_a_data_error(message):
    loss = objective(x_of >> model, text_of, model=torch.zeros(2, L, V))
    with pytest.raises(ld.DataError, match=message):
        loss({"rows": {"x": torch.zeros(2, 1), "text": DATA[message]}})
