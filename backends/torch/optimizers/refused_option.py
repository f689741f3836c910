"""The option because of which PyTorch refuses to make something: without it the refusal is another one, or none.

>>> def make(options):
...     if options.get("momentum", 0) < 0:
...         raise TypeMismatch("Invalid momentum value")
>>> try:
...     with at_refused_option(make, options := {"lr": 0.1, "momentum": -1}):
...         make(options)
... except TypeMismatch as error:
...     print(error.place, error)
('momentum',) Invalid momentum value; momentum is -1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from learning_diagrams.errors import LearningDiagramError, TypeMismatch, brief


@contextmanager
def at_refused_option(
    make: Callable[[Mapping[str, Any]], object], options: Mapping[str, Any], needed: Collection[str] = ()
) -> Iterator[None]:
    """An error inside gets the place of the option that it is about, and names its value, if there is exactly one.

    Parameters
    ----------
    make : function of options, which raises the same error for the same fault.
    needed : collection of str, options that cannot be left out; an error is about one of these if it names it.
    """
    try:
        yield
    except TypeMismatch as error:
        message = str(error)
        named = [option for option in options if re.search(rf"\b{option}\b", message)]
        found = [name for name in options if name not in needed and _refusal(make, options, name) != message]
        found += [name for name in named if name in needed]
        if len(found) > 1:  # another fault came up without an option that is in order
            found = [name for name in found if name in named]
        if len(found) == 1:
            value = options[found[0]]
            error.place = (found[0],)
            error.args = (message if str(value) in message else f"{message}; {found[0]} is {brief(value)}",)
        raise


def _refusal(make: Callable[[Mapping[str, Any]], object], options: Mapping[str, Any], option: str) -> str:
    """What is said of the options without one of them; empty if they are taken."""
    try:
        make({name: value for name, value in options.items() if name != option})
    except LearningDiagramError as error:
        return str(error)
    return ""
