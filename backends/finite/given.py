"""The sizes, maps, tables and rows that a finite functor is given, read and checked.

>>> from learning_diagrams.diagrams.box import Ty
>>> sizes_of({Ty("bit"): 2, "digit": 10})
{'bit': 2, 'digit': 10}
>>> columns_of({"rows": {"x": [0, 1], "y": ([1, 0], [True, False])}})
{'rows': {'x': ([0, 1], [True, True]), 'y': ([1, 0], [True, False])}}
>>> numbers_of([np.array([0.5, 0.5]), ["1/3", "2/3"]]).tolist()
[[0.5, 0.5], ['1/3', '2/3']]
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from discopy import markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.errors import DataError, TypeMismatch, brief

Rows = tuple[list[int], list[bool]]


def sizes_of(ob: Any) -> dict[str, int]:
    """The number of elements of each object, by name."""
    sizes = {}
    for key, size in _mapping(ob, "ob", "{'bit': 2}").items():
        if isinstance(key, Ty) and len(key) != 1:
            raise TypeMismatch(f"the keys of ob= are single objects or their names, got {brief(key)}")
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            wanted = "the size of an object is the number of its elements, ≥ 1, as in {'bit': 2}"
            raise TypeMismatch(f"object {str(key)!r} has the size {brief(size)}; {wanted}")
        sizes[str(key)] = int(size)
    return sizes


def entries_of(ar: Any) -> dict[str, Any]:
    """The probabilities or the function of each box, by name."""
    entries = _mapping(ar, "ar", "{'coin': ['1/2', '1/2']}")
    for key in entries:
        if not isinstance(key, markov.Box | str):
            raise TypeMismatch(f"the keys of ar= are boxes or their names, got {brief(key)}")
    return {getattr(key, "name", key): value for key, value in entries.items()}


def numbers_of(table: Any) -> Any:
    """The entries of nested lists, arrays and tensors, those of a trained module too, as an array of objects."""
    return np.array(_plain(table), dtype=object)


def columns_of(data: Any) -> dict[str, dict[str, Rows]]:
    """The values and the mask of each column, by sample space and name; the columns of a space have one length."""
    example = "{'rows': {'x': [0, 1]}}"
    spaces = {}
    for space, columns in _mapping({} if data is None else data, "data", example).items():
        read = {
            name: _rows(f"column {name!r} of sample space {space!r}", column)
            for name, column in _mapping(columns, f"data[{space!r}]", "{'x': [0, 1]}").items()
        }
        lengths = {len(part) for pair in read.values() for part in pair}
        if len(lengths) > 1:
            unequal = f"the columns and masks of sample space {space!r} have unequal lengths: {sorted(lengths)}"
            raise DataError(f"{unequal}; give each a value for every row")
        if lengths == {0}:
            raise DataError(f"sample space {space!r} has no rows; its state is the distribution of at least one")
        spaces[space] = read
    return spaces


def _mapping(value: Any, keyword: str, example: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise TypeMismatch(f"{keyword} of FiniteFunctor is a mapping, as in {example}; got {brief(value)}")
    return value


def _plain(table: Any) -> Any:
    """Lists in place of the arrays and tensors, at every depth."""
    table = table.tolist() if hasattr(table, "tolist") else table
    return [*map(_plain, table)] if isinstance(table, list | tuple) else table


def _rows(where: str, column: Any) -> Rows:
    try:
        masked = isinstance(column, tuple) and len(column) == 2 and hasattr(column[1], "__len__")
        values, mask = map(_listed, column) if masked else (_listed(column), None)
    except TypeError:
        raise DataError(f"{where} is a list of whole numbers, as in [0, 1]; got {brief(column)}") from None
    for row, value in enumerate(values):
        if not isinstance(value, Integral):
            wanted = "elements of a finite set are the numbers 0, 1, …"
            raise DataError(f"{where} has the value {brief(value)} in row {row}; {wanted}")
    return [*map(int, values)], [True] * len(values) if mask is None else [*map(bool, mask)]


def _listed(values: Any) -> list[Any]:
    """The entries of a list, an array or a tensor."""
    return [*(values.tolist() if hasattr(values, "tolist") else values)]
