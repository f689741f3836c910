"""Printed programs made into functions: the only place where text becomes code, and the text is our own."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import finalize

from learning_diagrams.backends.torch.divergences.code_names import namespace, reserved
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.semantics.program.printer import Printer, one_line

LIBRARY = TorchDivergences()
_numbers = count(1)


def printer(divergences: TorchDivergences = LIBRARY) -> Printer:
    """A printer for this back end, whose variables avoid the names of these divergences."""
    return Printer(reserved(divergences), escape)


def make_function(
    code: str,
    name: str,
    title: str,
    check: Callable[..., Any] | None = None,
    divergences: TorchDivergences = LIBRARY,
) -> Callable[..., Any]:
    """The function that printed code defines.

    Tracebacks show its lines: the code has a file name of its own in `linecache`, for as long as the function lives.

    Parameters
    ----------
    check : function, what the code calls to check a box's real outputs.
    divergences : TorchDivergences, the divergences that the code calls.
    """
    filename = f"<{one_line(title)}, {next(_numbers)}>"
    names = {**namespace(divergences), "check": check}
    exec(compile(code, filename, "exec"), names)
    function: Callable[..., Any] = names.pop(name)  # which leaves no cycle of references
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    finalize(function, linecache.cache.pop, filename, None).atexit = False
    return function
