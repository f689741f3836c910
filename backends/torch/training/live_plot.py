"""The curves of a run in a notebook, while it goes on: one display, which is changed at most twice a second.

The last picture stays in the notebook's file. Outside a notebook nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.history_pictures import picture
from learning_diagrams.drawing.picture import Picture

SECONDS = 0.5  # between two pictures

Item = TypeVar("Item")
Show = Callable[[Picture], None]


class LivePlot:
    """A step callback that shows the curves of a history, and a context that ends with the whole run.

    Parameters
    ----------
    show : function of a picture that shows it in place of the last one; None takes the notebook's display.
    """

    def __init__(self, history: History, show: Show | None = None, pace: Pace | None = None) -> None:
        self._history, self._show = history, show or _notebook()
        self._pace = pace or Pace(SECONDS)

    def __call__(self, progress: Any) -> None:
        if self._show is not None and self._pace.due():
            self._show(picture(self._history.steps, self._history.validations))
            self._pace.done()

    def watched(self, groups: Iterator[Item]) -> Iterator[Item]:
        return groups

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._show is not None and self._history.steps:
            self._show(picture(self._history.steps, self._history.validations))


def _notebook() -> Show | None:
    """The display of a notebook; None elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    handles: list[Any] = []
    begin: Any = display

    def show(picture: Picture) -> None:
        if handles:
            handles[0].update(picture)
        else:
            handles.append(begin(picture, display_id=True))

    return show
