"""Names that a package imports when they are first used. They are listed once, in the stub of the package.

The stub `__init__.pyi` is read by type checkers, by editors, and here. The library `lazy_loader` does the same, but
`import learning_diagrams` is to load the standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def names_in_stub(package_file: str) -> dict[str, str]:
    """For each name that a package's stub imports, in its order, the module that defines it.

    package_file : str, the `__file__` of the package.

    >>> from learning_diagrams import regimes
    >>> names_in_stub(regimes.__file__)["distillation"]
    'learning_diagrams.regimes.teaching'
    """
    stub = ast.parse(Path(package_file).with_name("__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def attach_stub(package: str, package_file: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The functions `__getattr__` and `__dir__`, and the list `__all__`, of a package with a stub.

    package : str, the `__name__` of the package.
    package_file : str, its `__file__`.
    """
    module_of = names_in_stub(package_file)
    namespace = vars(import_module(package))

    def load(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        own = module_of[name] == package  # a module of the package, which is a name of its own
        namespace[name] = import_module(f"{package}.{name}") if own else getattr(import_module(module_of[name]), name)
        return namespace[name]

    return load, lambda: sorted({*namespace, *module_of}), sorted(module_of)
