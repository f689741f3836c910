"""Renaming: new names for the things of a learning diagram, one thing at a time.

>>> from learning_diagrams.box import Kernel, Ty
>>> from learning_diagrams.sample_space import SampleSpace
>>> from learning_diagrams.equation import Constraint
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
from typing import TYPE_CHECKING, Any

from discopy import cat, markov

from learning_diagrams.box import Box, Kernel, Ty
from learning_diagrams.equation import Constraint
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, did_you_mean
from learning_diagrams.sample_space import Column, SampleObject, SampleSpace, State, is_sample_space
from learning_diagrams.substitution import map_layers

if TYPE_CHECKING:
    from learning_diagrams.learning_diagram import LearningDiagram

# A thing is told by its kind and its name; a column's name is "space.column".
Thing = tuple[str, str]


def rename(diagram: LearningDiagram, names: Mapping[Any, str]) -> LearningDiagram:
    """See `LearningDiagram.rename`."""
    things = _things(diagram)
    new: dict[Thing, str] = {}
    for key, name in names.items():
        thing = _resolve(key, things)
        if not isinstance(name, str):
            raise TypeMismatch(f"the new name of {thing[0]} {thing[1]!r} must be a string, got {name!r}")
        if new.setdefault(thing, name) != name:
            raise DuplicateName(f"{thing[0]} {thing[1]!r} is given two new names, {new[thing]!r} and {name!r}")
    _require_injective(diagram, things, new)

    def on_object(ob: cat.Ob) -> cat.Ob:
        if isinstance(ob, SampleObject):
            return SampleObject(new.get(("sample space", ob.name), ob.name))
        return type(ob)(new[("object", ob.name)]) if ("object", ob.name) in new else ob

    def on_box(box: markov.Box) -> markov.Box:
        if isinstance(box, State):
            return State(new.get(("sample space", box.space.name), box.space.name))
        dom, cod = (Ty(*map(on_object, ty.inside)) for ty in (box.dom, box.cod))
        if isinstance(box, Column):
            own = new.get(("column", f"{box.space.name}.{box.name}"), box.name)
            return Column(str(dom.inside[0].name), own, cod)
        kind = Box if isinstance(box, Box) else Kernel
        return kind(new.get(("box", box.name), box.name), dom, cod, data=box.data)

    renamed = diagram.map(
        lambda part: map_layers(part, on_object, on_box),
        lambda kind, name: new.get((kind, name), name),
        lambda name: (new.get(("box", name), name),),
    )
    frozen = [new.get(("box", box.name), box.name) for box in diagram.frozen]
    return renamed.freeze(*frozen)


def _things(diagram: LearningDiagram) -> list[Thing]:
    return [
        *(("object", str(ty)) for ty in diagram.objects),
        *(("box", box.name) for box in diagram.boxes),
        *(("sample space", space.name) for space in diagram.sample_spaces),
        *(("column", f"{column.space.name}.{column.name}") for column in diagram.columns),
        *(("constraint", constraint.name) for constraint in diagram.constraints),
        *(("axiom", axiom.name) for axiom in diagram.axioms),
    ]


def _resolve(key: Any, things: list[Thing]) -> Thing:
    """The thing that a key of `rename` stands for."""
    if isinstance(key, Column):
        wanted: Thing = ("column", f"{key.space.name}.{key.name}")
    elif isinstance(key, SampleSpace | Constraint):
        wanted = ("sample space" if isinstance(key, SampleSpace) else "constraint", key.name)
    elif isinstance(key, markov.Box):
        wanted = ("box", key.name)
    elif isinstance(key, Ty):
        wanted = ("sample space" if is_sample_space(key) else "object", str(key))
    elif isinstance(key, str):
        found = [thing for thing in things if thing[1] == key]
        if len(found) > 1:
            kinds = " and ".join(kind for kind, _ in found)
            raise DuplicateName(f"{key!r} names more than one thing ({kinds}); pass the thing itself instead")
        wanted = found[0] if found else ("thing", key)
    else:
        raise TypeMismatch(f"rename takes names or things as keys, got {key!r}")
    if wanted not in things:
        raise UnknownName(
            f"there is no {wanted[0]} named {wanted[1]!r}; {did_you_mean(wanted[1], (n for _, n in things))}"
        )
    return wanted


def _require_injective(diagram: LearningDiagram, things: list[Thing], new: dict[Thing, str]) -> None:
    """Raise `DuplicateName` where two things of one kind, or an object and a sample space, would have one name."""
    space_of = {f"{column.space.name}.{column.name}": column.space.name for column in diagram.columns}
    taken: dict[tuple[str, str], Thing] = {}
    for thing in things:
        kind, name = thing
        name = new.get(thing, name)
        if kind == "column" and thing in new:
            name = f"{space_of[thing[1]]}.{name}"
        place = ("object" if kind == "sample space" else kind, name)
        if place in taken:
            first = " ".join((taken[place][0], repr(taken[place][1])))
            raise DuplicateName(f"{first} and {kind} {thing[1]!r} would both be named {new.get(thing, thing[1])!r}")
        taken[place] = thing
