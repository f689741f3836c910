"""A checkpoint on disk: a folder that is written whole, and read only if every byte of it is what was written.

    step-000000000012/
        rank-0000.safetensors   the tensors; of sharded ones the parts of the first process
        rank-0001.safetensors   the parts of the second process, and so on
        rank-0000.json          the rest of the state, which says where each tensor belongs, and each part of it
        manifest.json           format, step, digest of the learning diagram; size and SHA-256 of each file; is last

Nothing in a checkpoint is code. Sizes and hashes are looked at before a tensor is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save as to_bytes

from learning_diagrams.backends.torch.checkpoints.packing import pack, unpack
from learning_diagrams.backends.torch.sharding.group import ALONE, Group
from learning_diagrams.backends.torch.sharding.shards import Parts
from learning_diagrams.errors import FileError, brief

FORMAT = "learning-checkpoint/1"
STATE, MANIFEST = "rank-0000.json", "manifest.json"
LARGEST = {STATE: 1_000_000_000, MANIFEST: 10_000_000}  # bytes
NAME = re.compile(r"step-(\d{12})")
LEFT = re.compile(r"\.step-\d{12}\.[0-9a-f]{16}\.tmp")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read.

    Attributes
    ----------
    digest : str, of the learning diagram.
    """

    path: Path
    step: int
    digest: str
    state: Any


def tensors_of(rank: int) -> str:
    """The name of the file of the tensors of a process."""
    return f"rank-{rank:04}.safetensors"


def path_of(folder: Path, step: int) -> Path:
    """The folder of the checkpoint after so many steps."""
    return folder / f"step-{step:012}"


def write(folder: Path, step: int, digest: str, state: Any, group: Group = ALONE) -> None:
    """Write a checkpoint whole or not at all, in the place of one of the same step.

    Raises `FileError` in each process of the group if it cannot be written, or if the state is no plain state.
    """
    target, temporary, first = path_of(folder, step), group.of_first(_temporary(folder, step)), group.rank == 0
    new = [place.parent for place in (folder, *folder.parents) if not place.exists()]

    def begin() -> dict[str, bytes]:
        text, tensors = pack(state, whole=first)
        contents = {tensors_of(group.rank): to_bytes(tensors, {"format": FORMAT})}
        if first:
            temporary.mkdir(parents=True)
        return contents | ({STATE: text.encode()} if first else {})

    def write_own() -> None:
        if not temporary.is_dir():
            raise FileError(
                f"process {group.rank} does not see the folder that process 0 has made for the checkpoint "
                f"{str(target)!r}; give run= a folder on a disk that all processes share"
            )
        for name, data in own.items():
            _write(temporary / name, data)

    def end() -> None:
        if first:
            manifest = {"format": FORMAT, "step": step, "digest": digest, "files": files}
            _write(temporary / MANIFEST, json.dumps(manifest, indent=1).encode())
            _sync(temporary)
            if target.exists():  # one that was refused, or that goes beyond what was resumed
                remove(target)
            os.rename(temporary, target)
            for place in (folder, *new):
                _sync(place)

    def together(act: Callable[[], Any]) -> Any:
        def on_disk() -> Any:
            try:
                return act()
            except FileError:
                raise
            except OSError as error:
                reason = error.strerror or error
                raise FileError(f"cannot write the checkpoint {str(target)!r}: {reason}") from None

        return group.together(on_disk)

    try:
        own = together(begin)
        together(write_own)
        claims = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in own.items()}
        files = {name: claim for each in group.of_all(claims) for name, claim in each.items()}
        together(end)
    finally:
        if first:
            shutil.rmtree(temporary, ignore_errors=True)


def read(path: Path, group: Group = ALONE, meshes: Collection[Any] = ()) -> Checkpoint:
    """Read a checkpoint; `FileError` with the reason if it is not whole, of another format, or not what was written.

    Each process of a group looks at the hashes of its share of the files, and the error of one is that of all.

    Parameters
    ----------
    meshes : the meshes over which sharded tensors are to be spread, see `Parts`; without one they are whole.
    """
    return group.together(lambda: _read(path, group, meshes))


def _read(path: Path, group: Group, meshes: Collection[Any]) -> Checkpoint:
    manifest = json.loads(_content(path, MANIFEST))
    if manifest["format"] != FORMAT:
        raise FileError(f"its format is {brief(manifest['format'])}, and this version reads {FORMAT!r}")
    claims = manifest["files"]
    names = [tensors_of(rank) for rank in range(len(claims) - 1)]
    if not names or claims.keys() != {STATE, *names}:
        raise FileError(f"its manifest names the files {brief(sorted(claims))}")
    for name in (*names[group.rank :: group.size], STATE):
        _check(path / name, claims[name]["bytes"], claims[name]["sha256"])
    with ExitStack() as stack:

        @cache
        def file(rank: int) -> Any:
            return stack.enter_context(safe_open(str(path / names[rank]), framework="pt", device="cpu"))

        parts = Parts(lambda rank, key: file(rank).get_tensor(key).clone(), group.rank, meshes)
        state = unpack(_content(path, STATE), parts)
    step, digest = manifest["step"], manifest["digest"]
    if type(step) is not int or path_of(path.parent, step) != path or not isinstance(digest, str):
        raise FileError(f"it is that of step {brief(step)}")
    return Checkpoint(path, step, digest, state)


def steps_of(folder: Path) -> list[int]:
    """The steps of the checkpoints in a folder, the newest first."""
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted((int(match[1]) for name in names if (match := NAME.fullmatch(name))), reverse=True)


def remove(path: Path) -> None:
    """Remove a checkpoint, so that no part of it is ever taken for a checkpoint."""
    step = NAME.fullmatch(path.name)
    temporary = _temporary(path.parent, int(step[1]) if step else 0)
    os.rename(path, temporary)
    shutil.rmtree(temporary, ignore_errors=True)


def remove_left(folder: Path) -> None:
    """Remove what killed processes left."""
    for name in filter(LEFT.fullmatch, os.listdir(folder) if folder.is_dir() else ()):
        shutil.rmtree(folder / name, ignore_errors=True)


def _temporary(folder: Path, step: int) -> Path:
    return folder / f".step-{step:012}.{secrets.token_hex(8)}.tmp"


def _write(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _blocks(path: Path) -> Iterator[bytes]:
    if not stat.S_ISREG(os.stat(path).st_mode):  # reading a pipe would wait for its writer
        raise FileError(f"{path.name} is not a file")
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            yield block


def _content(path: Path, name: str) -> str:
    """A file of limited size as a text."""
    size = os.stat(path / name).st_size
    if size > LARGEST[name]:
        raise FileError(f"{name} has {size:,} bytes, and at most {LARGEST[name]:,} are read")
    return b"".join(_blocks(path / name)).decode()


def _check(path: Path, size: int, sha256: str) -> None:
    """Raise `FileError` unless a file has a size and a hash."""
    there = os.stat(path).st_size
    if there != size:
        raise FileError(f"{path.name} has {there:,} bytes, and the manifest says {brief(size)}")
    total = hashlib.sha256()
    for block in _blocks(path):
        total.update(block)
    if total.hexdigest() != sha256:
        raise FileError(f"{path.name} does not have the hash that the manifest says")


def _sync(folder: Path) -> None:
    """Let a rename survive a power failure, where the system opens folders."""
    with suppress(PermissionError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
