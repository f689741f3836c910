"""The draws of some rows among all are those of all rows, for what draws in PyTorch."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch.processes.joined_draws import JoinedDraws

torch.set_num_threads(1)
torch.manual_seed(0)
FLAT, DEEP = torch.randn(7, 2).double(), torch.randn(7, 4, 2).double()
ATTENTION = nn.MultiheadAttention(2, 1, dropout=0.4, batch_first=True).double()
FUNCTIONS = {
    "dropout": (nn.Dropout(0.3), FLAT),
    "alpha dropout": (nn.AlphaDropout(0.3), FLAT),
    "dropout of channels": (nn.Dropout1d(0.3), DEEP),
    "feature dropout": (nn.FeatureAlphaDropout(0.3), DEEP),
    "attention": (lambda value: ATTENTION(value, value, value)[0], DEEP),
    "scaled products": (lambda v: functional.scaled_dot_product_attention(v, v, v, dropout_p=0.4), DEEP),
    "rand": (lambda value: torch.rand(len(value), 2, dtype=value.dtype), FLAT),
    "randn": (lambda value: torch.randn((len(value), 3)), FLAT),
    "randn_like": (torch.randn_like, FLAT),
    "normal": (lambda value: torch.normal(value, 1.0), FLAT),
    "exponential": (lambda value: torch.empty_like(value).exponential_(), FLAT),
    "bernoulli": (lambda value: torch.bernoulli(value.sigmoid()), FLAT),
    "gumbel": (functional.gumbel_softmax, FLAT),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_draws_of_some_rows_are_those_of_all(name):
    function, values = FUNCTIONS[name]
    torch.manual_seed(1)
    every, after = function(values), torch.rand(1)
    torch.manual_seed(1)
    draws = JoinedDraws()
    with draws, draws.of(rows=3, start=2, total=7):
        own = function(values[2:5])
    assert torch.equal(own, every[2:5])
    assert torch.equal(torch.rand(1), after)


def test_samples_have_their_rows_in_the_second_dimension():
    torch.manual_seed(1)
    every = torch.randn(5, 7, 2)
    torch.manual_seed(1)
    draws = JoinedDraws()
    with draws, draws.of(rows=3, start=2, total=7, dim=1):
        assert torch.equal(torch.randn(5, 3, 2), every[:, 2:5])


def test_what_has_no_rows_is_drawn_as_it_is():
    torch.manual_seed(1)
    expected = torch.randn(5, 2)
    torch.manual_seed(1)
    draws = JoinedDraws()
    with draws, draws.of(rows=3, start=2, total=7):
        assert torch.equal(torch.randn(5, 2), expected)
        with pytest.raises(ld.CompileError, match="recurrent module with dropout="):
            nn.LSTM(2, 2, 2, dropout=0.5, batch_first=True).double()(DEEP[2:5])
        assert nn.LSTM(2, 2, 2, batch_first=True).double()(DEEP[2:5])[0].shape == (3, 4, 2)
