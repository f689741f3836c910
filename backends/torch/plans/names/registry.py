"""Registries: what the names in a file mean. A name is looked up, and never imported.

A name means what was registered in Python, or an entry point of that name, which another package declares; only the
entry points that a file names are loaded.

>>> colours = Registry("a colour", "learning_diagrams.colours")
>>> def mixed(red: Count, blue: Count = 1): return red, blue
>>> colours.register("mixed", mixed)
>>> colours.make("mixed", {"red": 2})
(2, 1)
>>> colours.make("mixed", {"red": 0})
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: option 'red' of 'mixed' must be a whole number ≥ 1, got 0
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Annotated, Any

from pydantic import Field

from learning_diagrams.documents.option_kind import annotations_of, require_kind
from learning_diagrams.errors import DuplicateName, FileError, TypeMismatch, UnknownName, brief, did_you_mean, printable
from learning_diagrams.errors.collected import Collected

Count = Annotated[int, Field(ge=1)]
Counts = Annotated[list[Count], Field(min_length=1)]
Share = Annotated[float, Field(ge=0, lt=1)]

Maker = Callable[..., Any]


class Registry:
    """Makers by name.

    Parameters
    ----------
    what : str, what a maker makes, as "a module".
    group : str, the group of entry points whose names are known too.
    by : str, the function by which users register their own makers; without it they do not.
    """

    def __init__(self, what: str, group: str = "", by: str = "") -> None:
        self.what, self.group, self.by = what, group, by
        self._makers: dict[str, Maker] = {}
        self._families: dict[str, Callable[[str], Maker]] = {}

    def register(self, name: str, maker: Maker) -> None:
        """Give a name to a maker. Options in a file are its keyword arguments, checked against their annotations.

        Raises
        ------
        TypeMismatch : the name is no text, or the maker cannot be called.
        DuplicateName : the name is that of another maker.
        """
        if not isinstance(name, str) or not name or ":" in name or not callable(maker):
            raise TypeMismatch(
                f"{self.what} is registered by a name without a colon and a callable that makes it; got {brief(name)}, "
                f"{brief(maker)}"
            )
        if name in self._makers and _definition(self._makers[name]) != _definition(maker):
            raise DuplicateName(f"{self.what} named {name!r} is registered already; choose another name")
        self._makers[name] = maker  # a cell of a notebook that is run again defines its maker anew

    def register_family(self, prefix: str, find: Callable[[str], Maker]) -> None:
        """Let names `prefix:NAME` mean what a function finds for NAME."""
        self._families[prefix] = find

    def maker(self, name: str) -> Maker:
        """The maker of a name; `UnknownName` if there is none."""
        prefix, colon, rest = str(name).partition(":")
        if name in self._makers:
            return self._makers[name]
        if colon and prefix in self._families:
            return self._families[prefix](rest)
        for entry in entry_points(group=self.group, name=name) if self.group else ():
            try:
                maker = entry.load()
            except Exception as error:  # of a package that is broken
                raise FileError(
                    f"{self.what} named {name!r} is the entry point {entry.value!r}, which cannot be imported: "
                    f"{type(error).__name__}: {printable(str(error))[:200]}"
                ) from error
            self.register(name, maker)
            return maker  # type: ignore[no-any-return]
        known = [*self._makers, *(f"{prefix}:…" for prefix in self._families)]
        own = (
            f"; your own {self.what.removeprefix('a ')} is known once {self.by} has run, in the command line by "
            "--plugin MODULE"
        )
        raise UnknownName(
            f"{self.what} named {name!r} is not registered; {did_you_mean(name, known)}{own if self.by else ''}"
        )

    def make(self, name: str, options: Mapping[str, Any], *arguments: Any) -> Any:
        """Call the maker of a name with arguments, and with options that are checked.

        Raises
        ------
        UnknownName : the name, or an option, is not known.
        TypeMismatch : an option is lacking, or its value is of another kind than its annotation.
        """
        maker = self.require(name, options, len(arguments))
        return maker(*arguments, **options)

    def require(self, name: str, options: Mapping[str, Any], taken: int) -> Maker:
        """The maker of a name, if it takes some options; errors as `make`, of all options at once.

        Parameters
        ----------
        taken : int, how many of its first arguments are no options.
        """
        maker = self.maker(name)
        every = [*inspect.signature(maker).parameters.values()]
        parameters, before = every[taken:], [parameter.name for parameter in every[:taken]]
        free = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
        known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        kinds, faults = annotations_of(maker), Collected()
        for option, value in options.items():
            with faults.below(option):
                if option in before or (option not in known and not free):
                    raise UnknownName(f"{name!r} has no option {option!r}; {did_you_mean(option, known)}")
                if option in kinds:
                    require_kind(f"option {option!r} of {name!r}", kinds[option], value)
        faults.require_none()
        for parameter in parameters:
            if parameter.default is parameter.empty and parameter.name in known and parameter.name not in options:
                raise TypeMismatch(f"{name!r} needs the option {parameter.name!r}")
        return maker


def _definition(maker: Maker) -> Any:
    """Where a maker is defined."""
    name = getattr(maker, "__qualname__", None)
    return maker if name is None else (getattr(maker, "__module__", None), name)


MODULES = Registry("a module", "learning_diagrams.modules", by="register_module")
DATA = Registry("a source of data", "learning_diagrams.data", by="register_data")
METRICS = Registry("a metric", by="register_metric")
SCHEDULERS = Registry("a scheduler")
TRACKERS = Registry("a tracker", "learning_diagrams.trackers", by="register_tracker")

register_module = MODULES.register
register_data = DATA.register
register_metric = METRICS.register
register_tracker = TRACKERS.register
