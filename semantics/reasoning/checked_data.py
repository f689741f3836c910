"""Checked data: columns that are given to a review in Python, held to what is asked of a file of columns.

>>> from learning_diagrams import SampleSpace, Ty
>>> rows = SampleSpace("rows")
>>> signature = Signature.of([rows.column("x", Ty("x")), rows.column("y", Ty("x"))])
>>> checked_columns({"rows": {"x": [1, 2], "y": ([0, 2], [False, True])}}, signature)
{'rows': {'x': [1, 2], 'y': ([None, 2], [False, True])}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DataError, FileError, TypeMismatch, brief, plural
from learning_diagrams.semantics.reasoning.seen_columns import Data, listed

Place = tuple[str | int, ...]


def checked_columns(data: Any, signature: Signature) -> Data:
    """Columns by sample space and name, lists or arrays; a column with absent rows is a pair (values, mask).

    Raises `TypeMismatch`: the data are not columns of sample spaces. `UnknownName`: the sample space or the column does
    not exist. `DataError`: columns of one space, or a column and its mask, have unequal numbers of rows; rows of one
    column have unequal shapes; a value is NaN, infinite, or neither number nor text.
    """
    from learning_diagrams.files.column_file import columns  # `import learning_diagrams` must not load pydantic

    if not isinstance(data, Mapping) or not all(isinstance(own, Mapping) for own in data.values()):
        raise TypeMismatch(f"data= takes {{space: {{column: values}}}}, columns of sample spaces; got {brief(data)}")
    names = {space: [name for own, name in signature.columns if own == space] for space in signature.sample_spaces}
    plain = {space: {name: _plain(entry, (space, name)) for name, entry in own.items()} for space, own in data.items()}
    try:
        return columns(plain, names, _where)
    except FileError as error:
        raise DataError(str(error)) from None


def _where(place: Place) -> str:
    return "data=" + "".join(f"[{step!r}]" for step in place)


def _plain(entry: Any, place: Place) -> list[Any]:
    """The values of a column as a list, with None in rows that are absent."""
    values, mask = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, None)
    values, mask = (listed(part) for part in (values, mask))
    if not isinstance(values, list):
        wanted = "a column is a list or an array [rows], as in [3, 1, 4]"
        raise TypeMismatch(f"{_where(place)}: {wanted}; got {brief(values)}")
    values = [listed(value) for value in values]
    if mask is None:
        return values
    if not isinstance(mask, list) or not all(isinstance(present, bool) for present in mask):
        raise TypeMismatch(f"{_where(place)}: a mask is true or false for each row, got {brief(mask)}")
    if len(mask) != len(values):
        raise DataError(f"{_where(place)}: {plural(len(values), 'row')}, and a mask of {plural(len(mask), 'row')}")
    return [value if present else None for value, present in zip(values, mask, strict=True)]
