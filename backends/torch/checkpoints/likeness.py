"""Whether a state has the form of another one: the same kinds of values where both have a value.

>>> require_like({"lr": 0.1, "betas": (0.9, 0.99)}, {"lr": 1, "betas": (0.5, 0.5), "eps": None})
>>> require_like({"lr": "high"}, {"lr": 0.1})
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: it holds 'high' as 'lr', where the run has 0.1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.errors import FileError, brief

NUMBERS = (int, float)


def refuse_if(wrong: object, fault: str) -> None:
    """Raise `FileError` with the fault of a checkpoint if something is wrong."""
    if wrong:
        raise FileError(fault)


def require_like(state: Any, other: Any, path: str = "") -> None:
    """Raise `FileError` where a value of a state is of another kind; an empty or absent value fits any other."""
    if state is None or other is None:
        return
    numbers = all(isinstance(value, NUMBERS) and not isinstance(value, bool) for value in (state, other))
    alike = numbers or isinstance(state, type(other)) or isinstance(other, type(state))
    refuse_if(not alike, f"it holds {brief(state)} as {path.strip('/')!r}, where the run has {brief(other)}")
    if isinstance(other, Mapping):
        for key in state.keys() & other.keys():
            require_like(state[key], other[key], f"{path}/{key}")
    elif isinstance(other, list | tuple):
        for i, (value, there) in enumerate(zip(state, other, strict=False)):
            require_like(value, there, f"{path}/{i}")
