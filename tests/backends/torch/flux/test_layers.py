"""Modules as models of Flux: what each is written as, and what is refused."""

from collections import OrderedDict

import pytest
from torch import nn

from learning_diagrams import CompileError
from learning_diagrams.backends.torch.flux.layers import model_of

WRITTEN = [
    (nn.Linear(4, 3), "Dense(4 => 3)"),
    (nn.Linear(4, 3, bias=False), "Dense(4 => 3; bias = false)"),
    (nn.Conv1d(2, 3, 5, padding=2), "CrossCor((5,), 2 => 3; pad = (2,))"),
    (nn.Conv2d(1, 8, (3, 5), stride=(2, 1)), "CrossCor((5, 3), 1 => 8; stride = (1, 2))"),
    (nn.MaxPool2d((2, 3)), "MaxPool((3, 2))"),
    (nn.MaxPool2d(3, stride=2, padding=1), "MaxPool((3, 3); pad = (1, 1), stride = (2, 2))"),
    (nn.AvgPool1d(2), "MeanPool((2,))"),
    (nn.Flatten(), "Flux.flatten"),
    (nn.Unflatten(1, (2, 3, 4)), "x -> reshape(x, 4, 3, 2, :)"),
    (nn.Embedding(9, 4), "Chain(x -> x .+ 1, Embedding(9 => 4))"),
    (nn.GELU("tanh"), "x -> gelu_tanh.(x)"),
    (nn.Softmax(-1), "x -> softmax(x; dims = 1)"),
    (nn.Sequential(), "identity"),
    (
        nn.Sequential(OrderedDict({"end": nn.Conv2d(1, 2, 3, bias=False), "act": nn.ReLU(), "→": nn.Tanh()})),
        "Chain(\n    end2 = CrossCor((3, 3), 1 => 2, relu; bias = false),\n    value_ = x -> tanh.(x)\n)",
    ),
    (
        nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.SiLU())),
        "Chain(layer_0 = Chain(layer_0 = Dense(2 => 2, swish)))",
    ),
]


@pytest.mark.parametrize(("module", "text"), WRITTEN, ids=[text[:20] for _, text in WRITTEN])
def test_a_module_is_written(module, text):
    assert model_of(module, "box 'f'") == text


REFUSED = [
    nn.BatchNorm1d(3),
    nn.Conv2d(2, 2, 3, groups=2),
    nn.Conv2d(2, 2, 3, padding="same"),
    nn.Conv2d(2, 2, 3, padding_mode="circular", padding=1),
    nn.MaxPool2d(2, ceil_mode=True),
    nn.AvgPool2d(3, padding=1),
    nn.Softmax(1),
    nn.Flatten(0),
    nn.Embedding(3, 2, padding_idx=0),
    nn.PReLU(),
]


@pytest.mark.parametrize("module", REFUSED, ids=str)
def test_another_meaning_is_refused(module):
    with pytest.raises(CompileError, match=r"box 'f', layer '0': .* has no counterpart in Flux here"):
        model_of(nn.Sequential(module), "box 'f'")
