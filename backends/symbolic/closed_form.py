"""Closed forms: the values of a box at generic points, computed once; at other points its formula is filled in.

>>> a, x = sympy.symbols("a x")
>>> forms = ClosedForms({"f": lambda x: a * x})
>>> forms.apply("f", [sympy.Integer(3)], [Euclidean()], [(Euclidean(), "point")])
(3*_a,)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.matrices import MatrixBase

from learning_diagrams.backends.symbolic.exact_values import Reals, entries_of, replaced, symbols_of
from learning_diagrams.backends.symbolic.space import Euclidean, Finite, Space
from learning_diagrams.errors import CompileError, LearningDiagramError, UnknownName, brief, did_you_mean, plural
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.functor.space import Kind

Wire = tuple[Space, Kind]


@dataclass(frozen=True)
class _Closed:
    """The values of a box at generic points, and the symbols in them that are its parameters."""

    inputs: tuple[Any, ...]
    values: tuple[Any, ...]
    parameters: frozenset[Any]


class ClosedForms:
    """The functions of boxes.

    Parameters
    ----------
    entries : mapping from the name of a box to a function of SymPy values, or to a table of values by label.

    reals : Reals of the parameters.
    """

    __repr__ = short_repr

    def __init__(self, entries: Mapping[str, Any], reals: Reals | None = None) -> None:
        self.entries, self.reals = entries, reals or Reals()
        self._closed: dict[tuple[str, tuple[Any, ...]], _Closed] = {}

    def parameters(self, boxes: Collection[str]) -> frozenset[Any]:
        """The parameters of some boxes, as far as these have been applied."""
        return frozenset().union(*(closed.parameters for (box, _), closed in self._closed.items() if box in boxes))

    def apply(self, box: str, arguments: Sequence[Any], dom: Sequence[Space], cod: Sequence[Wire]) -> tuple[Any, ...]:
        """The values of a box at points.

        The box is called once, at a generic point, for each choice of labels. The values are those of its formula.
        """
        labels = tuple(a for a, space in zip(arguments, dom, strict=True) if isinstance(space, Finite))
        if (box, labels) not in self._closed:
            self._closed[box, labels] = self._close(box, labels, dom, cod)
        closed = self._closed[box, labels]
        pairs = zip(closed.inputs, arguments, strict=True)
        point = dict(pair for ends in pairs for pair in zip(*map(entries_of, ends), strict=True))
        return tuple(replaced(value, point) for value in closed.values)

    def _close(self, box: str, labels: tuple[Any, ...], dom: Sequence[Space], cod: Sequence[Wire]) -> _Closed:
        if box not in self.entries:
            raise UnknownName(f"box {box!r} has no function; give one in ar=; {did_you_mean(box, self.entries)}")
        rest = iter(labels)
        inputs = tuple(next(rest) if isinstance(s, Finite) else Euclidean(*s.shape).generic("x")[0] for s in dom)
        where, values = f"the value of box {box!r}", _call(self.entries[box], inputs, labels, box)
        values = (values,) if len(cod) == 1 else values
        if not isinstance(values, tuple | list) or len(values) != len(cod):
            raise CompileError(f"{where} must be a tuple of {len(cod)} values, got {brief(values)}")
        results = tuple(
            self.reals.of(space.point(value, where) if kind == "point" else space.distribution(value, where))
            for value, (space, kind) in zip(values, cod, strict=True)
        )
        own = {symbol for value in inputs for symbol in entries_of(value)}
        return _Closed(inputs, results, frozenset(symbols_of(results) - own))


def is_function(entry: Any) -> bool:
    """Whether an entry of `ar` is a function of SymPy values, and no value or table of values."""
    return isinstance(entry, sympy.Lambda) or (callable(entry) and not isinstance(entry, MatrixBase | sympy.Expr))


def no_function(box: str, inputs: int, entry: Any) -> CompileError:
    """The error for a value in place of a function."""
    takes = plural(inputs, "SymPy value")
    return CompileError(f"box {box!r} must be a function of {takes}, as lambda x: 3 * x; got {brief(entry)}")


def _call(entry: Any, inputs: tuple[Any, ...], labels: tuple[Any, ...], box: str) -> Any:
    """The value of an entry of `ar`: that of a function, or the one that a table holds at some labels."""
    if is_function(entry):
        try:
            return entry(*inputs)
        except LearningDiagramError:
            raise
        except Exception as error:
            raise CompileError(
                f"box {box!r} cannot be computed on symbols: {type(error).__name__}: {error}; write it in closed form, "
                "on SymPy's expressions and matrices, with Piecewise in place of if"
            ) from error
    if len(labels) < len(inputs):
        raise no_function(box, len(inputs), entry)
    try:
        for label in labels:
            entry = entry.row(int(label)) if isinstance(entry, MatrixBase) else entry[int(label)]
    except (IndexError, TypeError, KeyError):
        raise CompileError(
            f"box {box!r} has no value at the labels {labels}; give a list of a value for each"
        ) from None
    return entry
