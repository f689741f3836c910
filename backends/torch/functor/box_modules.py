"""The modules that boxes stand for: one module a box, under any name, frozen ones in eval.

>>> import torch
>>> modules = BoxModules({"a.b": torch.nn.Linear(1, 1), "f": torch.nn.Dropout()}, frozen={"f"})
>>> modules.train()["f"].training
False
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dis import get_instructions
from functools import partial
from types import CellType, FunctionType, ModuleType
from typing import Any, Self

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.freezing import AsFrozen, Freezing


class BoxModules(nn.ModuleDict):
    """A module for each box, keyed by `escape` of the box's name; the frozen ones stay in eval.

    Parameters
    ----------
    modules : a module, or any callable, for each box name.
    frozen : names of boxes that are not trained.
    freezing : what is frozen now, shared with everything else that uses these modules.
    """

    def __init__(
        self, modules: Mapping[str, Callable[..., Any]], frozen: Iterable[str] = (), freezing: Freezing | None = None
    ) -> None:
        wrapped = {name: m if isinstance(m, nn.Module) else Function(m) for name, m in modules.items()}
        super().__init__({escape(name): module for name, module in wrapped.items()})
        self.names = tuple(modules)
        self.frozen = frozenset(frozen) & frozenset(self.names)
        self.trained = frozenset(self.names) - self.frozen
        self._freezing = Freezing(wrapped) if freezing is None else freezing
        self._seen: frozenset[str] | None = None
        self._as_frozen: dict[str, AsFrozen] = {}
        if freezing is None:
            self._freezing.freeze(self.frozen)

    def of(self, name: str) -> nn.Module:
        """The module of a box."""
        return self[escape(name)]

    def train(self, mode: bool = True) -> Self:
        self.take()
        self.training = mode
        for name in self.trained:
            self.of(name).train(mode)
        return self

    def take(self) -> None:
        """Thaw the boxes that are trained here, and note which are frozen here and not at large."""
        self._freezing.thaw(self.trained)
        self._seen = self._freezing.now
        self._as_frozen = {escape(name): AsFrozen(self.of(name)) for name in self.frozen - self._seen}

    def callables(self) -> Mapping[str, Callable[..., Any]]:
        """What to call for each key: as a plain dict, because a look-up through a module costs as much as a kernel."""
        if self._freezing.now is not self._seen and not torch.compiler.is_compiling():
            self.take()
        modules: dict[str, Any] = self._modules
        return modules | self._as_frozen if self._as_frozen else modules


class Function(nn.Module):
    """A plain callable as a module without parameters."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: Any) -> Any:
        return self.function(*values)

    def extra_repr(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


def hides_parameters(function: Callable[..., Any]) -> bool:
    """Whether a plain callable holds parameters that require a gradient, and that no module of ours would know.

    >>> from torch import nn
    >>> linear = nn.Linear(1, 1)
    >>> hides_parameters(linear.forward), hides_parameters(lambda x: linear(x)), hides_parameters(lambda x: 2 * x)
    (True, True, False)
    """
    waiting: list[tuple[object, int]] = [(function, 3)]
    seen: set[int] = set()
    while waiting:
        held, depth = waiting.pop()
        if id(held) in seen:
            continue
        seen.add(id(held))
        if isinstance(held, nn.Module):
            if any(parameter.requires_grad for parameter in held.parameters()):
                return True
        elif isinstance(held, Tensor):
            if held.requires_grad and held.is_leaf:
                return True
        elif depth:
            waiting += [(part, depth - 1) for part in _held_by(held)]
    return False


def _held_by(value: object) -> list[object]:
    """What a function, an object or a collection refers to."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, FunctionType):
        used = {one.argval for one in get_instructions(value) if one.opname == "LOAD_GLOBAL"}
        return [
            *(cell.cell_contents for cell in value.__closure__ or () if cell != CellType()),
            *(value.__globals__.get(name) for name in used),
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
        ]
    if isinstance(value, type | ModuleType):
        return []
    return [
        getattr(value, "__self__", None),
        getattr(value, "__func__", None),
        *getattr(value, "__dict__", {}).values(),
    ]


def escape(name: str) -> str:
    """A key under which a ModuleDict can hold any name; different names have different keys.

    >>> escape("student"), escape("a.b"), escape("forward"), escape("")
    ('student', '%a%2e;b', '%forward', '%')
    """
    if name.isascii() and name.isidentifier() and not hasattr(_PLAIN, name):
        return name
    return "%" + "".join(c if c.isascii() and (c.isalnum() or c == "_") else f"%{ord(c):x};" for c in name)


_PLAIN = BoxModules({})
