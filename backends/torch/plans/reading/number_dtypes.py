"""The dtypes of the numbers of a plan: its networks compute, and its columns are read, in those that its spaces say.

>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> common_dtype([Euclidean(2), Euclidean(3, dtype=torch.float64)])
torch.float64
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from learning_diagrams.backends.torch.functor.space import Space


def said_dtypes(spaces: Iterable[Space]) -> list[torch.dtype]:
    """The floating and complex dtypes that some spaces say, in their order."""
    dtypes = [space.dtype for space in spaces if space.dtype is not None]
    return [dtype for dtype in dtypes if dtype.is_floating_point or dtype.is_complex]


def common_dtype(spaces: Iterable[Space]) -> torch.dtype:
    """The floating dtype where spaces say none: the only one that some space of the plan says, or PyTorch's default."""
    floating = {dtype for dtype in said_dtypes(spaces) if dtype.is_floating_point}
    return floating.pop() if len(floating) == 1 else torch.get_default_dtype()
