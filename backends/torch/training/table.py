"""A table of measurements: numbers in one array, read as a sequence of dicts.

>>> table = Table()
>>> table.append({"step": 1, "total": 2.5})
>>> table.append({"step": 2, "total": 2.0, "accuracy": 0.5})
>>> table[0], table[-1]["accuracy"], len(table)
({'step': 1, 'total': 2.5}, 0.5, 2)
>>> table == [{"step": 1, "total": 2.5}, {"step": 2, "total": 2.0, "accuracy": 0.5}]
True
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from learning_diagrams.errors import FileError, plural
from learning_diagrams.errors.short_text import Printed, one_line

Row = dict[str, float]
WHOLE = ("epoch", "step")  # the headings of whole numbers


class Table(Printed, Sequence[Row]):
    """A sequence of rows, each a dict from heading to number, which is made when it is read.

    Rows may have different headings. An array holds no objects, so a row costs the same after many rows: the garbage
    collector has nothing to visit.

    Parameters
    ----------
    code : str, the type of the numbers as `array` names it; "q" holds whole numbers only.
    """

    def __init__(self, rows: Iterable[Mapping[str, float]] = (), code: Literal["d", "q"] = "d") -> None:
        self._values: array[Any] = array(code)
        self._starts = array("q")
        self._forms = array("q")  # for each row the number of its headings in `_headings`
        self._headings: dict[tuple[str, ...], int] = {}
        for row in rows:
            self.append(row)

    @property
    def headings(self) -> list[str]:
        """The headings of all rows, in the order of their first use."""
        return list(dict.fromkeys(name for names in self._headings for name in names))

    def append(self, row: Mapping[str, float]) -> None:
        """Add a row."""
        self._starts.append(len(self._values))
        self._forms.append(self._headings.setdefault(tuple(row), len(self._headings)))
        self._values.extend(row.values())

    def state_dict(self) -> dict[str, Any]:
        """The table as plain data."""
        arrays = {"values": self._values, "starts": self._starts, "forms": self._forms}
        return {"headings": [list(names) for names in self._headings]} | {n: a.tobytes() for n, a in arrays.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the table of which these are the plain data."""
        headings = {tuple(names): i for i, names in enumerate(state["headings"])}
        values, starts, forms = array(self._values.typecode), array("q"), array("q")
        for numbers, name in ((values, "values"), (starts, "starts"), (forms, "forms")):
            numbers.frombytes(state[name])
        widths = [len(names) for names in headings]
        ends = [start + widths[form] for start, form in zip(starts, forms, strict=False)]
        if len(starts) != len(forms) or [0, *ends] != [*starts, len(values)] or min(forms, default=0) < 0:
            raise FileError("it has a table whose rows do not lie one after the other")
        if not all(isinstance(name, str) for names in headings for name in names):
            raise FileError("it has a table whose headings are not texts")
        self._values, self._starts, self._forms, self._headings = values, starts, forms, headings

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        start, names = self._starts[index], list(self._headings)[self._forms[index]]
        values = self._values[start : start + len(names)]
        return {name: int(v) if name in WHOLE else v for name, v in zip(names, values, strict=True)}

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Table | list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return one_line(f"<Table: {plural(len(self), 'row')} of {', '.join(self.headings)}>")

    def __str__(self) -> str:
        return str(list(self))
