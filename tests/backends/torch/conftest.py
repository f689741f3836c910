"""State of the whole process that PyTorch changes, and that a test must not leave to the next one."""

import sys

import pytest
import torch
from torch.distributions import Distribution


@pytest.fixture(autouse=True)
def _validation_of_distributions():
    """torch.compile switches the validation of Distributions off, and never on again."""
    validates = Distribution._validate_args
    yield
    Distribution.set_default_validate_args(validates)


@pytest.fixture(autouse=True)
def _compiled_code():
    """torch.compile runs code as it is that was compiled for eight objectives, and says so with fullgraph=True only."""
    yield
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()
