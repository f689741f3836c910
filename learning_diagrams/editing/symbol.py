"""The symbols of a learning diagram: everything that has a name in it, identified by kind and name.

>>> from learning_diagrams import Box, LearningDiagram, SampleSpace, Ty
>>> x = SampleSpace("rows").column("x", Ty("a"))
>>> d = LearningDiagram(Constraint("fit", x >> Box("f", Ty("a"), Ty("a")), x))
>>> print(*symbols(d), sep=", ")
object 'a', sample space 'rows', box 'f', column 'rows.x', constraint 'fit'
>>> print(find(d, "rows.x", GENERATORS), "|", find(d, Ty("a"), GENERATORS))
column 'rows.x' | object 'a'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.sample_space import presence_name, presence_of
from learning_diagrams.diagrams.symbol import GENERATORS as GENERATORS
from learning_diagrams.diagrams.symbol import Symbol as Symbol
from learning_diagrams.diagrams.symbol import box_symbol as box_symbol
from learning_diagrams.diagrams.symbol import find_in
from learning_diagrams.diagrams.symbol import generators as generators
from learning_diagrams.diagrams.symbol import object_symbol as object_symbol
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation import Presentation

KINDS = (*GENERATORS, "constraint", "axiom", "player")


def generator(diagram: Presentation, symbol: Symbol) -> markov.Box:
    """The generator of a learning diagram that the symbol of a box or a column stands for."""
    signature = diagram.signature
    return signature.columns[symbol.space, symbol.name] if symbol.kind == "column" else signature.boxes[symbol.name]


def symbols(diagram: Presentation) -> list[Symbol]:
    """All symbols of a learning diagram, in order of kind and name."""
    return [*generators(diagram.signature), *statements(diagram)]


def statements(diagram: Presentation) -> dict[Symbol, Constraint | Equation | Player]:
    """The constraints, axioms and players of a learning diagram, in order of kind and name."""
    stated = (("constraint", diagram.constraints), ("axiom", diagram.axioms), ("player", diagram.players))
    return {Symbol(kind, statement.name): statement for kind, own in stated for statement in own}


def find(diagram: Presentation, key: Any, kinds: Iterable[str] = KINDS, where: str = "") -> Symbol:
    """The symbol that a key stands for.

    key : a symbol, a box, a column, a type, a sample space, a constraint, or a name ("space.column" for a column).
    kinds : strings, the kinds that a name may stand for.
    where : str, added to messages, as in " in a".

    Raises `UnknownName`: the learning diagram has no such symbol. `DuplicateName`: a name stands for two symbols, or
    the box or column of that name differs from the key. `TypeMismatch`: the key is neither a symbol nor a name.
    """
    key = Symbol("constraint", key.name) if isinstance(key, Constraint) else key
    return find_in(diagram.signature, symbols(diagram), key, kinds, where)


def with_presence(images: Mapping[Symbol, Symbol]) -> dict[Symbol, Symbol]:
    """The images of symbols, where the presence of a column is named after the image of the column."""
    result = dict(images)
    for symbol, image in images.items():
        base = presence_of(symbol.name) if symbol.kind == "column" else None
        if base is not None and (column := images.get(symbol._replace(name=base))) is not None:
            result[symbol] = image._replace(name=presence_name(column.name))
    return result
