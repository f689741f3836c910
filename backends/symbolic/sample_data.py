"""Data of sample spaces: lists of rows, or random columns.

>>> from learning_diagrams.backends.symbolic.space import Euclidean
>>> x = sympy.stats.Normal("x", 0, 1)
>>> data = SampleData({"rows": {"x": [1, 2, 3]}, "more": {"x": x, "y": 2 * x}}, Unknowns(), Reals())
>>> data.rows([("rows", "x", 1)], "here"), data.columns({("rows", "x", 1): Euclidean()}, 0)
([0, 1, 2], [(1, {('rows', 'x', 1): 3})])
>>> data.columns({("more", "x", 0): Euclidean(), ("more", "y", 0): Euclidean()}, 0)
[(1, {('more', 'x', 0): _x, ('more', 'y', 0): 2*_x})]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import sympy
import sympy.stats
from sympy.matrices import MatrixBase
from sympy.stats.frv import SingleFinitePSpace
from sympy.stats.rv import RandomSymbol, SinglePSpace

from learning_diagrams.backends.symbolic.exact_values import Reals, arranged, symbols_of
from learning_diagrams.backends.symbolic.expectation import Moments, Unknowns
from learning_diagrams.backends.symbolic.space import Space
from learning_diagrams.errors import DataError, UnknownName, brief, did_you_mean, plural
from learning_diagrams.semantics.functor.space import Cell


class SampleData:
    """The data of some sample spaces.

    Parameters
    ----------
    spaces : mapping from the name of a sample space to its columns, all of them lists or none. A list holds a value a
        row; a pair of a list and a mask, a list of bool, says which are present. Another column is an expression in
        random symbols of `sympy.stats`, or Moments. Random symbols that are equal are one number.
    unknowns : Unknowns, to which the random numbers are added.
    reals : Reals of the symbols in the data.

    Attributes
    ----------
    symbols : set of the symbols that have been read.
    """

    def __init__(self, spaces: Mapping[str, Mapping[str, Any]], unknowns: Unknowns, reals: Reals) -> None:
        self._unknowns, self._reals = unknowns, reals
        self.symbols: set[Any] = set()
        self._lists: dict[str, Mapping[str, Any]] = {}
        self._random: dict[str, Mapping[str, Any]] = {}
        if not isinstance(spaces, Mapping) or not all(isinstance(columns, Mapping) for columns in spaces.values()):
            raise DataError(f"data maps sample spaces to mappings from columns to values, got {brief(spaces)}")
        for space, columns in spaces.items():
            lists = {name: _with_mask(column) for name, column in columns.items() if _is_list(column)}
            if not lists:
                self._random[space] = columns
                continue
            lengths = {len(part) for pair in lists.values() for part in pair}
            if len(lists) < len(columns) or len(lengths) > 1 or 0 in lengths:
                raise DataError(
                    f"the columns of sample space {space!r} must be lists of one length ≥ 1, masks too, or all of them "
                    f"random; got {', '.join(f'{name}: {brief(column)}' for name, column in columns.items())}"
                )
            self._lists[space] = lists

    def rows(self, cells: Sequence[Cell], where: str) -> list[int]:
        """The rows in which the columns are present; 0 alone where no column is a list.

        Raises `DataError`: lists of unequal lengths, or fewer rows than are drawn at a time. `UnknownName`: no data.
        """
        known = {f"{space}.{name}" for part in (self._lists, self._random) for space in part for name in part[space]}
        for name in (f"{space}.{column}" for space, column, _ in cells):
            if name not in known:
                raise UnknownName(f"{where} reads {name}, which has no data; {did_you_mean(name, known)}")
        listed = [(self._lists[space][column], shift) for space, column, shift in cells if space in self._lists]
        lengths = {len(values) for (values, _), _ in listed} or {1}
        if len(lengths) > 1:
            raise DataError(f"{where} pairs rows by position, and its sample spaces have {sorted(lengths)} rows")
        (length,) = lengths
        if length <= max((shift for _, shift in listed), default=0):
            raise DataError(
                f"{where} draws more different rows at a time than the {plural(length, 'row')} that there are"
            )
        return [row for row in range(length) if all(mask[row - shift] for (_, mask), shift in listed)]

    def columns(self, cells: Mapping[Cell, Space], row: int) -> list[tuple[Any, dict[Cell, Any]]]:
        """The points of columns in a row, for each choice of finite random numbers, with the probability of the choice.

        A shift rolls lists by so many rows; in random columns it is one more independent row.
        """
        choices: list[list[tuple[Any, dict[Cell, Any]]]] = [[(1, {})]]
        for space, shift in sorted({(space, shift) for space, _, shift in cells}):
            own = {cell: cells[cell] for cell in cells if (cell[0], cell[2]) == (space, shift)}
            if space in self._lists:
                choices.append([(1, {cell: self._lists[space][cell[1]][0][row - shift] for cell in own})])
            else:
                choices.append(self._draw(own))
        rows = []
        for choice in product(*choices):
            raw = {cell: value for _, part in choice for cell, value in part.items()}
            points = {cell: self._reals.of(cells[cell].point(v, f"column {cell[1]!r}")) for cell, v in raw.items()}
            self.symbols |= symbols_of(points.values()) - self._unknowns.distributions.keys()
            rows.append((sympy.Mul(*(chance for chance, _ in choice)), points))
        return rows

    def _draw(self, cells: Mapping[Cell, Space]) -> list[tuple[Any, dict[Cell, Any]]]:
        """The values of random columns of one sample space in a new row, for each choice of finite random numbers."""
        values = {}
        for cell, space in cells.items():
            value = self._random[cell[0]][cell[1]]
            if isinstance(value, Moments):
                value = Moments(*map(self._reals.of, (value.mean, value.variance)))
                value = arranged([self._unknowns.new(cell[1], value) for _ in range(prod(space.shape))], space.shape)
            try:
                values[cell] = sympy.sympify(value, strict=True)
            except sympy.SympifyError:
                raise DataError(
                    f"column {cell[1]!r} must be a list of rows, an expression or Moments, got {brief(value)}"
                ) from None
        symbols = sorted(set().union(*(value.atoms(RandomSymbol) for value in values.values())), key=str)
        options = []
        for symbol in symbols:
            if not isinstance(symbol.pspace, SinglePSpace) or symbol.pspace.distribution.has(RandomSymbol):
                raise DataError(
                    f"the random symbol {symbol} depends on others; write columns as expressions in independent ones, "
                    "as x and 2 * x + Normal('noise', 0, 1)"
                )
            distribution = self._reals.of((symbol.pspace.distribution,))[0]
            finite = isinstance(symbol.pspace, SingleFinitePSpace)
            options.append(
                list(distribution.dict.items())
                if finite
                else [(self._unknowns.new(str(symbol), distribution), sympy.S.One)]
            )
        rows = []
        for choice in product(*options):
            changes = dict(zip(symbols, (outcome for outcome, _ in choice), strict=True))
            row = {cell: value.xreplace(changes) for cell, value in values.items()}
            rows.append((sympy.Mul(*(chance for _, chance in choice)), row))
        return rows


def _is_list(column: Any) -> bool:
    return isinstance(column, list | tuple) or (hasattr(column, "tolist") and not isinstance(column, MatrixBase))


def _with_mask(column: Any) -> tuple[list[Any], list[bool]]:
    values, mask = column if isinstance(column, tuple) and len(column) == 2 else (column, None)
    rows: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    if mask is not None and not _is_list(mask):
        raise DataError(f"a column is a list of rows, or a pair of such a list and a mask, a list; got {brief(column)}")
    return rows, [True] * len(rows) if mask is None else [bool(present) for present in mask]
