"""The state of an optimizer is put back exactly."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch.checkpoints.packing import pack, unpack
from learning_diagrams.backends.torch.checkpoints.step_state import load_exactly


def test_a_state_keeps_the_dtype_that_it_has_where_parameters_have_another():
    """PyTorch converts the state of a parameter in bfloat16 to bfloat16."""
    first, second = (nn.Parameter(torch.ones(3, dtype=torch.bfloat16)) for _ in range(2))
    optimizer, other = (torch.optim.SGD([weight], lr=0.1, momentum=0.9) for weight in (first, second))
    optimizer.state[first]["momentum_buffer"] = torch.full((3,), 1 / 3)
    load_exactly(other, unpack(*pack(optimizer.state_dict())))
    assert torch.equal(other.state[second]["momentum_buffer"], torch.full((3,), 1 / 3))


@pytest.mark.parametrize("value", [torch.ones(4), torch.ones(3, dtype=torch.int64), [1.0], "x"])
def test_a_state_of_another_form_is_refused(value):
    weight = nn.Parameter(torch.ones(3))
    with pytest.raises(ld.FileError, match=r"it holds 'momentum_buffer' of .* for a parameter of real numbers \[3\]"):
        load_exactly(torch.optim.SGD([weight], lr=0.1), {"state": {0: {"momentum_buffer": value}}, "param_groups": []})
