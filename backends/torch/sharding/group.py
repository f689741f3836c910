"""The processes that keep a state together, because each holds parts of it: they agree on each act, or none goes on.

>>> def damaged():
...     raise ValueError("no JSON")
>>> Group().together(damaged)
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: it is damaged: ValueError: no JSON
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from learning_diagrams.errors import FileError, LearningDiagramError, printable

Value = TypeVar("Value")


def _alone(value: Any) -> list[Any]:
    return [value]


@dataclass(frozen=True)
class Group:
    """The processes of a group; without arguments it is this process alone.

    Attributes
    ----------
    rank, size : int, the number of this process, and how many there are.
    of_all : function of a value that returns the value of each process.
    """

    rank: int = 0
    size: int = 1
    of_all: Callable[[Any], list[Any]] = _alone

    def of_first(self, value: Value) -> Value:
        """The value that the first process gives."""
        return self.of_all(value)[0]  # type: ignore[no-any-return]

    def together(self, act: Callable[[], Value]) -> Value:
        """What an act returns in this process; where it fails in some process, a `FileError` with the reason in each.

        Parameters
        ----------
        act : function that every process calls, and that waits for no other process.
        """
        failure: Exception | None = None
        try:
            result = act()
        except Exception as error:  # whatever a file leads to that is not what it should be
            failure = error
        for reason in self.of_all(None if failure is None else _reason(failure)):
            if reason is not None:
                raise FileError(reason) from failure
        return result


def _reason(failure: Exception) -> str:
    if isinstance(failure, LearningDiagramError):
        return str(failure)
    if isinstance(failure, OSError):
        return printable(failure.strerror or str(failure))
    return f"it is damaged: {type(failure).__name__}: {printable(str(failure))[:200]}"


ALONE = Group()
