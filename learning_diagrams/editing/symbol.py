"""The symbols of a learning diagram: everything that has a name in it, identified by kind and name.

>>> from learning_diagrams import Box, LearningDiagram
>>> x = SampleSpace("rows").column("x", Ty("a"))
>>> d = LearningDiagram(Constraint("fit", x >> Box("f", Ty("a"), Ty("a")), x))
>>> print(*symbols(d), sep=", ")
object 'a', sample space 'rows', box 'f', column 'rows.x', constraint 'fit'
>>> print(find(d, "rows.x", GENERATORS), "|", find(d, Ty("a"), GENERATORS))
column 'rows.x' | object 'a'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.sample_space import (
    Column,
    SampleObject,
    SampleSpace,
    State,
    is_sample_space,
    presence_name,
    presence_of,
)
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation import Presentation

GENERATORS = ("object", "sample space", "box", "column")
KINDS = (*GENERATORS, "constraint", "axiom", "player")


class Symbol(NamedTuple):
    """A kind and a name.

    kind : str, a member of `KINDS`.
    space : str, the name of the sample space of a column; "" for other kinds.
    """

    kind: str
    name: str
    space: str = ""

    @property
    def called(self) -> str:
        """The name that identifies it among the symbols of its kind: `space.column` for a column."""
        return f"{self.space}.{self.name}" if self.kind == "column" else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.called!r}"

    def __repr__(self) -> str:
        return one_line(f"Symbol{tuple(self)}")


def object_symbol(ob: Any) -> Symbol:
    """The symbol of an atom of a type: an object or a sample space."""
    return Symbol("sample space" if isinstance(ob, SampleObject) else "object", ob.name)


def box_symbol(box: markov.Box) -> Symbol:
    """The symbol of a generator: a box or a column."""
    return Symbol("column", box.name, box.space.name) if isinstance(box, Column) else Symbol("box", box.name)


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
    known = symbols(diagram)
    if isinstance(key, str):
        named = [symbol for symbol in known if symbol.called == key and symbol.kind in kinds]
        if len(named) > 1:
            of = " and ".join(symbol.kind for symbol in named)
            raise DuplicateName(f"{key!r} names more than one symbol{where} ({of}); pass the symbol itself instead")
        wanted = named[0] if named else Symbol("symbol", key)
    else:
        wanted = _wanted(key)
    if wanted not in known:
        close = did_you_mean(wanted.called, (symbol.called for symbol in known if symbol.kind in kinds))
        raise UnknownName(f"there is no {wanted.kind} named {wanted.called!r}{where}; {close}")
    if isinstance(key, Column) and label(key) != label(own := diagram.signature.columns[key.space.name, key.name]):
        raise DuplicateName(f"{wanted} ends in {own.cod}{where}, and was given as one that ends in {key.cod}")
    if wanted.kind == "box" and isinstance(key, markov.Box):
        diagram.box(key)
    return wanted


def _wanted(key: Any) -> Symbol:
    if isinstance(key, Symbol):
        return key
    if isinstance(key, SampleSpace | State):
        return Symbol("sample space", key.name)
    if isinstance(key, Constraint):
        return Symbol("constraint", key.name)
    if isinstance(key, markov.Box):
        return box_symbol(key)
    if isinstance(key, Ty):
        name = key.inside[0].name if len(key) == 1 else str(key)
        return Symbol("sample space" if is_sample_space(key) else "object", name)
    raise TypeMismatch(f"expected a box, a column, an object, a sample space, or the name of one; got {brief(key)}")


def with_presence(images: Mapping[Symbol, Symbol]) -> dict[Symbol, Symbol]:
    """The images of symbols, where the presence of a column is named after the image of the column."""
    result = dict(images)
    for symbol, image in images.items():
        base = presence_of(symbol.name) if symbol.kind == "column" else None
        if base is not None and (column := images.get(symbol._replace(name=base))) is not None:
            result[symbol] = image._replace(name=presence_name(column.name))
    return result


def generators(signature: Signature) -> list[Symbol]:
    """The symbols of a signature, in order of kind and name."""
    named = (("object", signature.objects), ("sample space", signature.sample_spaces), ("box", signature.boxes))
    columns = (Symbol("column", name, space) for space, name in sorted(signature.columns))
    return [*(Symbol(kind, name) for kind, names in named for name in sorted(names)), *columns]
