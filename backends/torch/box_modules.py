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
from types import CellType, FunctionType
from typing import Any, Self

from torch import nn


class BoxModules(nn.ModuleDict):
    """A module for each box, keyed by `escape` of the box's name; the frozen ones stay in eval.

    Parameters
    ----------
    modules : a module, or any callable, for each box name.
    frozen : names of boxes that are not trained.
    """

    def __init__(self, modules: Mapping[str, Callable[..., Any]], frozen: Iterable[str] = ()) -> None:
        wrapped = {name: m if isinstance(m, nn.Module) else Function(m) for name, m in modules.items()}
        super().__init__({escape(name): module for name, module in wrapped.items()})
        self.names = tuple(modules)
        self.frozen = frozenset(frozen) & frozenset(self.names)

    def of(self, name: str) -> nn.Module:
        """The module of a box."""
        return self[escape(name)]

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for name in self.frozen:
            self.of(name).eval()
        return self


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
    held: list[object] = [getattr(function, "__self__", None), *getattr(function, "__dict__", {}).values()]
    if isinstance(function, partial):
        held += [function.func, *function.args, *function.keywords.values()]
    if isinstance(function, FunctionType):
        held += [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
        used = {one.argval for one in get_instructions(function) if one.opname == "LOAD_GLOBAL"}
        held += [function.__globals__.get(name) for name in used]
    parameters = [p for one in held for p in (one.parameters() if isinstance(one, nn.Module) else [one])]
    return any(isinstance(parameter, nn.Parameter) and parameter.requires_grad for parameter in parameters)


def escape(name: str) -> str:
    """A key under which a ModuleDict can hold any name; different names have different keys.

    >>> escape("student"), escape("a.b"), escape("forward"), escape("")
    ('student', '%a%2e;b', '%forward', '%')
    """
    if name.isascii() and name.isidentifier() and not hasattr(_PLAIN, name):
        return name
    return "%" + "".join(c if c.isascii() and (c.isalnum() or c == "_") else f"%{ord(c):x};" for c in name)


_PLAIN = BoxModules({})
