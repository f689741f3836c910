"""Diagrams written as functions: boxes are called on wires, a wire may be used twice or not at all.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> image, feature, digit = Ty("image"), Ty("feature"), Ty("digit")
>>> encode, classify = Box("encode", image, feature), Box("classify", feature, digit)
>>> @diagram(image, digit @ feature)
... def both(x):
...     h = encode(x)
...     return classify(h), h
>>> print(both)
encode >> Copy(feature) >> classify @ feature
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.errors import TypeMismatch, brief, plural


@dataclass(frozen=True)
class TracedWire:
    """A wire of the diagram that is being written; it knows the graph that it belongs to."""

    builder: PortGraphBuilder
    number: int
    ty: Ty

    def __repr__(self) -> str:
        return f"wire {self.number} : {self.ty}"

    def __iter__(self) -> Any:
        raise TypeMismatch(f"one wire of type {self.ty} cannot be unpacked: the box that made it has one output")


# A box without inputs has no wire to learn its diagram from; it belongs to the function that is being read.
_current: ContextVar[PortGraphBuilder] = ContextVar("the diagram that is being written")


def diagram(dom: Ty, cod: Ty | None = None) -> Callable[[Callable[..., Any]], Diagram]:
    """The decorator that reads a function of wires as a diagram dom → cod.

    The function gets one wire for each object of `dom` and returns a wire, or a tuple of wires, for `cod`. It runs
    once, when it is decorated.

    Raises `TypeMismatch` where a box is called on wires of another type or number, and where the wires returned are
    not of type `cod`.
    """

    for ty in (dom, cod):
        if not isinstance(ty, Ty):
            raise TypeMismatch(
                f"write @ld.diagram(dom, cod) with two types, as Ty('x') or Ty('x', 'y'); got {brief(ty)}"
            )

    def read(function: Callable[..., Any]) -> Diagram:
        who = getattr(function, "__name__", "the function")
        _require_parameters(function, who, dom)
        builder = PortGraphBuilder(dom)
        token = _current.set(builder)
        try:
            result = function(*(TracedWire(builder, i, dom[i]) for i in builder.inputs))
        finally:
            _current.reset(token)
        wires = () if result is None else result if isinstance(result, tuple | list) else (result,)
        outputs = _numbers(builder, wires, cod, f"{who} must return")
        builder.open = False
        return builder.build(cod, outputs).to_diagram()

    return read


def apply(part: Diagram, *wires: TracedWire) -> TracedWire | tuple[TracedWire, ...]:
    """Apply a diagram to wires: one wire back for one output, else a tuple.

    >>> from learning_diagrams.diagrams.box import Box
    >>> x = Ty("x")
    >>> f = Box("f", x, x)
    >>> print(diagram(x, x)(lambda a: apply(f >> f, a)))
    f >> f
    """
    if not isinstance(part, monoidal.Diagram):
        raise TypeMismatch(f"ld.apply takes a diagram and wires, got {brief(part)}")
    builder = next((wire.builder for wire in wires if isinstance(wire, TracedWire)), None) or _current.get(None)
    if builder is not None and not builder.open:
        raise TypeMismatch(f"{part} was called on {wires[0]!r}, which belongs to a diagram that is written already")
    if builder is None:
        raise TypeMismatch(
            f"{part} was called on {wires!r}: boxes are called on wires, inside a function under @ld.diagram; "
            "outside, compose them by >> and @"
        )
    numbers = _numbers(builder, wires, part.dom, f"{part} takes")
    made = builder.paste(PortGraph.from_diagram(part), numbers)
    traced = tuple(TracedWire(builder, number, part.cod[i]) for i, number in enumerate(made))
    return traced[0] if len(traced) == 1 else traced


def _require_parameters(function: Callable[..., Any], who: str, dom: Ty) -> None:
    if not callable(function):
        raise TypeMismatch(f"@ld.diagram reads a function of wires, got {brief(function)}")
    try:
        inspect.signature(function).bind(*dom)
    except ValueError:
        return  # a built-in function has no signature to look at
    except TypeError:
        raise TypeMismatch(
            f"{who} must take {plural(len(dom), 'wire')}, one for each object of {dom or 'I'}; its parameters are "
            f"{inspect.signature(function)}"
        ) from None


def _numbers(builder: PortGraphBuilder, wires: Any, expected: Ty, what: str) -> list[int]:
    """The numbers of wires, after a check that they are wires of this diagram and of the expected type."""
    for wire in wires:
        if not isinstance(wire, TracedWire):
            raise TypeMismatch(f"{what} wires of type {expected or 'I'}, got {brief(wire)}")
        if wire.builder is not builder:
            raise TypeMismatch(f"{what} wires of the diagram that is being written; {wire!r} belongs to another one")
    found = Ty().tensor(*(wire.ty for wire in wires))
    if found != expected:
        raise TypeMismatch(f"{what} wires of type {expected or 'I'}, got {found or 'none'}")
    return [wire.number for wire in wires]
