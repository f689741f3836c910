"""Plugins: modules of the user that a command imports first, which define divergences or register names."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from traceback import extract_tb
from typing import Annotated

import typer

Plugins = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODULE",
        help="A Python module, imported first, which defines divergences, or registers modules, data and more.",
    ),
]


def import_plugins(plugins: list[str] | None) -> None:
    """Import the modules that the command line names; `FileError` for one that is not there, or fails."""
    from learning_diagrams.errors import FileError, printable

    if plugins:
        sys.path.insert(0, os.getcwd())  # as `python -m` does
    for name in plugins or ():
        lacking = f"there is no Python module {name!r} for --plugin"
        if not all(part.isidentifier() for part in name.split(".")):
            raise FileError(lacking)
        try:
            import_module(name)
        except Exception as error:  # of a module of the user
            if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
                raise FileError(lacking) from None
            frame = extract_tb(error.__traceback__)[-1]
            at = f" in {os.path.basename(frame.filename)}:{frame.lineno}"
            raise FileError(
                f"the module {name!r} of --plugin fails{'' if isinstance(error, SyntaxError) else at}: "
                f"{type(error).__name__}: {printable(str(error))[:200]}"
            ) from error
