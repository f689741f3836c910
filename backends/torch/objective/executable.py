"""Printed programs made into functions: the only place where text becomes code, and the text is our own."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any
from weakref import finalize

import torch

from learning_diagrams.backends.torch.data.mask import impute_jointly
from learning_diagrams.backends.torch.divergences.samples import join
from learning_diagrams.backends.torch.divergences.table import functions
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.backends.torch.functor.draws import SAMPLERS, detach, expand, one_hot
from learning_diagrams.semantics.program.printer import Printer, one_line

_LIBRARY: Mapping[str, Any] = MappingProxyType(
    {
        "torch": torch,
        "detach": detach,
        "expand": expand,
        "one_hot": one_hot,
        "join": join,
        "together": impute_jointly,
        **SAMPLERS,
        **functions(),
    }
)
_numbers = count(1)


def printer() -> Printer:
    """A printer for this back end; it knows the names that functions have now, a user's own divergences among them."""
    arguments = {"check", "batch", "present", "boxes", "constants", "total", "loss", "rows", "model"}
    return Printer({*_LIBRARY, *functions(), *arguments}, escape)


def is_library_function(name: str) -> bool:
    """Whether printed code finds a function of this name without being given it."""
    return name in _LIBRARY


def make_function(
    code: str, name: str, title: str, functions: Mapping[str, Callable[..., Any]] = MappingProxyType({})
) -> Callable[..., Any]:
    """The function that printed code defines.

    Tracebacks show its lines: the code has a file name of its own in `linecache`, for as long as the function lives.

    Parameters
    ----------
    functions : dict from str to function, what the code calls besides the functions of the library.
    """
    filename = f"<{one_line(title)}, {next(_numbers)}>"
    namespace = {**_LIBRARY, **functions}
    exec(compile(code, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace.pop(
        name
    )  # so that the function is in no cycle, and dies when it is dropped
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    finalize(function, linecache.cache.pop, filename, None).atexit = False
    return function
