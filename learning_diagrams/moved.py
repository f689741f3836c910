"""The old paths of modules. They keep working for this version, with a `DeprecationWarning` that names the new path.

An old path is a module that answers from the new one. Where a folder has taken the name of an old module, the folder
also answers the old module's names.

>>> import warnings
>>> with warnings.catch_warnings(action="ignore"):  # learning_diagrams.box is now learning_diagrams.diagrams.box
...     from learning_diagrams.box import Box
>>> Box.__module__
'learning_diagrams.diagrams.box'
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

ROOT = "learning_diagrams."
# Old module: new module; and names of an old module that do not stand in the module that took its place.
_TABLE = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
MOVED: dict[str, str] = _TABLE["modules"]
_FOLDERS = MOVED.keys() & {new.rpartition(".")[0] for new in MOVED.values()}


class OldPaths(MetaPathFinder):
    """Finds modules under their old paths, and lets folders answer the names of the modules that they replace."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        old = fullname.removeprefix(ROOT)
        if old == fullname or old not in MOVED:
            return None
        if old not in _FOLDERS:
            return ModuleSpec(fullname, _OldModule())
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Folder(spec.loader.name, spec.loader.path)
        return spec


class _OldModule(Loader):
    """Loads nothing: the module answers from the new path."""

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__.removeprefix(ROOT)
        warnings.warn(f"{ROOT}{old} is now {ROOT}{MOVED[old]}", DeprecationWarning, stacklevel=2)
        vars(module)["__getattr__"] = _answer_from(old)


class _Folder(SourceFileLoader):
    """Loads a folder, which then answers for its modules, and for the old module after them."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        old = module.__name__.removeprefix(ROOT)
        answer = _answer_from(old)

        def answer_with_warning(name: str) -> object:
            if name.startswith("__") or find_spec(f"{ROOT}{old}.{name}"):  # a module in the folder comes first
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = answer(name)
            warnings.warn(f"{ROOT}{old}.{name} is now {ROOT}{_place(old, name)}", DeprecationWarning, stacklevel=2)
            setattr(module, name, value)  # an import asks twice
            return value

        vars(module).setdefault("__getattr__", answer_with_warning)


def _answer_from(old: str) -> Callable[[str], object]:
    """The names of an old module, as a module's `__getattr__`."""

    def answer(name: str) -> object:
        file, _, now = _place(old, name).rpartition(".")
        return getattr(import_module(ROOT + file), now)

    return answer


def _place(old: str, name: str) -> str:
    """Where a name of an old module stands now."""
    place: str = _TABLE["names"].get(f"{old}.{name}", f"{MOVED[old]}.{name}")
    return place
