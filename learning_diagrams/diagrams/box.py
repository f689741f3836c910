"""Objects, generators and morphisms of the free symmetric monoidal category with copy and discard.

The diagrams are DisCoPy's Markov diagrams. Only the generators are ours: a `Box` is deterministic (a function), a
`Kernel` is stochastic. A plain DisCoPy box counts as a kernel, because the library assumes nothing of such a box.

>>> image, feature, digit = Ty("image"), Ty("feature"), Ty("digit")
>>> encode, classify = Box("encode", image, feature), Kernel("classify", feature, digit)
>>> print(encode @ image >> classify @ image)
encode @ image >> classify @ image

Source: Fritz, *A synthetic approach to Markov kernels* (2020); Fritz & Liang, *Free gs-monoidal categories and free
Markov categories* (2022).
"""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol

from discopy import markov, monoidal
from discopy.markov import Diagram as Diagram
from discopy.monoidal import Ty as Ty

from learning_diagrams.errors import TypeMismatch, brief, printable

Id = Diagram.id


class Tracer(Protocol):
    """A reader of functions on wires: each wire has it as `.tracer`. `tracing.py` defines the tracer for diagrams."""

    def apply(self, diagram: Diagram, wires: Sequence[Any]) -> Any:
        """Apply a diagram to wires of this tracer; the result is a wire for one output, else a tuple of wires."""


# A box without inputs has no wire that knows its tracer. Such a box belongs to the function that is read now.
current_tracer: ContextVar[Tracer] = ContextVar("the tracer of the function that is read now")


def tracer_of(diagram: Diagram, wires: Sequence[Any]) -> Tracer:
    """The tracer of the first wire, else of the function that is read now.

    Raises `TypeMismatch` outside functions under `@ld.diagram`.
    """
    tracers = (wire.tracer for wire in wires if hasattr(wire, "tracer"))
    if (tracer := next(tracers, None) or current_tracer.get(None)) is None:
        raise TypeMismatch(
            f"{diagram} was called on {wires!r}: boxes are called on wires, inside a function under @ld.diagram; "
            "outside, compose them by >> and @"
        )
    return tracer


class Generator(markov.Box):
    """A named box of a diagram; `Box` and `Kernel` are its two public kinds.

    Composition is DisCoPy's. A generator on either side of `>>` checks the types first and raises the error of this
    library.
    """

    name: str
    deterministic: ClassVar[bool]
    __ambiguous_inheritance__ = (markov.Box,)

    def __init__(self, name: str, dom: Ty, cod: Ty, **params: Any) -> None:
        for end, ty in (("domain", dom), ("codomain", cod)):
            if not isinstance(ty, Ty):
                raise TypeMismatch(
                    f"the {end} of box {name!r} must be a type, as in Box({name!r}, Ty('x'), Ty('y')); got {brief(ty)}"
                )
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a box must be a string, got {brief(name)}")
        super().__init__(name, dom, cod, **params)

    def then(self, *others: Diagram) -> Diagram:
        left: Diagram = self
        for right in others:
            _require_composable(left, right)
            left = right
        return super().then(*others)

    def __str__(self) -> str:
        return printable(super().__str__())

    def __rrshift__(self, left: Diagram) -> Diagram:
        _require_composable(left, self)
        return left.then(self)

    def __call__(self, *wires: Any) -> Any:
        """Apply the box to wires, inside a function under `@ld.diagram`."""
        return tracer_of(self, wires).apply(self, wires)


class Box(Generator):
    """A deterministic generator: a function, which may be copied along its output.

    >>> Box("encode", Ty("image"), Ty("feature")).deterministic
    True
    """

    deterministic = True


class Kernel(Generator):
    """A stochastic generator: for every input a probability distribution over outputs.

    >>> Kernel("student", Ty("image"), Ty("digit")).deterministic
    False
    """

    deterministic = False


def is_deterministic(box: markov.Box) -> bool:
    """Whether copying commutes with the box. A plain DisCoPy box and a dagger do not count as deterministic.

    >>> x = Ty("x")
    >>> is_deterministic(Box("f", x, x)), is_deterministic(markov.Box("f", x, x)), is_deterministic(Kernel("f", x, x))
    (True, False, False)
    """
    return bool(getattr(box, "deterministic", False)) and not box.is_dagger


def _require_composable(left: Any, right: Any) -> None:
    for side in (left, right):
        if not isinstance(side, monoidal.Diagram):
            hint = "; a type stands beside a diagram, as in f @ x" if isinstance(side, Ty) else ""
            raise TypeMismatch(f"only diagrams compose by >>, got {brief(side)}{hint}")
    if left.cod != right.dom:
        raise TypeMismatch(
            f"these do not compose: the left side ends in {left.cod or 'I'}, the right side starts from "
            f"{right.dom or 'I'}\n  left:  {left}\n  right: {right}"
        )


# Pickle calls a constructor without arguments, which fails for the copies of DisCoPy 1.2.2.
copyreg.pickle(markov.Copy, lambda box: (markov.Copy, (box.dom, len(box.cod))))
copyreg.pickle(markov.Discard, lambda box: (markov.Discard, (box.dom,)))
