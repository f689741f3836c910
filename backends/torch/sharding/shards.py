"""Tensors that are spread over processes, as `fully_shard` makes them: who holds which part, and the parts joined.

A mesh is the grid of processes. A tensor is cut along a dimension over each side of the mesh, or repeated there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.functor.module_support import is_sharded, own_part
from learning_diagrams.errors import FileError

Slice = list[list[int]]  # for each dimension where a part begins, and where it ends


def can_be_kept(tensor: Tensor) -> bool:
    """Whether a tensor is of the dense parts of which each process can keep its own."""
    if not is_sharded(tensor):
        return tensor.layout is torch.strided
    from torch.distributed.tensor import Replicate, Shard

    sharded: Any = tensor
    return not tensor.is_complex() and all(type(each) in (Shard, Replicate) for each in sharded.placements)


def description(tensor: Any) -> dict[str, Any]:
    """The whole shape of a sharded tensor, its placements, and the slice that each process holds, by its number.

    A placement is the dimension that is cut, or None where the tensor is repeated.
    """
    shape, cuts = list(tensor.shape), [getattr(each, "dim", None) for each in tensor.placements]
    return {"shape": shape, "placements": cuts, "slices": slices_of(shape, tensor.device_mesh, cuts)}


def meshes_of(state: Mapping[str, Tensor]) -> frozenset[Any]:
    """The meshes over which the tensors of a state are spread."""
    sharded: Any = [tensor for tensor in state.values() if is_sharded(tensor)]
    return frozenset(tensor.device_mesh for tensor in sharded)


class Parts(dict[str, Tensor]):
    """The tensors that several files hold together, by their keys; each is read when it is asked for.

    Parameters
    ----------
    read : function of the number of a file and a key that returns a tensor of the file.
    rank : int, the file that holds the parts of this process, if the processes are those that wrote.
    meshes : those of the run here.
    """

    def __init__(self, read: Callable[[int, str], Tensor], rank: int = 0, meshes: Collection[Any] = ()) -> None:
        super().__init__()
        self._read, self._rank, self._meshes = read, rank, meshes

    def __missing__(self, key: str) -> Tensor:
        self[key] = self._read(0, key)
        return self[key]

    def joined(self, key: str, shape: list[int], placements: list[int | None], slices: list[Slice | None]) -> Tensor:
        """A sharded tensor: spread over the only mesh of the run, if it has as many sides, and whole otherwise.

        Only the parts that this process needs are read, and nothing is allocated before the files have all numbers.
        """
        if key not in self:
            mesh = next(iter(self._meshes)) if len(self._meshes) == 1 else None
            if mesh is None or mesh.ndim != len(placements):
                self[key] = self._filled(torch.zeros, key, shape, slices, [[0, size] for size in shape])
            else:
                from torch.distributed.tensor import Replicate, Shard, zeros

                cuts = [Replicate() if dim is None else Shard(dim) for dim in placements]
                own = slices_of(shape, mesh, placements)[torch.distributed.get_rank()] or []
                self[key] = self._filled(partial(zeros, device_mesh=mesh, placements=cuts), key, shape, slices, own)
        return self[key]

    def _filled(self, make: Any, key: str, shape: list[int], slices: list[Slice | None], wanted: Slice) -> Tensor:
        """A tensor that `make` makes of its shape, with the numbers of the wanted slice."""
        pieces: dict[tuple[tuple[int, int], ...], Tensor] = {}
        missing, dtype = prod(end - start for start, end in wanted), None
        held = [(rank, place) for rank, place in enumerate(slices) if place is not None]
        for rank, place in sorted(held, key=lambda part: part[0] != self._rank):
            common = tuple((max(a, c), min(b, d)) for (a, b), (c, d) in zip(place, wanted, strict=True))
            needed = missing > 0 and all(start < end for start, end in common) and common not in pieces
            if needed or dtype is None:
                part = self._read(rank, key)
                if list(part.shape) != [end - start for start, end in place]:
                    raise FileError(f"part {rank} of {key!r} has shape {list(part.shape)}, and its slice is {place}")
                dtype = part.dtype
            if needed:
                pieces[common] = part[_from(common, place)]
                missing -= pieces[common].numel()
        if missing or dtype is None:
            raise FileError(f"the parts of {key!r} do not make up a tensor of shape {shape}")
        result: Any = make(shape, dtype=dtype)
        target = own_part(result)
        for common, piece in pieces.items():
            target[_from(common, wanted)] = piece
        return result  # type: ignore[no-any-return]


def slices_of(shape: Iterable[int], mesh: Any, cuts: Iterable[int | None]) -> list[Slice | None]:
    """The slice of each process, by its number; None for a process that is not of the mesh.

    Each side of the mesh cuts what the sides before it have left, into chunks as `torch.chunk` makes them.
    """
    held: dict[int, Slice] = {}
    for rank, place in zip(mesh.mesh.flatten().tolist(), product(*map(range, mesh.shape)), strict=True):
        part = [[0, size] for size in shape]
        for dim, count, number in zip(cuts, mesh.shape, place, strict=True):
            if dim is not None:
                start, end = part[dim]
                length = -((start - end) // count)
                part[dim] = [min(start + length * at, end) for at in (number, number + 1)]
        held[rank] = part
    return [held.get(rank) for rank in range(max(held) + 1)]


def _from(common: tuple[tuple[int, int], ...], whole: Slice) -> tuple[slice, ...]:
    """A part of a slice, counted from the beginning of the slice."""
    return tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(common, whole, strict=True))
