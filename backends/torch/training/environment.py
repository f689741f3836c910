"""The environment of a run: versions, device, arguments; as texts that name no place on the machine."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from learning_diagrams.backends.torch.data.stream import Stream
from learning_diagrams.errors import brief, plural, printable

PACKAGES = ("learning-diagrams", "torch", "discopy", "numpy", "safetensors")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages on which a run depends."""
    known = {"Python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in PACKAGES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = "not installed"
    return known


def device_text(device: torch.device) -> str:
    """A device with what its arithmetic depends on."""
    name = f", {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""
    exact = ", deterministic algorithms" if torch.are_deterministic_algorithms_enabled() else ""
    return f"{device}{name}, {plural(torch.get_num_threads(), 'thread')}{exact}"


def argument_texts(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Arguments as texts: numbers and names as they are, functions and classes by name, others by their class."""
    return {name: printable(_text(value)) for name, value in arguments.items()}


def row_texts(streams: Mapping[str, Stream]) -> dict[str, str]:
    """The number of rows of each sample space, and of rows in a batch."""
    return {
        name: f"{stream.rows:,}, in batches of {stream.size:,}" if stream.rows is not None else "ready batches"
        for name, stream in streams.items()
    }


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return brief(value)
    if isinstance(value, Mapping):
        return brief("{" + ", ".join(f"{_text(key)}: {_text(item)}" for key, item in value.items()) + "}")[1:-1]
    if isinstance(value, list | tuple):
        return brief("[" + ", ".join(map(_text, value)) + "]")[1:-1]
    name = getattr(value, "__qualname__", None) or getattr(value, "name", None)
    return name if isinstance(name, str) else type(value).__qualname__
