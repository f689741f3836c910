"""A presentation: the record of what a learning diagram is, below everything that edits, writes or draws it.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> f, g = Kernel("f", Ty("a"), Ty("b")), Kernel("g", Ty("a"), Ty("b"))
>>> fit, agree = Constraint("fit", x >> f, y), Constraint("agree", x >> f, x >> g)
>>> Presentation(fit, agree, frozen=[g]).edited([fit]) == Presentation(fit)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, Self

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Ty
from learning_diagrams.diagrams.sample_space import Column, SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation, name_axioms, require_distinct
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.frozen import Frozen
from learning_diagrams.presentation.moving_average import Averages, MovingAverages
from learning_diagrams.presentation.notation import Notation
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.players import Players
from learning_diagrams.presentation.presentation_field import PresentationField


class Presentation:
    """Constraints to be learned, axioms that hold by construction, and statements about the training of boxes.

    A learning diagram is immutable and hashable. Two are equal when their digests are equal. Constraints stand in the
    order of their names.

    Parameters
    ----------
    constraints : Constraint, the equations to be learned, under distinct names.
    axioms : mapping from str to Equation, or iterable of equations, which hold by construction. An equation without a
        name is named after its digest.
    frozen : iterable of boxes or their names, which are not trained.
    ema : mapping from boxes to pairs (source, decay). The parameters of a key follow those of its source, see
        `moving_average`, so it is frozen. The decay is a number from 0 to 1, a schedule of such, or a box from I.
    players : mapping from str to Player or to its plain data, see `player`; for a game.
    notation : mapping from boxes, objects, sample spaces or columns, or their names, to LaTeX, as r"f_\\theta"; see
        `notation`. It is shown, and is not part of equality.
    name : str, a title; it is not part of equality.

    Raises
    ------
    DuplicateName : two constraints, two boxes, or an object and a sample space share a name; two players share a box.
    UnknownName : no constraint and no axiom mentions a box, or no constraint has the name of a player's term.
    TypeMismatch : moving averages form a loop or differ in type from their source; a player has no terms or no boxes.
    """

    constraint_type: ClassVar[type[Constraint]] = Constraint
    listed: ClassVar[tuple[PresentationField, ...]] = (Frozen(), Averages(), Players(), Notation())

    name: str
    constraints: tuple[Constraint, ...]
    axioms: tuple[Equation, ...]
    frozen: frozenset[markov.Box]
    ema: MovingAverages
    players: tuple[Player, ...]
    notation: Mapping[Symbol, str]
    signature: Signature

    def __init__(
        self,
        *constraints: Constraint,
        axioms: Mapping[str, Equation] | Iterable[Equation] = (),
        frozen: Iterable[markov.Box | str] = (),
        ema: Mapping[Any, tuple[Any, Any]] = MappingProxyType({}),
        players: Mapping[str, Any] | Iterable[Player] = (),
        notation: Mapping[Any, str] = MappingProxyType({}),
        name: str = "",
    ) -> None:
        for constraint in constraints:
            if not isinstance(constraint, Constraint):
                raise TypeMismatch(
                    "a learning diagram is made of constraints, as Constraint('name', lhs, rhs); "
                    f"got {brief(constraint)}"
                )
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a learning diagram must be a string, got {brief(name)}")
        state = self.__dict__
        state["name"] = name
        state["constraints"] = tuple(sorted(constraints, key=lambda constraint: constraint.name))
        state["axioms"] = name_axioms(axioms)
        require_distinct((constraint.name for constraint in self.constraints), "constraints")
        require_distinct((axiom.name for axiom in self.axioms), "axioms")
        state["signature"] = Signature.of(graph for equation in self.equations for graph in equation.graphs)
        self._annotate({"frozen": frozen, "ema": ema, "players": players, "notation": notation})

    def _annotate(self, values: Mapping[str, Any]) -> None:
        """Set some fields while the presentation is built, before anyone has it."""
        for field in reversed(self.listed):  # what `ema` names is frozen, so `frozen` is read after it
            if field.name in values:
                self.__dict__[field.name] = field.read(values[field.name], self)

    @property
    def annotations(self) -> list[tuple[PresentationField, Any]]:
        """The fields beside name, constraints and axioms, each with its value."""
        return [(field, self.__dict__[field.name]) for field in self.listed]

    @property
    def equations(self) -> tuple[Constraint | Equation, ...]:
        """The constraints, then the axioms."""
        return *self.constraints, *self.axioms

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        """The diagrams of all constraints and axioms."""
        return tuple(part for equation in self.equations for part in equation.diagrams)

    @property
    def objects(self) -> tuple[Ty, ...]:
        """The objects that are not sample spaces, by name."""
        return tuple(self.signature.objects[name] for name in sorted(self.signature.objects))

    @property
    def boxes(self) -> tuple[markov.Box, ...]:
        """The generators that modules stand for, by name; columns and states are data, so they are not included."""
        return tuple(self.signature.boxes[name] for name in sorted(self.signature.boxes))

    @property
    def sample_spaces(self) -> tuple[SampleSpace, ...]:
        """The sample spaces, by name."""
        return tuple(self.signature.sample_spaces[name] for name in sorted(self.signature.sample_spaces))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all sample spaces, by sample space and name."""
        return tuple(self.signature.columns[key] for key in sorted(self.signature.columns))

    def box(self, key: markov.Box | str) -> markov.Box:
        """The box of a name; `UnknownName` for an unknown name."""
        return self.signature.box(key)

    def with_notation(self, notation: Any) -> Mapping[Symbol, str]:
        """The notation of the presentation, after another one: `read` of the field says what that may be."""
        (field,) = (field for field in self.listed if isinstance(field, Notation))
        return {**self.notation, **field.read(notation, self)}

    def training(self, box: str) -> str:
        """How a box is trained, in words: "is trained", "is frozen", "follows another, decay 0.99"."""
        if box in self.ema:
            decay = self.ema[box][1]
            return f"follows another, decay {'by a box' if isinstance(decay, Box) else decay}"
        return "is frozen" if self.signature.boxes[box] in self.frozen else "is trained"

    @property
    def annotated_boxes(self) -> frozenset[str]:
        """The names of the boxes that a field of a constraint or of the presentation annotates."""
        own = (box for field, value in self.annotations for box in field.boxes(value))
        return frozenset(own).union(*(constraint.annotated_boxes for constraint in self.constraints))

    def _immutable(self, *_: object) -> NoReturn:
        raise AttributeError("a learning diagram is immutable; its edit methods return new ones")

    __setattr__ = __delattr__ = _immutable

    def edited(
        self,
        constraints: Iterable[Constraint] | None = None,
        axioms: Iterable[Equation] | None = None,
        name: str | None = None,
        **values: Any,
    ) -> Self:
        """The presentation with other constraints, axioms or fields.

        Annotations of boxes and of constraints that no longer occur are dropped.
        """
        edited = type(self)(
            *(self.constraints if constraints is None else constraints),
            axioms=self.axioms if axioms is None else axioms,
            name=self.name if name is None else name,
        )
        values = {field.name: value for field, value in self.annotations} | values
        for field in reversed(self.listed):  # the boxes of `ema` may be frozen
            edited._annotate({field.name: field.restricted(values[field.name], edited)})
        return edited

    def map(self, to: Transport, **values: Any) -> Self:
        """The presentation after a transport.

        values : for some fields, by name, a value that replaces the transported value.
        """
        constraints = [constraint.map(to) for constraint in self.constraints]
        return self.edited(constraints, [axiom.map(to) for axiom in self.axioms], **self.mapped_fields(to) | values)

    def mapped_fields(self, to: Transport) -> dict[str, Any]:
        """The values of all fields after a transport, by name."""
        return {field.name: field.map(value, to) for field, value in self.annotations}

    @classmethod
    def joined_fields(cls, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The fields of a presentation that is glued of parts, each given by its `mapped_fields`.

        Raises `DuplicateName` where two parts contradict each other.
        """
        return {
            field.name: field.joined([part[field.name] for part in parts if field.name in part]) for field in cls.listed
        }

    def digest(self) -> str:
        """The SHA-256 of the learning diagram, as 64 hexadecimal digits, equal in every process and on every machine.

        It covers boxes (names, kinds, types, frozen or not), axioms, constraints (name, sides in normal form, over,
        divergence, exact weight, detached parts), moving averages and players. It does not cover the name of the
        learning diagram, the order of writing, or layout.
        """
        return self._digest

    @property
    def live_boxes(self) -> frozenset[str]:
        """The names of the boxes in the normal forms of constraints and axioms, and of those that fields apply."""
        return frozenset[str]().union(
            *(equation.live_boxes for equation in self.equations), *(f.live(value) for f, value in self.annotations)
        )

    @cached_property
    def _digest(self) -> str:
        content: dict[str, Any] = {
            "constraints": [constraint.canonical for constraint in self.constraints],
            "axioms": sorted({digest_of(axiom.canonical) for axiom in self.axioms}),
        }
        live = self.live_boxes
        forms = {field.name: field.canonical(value, live) for field, value in self.annotations}
        return digest_of(content | {name: form for name, form in forms.items() if form is not None})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Presentation) and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __reduce__(self) -> tuple[Any, ...]:
        options = self.mapped_fields(Transport())
        return partial(type(self), axioms=self.axioms, name=self.name, **options), self.constraints

    def __repr__(self) -> str:
        names = ", ".join(constraint.name for constraint in self.constraints)
        return one_line(f"<{type(self).__name__} {self.name!r}: {names or 'no constraint'}>")
