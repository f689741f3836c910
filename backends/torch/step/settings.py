"""The settings of a run, checked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from learning_diagrams.errors import DataError, brief


def require_number(name: str, value: Any) -> None:
    """Raise `DataError` unless a setting is a finite number ≥ 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise DataError(f"{name} must be a number ≥ 0, got {brief(value)}")


def seconds_of(max_time: float | timedelta) -> float:
    """A time limit in seconds."""
    seconds = max_time.total_seconds() if isinstance(max_time, timedelta) else max_time
    require_number("max_time", seconds)
    return seconds


def functions(name: str, callbacks: Iterable[Callable[..., Any]]) -> tuple[Callable[..., Any], ...]:
    """A list of functions as a tuple."""
    listed = tuple(callbacks) if isinstance(callbacks, Iterable) else (None,)
    if not all(map(callable, listed)):
        raise DataError(f"{name}= takes a list of functions, got {brief(callbacks)}")
    return listed
