"""The wires of a function that is read as a diagram. A wire has no value, so operators and branches are refused.

>>> wire = TracedWire(None, 0, Ty("x"))
>>> try:
...     -wire
... except TypeMismatch as error:
...     print(str(error).partition(";")[0])
the operator - was applied to wire 0 : x: a diagram is read before there are values
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from discopy.monoidal import Ty

from learning_diagrams.errors import TypeMismatch
from learning_diagrams.errors.short_text import one_line

ADVICE = "a diagram is read before there are values; make a box for it, as step = Box('step', …), and call step(wire)"
CALL = "a box is called on its wires, as in step(one, other), and wires are returned as a tuple"
OPERATORS = {
    "+": "add radd", "-": "sub rsub neg", "*": "mul rmul", "/": "truediv rtruediv", "//": "floordiv rfloordiv",
    "%": "mod rmod", "**": "pow rpow", "@": "matmul rmatmul", "&": "and rand", "|": "or ror", "^": "xor rxor",
    "<<": "lshift rlshift", ">>": "rshift", "~": "invert", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
    "[]": "getitem", "abs": "abs", "len": "len", "in": "contains", "float": "float", "int": "int index",
}  # fmt: skip


@dataclass(frozen=True)
class TracedWire:
    """A wire of the diagram that a function writes.

    tracer : FunctionTracer, the reader of the function.
    number : int, the number of the wire in its port graph.
    ty : Ty, one object.
    """

    tracer: Any
    number: int
    ty: Ty

    def __repr__(self) -> str:
        return one_line(f"wire {self.number} : {self.ty}")

    def __iter__(self) -> Any:
        raise TypeMismatch(f"one wire of type {self.ty} cannot be unpacked: the box that made it has one output")

    def __bool__(self) -> NoReturn:
        raise TypeMismatch(f"{self!r} is neither true nor false, so a diagram has no branch by it; {ADVICE}")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_") or name in self.__dataclass_fields__:  # Python asks for these of a wire that is copied
            raise AttributeError(name)
        raise AttributeError(f"{self!r} has no attribute {name!r}: {ADVICE}")

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> NoReturn:
        raise TypeMismatch(f"{getattr(function, '__name__', function)} was called on wires: {ADVICE}")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> NoReturn:
        raise TypeMismatch(f"{ufunc.__name__} was called on wires: {ADVICE}")


def _refusal(sign: str) -> Callable[..., NoReturn]:
    def refuse(self: TracedWire, *others: Any) -> NoReturn:
        advice = CALL if sign in ("@", ">>") else ADVICE
        raise TypeMismatch(f"the operator {sign} was applied to {self!r}: {advice}")

    return refuse


for _sign, _names in OPERATORS.items():
    for _name in _names.split():
        setattr(TracedWire, f"__{_name}__", _refusal(_sign))
