"""The data of sample spaces in a file: columns as JSON, for what can be said of data without any tensor library.

    {"rows": {"label": [3, 1, null], "pixels": [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]}}

For each space its columns, and for each column a value for each row: a number, a string, true or false, or a list of
values, of one shape in all rows; null where the row has no value in this column.

>>> columns({"rows": {"x": [1, 2], "y": [None, 2]}}, {"rows": ["x", "y", "z"]}, "data.json")
{'rows': {'x': [1, 2], 'y': ([None, 2], [False, True])}}
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from learning_diagrams.errors import DataError, FileError, UnknownName, brief, did_you_mean, plural
from learning_diagrams.files.json_file import read_json_file

DEPTH = 20  # of lists in a value
FORM = '{"space": {"column": [value, …]}}'

Columns = dict[str, dict[str, Any]]
Shape = tuple[int, ...]


def read_columns(path: str | os.PathLike[str], spaces: Mapping[str, Collection[str]]) -> Columns:
    """Read columns of sample spaces, as `review` takes them: one with absent rows is a pair (values, mask).

    Parameters
    ----------
    spaces : for each sample space the names of its columns; not all of them need be in the file.

    Raises
    ------
    FileError : the file is missing, too large, no JSON, or of another form.
    UnknownName : a space or a column that there is not.
    DataError : columns of one space with unequal numbers of rows, or rows of one column with unequal shapes.
    """
    return columns(read_json_file(path), spaces, os.fspath(path))


def columns(data: Any, spaces: Mapping[str, Collection[str]], name: str) -> Columns:
    """Columns from plain data; errors as in `read_columns`, which name the file."""
    if not isinstance(data, dict):
        raise FileError(f"{name}: expected the columns of sample spaces, as {FORM}; got {brief(data)}")
    read: Columns = {}
    for space, given in data.items():
        where = f"{name}: {space}"
        if space not in spaces:
            raise UnknownName(f"{where}: no sample space is named {space!r}; {did_you_mean(space, spaces)}")
        if not isinstance(given, dict):
            raise FileError(f"{where}: expected a mapping from columns to values, as {FORM}; got {brief(given)}")
        for column in given:
            if column not in spaces[space]:
                known = did_you_mean(column, spaces[space])
                raise UnknownName(f"{where}.{column}: sample space {space!r} has no column {column!r}; {known}")
        read[space] = {column: _column(values, f"{where}.{column}") for column, values in given.items()}
        counts = {column: len(values) for column, values in given.items()}
        for column, rows in counts.items():
            if rows != (first := next(iter(counts.values()))):
                raise DataError(
                    f"{where}: the columns have unequal numbers of rows: {next(iter(counts))!r} has {first}, "
                    f"{column!r} has {rows}; write null where a row has no value"
                )
    return read


def _column(values: Any, where: str) -> Any:
    if not isinstance(values, list):
        raise FileError(f"{where}: expected a list with a value for each row, got {brief(values)}")
    shapes = {row: _shape(value, f"{where}[{row}]") for row, value in enumerate(values) if value is not None}
    for row, shape in shapes.items():
        first = next(iter(shapes))
        if shape != shapes[first]:
            raise DataError(
                f"{where}[{row}]: the rows of a column have one shape; this is {_said(shape)}, and row {first} is "
                f"{_said(shapes[first])}"
            )
    return values if len(shapes) == len(values) else (values, [value is not None for value in values])


def _shape(value: Any, where: str, depth: int = DEPTH) -> Shape:
    if isinstance(value, list) and depth:
        shapes = [_shape(part, where, depth - 1) for part in value]
        if any(shape != shapes[0] for shape in shapes):
            raise DataError(f"{where}: the parts of a value have one shape, as in [[1], [2]]; got {brief(value)}")
        return (len(value), *(shapes[0] if shapes else ()))
    if not isinstance(value, str | bool | int | float) or (isinstance(value, float) and not isfinite(value)):
        raise FileError(f"{where}: expected finite numbers, strings, true, false or lists of them; got {brief(value)}")
    return ()


def _said(shape: Shape) -> str:
    return f"a list of {plural(shape[0], 'value')}" + f", shape {list(shape)}" if shape else "a single value"
