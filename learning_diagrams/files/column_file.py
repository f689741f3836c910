"""The data of sample spaces in a file: columns as JSON, for reviews of data without a tensor library.

    {"rows": {"label": [3, 1, null], "pixels": [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]}}

Each space has columns, and each column has a value for each row: a number, a string, true or false, or a list of
values. All rows of a column have one shape. A row without a value in the column has null.

>>> from learning_diagrams.documents.serialization import written
>>> columns({"rows": {"x": [1, 2], "y": [None, 2]}}, {"rows": ["x", "y", "z"]}, written)
{'rows': {'x': [1, 2], 'y': ([None, 2], [False, True])}}
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any

from learning_diagrams.errors import DataError, FileError, UnknownName, brief, did_you_mean, plural
from learning_diagrams.files.plain_file import read_table

DEPTH = 20  # of lists in a value
FORM = '{"space": {"column": [value, …]}}'

Columns = dict[str, dict[str, Any]]
Shape = tuple[int, ...]
Place = tuple[str | int, ...]
Where = Callable[[Place], str]


def read_columns(path: str | os.PathLike[str], spaces: Mapping[str, Collection[str]]) -> Columns:
    """Read columns of sample spaces, as `review` takes them. A column with absent rows is a pair (values, mask).

    Parameters
    ----------
    spaces : dict from str to a collection of str, for each sample space the names of its columns. The file may leave
        some of them out.

    Raises
    ------
    FileError : the file is missing, too large, not JSON, or of another form. An error names the file, the line and the
        path in the data, as in `data.json:3: rows.x[2]: …`.
    UnknownName : the sample space or the column does not exist.
    DataError : columns of one space have unequal numbers of rows, or rows of one column have unequal shapes.
    """
    file = read_table(path)
    return columns(file.data, spaces, file.where)


def columns(data: Any, spaces: Mapping[str, Collection[str]], where: Where) -> Columns:
    """Columns from plain data; errors as in `read_columns`.

    where : function from a place in the data to the head of an error.
    """
    if not isinstance(data, dict):
        raise FileError(f"{where(())}: expected the columns of sample spaces, as {FORM}; got {brief(data)}")
    read: Columns = {}
    for space, lists in data.items():
        if space not in spaces:
            known = did_you_mean(space, spaces)
            raise UnknownName(f"{where((space,))}: no sample space is named {space!r}; {known}")
        if not isinstance(lists, dict):
            expected = f"expected a mapping from columns to values, as {FORM}"
            raise FileError(f"{where((space,))}: {expected}; got {brief(lists)}")
        for column in lists:
            if column not in spaces[space]:
                known = did_you_mean(column, spaces[space])
                raise UnknownName(f"{where((space, column))}: sample space {space!r} has no column {column!r}; {known}")
        read[space] = {column: _column(values, (space, column), where) for column, values in lists.items()}
        for column, values in lists.items():
            first = next(iter(lists))
            if len(values) != len(lists[first]):
                raise DataError(
                    f"{where((space,))}: the columns have unequal numbers of rows: {first!r} has {len(lists[first])}, "
                    f"{column!r} has {len(values)}; write null where a row has no value"
                )
    return read


def _column(values: Any, place: Place, where: Where) -> Any:
    if not isinstance(values, list):
        raise FileError(f"{where(place)}: expected a list with a value for each row, got {brief(values)}")
    shapes = {row: _shape(value, (*place, row), where) for row, value in enumerate(values) if value is not None}
    for row, shape in shapes.items():
        first = next(iter(shapes))
        if shape != shapes[first]:
            raise DataError(
                f"{where((*place, row))}: the rows of a column have one shape; this is {_in_words(shape)}, and row "
                f"{first} is {_in_words(shapes[first])}"
            )
    return values if len(shapes) == len(values) else (values, [value is not None for value in values])


def _shape(value: Any, place: Place, where: Where, depth: int = DEPTH) -> Shape:
    if isinstance(value, list) and depth:
        shapes = [_shape(part, place, where, depth - 1) for part in value]
        if any(shape != shapes[0] for shape in shapes):
            expected = "the parts of a value have one shape, as in [[1], [2]]"
            raise DataError(f"{where(place)}: {expected}; got {brief(value)}")
        return (len(value), *(shapes[0] if shapes else ()))
    if not isinstance(value, str | bool | int | float) or (isinstance(value, float) and not isfinite(value)):
        expected = "expected finite numbers, strings, true, false or lists of them"
        raise FileError(f"{where(place)}: {expected}; got {brief(value)}")
    return ()


def _in_words(shape: Shape) -> str:
    return f"a list of {plural(shape[0], 'value')}, shape {list(shape)}" if shape else "a single value"
