"""The modules that boxes stand for: one module a box, under any name, frozen ones in eval.

>>> import torch
>>> modules = {"a.b": torch.nn.Linear(1, 1), "f": torch.nn.Dropout()}
>>> freezing = Freezing(modules)
>>> freezing.freeze({"f"})
>>> BoxModules(modules, {"f"}, freezing).train()["f"].training
False
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Self

import torch
from discopy import markov
from torch import nn

from learning_diagrams.backends.torch.functor.freezing import AsFrozen, Freezing
from learning_diagrams.backends.torch.functor.uses import bound_module
from learning_diagrams.diagrams.box import uses_of

USERS = "boxes that use others"  # an attribute that is no identifier: it changes the key of no box


class BoxModules(nn.ModuleDict):
    """A module for each box, keyed by `escape` of the box's name; the frozen ones stay in eval.

    Parameters
    ----------
    modules : dict from str to module or function, by the name of the box.
    frozen : iterable of str, the names of the boxes that are not trained.
    freezing : Freezing, shared with everything else that uses these modules.
    boxes : iterable of boxes, among them those whose modules call others.
    """

    def __init__(
        self,
        modules: Mapping[str, Callable[..., Any]],
        frozen: Iterable[str],
        freezing: Freezing,
        boxes: Iterable[markov.Box] = (),
    ) -> None:
        own = {name: part if isinstance(part, nn.Module) else Function(part) for name, part in modules.items()}
        super().__init__({escape(name): module for name, module in own.items()})
        self.names = tuple(modules)
        self.frozen = frozenset(frozen) & frozenset(self.names)
        self.trained = frozenset(self.names) - self.frozen
        self._freezing = freezing
        self._seen: frozenset[str] | None = None
        self._as_frozen: dict[str, AsFrozen] = {}
        vars(self)[USERS] = [box for box in boxes if uses_of(box) and box.name in modules]

    def of(self, name: str) -> nn.Module:
        """The module of a box."""
        return self[escape(name)]

    def train(self, mode: bool = True) -> Self:
        sync(self)
        self.training = mode
        for name in self.trained:
            self.of(name).train(mode)
        return self

    def callables(self) -> Mapping[str, Callable[..., Any]]:
        """The function of each key, in a plain dict: a look-up in a module costs as much as a kernel."""
        if self._freezing.frozen is not self._seen and not torch.compiler.is_compiling():
            sync(self)
        modules: dict[str, Any] = self._modules
        if self._as_frozen:
            modules = modules | self._as_frozen
        if users := vars(self)[USERS]:
            own, modules = modules, dict(modules)
            modules.update({escape(box.name): bound_module(box, lambda name: own[escape(name)]) for box in users})
        return modules


# Functions, not methods: a method's name changes the key of a box of that name, and with it the printed code.


def sync(boxes: BoxModules) -> None:
    """Thaw the boxes that are trained here, and note which boxes are frozen here and not in the functor."""
    boxes._freezing.thaw(boxes.trained)
    boxes._seen = boxes._freezing.frozen
    boxes._as_frozen = {escape(name): AsFrozen(boxes.of(name)) for name in boxes.frozen - boxes._seen}


def floating_dtypes(boxes: BoxModules) -> dict[torch.dtype, str]:
    """The floating dtypes of parameters, each with the first box that has a parameter of this dtype."""
    first: dict[torch.dtype, str] = {}
    for name in boxes.names:
        for parameter in boxes.of(name).parameters():
            if parameter.dtype.is_floating_point:
                first.setdefault(parameter.dtype, name)
    return first


class Function(nn.Module):
    """A plain callable as a module without parameters."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: Any) -> Any:
        return self.function(*values)

    def extra_repr(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


def escape(name: str) -> str:
    """A key under which a ModuleDict can hold any name; different names have different keys.

    >>> escape("student"), escape("a.b"), escape("forward"), escape("")
    ('student', '%a%2e;b', '%forward', '%')
    >>> escape("take"), escape("sync")
    ('%take', 'sync')
    """
    if name.isascii() and name.isidentifier() and name not in _attributes():
        return name
    return "%" + "".join(c if c.isascii() and (c.isalnum() or c == "_") else f"%{ord(c):x};" for c in name)


def unescape(key: str) -> str:
    """The name under a key that `escape` made.

    >>> unescape("student"), unescape("%a%2e;b"), unescape("%forward"), unescape("%")
    ('student', 'a.b', 'forward', '')
    """
    return re.sub(r"%([0-9a-f]+);", lambda code: chr(int(code[1], 16)), key.removeprefix("%"))


@cache
def _attributes() -> frozenset[str]:
    """The names that a module of boxes has itself, in its class or in its state."""
    modules = BoxModules({}, (), Freezing({}))
    return frozenset({*dir(modules), *dir(BoxModules), "take"})  # once a method: keys stay what they were
