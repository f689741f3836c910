"""Operations that take tensors of one dtype only, watched on fake tensors, which do not ask for it.

>>> with OneDtype():
...     torch.zeros(2, 2) + torch.zeros(2, 2, dtype=torch.float64) @ torch.zeros(2, 2, dtype=torch.float64)
tensor([[0., 0.],
        [0., 0.]], dtype=torch.float64)
>>> try:
...     with OneDtype():
...         torch.nn.Linear(2, 2)(torch.zeros(1, 2, dtype=torch.float64))
... except MixedDtypes as error:
...     print(error)
addmm of float32 and float64
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "addbmm", "mv", "addmv", "dot", "vdot", "convolution")
_HALF = {torch.float16, torch.bfloat16}


class MixedDtypes(TypeError):
    """An operation got tensors of different dtypes, and takes those of one dtype only."""


class OneDtype(TorchDispatchMode):
    """Raises `MixedDtypes` where PyTorch refuses to multiply, or to normalise, tensors of different dtypes."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in _PRODUCTS or name.endswith("_norm"):
            dtypes = [part.dtype for part in tree_leaves((args, kwargs)) if isinstance(part, Tensor)]
            # PyTorch normalises half floats by numbers in float32.
            allowed = name.endswith("_norm") and dtypes[0] in _HALF and {*dtypes[1:]} == {torch.float32}
            if len({*dtypes}) > 1 and not allowed:
                shown = sorted(str(dtype).removeprefix("torch.") for dtype in {*dtypes})
                raise MixedDtypes(f"{name} of {' and '.join(shown)}")
        return func(*args, **(kwargs or {}))
