"""Warnings that name the line of the user: the first frame outside of this library, of PyTorch and of decorators."""

from __future__ import annotations

import sys
import warnings

from learning_diagrams.errors.wording import printable

_SKIPPED = ("learning_diagrams", "torch", "contextlib")


def warn(message: str) -> None:
    """Give a `UserWarning` at the line that called the library."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _SKIPPED:
        level, frame = level + 1, frame.f_back
    warnings.warn(printable(message), stacklevel=level)
