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
from keyword import iskeyword
from typing import Any, Self

import torch
from discopy import markov
from torch import nn

from learning_diagrams.backends.torch.functor.freezing import AsFrozen, Freezing
from learning_diagrams.backends.torch.functor.shape_guard import ShapeGuard
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.functor.uses import bound_module

OUTPUTS, CALLS, MADE_OF = "spaces of outputs", "calls", "made of"  # no identifiers: they change the key of no box


class BoxModules(nn.ModuleDict):
    """A module for each box, keyed by `escape` of the box's name; the frozen ones stay in eval.

    Parameters
    ----------
    modules : dict from str to module or function, by the name of the box.
    frozen : iterable of str, the names of the boxes that are not trained.
    freezing : Freezing, shared with everything else that uses these modules.
    outputs : pairs of a box and the tuple of spaces of its outputs, with which every call is compared. A box that uses
        others is among them.
    """

    def __init__(
        self,
        modules: Mapping[str, Callable[..., Any]],
        frozen: Iterable[str],
        freezing: Freezing,
        outputs: Iterable[tuple[markov.Box, tuple[Space, ...]]] = (),
    ) -> None:
        own = {name: part if isinstance(part, nn.Module) else Function(part) for name, part in modules.items()}
        super().__init__({escape(name): module for name, module in own.items()})
        self.names = tuple(modules)
        self.frozen = frozenset(frozen) & frozenset(self.names)
        self.trained = frozenset(self.names) - self.frozen
        self._freezing = freezing
        self._seen: frozenset[str] | None = None
        self._as_frozen: dict[str, AsFrozen] = {}
        vars(self)[OUTPUTS] = [(box, spaces) for box, spaces in outputs if box.name in modules]
        _make_calls(self)

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
        if not torch.compiler.is_compiling():
            if self._freezing.frozen is not self._seen:
                sync(self)
            elif [*self._modules.values()] != vars(self)[MADE_OF]:
                _make_calls(self)
        calls: dict[str, Callable[..., Any]] = vars(self)[CALLS]
        return calls


# Functions, not methods: a method's name changes the key of a box of that name, and with it the printed code.


def sync(boxes: BoxModules) -> None:
    """Thaw the boxes that are trained here, and note which boxes are frozen here and not in the functor."""
    boxes._freezing.thaw(boxes.trained)
    boxes._seen = boxes._freezing.frozen
    boxes._as_frozen = {escape(name): AsFrozen(boxes.of(name)) for name in boxes.frozen - boxes._seen}
    _make_calls(boxes)


def _make_calls(boxes: BoxModules) -> None:
    """Note what a call of each box is: its module, as if frozen and on the boxes it uses, behind a check of shapes."""
    modules: dict[str, Any] = boxes._modules | boxes._as_frozen
    calls = dict(modules)
    for box, spaces in vars(boxes)[OUTPUTS]:
        module = bound_module(box, lambda name: modules[escape(name)])
        calls[escape(box.name)] = ShapeGuard(module, box, spaces)
    vars(boxes).update({CALLS: calls, MADE_OF: [*boxes._modules.values()]})


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
    >>> escape("take"), escape("sync"), escape("class")
    ('%take', 'sync', '%class')
    """
    # An exported program writes the key as an attribute, and a keyword of Python is not the name of an attribute.
    if name.isascii() and name.isidentifier() and not iskeyword(name) and name not in _attributes():
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
