"""A number of things, at least one: of ways, of shots, of steps.

>>> require_count("ways", 5)
>>> require_count("ways", 0)
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: ways must be a whole number ≥ 1, got 0
"""

from __future__ import annotations

from learning_diagrams.errors import TypeMismatch, shown


def require_count(name: str, given: object) -> None:
    """Raise `TypeMismatch` for anything but a whole number ≥ 1."""
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise TypeMismatch(f"{name} must be a whole number ≥ 1, got {shown(given)}")
