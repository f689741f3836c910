"""Symbols of a signature: its objects, sample spaces, boxes and columns, identified by kind and name.

>>> from learning_diagrams.diagrams.box import Box
>>> x = SampleSpace("rows").column("x", Ty("a"))
>>> signature = Signature.of([x >> Box("f", Ty("a"), Ty("a"))])
>>> print(*generators(signature), sep=", ")
object 'a', sample space 'rows', box 'f', column 'rows.x'
>>> print(find_in(signature, generators(signature), "rows.x"))
column 'rows.x'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.sample_space import Column, SampleObject, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.text import boxes_named_as_objects, written
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean, printable
from learning_diagrams.errors.short_text import one_line

GENERATORS = ("object", "sample space", "box", "column")


class Symbol(NamedTuple):
    """A kind and a name.

    kind : str, such as "box"; a member of `GENERATORS`, or the kind of a statement.
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
    """The symbol of a generator: a box or a column; of a state that of its sample space."""
    if isinstance(box, State):
        return Symbol("sample space", box.space.name)
    return Symbol("column", box.name, box.space.name) if isinstance(box, Column) else Symbol("box", box.name)


def generators(signature: Signature) -> list[Symbol]:
    """The symbols of a signature, in order of kind and name."""
    named = (("object", signature.objects), ("sample space", signature.sample_spaces), ("box", signature.boxes))
    columns = (Symbol("column", name, space) for space, name in sorted(signature.columns))
    return [*(Symbol(kind, name) for kind, names in named for name in sorted(names)), *columns]


def shared_columns(boxes: Iterable[markov.Box]) -> frozenset[Symbol]:
    """The columns among some boxes whose name another column or box has; they are written `space.column`."""
    symbols = {box_symbol(box) for box in boxes if not isinstance(box, State)}
    times = Counter(symbol.name for symbol in symbols)
    return frozenset(symbol for symbol in symbols if symbol.kind == "column" and times[symbol.name] > 1)


def boxes_of(diagrams: Iterable[Any]) -> list[markov.Box]:
    """The boxes of diagrams, layer by layer."""
    return [box for diagram in diagrams for layer in diagram.inside for box in layer.boxes_or_types[1::2]]


def shared_names(diagrams: Iterable[Diagram]) -> frozenset[Symbol]:
    """The columns of some diagrams that share a name, and the objects that have the name of a box.

    A text writes the columns as `space.column`, and the wires of the objects as identities.
    """
    known = [*diagrams]
    twice, boxes = boxes_named_as_objects(known), boxes_of(known)
    ends = [diagram.dom for diagram in known] + [end for box in boxes for end in (box.dom, box.cod)]
    objects = (object_symbol(ob) for ty in ends for ob in ty.inside)
    return shared_columns(boxes) | {symbol for symbol in objects if symbol.name in twice}


def generator_diagrams(signature: Signature) -> list[Diagram]:
    """The boxes and columns of a signature, and the identities of its objects and sample spaces."""
    types = [*signature.objects.values(), *(space.ty for space in signature.sample_spaces.values())]
    return [*signature.boxes.values(), *signature.columns.values(), *map(Id, types)]


def shared_in(*signatures: Signature) -> frozenset[Symbol]:
    """The `shared_names` of all generators of some signatures."""
    return shared_names([diagram for signature in signatures for diagram in generator_diagrams(signature)])


def text_of(value: Any, shared: Iterable[Symbol]) -> str:
    """A diagram as it prints, with `space.column` for shared columns and identities for shared objects.

    Any other value stays as it prints.

    >>> x, y = (SampleSpace(space).column("x", Ty("a")) for space in ("rows", "more"))
    >>> text_of(x @ y, shared_names([x @ y]))
    'rows.x @ more >> a @ more.x'
    """
    if not isinstance(value, Diagram):
        return str(value)
    symbols = frozenset(shared)

    def box_text(box: markov.Box) -> str:
        return box_symbol(box).called if isinstance(box, Column) and box_symbol(box) in symbols else str(box)

    objects = frozenset(symbol.name for symbol in symbols if symbol.kind in ("object", "sample space"))
    return printable(written(value, objects, box_text))


def find_in(
    signature: Signature, known: Sequence[Symbol], key: Any, kinds: Iterable[str] = GENERATORS, where: str = ""
) -> Symbol:
    """The one of some known symbols that a key stands for; the arguments and errors are those of `editing.find`."""
    if isinstance(key, str):
        named = [symbol for symbol in known if symbol.called == key and symbol.kind in kinds]
        if len(named) > 1:
            of = " and ".join(symbol.kind for symbol in named)
            raise DuplicateName(f"{key!r} names more than one symbol{where} ({of}); pass the symbol itself instead")
        wanted = named[0] if named else Symbol("symbol", key)
    else:
        wanted = _wanted(key)
    if wanted not in known:
        alike = [wanted.kind] if wanted.kind in kinds else kinds
        close = did_you_mean(wanted.called, (symbol.called for symbol in known if symbol.kind in alike))
        raise UnknownName(f"there is no {wanted.kind} named {wanted.called!r}{where}; {close}")
    if isinstance(key, Column) and label(key) != label(own := signature.columns[key.space.name, key.name]):
        raise DuplicateName(f"{wanted} ends in {own.cod}{where}, and was given as one that ends in {key.cod}")
    if wanted.kind == "box" and isinstance(key, markov.Box):
        signature.box(key)
    return wanted


def _wanted(key: Any) -> Symbol:
    if isinstance(key, Symbol):
        return key
    if isinstance(key, SampleSpace):
        return Symbol("sample space", key.name)
    if isinstance(key, markov.Box):
        return box_symbol(key)
    if isinstance(key, Ty):
        name = key.inside[0].name if len(key) == 1 else str(key)
        return Symbol("sample space" if is_sample_space(key) else "object", name)
    raise TypeMismatch(f"expected a box, a column, an object, a sample space, or the name of one; got {brief(key)}")
