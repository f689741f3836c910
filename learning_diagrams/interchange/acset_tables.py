"""Tables of attributed C-sets, in the JSON that Catlab's ACSets.jl and the Python package `acsets` read and write.

A table has its rows in a list. A row has its number, from 1, as `_id`, and the numbers of rows of other tables, or
values, under the names of its columns.

>>> schema = Schema({"V": {"label": str}, "E": {"src": "V", "tgt": "V"}})
>>> text = schema.written({"V": [["a"]], "E": [[1, 1]]})
>>> print(text)
{"V": [{"_id": 1, "label": "a"}], "E": [{"_id": 1, "src": 1, "tgt": 1}]}
>>> schema.read(text, "a graph")
{'V': [['a']], 'E': [[0, 0]]}

Source: Patterson, Lynch & Fairbanks, *Categorical data structures for technical computing* (2022).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from learning_diagrams.errors import FileError, brief, did_you_mean
from learning_diagrams.interchange.outside_text import json_value, require_place, require_rows

WORDS: dict[type, str] = {str: "a string", float: "a finite number", bool: "true or false"}
Rows = list[list[Any]]


@dataclass(frozen=True)
class Schema:
    """The tables of a kind of C-sets.

    tables : mapping from the name of a table to its columns: to the table that a column points to, or to the type of
        its values, `str`, `float` or `bool`.
    beside : columns that others write and that say nothing here.
    """

    tables: Mapping[str, Mapping[str, str | type]]
    beside: frozenset[str] = frozenset()

    def catlab(self) -> dict[str, Any]:
        """The schema as ACSets.jl and `acsets` read it; each type of values is an attribute type of its name."""
        columns = [(name, table, to) for table, own in self.tables.items() for name, to in own.items()]
        types = sorted({to.__name__ for *_, to in columns if isinstance(to, type)})
        return {
            "version": {"ACSetSchema": "0.0.1", "Catlab": "0.14.12"},
            "Ob": [{"name": table} for table in self.tables],
            "Hom": [{"name": n, "dom": table, "codom": to} for n, table, to in columns if isinstance(to, str)],
            "AttrType": [{"name": name.title(), "ty": name} for name in types],
            "Attr": [
                {"name": n, "dom": table, "codom": to.__name__.title()}
                for n, table, to in columns
                if isinstance(to, type)
            ],
            "equations": [],
        }

    def written(self, rows: Mapping[str, Sequence[Sequence[Any]]]) -> str:
        """The JSON of rows, whose entries stand in the order of the columns; rows are pointed to from 1."""
        tables = {
            table: [{"_id": i, **dict(zip(columns, row, strict=True))} for i, row in enumerate(rows[table], start=1)]
            for table, columns in self.tables.items()
        }
        return json.dumps(tables, ensure_ascii=False)

    def read(self, text: str, where: str) -> dict[str, Rows]:
        """The rows of each table, pointed to from 0; an absent table is empty.

        Raises `FileError` for a text that is no C-set of the schema: another table or column, a row that lacks a
        column, a number of a row that is not there.
        """
        data = require_rows(json_value(text, where), dict, where)
        for table in data:
            if table not in self.tables and not (table[:1].isupper() and data[table] == []):
                raise FileError(f"{where}: the schema has no table {brief(table)}; {did_you_mean(table, self.tables)}")
        counts = {t: len(require_rows(data.get(t, []), list, f"{where}: {t}")) for t in self.tables}
        return {
            table: [
                self._row(table, row, i, counts, f"{where}: {table}[{i}]") for i, row in enumerate(data.get(table, []))
            ]
            for table in self.tables
        }

    def _row(self, table: str, row: Any, i: int, counts: Mapping[str, int], where: str) -> list[Any]:
        columns = self.tables[table]
        for column in require_rows(row, dict, where):
            if column not in columns and column not in {"_id", *self.beside} and row[column] is not None:
                raise FileError(f"{where}: the table has no column {brief(column)}; {did_you_mean(column, columns)}")
        if (number := row.get("_id", i + 1)) != i + 1:
            raise FileError(f"{where}: _id must be {i + 1}, the number of the row from 1, got {brief(number)}")
        entries = []
        for column, to in columns.items():
            if column not in row:
                raise FileError(f"{where}: lacks the column {column!r}")
            value, place = row[column], f"{where}.{column}"
            entries.append(
                _value(value, to, place) if isinstance(to, type) else require_place(value, counts[to], place, 1)
            )
        return entries


def _value(value: Any, wanted: type, where: str) -> Any:
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if wanted is float or not isinstance(value, wanted):
        raise FileError(f"{where}: must be {WORDS[wanted]}, got {brief(value)}")
    return value
