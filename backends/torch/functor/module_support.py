"""Which modules a box may have: most run on fake tensors, some on real data only, and some cannot run at all yet.

>>> runs_on_fakes(nn.Linear(1, 1)), runs_on_fakes(nn.DataParallel(nn.Linear(1, 1)))
(True, False)
>>> try:
...     with OneDtype():
...         nn.Linear(2, 2)(torch.zeros(1, 2, dtype=torch.float64))
... except MixedDtypes as error:
...     print(error)
addmm of float32 and float64
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from learning_diagrams.errors import CompileError

_PLAIN = (Tensor, nn.Parameter, nn.Buffer)
# Modules with code of their own round the forward pass, which a call with other parameters would disturb.
_WRAPPERS = (torch.jit.ScriptModule, nn.DataParallel, nn.parallel.DistributedDataParallel)
_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "addbmm", "mv", "addmv", "dot", "vdot", "convolution")
_HALF = {torch.float16, torch.bfloat16}


def runs_on_fakes(module: Callable[..., Any]) -> bool:
    """Whether a module can be called with fake parameters; the module stays as it is.

    Scripted, compiled, wrapped and sharded modules cannot, nor can modules with sparse parameters or buffers.
    """
    if not isinstance(module, nn.Module):
        return True
    for part in module.modules():
        if isinstance(part, _WRAPPERS) or "_orig_mod" in part._modules:
            return False
        for value in (*part._parameters.values(), *part._buffers.values()):
            if value is not None and (value.layout is not torch.strided or is_sharded(value)):
                return False
    return True


def shallow_copy(module: nn.Module, copies: dict[int, nn.Module] | None = None) -> nn.Module:
    """A module of the same parameters and buffers. What is done to its attributes is not done to those of the module.

    >>> linear = nn.Linear(1, 1)
    >>> copy = shallow_copy(linear).eval()
    >>> copy.weight is linear.weight, copy.training, linear.training
    (True, False, True)
    """
    copies = {} if copies is None else copies
    if id(module) not in copies:
        twin = copies[id(module)] = object.__new__(type(module))
        # Collections too: recurrent modules keep their parameters in a list as well.
        state = vars(twin)
        for key, value in vars(module).items():
            state[key] = copy(value) if isinstance(value, (dict, list, set)) and "hook" not in key else value
        for name, part in module._modules.items():
            if part is not None:
                twin._modules[name] = shallow_copy(part, copies)
    return copies[id(module)]


def is_sharded(value: Tensor) -> bool:
    """Whether a tensor is spread over processes, as after `fully_shard`."""
    return type(value) not in _PLAIN and hasattr(value, "full_tensor")


def own_part(value: Any) -> Any:
    """The part of a sharded tensor that this process holds, without gradient; any other tensor as it is."""
    return value.detach().to_local() if is_sharded(value) else value


def whole(value: Any) -> Any:
    """A tensor with the parts that other processes hold, which all of them ask for; any other value as it is."""
    sharded: Any = value
    return sharded.full_tensor() if isinstance(value, Tensor) and is_sharded(value) else value


def as_sharded(value: Any, like: Any) -> Any:
    """A whole tensor, spread over processes as another one is."""
    if not (isinstance(like, Tensor) and is_sharded(like)) or is_sharded(value):
        return value
    from torch.distributed.tensor import distribute_tensor

    sharded: Any = like
    return distribute_tensor(value.to(sharded.device), sharded.device_mesh, sharded.placements, src_data_rank=None)


def require_ready(box: str, module: Callable[..., Any], frozen: bool) -> None:
    """Raise `CompileError` for a module whose parameters have no numbers yet, or cannot be trained."""
    parts = module.named_modules() if isinstance(module, nn.Module) else ()
    for path, key, value in ((p, k, v) for p, m in parts for k, v in (*m._parameters.items(), *m._buffers.items())):
        if value is None:
            continue
        if is_lazy(value):
            fault, remedy = "has no shape yet", "call the module once on a batch of its input before compile"
        elif value.is_meta and not is_sharded(value):
            fault, remedy = "is on the device meta and holds no numbers", "fill it, as by module.to_empty(device='cpu')"
        elif value.layout is not torch.strided and value.requires_grad and not frozen:
            fault, remedy = "is sparse, which optimizers do not take", "make it dense, or a buffer, or freeze the box"
        else:
            continue
        name = f"{path}.{key}" if path else key
        raise CompileError(f"{name!r} of the module of box {box!r} {fault}; {remedy}")


class MixedDtypes(TypeError):
    """An operation got tensors of different dtypes, and takes those of one dtype only."""


class OneDtype(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises `MixedDtypes` where PyTorch refuses to multiply, or to normalise, tensors of different dtypes.

    Fake tensors do not ask for one dtype.
    """

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
