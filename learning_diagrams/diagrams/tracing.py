"""Diagrams written as functions: boxes and composites are called on wires. A wire may be used twice or not at all.

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
from collections.abc import Callable, Sequence
from typing import Any

from discopy import markov, monoidal

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.on_wires import OnWires, current_tracer, tracer_of
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.traced_wire import TracedWire
from learning_diagrams.errors import TypeMismatch, brief, plural
from learning_diagrams.errors.short_text import short_repr


class FunctionTracer:
    """The reader of a single function: a port graph grows as the function applies diagrams to wires."""

    __repr__ = short_repr

    def __init__(self, dom: Ty) -> None:
        self._builder = PortGraphBuilder(dom)
        self._open = True  # until the function has returned
        self.inputs = tuple(TracedWire(self, i, dom[i]) for i in self._builder.inputs)

    def apply(self, diagram: Diagram, wires: Sequence[Any]) -> TracedWire | tuple[TracedWire, ...]:
        """Apply a diagram to wires of this function: a wire for one output, else a tuple of wires."""
        if not self._open:
            raise TypeMismatch(
                f"{diagram} was called on {wires[0]!r}, which belongs to a diagram that is written already"
            )
        numbers = self._numbers(wires, diagram.dom, f"{diagram} takes")
        ends = self._builder.paste(PortGraph.from_diagram(diagram), numbers)
        outputs = tuple(TracedWire(self, number, diagram.cod[i]) for i, number in enumerate(ends))
        return outputs[0] if len(outputs) == 1 else outputs

    def finish(self, wires: Sequence[Any], cod: Ty, name: str) -> Diagram:
        """The diagram that ends in these wires; no box can be applied to a wire of this function afterwards."""
        outputs = self._numbers(wires, cod, f"{name} must return")
        self._open = False
        return self._builder.build(cod, outputs).to_diagram()

    def _numbers(self, wires: Sequence[Any], expected: Ty, verb: str) -> list[int]:
        """The numbers of wires, after a check that the wires belong to this function and have the expected type."""
        for wire in wires:
            if not isinstance(wire, TracedWire):
                raise TypeMismatch(f"{verb} wires of type {expected or 'I'}, got {brief(wire)}{_as_called(wire)}")
            if wire.tracer is not self:
                raise TypeMismatch(
                    f"{verb} wires of the diagram that is being written; {wire!r} belongs to another diagram"
                )
        ty = Ty().tensor(*(wire.ty for wire in wires))
        if ty != expected:
            raise TypeMismatch(f"{verb} wires of type {expected or 'I'}, got {ty or 'none'}")
        return [wire.number for wire in wires]


def _as_called(value: Any) -> str:
    """How a diagram becomes wires."""
    is_called = isinstance(value, OnWires)
    if not is_called:
        return ""
    name = str(value) if isinstance(value, markov.Box) else f"({value})"
    return f"; call it, as {name}({'…' * bool(value.dom)})"


def diagram(dom: Ty, cod: Ty | None = None) -> Callable[[Callable[..., Any]], Diagram]:
    """The decorator that reads a function of wires as a diagram dom → cod.

    The function gets one wire for each object of `dom` and returns a wire, or a tuple of wires, for `cod`. The
    decorator runs the function once.

    Raises `TypeMismatch` where a box is called on wires of another type or number, and where the returned wires do not
    have the type `cod`.
    """

    for ty in (dom, cod):
        if not isinstance(ty, Ty):
            raise TypeMismatch(
                f"write @ld.diagram(dom, cod) with two types, as Ty('x') or Ty('x', 'y'); got {brief(ty)}"
            )

    def read(function: Callable[..., Any]) -> Diagram:
        name = getattr(function, "__name__", "the function")
        _require_parameters(function, name, dom)
        tracer = FunctionTracer(dom)
        token = current_tracer.set(tracer)
        try:
            result = function(*tracer.inputs)
        finally:
            current_tracer.reset(token)
        wires = () if result is None else result if isinstance(result, tuple | list) else (result,)
        return tracer.finish(wires, cod, name)

    return read


def apply(part: Diagram, *wires: TracedWire) -> TracedWire | tuple[TracedWire, ...]:
    """Apply a diagram to wires: a wire for one output, else a tuple of wires.

    >>> from learning_diagrams.diagrams.box import Box
    >>> x = Ty("x")
    >>> f = Box("f", x, x)
    >>> print(diagram(x, x)(lambda a: apply(f >> f, a)))
    f >> f

    Raises `TypeMismatch` outside functions under `@ld.diagram`, and for wires of another function, type or number.
    """
    if not isinstance(part, monoidal.Diagram):
        raise TypeMismatch(f"ld.apply takes a diagram and wires, got {brief(part)}")
    outputs: TracedWire | tuple[TracedWire, ...] = tracer_of(part, wires).apply(part, wires)
    return outputs


def _require_parameters(function: Callable[..., Any], name: str, dom: Ty) -> None:
    if not callable(function):
        raise TypeMismatch(f"@ld.diagram reads a function of wires, got {brief(function)}")
    try:
        inspect.signature(function).bind(*dom)
    except ValueError:
        return  # a built-in function without a signature
    except TypeError:
        raise TypeMismatch(
            f"{name} must take {plural(len(dom), 'wire')}, one for each object of {dom or 'I'}; its parameters are "
            f"{inspect.signature(function)}"
        ) from None
