"""Weights on disk: one safetensors file with the learning diagram's plain form and a checksum beside the tensors.

safetensors holds numbers only, so loading runs nothing; it has no checksum, so we keep our own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.user_warning import warn
from learning_diagrams.backends.torch.objective.state_keys import unquote
from learning_diagrams.errors import FileError, ParseError
from learning_diagrams.files.atomic_write import write_whole
from learning_diagrams.learning_diagram import LearningDiagram

FORMAT = "learning-diagram-weights/1"


def save(module: nn.Module, diagram: LearningDiagram, path: str | Path) -> None:
    """Write the state of the module that a learning diagram was compiled to; see `Objective.save`."""
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in module.state_dict().items()}
    metadata = {
        "format": FORMAT,
        "learning_diagram": _plain_form(diagram),
        "digest": diagram.digest(),
        "checksum": checksum(tensors),
    }
    write_whole(Path(path), to_bytes(tensors, metadata))


def load(module: nn.Module, diagram: LearningDiagram, path: str | Path) -> None:
    """Read the state of the module that a learning diagram was compiled to; see `Objective.load`."""
    where = str(path)
    tensors = read(path, diagram)
    wanted = module.state_dict()
    for key, value in wanted.items():
        if key not in tensors:
            raise FileError(f"{where!r} lacks {key!r}")
        if tensors[key].shape != value.shape:
            raise FileError(f"{where!r}: {key!r} has shape {list(tensors[key].shape)}, here {list(value.shape)}")
    if unknown := sorted(set(tensors) - set(wanted)):
        raise FileError(f"{where!r} holds {unknown[0]!r}, which the objective does not have")
    module.load_state_dict(tensors)


def count_parameters(path: str | Path, diagram: LearningDiagram) -> dict[str, int]:
    """How many numbers a file of weights for a learning diagram holds, for each box."""
    counted: dict[str, int] = {}
    for key, value in read(path, diagram).items():
        box = unquote(key.partition("/")[0])
        counted[box] = counted.get(box, 0) + value.numel()
    return counted


def read(path: str | Path, diagram: LearningDiagram) -> dict[str, Tensor]:
    """The tensors of a file of weights, after a check that it is whole and belongs to an equal learning diagram."""
    where = str(path)
    try:
        with safe_open(where, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise FileError(f"there is no file {where!r}") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(f"{where!r} is not a readable safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        raise FileError(f"{where!r} holds {metadata.get('format', 'no format')!r}, where {FORMAT!r} is needed")
    if metadata.get("checksum") != checksum(tensors):
        raise FileError(f"{where!r} is damaged: its tensors do not have the checksum that was saved with them")
    if metadata.get("digest") != diagram.digest():
        raise FileError(
            f"{where!r} holds weights of another learning diagram (digest {metadata.get('digest', '')[:12]}…, here "
            f"{diagram.digest()[:12]}…); {_title(metadata)}"
        )
    return tensors


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes."""
    total = hashlib.sha256()
    for key in sorted(tensors):
        value = tensors[key]
        total.update(json.dumps([key, str(value.dtype), list(value.shape)]).encode())
        total.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _plain_form(diagram: LearningDiagram) -> str:
    """The learning diagram as JSON; empty, with a warning, where a name cannot be written in a term."""
    try:
        return json.dumps(diagram.to_dict())
    except ParseError as error:
        warn(f"the weights are saved without the learning diagram's plain form: {error}")
        return ""


def _title(metadata: Mapping[str, str]) -> str:
    try:
        return f"it is called {json.loads(metadata.get('learning_diagram', '')).get('name', '')!r} there"
    except (ValueError, AttributeError):
        return "its file does not say which"
