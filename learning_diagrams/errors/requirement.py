"""Requirements on arguments."""

from __future__ import annotations

from learning_diagrams.errors.kinds import TypeMismatch
from learning_diagrams.errors.wording import brief


def require_count(name: str, value: object, least: int = 1) -> None:
    """Raise `TypeMismatch` unless a value is a whole number ≥ `least`; a boolean is not a whole number.

    >>> require_count("ways", 0)
    Traceback (most recent call last):
    ...
    learning_diagrams.errors.TypeMismatch: ways must be a whole number ≥ 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise TypeMismatch(f"{name} must be a whole number ≥ {least}, got {brief(value)}")


def require_flag(name: str, value: object) -> None:
    """Raise `TypeMismatch` for what is neither True nor False."""
    if not isinstance(value, bool):
        raise TypeMismatch(f"{name}= is True or False, got {brief(value)}")
