"""Signatures: the objects, boxes, sample spaces and columns of some diagrams. A name has one meaning.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> digits = SampleSpace("digits")
>>> term = digits.column("pixels", Ty("image")) >> Kernel("student", Ty("image"), Ty("digit"))
>>> signature = Signature.of([term])
>>> sorted(signature.objects), sorted(signature.boxes), sorted(signature.columns)
(['digit', 'image'], ['student'], [('digits', 'pixels')])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Ty, require_no_dagger
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, SampleSpace, State
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import short_repr


@dataclass
class Signature:
    """Names, and the objects, boxes, sample spaces and columns that they denote.

    Parameters
    ----------
    objects : dict from str to Ty, atomic types by name.
    boxes : dict from str to box, generators by name, without columns and states of sample spaces.
    sample_spaces : dict from str to SampleSpace.
    columns : dict from (str, str) to Column, columns by sample space and name.
    """

    objects: dict[str, Ty] = field(default_factory=dict)
    boxes: dict[str, markov.Box] = field(default_factory=dict)
    sample_spaces: dict[str, SampleSpace] = field(default_factory=dict)
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    _called: dict[str, list[Column]] = field(default_factory=dict, init=False, repr=False, compare=False)

    __repr__ = short_repr

    @classmethod
    def of(cls, diagrams: Iterable[Diagram | PortGraph]) -> Signature:
        """The signature of some diagrams.

        Raises `DuplicateName` for a name with two meanings, and `TypeMismatch` for a dagger and for a box that touches
        a sample space without being a column or a state.
        """
        signature = cls()
        seen: set[int] = set()
        for diagram in diagrams:
            graph = diagram if isinstance(diagram, PortGraph) else PortGraph.from_diagram(diagram)
            signature.add_type(graph.dom)
            signature.add_type(graph.cod)
            for box in graph.boxes:
                if id(box) not in seen:
                    seen.add(id(box))
                    signature.add_box(box)
        return signature

    def add_type(self, ty: Ty) -> None:
        for ob in ty.inside:
            if isinstance(ob, SampleObject):
                self.sample_spaces.setdefault(ob.name, SampleSpace(ob.name))
            else:
                self.objects.setdefault(ob.name, Ty(ob))
            if ob.name in self.objects and ob.name in self.sample_spaces:
                raise DuplicateName(f"{ob.name!r} names an object and a sample space; give one of them another name")

    def add_box(self, box: markov.Box) -> None:
        """Add a box, and the boxes that it uses."""
        for part in with_uses(box):
            if not isinstance(part, State | Column):
                require_no_dagger(part)
                touched = [ob.name for ob in (*part.dom.inside, *part.cod.inside) if isinstance(ob, SampleObject)]
                if touched:
                    raise TypeMismatch(
                        f"box {part.name!r} touches the sample space {touched[0]!r}; only columns and states do: "
                        f"compose {part.name!r} with a column"
                    )
            self.declare(part)

    def declare(self, box: markov.Box) -> None:
        """Add a box alone, whatever it touches; `DuplicateName` for a name that would get two meanings."""
        self.add_type(box.dom)
        self.add_type(box.cod)
        if isinstance(box, State):
            return
        if isinstance(box, Column):
            key = (box.space.name, box.name)
            if key not in self.columns:
                self.columns[key] = box
                for name in (box.name, f"{box.space.name}.{box.name}"):
                    self._called.setdefault(name, []).append(box)
            known: markov.Box = self.columns[key]
            subject = f"column {box.name!r} of sample space {box.space.name!r}"
        else:
            known = self.boxes.setdefault(box.name, box)
            subject = f"box {box.name!r}"
        if known is not box and label(known) != label(box):
            raise DuplicateName(
                f"{subject} is declared twice: as {describe(known)} and as {describe(box)}; a name has one meaning"
            )

    def update(self, other: Signature) -> None:
        """Add the contents of another signature; `DuplicateName` for a name that would get two meanings."""
        for ty in (*other.objects.values(), *(space.ty for space in other.sample_spaces.values())):
            self.add_type(ty)
        for box in (*other.boxes.values(), *other.columns.values()):
            self.add_box(box)

    def box(self, key: markov.Box | str) -> markov.Box:
        """The box of a name, or of an equal box; `UnknownName` where the signature has no such box."""
        name = key.name if isinstance(key, markov.Box) else key
        if not isinstance(name, str):
            raise TypeMismatch(f"expected a box or its name, got {brief(key)}")
        if name not in self.boxes:
            raise UnknownName(f"no box is named {name!r}; {did_you_mean(name, self.boxes)}")
        declared = self.boxes[name]
        if isinstance(key, markov.Box) and label(key) != label(declared):
            raise DuplicateName(f"box {name!r} is {describe(declared)} here, and was given as {describe(key)}")
        return declared

    def meanings(self, name: str) -> list[markov.Box]:
        """The meanings of a name in a term: the box of that name, else columns, bare or as "space.column"."""
        return [self.boxes[name]] if name in self.boxes else list(self._called.get(name, ()))


def describe(box: markov.Box) -> str:
    """Kind and type of a box, what it uses and what it carries, as in "Kernel image → digit"."""
    kind = "Box" if isinstance(box, Box) else "Kernel"
    uses = ", ".join(use.name for use in uses_of(box))
    ends, data = f"{kind} {box.dom or 'I'} → {box.cod or 'I'}", "" if box.data is None else brief(box.data)
    return ends + (f" that uses {uses}" if uses else "") + (f" with the data {data}" if data else "")
