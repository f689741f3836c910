"""State of the whole process that PyTorch changes, and that a test must not leave to the next one."""

import pytest
from torch.distributions import Distribution


@pytest.fixture(autouse=True)
def _validation_of_distributions():
    """torch.compile switches the validation of Distributions off, and never on again."""
    validates = Distribution._validate_args
    yield
    Distribution.set_default_validate_args(validates)
