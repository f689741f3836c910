"""Exact values: numbers, texts and SymPy's expressions as expressions without floats.

A float is the decimal that it prints, so 0.1 is 1/10.

>>> exact(0.1, "here"), exact("1/3", "here"), exact(2.5 * sympy.Symbol("a"), "here")
(1/10, 1/3, 5*a/2)
>>> shaped([1, 0.5], (2,), "here")
Matrix([
[  1],
[1/2]])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy
from sympy.matrices import MatrixBase
from sympy.stats.rv import RandomSymbol
from sympy.tensor.array import NDimArray

from learning_diagrams.errors import CompileError, brief
from learning_diagrams.errors.short_text import short_repr


def exact(value: Any, where: str) -> Any:
    """A number as an expression; `CompileError` for what is no number."""
    try:
        number = sympy.Rational(value) if isinstance(value, str) else sympy.sympify(value, strict=True)
    except (TypeError, ValueError, AttributeError):  # a SympifyError is a ValueError
        number = None
    if not isinstance(number, sympy.Expr) or isinstance(number, MatrixBase | NDimArray) or number.has(sympy.nan):
        raise CompileError(f"{where} must be a number or a SymPy expression, got {brief(value)}")
    return number.xreplace({float_: sympy.Rational(repr(float(float_))) for float_ in number.atoms(sympy.Float)})


def shaped(value: Any, shape: tuple[int, ...], where: str) -> Any:
    """Numbers in nested lists, a matrix or an array, as a value of this shape.

    The value is an expression for (), a column for (n,), a matrix for (m, n), otherwise an array. For sizes of product
    1 a number will do, and for (n,) a row.

    Raises `CompileError` for another shape.
    """
    sizes, entries = _measured(value, where)
    if sizes != shape and [n for n in sizes if n != 1] != [n for n in shape if n != 1]:
        raise CompileError(f"{where} must have the shape {list(shape)}, got {list(sizes)}: {brief(value)}")
    return arranged([exact(entry, where) for entry in entries], shape)


def arranged(entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Expressions in the order of rows as a value of a shape."""
    if not shape:
        return entries[0]
    if len(shape) <= 2:
        return sympy.ImmutableDenseMatrix(shape[0], shape[1] if len(shape) == 2 else 1, list(entries))
    return sympy.ImmutableDenseNDimArray(list(entries), shape)


def entries_of(value: Any) -> list[Any]:
    """The expressions in a value, in the order of rows."""
    if isinstance(value, MatrixBase | NDimArray):
        return list(sympy.flatten(value.tolist()))
    return list(value) if isinstance(value, tuple) else [value]


class Reals:
    """Real symbols in place of those of which nothing is said: all numbers here are real.

    Attributes
    ----------
    symbols : dict from symbol of the user to the real one in its place.
    """

    __repr__ = short_repr

    def __init__(self) -> None:
        self.symbols: dict[Any, Any] = {}

    def of(self, value: Any) -> Any:
        """The value with real symbols."""
        unsaid = {symbol for symbol in symbols_of([value]) if symbol.is_real is None} - self.symbols.keys()
        self.symbols |= {symbol: sympy.Dummy(symbol.name, real=True) for symbol in unsaid}
        return replaced(value, self.symbols)

    @property
    def back(self) -> dict[Any, Any]:
        """From real symbols to those of the user."""
        return {real: symbol for symbol, real in self.symbols.items()}


def symbols_of(values: Iterable[Any]) -> set[Any]:
    """The free symbols of some values, without random ones."""
    free = {symbol for value in values for entry in entries_of(value) for symbol in entry.free_symbols}
    return {symbol for symbol in free if not isinstance(symbol, RandomSymbol)}


def replaced(value: Any, changes: Mapping[Any, Any]) -> Any:
    """A value in which symbols are replaced at once."""
    return tuple(each.xreplace(changes) for each in value) if isinstance(value, tuple) else value.xreplace(changes)


def _measured(value: Any, where: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested lists, tuples, or what has a method `tolist`, and their entries in the order of rows."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(value, list | tuple):
        return (), [value]
    parts = [_measured(part, where) for part in value]
    shapes = {shape for shape, _ in parts} or {()}
    if len(shapes) > 1:
        raise CompileError(f"{where} has parts of unequal shapes {sorted(map(list, shapes))}: {brief(value)}")
    return (len(parts), *shapes.pop()), [entry for _, entries in parts for entry in entries]
