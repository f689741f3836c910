"""A checkpoint on disk: a folder that is written whole, and read only if every byte of it is what was written.

    step-000000000012/
        rank-0000.safetensors   the tensors
        rank-0000.json          the rest of the state, which says where each tensor belongs
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
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from learning_diagrams.backends.torch.checkpoints.packing import pack, unpack
from learning_diagrams.errors import FileError, brief, printable

FORMAT = "learning-checkpoint/1"
TENSORS, STATE, MANIFEST = "rank-0000.safetensors", "rank-0000.json", "manifest.json"
LARGEST = {STATE: 1_000_000_000, MANIFEST: 100_000}  # bytes
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


def path_of(folder: Path, step: int) -> Path:
    """The folder of the checkpoint after so many steps."""
    return folder / f"step-{step:012}"


def write(folder: Path, step: int, digest: str, state: Any) -> None:
    """Write a checkpoint whole or not at all, in the place of one of the same step.

    Raises `FileError` if it cannot be written, or if the state is no plain state.
    """
    text, tensors = pack(state)
    contents = {TENSORS: to_bytes(tensors, {"format": FORMAT}), STATE: text.encode()}
    files = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()}
    manifest = {"format": FORMAT, "step": step, "digest": digest, "files": files}
    target, temporary = path_of(folder, step), _temporary(folder, step)
    new = [place.parent for place in (folder, *folder.parents) if not place.exists()]
    try:
        temporary.mkdir(parents=True)
        for name, data in {**contents, MANIFEST: json.dumps(manifest, indent=1).encode()}.items():
            with open(temporary / name, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _sync(temporary)
        if target.exists():  # one that was refused, or that goes beyond what was resumed
            remove(target)
        os.rename(temporary, target)
        for place in (folder, *new):
            _sync(place)
    except OSError as error:
        raise FileError(f"cannot write the checkpoint {str(target)!r}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read(path: Path) -> Checkpoint:
    """Read a checkpoint; `FileError` with the reason if it is not whole, of another format, or not what was written."""
    try:
        manifest = json.loads(_content(path, MANIFEST))
        if manifest["format"] != FORMAT:
            raise FileError(f"its format is {brief(manifest['format'])}, and this version reads {FORMAT!r}")
        if manifest["files"].keys() != {TENSORS, STATE}:
            raise FileError(f"its manifest names the files {brief(sorted(manifest['files']))}")
        for name, claim in manifest["files"].items():
            _check(path / name, claim["bytes"], claim["sha256"])
        with safe_open(str(path / TENSORS), framework="pt", device="cpu") as file:
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118 - not a dict
        state = unpack(_content(path, STATE), tensors)
        step, digest = manifest["step"], manifest["digest"]
        if type(step) is not int or path_of(path.parent, step) != path or not isinstance(digest, str):
            raise FileError(f"it is that of step {brief(step)}")
        return Checkpoint(path, step, digest, state)
    except FileError:
        raise
    except OSError as error:
        raise FileError(printable(error.strerror or str(error))) from None
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise FileError(f"it is damaged: {type(error).__name__}: {printable(str(error))[:200]}") from None


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
