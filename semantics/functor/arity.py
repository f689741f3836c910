"""The arity of a function that a box is sent to: one argument for each wire, and one for the boxes that it uses.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> require_arity(Box("add", Ty("n") @ Ty("n"), Ty("n")), lambda a, b: a + b, "map")
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.errors import CompileError, plural


def require_arity(box: markov.Box, function: Callable[..., Any], what: str) -> None:
    """Raise `CompileError` where a function cannot take one positional argument for each wire of a box.

    what : str, the word for the function, as "module".
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # built-in functions have no signature to look at
    arguments = len(box.dom) + bool(uses_of(box))
    try:
        signature.bind(*([None] * arguments))
    except TypeError as error:
        uses = ", and last the mapping of the boxes that it uses" if uses_of(box) else ""
        raise CompileError(
            f"the {what} of box {box.name!r} must take {plural(arguments, 'positional argument')}, one for each of "
            f"{box.dom or 'I'}{uses}; its signature is {signature}: {error}"
        ) from None
