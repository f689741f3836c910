"""Printed programs made into functions: the only place where text becomes code, and the text is our own."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import torch

from learning_diagrams.backends.torch.data.mask import impute_jointly
from learning_diagrams.backends.torch.divergences.samples import join
from learning_diagrams.backends.torch.divergences.table import functions
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.backends.torch.functor.draws import SAMPLERS, detach, expand, one_hot
from learning_diagrams.semantics.program.printer import Printer, one_line


def printer() -> Printer:
    """A printer for this back end; it knows the names that functions have now, a user's own divergences among them."""
    arguments = {"check", "batch", "present", "boxes", "constants", "total", "loss", "rows", "model"}
    return Printer({*_namespace(), *arguments}, escape)


def make_function(code: str, name: str, title: str, check: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The function that printed code defines; tracebacks show its lines."""
    filename = f"<{one_line(title)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace = {**_namespace(), "check": check}
    exec(compile(code, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


def _namespace() -> dict[str, Any]:
    helpers = {"detach": detach, "expand": expand, "one_hot": one_hot, "join": join, "together": impute_jointly}
    return {"torch": torch, **helpers, **SAMPLERS, **functions()}
