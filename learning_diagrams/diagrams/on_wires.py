"""What can be called on wires: boxes, and composites of several boxes or of none.

A composite is DisCoPy's diagram, and equal to it. Whatever is composed of our boxes is a composite.

>>> x = Ty("x")
>>> isinstance(Id(x) @ x, Composite), Id(x) @ x == Diagram.id(x @ x), hash(Id(x)) == hash(Diagram.id(x))
(True, True, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from discopy import monoidal
from discopy.markov import Diagram
from discopy.monoidal import Ty

from learning_diagrams.diagrams.text import boxes_named_as_objects, written
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line


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
        given = ", ".join(map(brief, wires)) or "nothing"
        raise TypeMismatch(
            f"{diagram} was called on {given}: boxes are called on wires, inside a function under @ld.diagram; "
            "outside, compose them by >> and @"
        )
    return tracer


class OnWires:
    """What can be called on wires, inside a function under `@ld.diagram`; so can all that is composed of it."""

    def __call__(self, *wires: Any, **named: Any) -> Any:
        """Apply the diagram to wires: a wire for one output, else a tuple of wires."""
        if named:
            names = ", ".join(map(repr, named))
            raise TypeMismatch(f"{self} is called on wires in the order of its inputs, without names; got {names}")
        return tracer_of(self, wires).apply(self, wires)

    def then(self, *others: Diagram) -> Diagram:
        left: Any = self
        for right in others:
            _require_composable(left, right)
            left = right
        return composite(super().then(*others))  # type: ignore[misc]

    def tensor(self, *others: Diagram) -> Diagram:
        return composite(super().tensor(*others))  # type: ignore[misc]

    def __matmul__(self, right: Any) -> Diagram:
        _require_diagram_or_type(right)
        return super().__matmul__(right)  # type: ignore[misc]

    def draw(self, *path: Any, **options: Any) -> Any:
        """DisCoPy's drawing, whose options have names; `learning_diagrams.draw(diagram, path)` is the picture.

        Raises `TypeMismatch` where a path comes without its name.
        """
        require_named_options(path)
        return super().draw(**options)  # type: ignore[misc]

    def __rrshift__(self, left: Diagram) -> Diagram:
        _require_composable(left, self)
        return composite(left.then(self))

    def __rmatmul__(self, left: Any) -> Diagram:
        _require_diagram_or_type(left)
        return composite(super().__rmatmul__(left))  # type: ignore[misc]


class Composite(OnWires, Diagram):
    """A diagram that can be called on wires."""

    def __str__(self) -> str:
        return written(self, boxes_named_as_objects([self]))

    def __repr__(self) -> str:
        return one_line(f"Diagram({self})")

    def __hash__(self) -> int:
        return hash(Diagram(self.inside, self.dom, self.cod, _scan=False))  # equal diagrams have equal hashes


def composite(diagram: Diagram) -> Diagram:
    """The diagram as a composite; what is more than a diagram, as a box or a sum, stays as it is."""
    if type(diagram) is not Diagram:
        return diagram
    return Composite(diagram.inside, diagram.dom, diagram.cod, _scan=False)


def Id(dom: Ty | None = None) -> Diagram:
    """The identity of a type; of I if no type is given.

    >>> print(Id(Ty("x", "y")))
    Id(x @ y)
    """
    if not isinstance(dom, Ty | None):
        raise TypeMismatch(f"Id takes a type, as Ty('x') or Ty('x', 'y'); got {brief(dom)}")
    return composite(Diagram.id(dom))


def require_named_options(path: Sequence[Any]) -> None:
    """Raise `TypeMismatch` for a path without its name, which the drawing of DisCoPy does not take."""
    if path:
        hint = "learning_diagrams.draw(diagram, path) writes the picture of a diagram or a pasting"
        raise TypeMismatch(f"the method draw is DisCoPy's, and takes options by name, got {brief(path[0])}; {hint}")


def _require_composable(left: Any, right: Any) -> None:
    for side in (left, right):
        if not isinstance(side, monoidal.Diagram):
            hint = f"; a type stands beside a diagram, as f @ x, or in {Id(side)}" if isinstance(side, Ty) else ""
            raise TypeMismatch(f"only diagrams compose by >>, got {brief(side)}{hint}")
    if left.cod != right.dom:
        raise TypeMismatch(
            f"these do not compose: the left side ends in {left.cod or 'I'}, the right side starts from "
            f"{right.dom or 'I'}{_one_name([*left.cod.inside, *right.dom.inside])}\n  left:  {left}\n  right: {right}"
        )


def _one_name(objects: Sequence[Any]) -> str:
    """The remark that a name with an @ is one object, and no product."""
    name = next((str(ob.name) for ob in objects if "@" in str(ob.name)), None)
    factors = "" if name is None else " @ ".join(f"Ty({part.strip()!r})" for part in name.split("@"))
    return f" ({brief(name)} is the name of one object; a product is {factors})" if name is not None else ""


def _require_diagram_or_type(side: Any) -> None:
    if not isinstance(side, Diagram | Ty):
        raise TypeMismatch(f"diagrams and types stand side by side by @, got {brief(side)}")
