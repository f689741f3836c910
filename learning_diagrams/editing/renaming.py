"""Renaming: new names for the symbols of a learning diagram.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> print(d.rename({"f": "g", "rows.x": "input"}))
learning diagram
  fit: input >> g = y
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from learning_diagrams.editing.symbol import KINDS, Symbol, find, symbols, with_presence
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.presentation.presentation import Presentation

P = TypeVar("P", bound=Presentation)
RENAMED = tuple(kind for kind in KINDS if kind != "player")  # a player is often called like the box that it trains


def rename(diagram: P, names: Mapping[Any, str]) -> P:
    """See `LearningDiagram.rename`."""
    if not isinstance(names, Mapping):
        raise TypeMismatch(f"rename takes a mapping as {{'student': 'pupil'}}, got {brief(names)}")
    new: dict[Symbol, str] = {}
    for key, name in names.items():
        symbol = find(diagram, key, RENAMED)
        if not isinstance(name, str):
            raise TypeMismatch(f"the new name of {symbol} must be a string, got {brief(name)}")
        if new.setdefault(symbol, name) != name:
            raise DuplicateName(f"{symbol} is given two new names, {new[symbol]!r} and {name!r}")

    def renamed(symbol: Symbol) -> Symbol:
        space = Symbol("sample space", symbol.space)
        return Symbol(symbol.kind, new.get(symbol, symbol.name), new.get(space, symbol.space))

    to = SymbolMap(with_presence({symbol: renamed(symbol) for symbol in symbols(diagram)}))
    for symbol, name in new.items():
        if to.symbols[symbol].name != name:
            raise TypeMismatch(f"{symbol} is the presence of a column, and is named after it; rename the column")
    taken: dict[Symbol, Symbol] = {}
    for symbol, image in to.symbols.items():
        place = image._replace(kind="object") if image.kind == "sample space" else image
        if taken.setdefault(place, symbol) != symbol:
            raise DuplicateName(f"{taken[place]} and {symbol} would both be named {image.name!r}")
    return diagram.map(to)
