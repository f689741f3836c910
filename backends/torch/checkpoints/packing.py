"""Nested plain state as JSON and tensors, and back: nothing of it is code, and nothing of it is run.

Numbers, texts, lists, tuples and dicts stand in the JSON; tensors, arrays and bytes stand in the tensors, under the
path to their place. A tensor that stands in several places is kept once. Of a sharded tensor the tensors hold the part
of this process, and the JSON says where all parts belong.

>>> weight = torch.ones(2)
>>> text, tensors = pack({"a": (weight, float("inf")), "b": {3: weight}})
>>> text
'{"dict": [["a", {"tuple": [{"tensor": "a/0"}, {"float": "inf"}]}], ["b", {"dict": [[3, {"tensor": "a/0"}]]}]]}'
>>> unpack(text, tensors)
{'a': (tensor([1., 1.]), inf), 'b': {3: tensor([1., 1.])}}
"""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from learning_diagrams.backends.torch.functor.module_support import is_sharded, own_part
from learning_diagrams.backends.torch.sharding.shards import Parts, can_be_kept, description
from learning_diagrams.errors import FileError, brief

DICTS: dict[str, type[dict[Any, Any]]] = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}
LISTS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set}


class Stateful(Protocol):
    """A part of a run with a state. `require` raises an error for a state that it cannot take, and changes nothing."""

    def state_dict(self) -> Any: ...
    def require(self, state: Any, /) -> None: ...
    def load_state_dict(self, state: Any, /) -> None: ...


def pack(state: Any, whole: bool = True) -> tuple[str, dict[str, Tensor]]:
    """JSON text, and tensors on the CPU that share no memory; `FileError` for what is no plain state.

    Parameters
    ----------
    whole : bool, whether the tensors that are not sharded, which every process has, are there.
    """
    packing = _Packing(whole)
    return json.dumps(packing.plain(state, ""), allow_nan=False), packing.tensors


def unpack(text: str, tensors: Mapping[str, Tensor]) -> Any:
    """The state; `FileError`, or another plain error, for a text that `pack` does not write."""
    return _unpacked(json.loads(text, parse_constant=_refuse), tensors)


class _Packing:
    def __init__(self, whole: bool) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._whole, self._keys = whole, set[str]()
        self._seen: dict[tuple[Any, ...], tuple[str, Tensor]] = {}

    def plain(self, value: Any, path: str) -> Any:
        """A value as JSON holds it."""
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            return [self.plain(item, f"{path}/{i}") for i, item in enumerate(value)]
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
            tag = "number" if isinstance(value, np.generic) else "array"
            return {tag: self.plain(torch.from_numpy(np.array(value)), path)}
        if kind is bytes:
            return {"bytes": self.plain(torch.frombuffer(bytearray(value), dtype=torch.uint8), path) if value else None}
        if kind.__name__ in LISTS and kind is LISTS[kind.__name__]:
            return {kind.__name__: self.plain(list(value), path)}
        if kind in DICTS.values():
            return {kind.__name__: [[self.plain(k, path), self.plain(v, f"{path}/{k}")] for k, v in value.items()]}
        raise FileError(
            f"{path.strip('/')!r} of the state of this run is {brief(value)}, which a checkpoint cannot hold; it holds "
            "tensors, arrays, numbers, texts, lists, tuples and dicts of them"
        )

    def _tensor(self, value: Any, path: str) -> Any:
        if not can_be_kept(value):
            raise FileError(
                f"{path.strip('/')!r} of the state of this run is sparse, or sharded in another way than fully_shard "
                "does, which a checkpoint cannot hold; make it dense"
            )
        if value.is_complex():
            return {"complex": self._tensor(torch.view_as_real(value.resolve_conj()), path)}
        sharded = is_sharded(value)
        part: Tensor = own_part(value.detach())
        place = (part.data_ptr(), value.dtype, value.shape, part.stride(), value.device)
        if part.numel() == 0 or place not in self._seen:
            key = path.strip("/")
            while key in self._keys:
                key += "#"
            self._keys.add(key)
            if sharded or self._whole:
                self.tensors[key] = part.cpu().contiguous().clone()
            self._seen[place] = key, part  # which lives on, so that its address stays its own
        else:
            key = self._seen[place][0]
        return {"sharded": {"key": key, **description(value)}} if sharded else {"tensor": key}


def _unpacked(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "tensor":
        return tensors[content]
    if tag == "sharded" and isinstance(tensors, Parts):
        return tensors.joined(**content)
    if tag == "float":
        return float(content)
    inner = _unpacked(content, tensors)
    if tag in DICTS:
        return DICTS[tag](dict(inner))
    if tag in LISTS:
        return LISTS[tag](inner)
    if tag == "complex":
        return torch.view_as_complex(inner)
    if tag == "array":
        return inner.numpy()
    if tag == "number":
        return inner.numpy()[()]
    if tag == "bytes":
        return b"" if inner is None else inner.numpy().tobytes()
    raise FileError(f"it has {brief(tag)}, which no checkpoint has")


def _refuse(constant: str) -> Any:
    raise FileError(f"it has {constant}, which is no number of JSON")
