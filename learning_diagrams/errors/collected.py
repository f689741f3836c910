"""Errors that are collected and told at once, so that mending one of them does not reveal the next.

>>> from learning_diagrams.errors import require_count
>>> collected = Collected()
>>> for number in (-1, 2, -3):
...     with collected.below("sizes", number):
...         require_count("a size", number)
>>> [error.place for error in collected.errors]
[('sizes', -1), ('sizes', -3)]
>>> collected.require_none()
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: a size must be a whole number ≥ 1, got -1
a size must be a whole number ≥ 1, got -3
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from learning_diagrams.errors.kinds import LearningDiagramError

LISTED = 20  # a name that many terms use may be lacking, and a longer list hides its beginning


def together(errors: Sequence[LearningDiagramError]) -> LearningDiagramError:
    """One error as it is; several as one that lists them, of the type of the first.

    >>> print(together([LearningDiagramError("x is lacking"), LearningDiagramError("y is lacking")]))
    x is lacking
    y is lacking
    """
    first, *others = errors
    if not others:
        return first
    lines = [*dict.fromkeys(map(str, errors))]
    end = [f"no fault is listed after the first {LISTED}"] if len(lines) >= LISTED else []
    joined = type(first)("\n".join([*lines[:LISTED], *end]))
    joined.faults = tuple(errors)
    return joined


@dataclass
class Collected:
    """Errors in the order in which they are found."""

    errors: list[LearningDiagramError] = field(default_factory=list)

    @contextmanager
    def below(self, *place: str | int) -> Iterator[None]:
        """An error inside is kept, and each of those that it lists; its place begins with this one."""
        try:
            yield
        except LearningDiagramError as error:
            for each in error.faults or (error,):
                each.place = (*place, *each.place)
                self.errors.append(each)

    @property
    def is_full(self) -> bool:
        """Whether no further error would be listed."""
        return len(self.errors) >= LISTED

    def require_none(self) -> None:
        """Raise what is kept, as `together` says."""
        if self.errors:
            raise together(self.errors) from None
