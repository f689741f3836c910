"""Signals that ask a run to stop: it stops at the end of its step, and not in the middle of one.

>>> with Interruption() as interruption:
...     signal.raise_signal(signal.SIGTERM)
...     asked = interruption.signal
...     interruption.signal = None  # the run has stopped, and does not exit
>>> asked == signal.SIGTERM, signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
(True, True)
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

EXIT = 128 + signal.SIGTERM  # as a shell reports a process that SIGTERM ended


class Interruption:
    """Keeps SIGINT and SIGTERM for the run inside, in the main thread; earlier handlers come back at the end.

    A second SIGINT is a KeyboardInterrupt at once, and a second SIGTERM exits at once. A SIGTERM that comes too late
    for the run inside exits at the end.

    Attributes
    ----------
    signal : int or None, the signal that came.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}
        self._process = os.getpid()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._keep)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if self.signal == signal.SIGTERM and kind is None:
            sys.exit(EXIT)

    def _keep(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a child that was forked, as the worker of a loader
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        elif self.signal is not None:
            if number == signal.SIGINT:
                signal.default_int_handler(number, frame)
            sys.exit(EXIT)
        self.signal = number
