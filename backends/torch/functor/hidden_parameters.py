"""Parameters that a plain function holds, so that no module knows them: they are neither trained nor saved.

`inspect.getclosurevars` would not do: it raises on a closure cell that is still empty, takes the name of an attribute
for a global variable, and leaves out defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dis import get_instructions
from functools import partial
from types import CellType, FunctionType, ModuleType

from torch import Tensor, nn

_DEPTH = 3  # how many references away from the function a module is looked for


def hides_parameters(function: Callable[..., object]) -> bool:
    """Whether a plain callable refers to parameters that require a gradient.

    >>> linear = nn.Linear(1, 1)
    >>> hides_parameters(linear.forward), hides_parameters(lambda x: linear(x)), hides_parameters(lambda x: 2 * x)
    (True, True, False)
    """
    waiting: list[tuple[object, int]] = [(function, _DEPTH)]
    seen: set[int] = set()
    while waiting:
        value, depth = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, nn.Module):
            if any(parameter.requires_grad for parameter in value.parameters()):
                return True
        elif isinstance(value, Tensor):
            if value.requires_grad and value.is_leaf:
                return True
        elif depth:
            waiting += [(part, depth - 1) for part in _references(value)]
    return False


def _references(value: object) -> list[object]:
    """The objects that a function, an object or a collection refers to."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, FunctionType):
        names = {step.argval for step in get_instructions(value) if step.opname == "LOAD_GLOBAL"}
        return [
            *(cell.cell_contents for cell in value.__closure__ or () if cell != CellType()),
            *(value.__globals__.get(name) for name in names),
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
