"""Printed programs made into functions: the only place where text becomes code, and the text is our own."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from learning_diagrams.backends.torch.divergences.namespace import namespace, reserved
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.semantics.program.printer import Printer, one_line

LIBRARY = TorchDivergences()


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
    """The function that printed code defines; it calls these divergences, and tracebacks show its lines."""
    filename = f"<{one_line(title)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    names = {**namespace(divergences), "check": check}
    exec(compile(code, filename, "exec"), names)
    function: Callable[..., Any] = names[name]
    return function

