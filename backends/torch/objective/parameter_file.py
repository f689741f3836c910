"""Parameters on disk: one safetensors file with a digest, so that nothing foreign or damaged is loaded.

The file holds the state of the objective under the names of its parameters, see `state_keys`. Metadata hold a plain
form of the learning diagram, empty where a name cannot be written in a term, its digest, and a checksum of the tensors.
Reading a file never runs code from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.module_support import as_sharded, is_sharded, own_part, whole
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.backends.torch.objective.state_keys import box_of, current_keys
from learning_diagrams.errors import FileError, ParseError, brief, require_flag
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.storage.atomic_write import write_whole

FORMAT = "learning-diagram-weights/2"
OLD_FORMAT = "learning-diagram-weights/1"  # its keys are 'box/weight'


def save(module: nn.Module, diagram: LearningDiagram, path: str | Path) -> None:
    """Write the state of the module that a learning diagram was compiled to; see `Objective.save`."""
    _require_path(path)
    state = module.state_dict()
    tensors = {key: _plain(key, whole(value)) for key, value in state.items()}
    spread = any(map(is_sharded, state.values()))
    if spread and torch.distributed.get_rank() > 0:  # every process has brought its parts, and the first one writes
        return torch.distributed.barrier()  # type: ignore[no-any-return]
    metadata = {
        "format": FORMAT,
        "learning_diagram": _plain_form(diagram),
        "digest": diagram.digest(),
        "checksum": checksum(tensors),
    }
    write_whole(Path(path), _in_order(to_bytes(tensors, metadata), metadata))
    if spread:
        torch.distributed.barrier()


def _in_order(content: bytes, metadata: Mapping[str, str]) -> bytes:
    """A safetensors file with its metadata in their order, which the library leaves to chance."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = {**json.loads(content[8:end]), "__metadata__": metadata}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, content[end:]])


def load(module: nn.Module, diagram: LearningDiagram, path: str | Path, strict: bool = True) -> None:
    """Read the state of the module that a learning diagram was compiled to; see `Objective.load`."""
    require_flag("strict", strict)
    put(module, diagram, read(path, diagram if strict else None), repr(str(path)), strict)


def put(module: nn.Module, diagram: LearningDiagram, tensors: Mapping[str, Tensor], where: str, strict: bool) -> None:
    """Give a module the tensors of a state, as `load` does; `where` names them in errors."""
    state = module.state_dict()
    wanted = {key: whole(value) for key, value in state.items()}
    counts = {key: value for key, value in wanted.items() if box_of(key) is None}  # older files do not count steps
    tensors = counts | current_keys(tensors, (box.name for box in diagram.boxes), wanted)
    wrong = dict(faults(tensors, wanted))
    if not strict:
        boxes = {box for key in wanted if (box := box_of(key)) is not None}
        left = {box: fault for key, fault in wrong.items() if (box := box_of(key)) in boxes}
        foreign = {key if (box := box_of(key)) is None else box for key in wrong} - boxes - wanted.keys()
        tensors = {key: tensors[key] if box_of(key) in boxes - left.keys() else value for key, value in wanted.items()}
        warn(
            f"{where}: boxes taken: {', '.join(map(repr, sorted(boxes - left.keys()))) or 'none'}"
            + "".join(f"; box {box!r} stays as it was, for the file {left[box]}" for box in sorted(map(str, left)))
            + (f"; not here: {', '.join(map(repr, sorted(foreign)))}" if foreign else "")
        )
    elif wrong:
        raise FileError(f"{where} {next(iter(wrong.values()))}")
    module.load_state_dict({key: as_sharded(value, state[key]) for key, value in tensors.items()})


def faults(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], finite: bool = True
) -> Iterator[tuple[str, str]]:
    """The keys at which the tensors of a file do not fit a state, each with the fault.

    Parameters
    ----------
    finite : bool, whether a number must be finite where that of the state is.
    """
    for key, value in wanted.items():
        if key not in tensors:
            yield key, f"lacks {key!r}"
        elif tensors[key].shape != value.shape:
            yield key, f"holds {key!r}, which has shape {list(tensors[key].shape)}, here {list(value.shape)}"
        elif tensors[key].dtype != value.dtype:
            kinds = f"{dtype_name(tensors[key].dtype)}, here {dtype_name(value.dtype)}"
            yield key, f"holds {key!r}, which has dtype {kinds}; convert the objective first, as in .double()"
        elif finite and not (_finite(as_sharded(tensors[key], value)) | ~_finite(value)).all():
            yield key, f"holds {key!r}, in which a number is not finite where that of the objective is"
    for key in sorted(tensors.keys() - wanted.keys()):
        yield key, f"holds {key!r}, which the objective does not have"


def _finite(value: Tensor) -> Tensor:
    """Which numbers are finite, of the part that this process holds."""
    part: Tensor = own_part(value)
    return part.isfinite().cpu()


def count_numbers(path: str | Path, diagram: LearningDiagram) -> dict[str, int]:
    """How many numbers a file of weights for a learning diagram holds, for each box."""
    counted: dict[str, int] = {}
    for key, value in current_keys(read(path, diagram), (box.name for box in diagram.boxes), ()).items():
        if (box := box_of(key)) is not None:
            counted[box] = counted.get(box, 0) + value.numel()
    return counted


def read(path: str | Path, diagram: LearningDiagram | None) -> dict[str, Tensor]:
    """The tensors of a file of weights, after a check that it is whole and belongs to an equal learning diagram.

    Parameters
    ----------
    diagram : LearningDiagram, or None for weights of any learning diagram.
    """
    where = str(path)
    _require_path(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # reading a pipe would wait for its writer
            raise FileError(f"{where!r} is not a file")
        with safe_open(where, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise FileError(f"there is no file {where!r}") from None
    except FileError:
        raise
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(
            f"{where!r} is not a readable safetensors file: {error}; give a file that objective.save wrote, and load "
            "weights of torch.save into a module, by its load_state_dict, before compile"
        ) from None
    if metadata.get("format") not in (FORMAT, OLD_FORMAT):
        raise FileError(f"{where!r} holds {metadata.get('format', 'no format')!r}, where {FORMAT!r} is needed")
    if metadata.get("checksum") != checksum(tensors):
        raise FileError(f"{where!r} is damaged: its tensors do not have the checksum that was saved with them")
    if diagram is not None and metadata.get("digest") != diagram.digest():
        raise FileError(
            f"{where!r} holds weights of another learning diagram (digest {metadata.get('digest', '')[:12]!r}…, here "
            f"{diagram.digest()[:12]!r}…); {_title(metadata)}; strict=False takes the boxes that fit"
        )
    if metadata["format"] == OLD_FORMAT:
        warn(f"{where!r} has the older form {OLD_FORMAT!r}; save the objective again to have the present one")
    return tensors


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes."""
    total = hashlib.sha256()
    for key in sorted(tensors):
        value = tensors[key]
        total.update(json.dumps([key, str(value.dtype), list(value.shape)]).encode())
        total.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _require_path(path: Any) -> None:
    if not isinstance(path, str | os.PathLike):
        raise FileError(f"a file of weights is named by a string or a pathlib.Path, got {brief(path)}")


def _plain(key: str, value: Tensor) -> Tensor:
    """A tensor of a state as a file can hold it; a warning where `load` would refuse it."""
    if value.layout is not torch.strided:
        raise FileError(
            f"{key!r} is sparse, which a file of weights cannot hold; make a dense state of it, as by .to_dense(), and "
            "save it with torch.save"
        )
    if not value.isfinite().all():
        warn(f"{key!r} holds a number that is not finite; load takes it only where that of the objective is not either")
    return value.detach().cpu().contiguous().clone()


def _plain_form(diagram: LearningDiagram) -> str:
    """The learning diagram as JSON; empty, with a warning, where a name cannot be written in a term."""
    try:
        return json.dumps(diagram.to_dict())
    except ParseError as error:
        warn(f"the weights are saved without the learning diagram's plain form: {error}")
        return ""


def _title(metadata: Mapping[str, str]) -> str:
    try:
        name = json.loads(metadata.get("learning_diagram", "")).get("name")
        return f"it is called {name!r} there" if name else "it has no name there"
    except (ValueError, AttributeError, RecursionError):
        return "its file does not say which"
