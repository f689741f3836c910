"""Plain data under construction: nested dicts, lists, strings and numbers, and the line of each.

A reader of YAML or JSON passes its events to a `DataBuilder`, which works without recursion. The builder refuses
nesting that is too deep, too many values, and a key that is given twice, each at its line.

>>> builder = DataBuilder()
>>> for event in (lambda: builder.open({}, 1), lambda: builder.key("a", 2), lambda: builder.value(3, 2), builder.close):
...     event()
>>> builder.data(), builder.line(("a",))
({'a': 3}, 2)
"""

from __future__ import annotations

from typing import Any

from learning_diagrams.errors import brief
from learning_diagrams.errors.cut_text import comma_hint

DEPTH = 200
NODES = 200_000  # keys and values
TOO_DEEP = f"lists and mappings are nested more than {DEPTH} deep"


class SyntaxFault(Exception):
    """A fault of a text, and its line; readers of files turn it into a `FileError`."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message, self.line = message, line


class DataBuilder:
    """Values, and lines of values, from a stream of events.

    nodes : int, the largest number of keys and values.
    """

    def __init__(self, nodes: int = NODES) -> None:
        self._nodes = nodes
        self._root: Any = None
        self._root_line = 1
        self._stack: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []
        self._lines: dict[int, Any] = {}  # for each container, by its identity: the lines of its items, likewise
        self._count = 0

    def open(self, container: dict[str, Any] | list[Any], line: int) -> None:
        """An empty dict or list begins."""
        self.value(container, line)
        if len(self._stack) >= DEPTH:
            raise SyntaxFault(TOO_DEEP, line)
        self._stack.append(container)
        self._keys.append(None)
        self._lines[id(container)] = type(container)()

    def close(self) -> None:
        """The innermost dict or list ends."""
        self._stack.pop()
        self._keys.pop()

    @property
    def wants_key(self) -> bool:
        """Whether the next event must be a key."""
        return bool(self._stack) and isinstance(self._stack[-1], dict) and self._keys[-1] is None

    def key(self, key: Any, line: int) -> None:
        """A key of the innermost dict; its value is the next event."""
        here = self._stack[-1]
        if not isinstance(key, str):
            raise SyntaxFault(f"a key must be a string, got {brief(key)}; put it in quotes", line)
        if key in here:
            first = self._lines[id(here)][key]
            raise SyntaxFault(f"the key {brief(key)} is given twice, first on line {first}{comma_hint((key,))}", line)
        self._keys[-1] = key
        self._lines[id(here)][key] = line
        self._tally(line)

    def value(self, value: Any, line: int) -> None:
        """A string, a number, a boolean or None."""
        self._tally(line)
        if not self._stack:
            self._root, self._root_line = value, line
            return
        here = self._stack[-1]
        if isinstance(here, dict):
            key: Any = self._keys[-1]
            if key is None:
                raise SyntaxFault("a key must be a string, got a list or a mapping", line)
            here[key] = value
            self._keys[-1] = None
        else:
            self._lines[id(here)].append(line)
            here.append(value)

    def _tally(self, line: int) -> None:
        self._count += 1
        if self._count > self._nodes:
            raise SyntaxFault(f"there are more than {self._nodes:,} keys and values", line)

    def data(self) -> Any:
        """The whole data, after the last event."""
        return self._root

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line of a place, or of its key; an absent place has the line of the place around it."""
        here, line = self._root, self._root_line
        for step in path:
            try:
                line, here = self._lines[id(here)][step], here[step]
            except (LookupError, TypeError):  # there is no such place
                break
        return line
