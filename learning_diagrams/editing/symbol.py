"""The things of a learning diagram: what has a name in it, told apart by kind and name.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x = SampleSpace("rows").column("x", Ty("a"))
>>> d = LearningDiagram(Constraint("fit", x >> Box("f", Ty("a"), Ty("a")), x))
>>> print(*things(d), sep=", ")
object 'a', sample space 'rows', box 'f', column 'rows.x', constraint 'fit'
>>> print(find(d, "rows.x", GENERATORS), "|", find(d, Ty("a"), GENERATORS))
column 'rows.x' | object 'a'
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.label import label
from learning_diagrams.diagrams.sample_space import Column, SampleObject, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation import Presentation

GENERATORS = ("object", "sample space", "box", "column")
KINDS = (*GENERATORS, "constraint", "axiom", "player")


class Symbol(NamedTuple):
    """A kind and a name.

    Parameters
    ----------
    kind : one of `KINDS`.
    space : for a column, the name of its sample space.
    """

    kind: str
    name: str
    space: str = ""

    @property
    def called(self) -> str:
        """The name that tells it from others of its kind: for a column `space.column`."""
        return f"{self.space}.{self.name}" if self.kind == "column" else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.called!r}"


def object_symbol(ob: Any) -> Symbol:
    """The object, or the sample space, that an atom of a type is."""
    return Symbol("sample space" if isinstance(ob, SampleObject) else "object", ob.name)


def box_symbol(box: markov.Box) -> Symbol:
    """The box or the column that a generator is."""
    return Symbol("column", box.name, box.space.name) if isinstance(box, Column) else Symbol("box", box.name)


def generator(diagram: Presentation, thing: Symbol) -> markov.Box:
    """The generator that a box or a column of a learning diagram is."""
    signature = diagram.signature
    return signature.columns[thing.space, thing.name] if thing.kind == "column" else signature.boxes[thing.name]


def things(diagram: Presentation) -> list[Symbol]:
    """All things of a learning diagram, in order of kind and name."""
    return [
        *generators(diagram.signature),
        *statements(diagram),
    ]


def statements(diagram: Presentation) -> dict[Symbol, Constraint | Equation | Player]:
    """The constraints, axioms and players of a learning diagram, in order of kind and name."""
    return {
        **{Symbol("constraint", constraint.name): constraint for constraint in diagram.constraints},
        **{Symbol("axiom", axiom.name): axiom for axiom in diagram.axioms},
        **{Symbol("player", player.name): player for player in diagram.players},
    }


def find(diagram: Presentation, key: Any, kinds: Iterable[str] = KINDS, where: str = "") -> Symbol:
    """The thing that a key stands for: the thing itself, an equal one, or its name (for a column "space.column").

    Parameters
    ----------
    kinds : the kinds that a name may stand for.
    where : what a message adds, as in " in a".

    Raises
    ------
    UnknownName : there is none.
    DuplicateName : a name that stands for two things, or a box that is another one here.
    TypeMismatch : the key is neither a thing nor a name.
    """
    known = things(diagram)
    if isinstance(key, str):
        named = [thing for thing in known if thing.called == key and thing.kind in kinds]
        if len(named) > 1:
            of = " and ".join(thing.kind for thing in named)
            raise DuplicateName(f"{key!r} names more than one thing{where} ({of}); pass the thing itself instead")
        wanted = named[0] if named else Symbol("thing", key)
    else:
        wanted = _wanted(key)
    if wanted not in known:
        names = (thing.called for thing in known if thing.kind in kinds)
        raise UnknownName(
            f"there is no {wanted.kind} named {wanted.called!r}{where}; {did_you_mean(wanted.called, names)}"
        )
    if isinstance(key, Column) and label(key) != label(own := diagram.signature.columns[key.space.name, key.name]):
        raise DuplicateName(f"{wanted} ends in {own.cod}{where}, and was given as one that ends in {key.cod}")
    if wanted.kind == "box" and isinstance(key, markov.Box):
        diagram.box(key)
    return wanted


def _wanted(key: Any) -> Symbol:
    if isinstance(key, Symbol):
        return key
    if isinstance(key, Column):
        return Symbol("column", key.name, key.space.name)
    if isinstance(key, SampleSpace | State):
        return Symbol("sample space", key.name)
    if isinstance(key, Constraint):
        return Symbol("constraint", key.name)
    if isinstance(key, markov.Box):
        return Symbol("box", key.name)
    if isinstance(key, Ty):
        name = key.inside[0].name if len(key) == 1 else str(key)
        return Symbol("sample space" if is_sample_space(key) else "object", name)
    raise TypeMismatch(f"expected a box, a column, an object, a sample space, or the name of one; got {brief(key)}")


def generators(signature: Signature) -> list[Symbol]:
    """The things of a signature, in order of kind and name."""
    return [
        *(Symbol("object", name) for name in sorted(signature.objects)),
        *(Symbol("sample space", name) for name in sorted(signature.sample_spaces)),
        *(Symbol("box", name) for name in sorted(signature.boxes)),
        *(Symbol("column", name, space) for space, name in sorted(signature.columns)),
    ]
