"""A learning diagram: a presentation whose equations training is to make true.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> image, digit = Ty("image"), Ty("digit")
>>> digits = SampleSpace("digits")
>>> pixels, label = digits.column("pixels", image), digits.column("label", digit)
>>> student, teacher = Kernel("student", image, digit), Kernel("teacher", image, digit)
>>> distillation = LearningDiagram(
...     Constraint("supervised", pixels >> student, label),
...     Constraint("distilled", pixels >> student, pixels >> teacher, weight=0.5),
...     frozen=[teacher], name="distillation")
>>> print(distillation)
distillation
  distilled: pixels >> student = pixels >> teacher  (weight=0.5)
  supervised: pixels >> student = label
  frozen: teacher
>>> distillation.without("supervised").add(*distillation.constraints[1:]) == distillation
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.sample_space import Column, SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.renaming import rename
from learning_diagrams.editing.substitution import substitute_boxes
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.constraint import SIDES, Constraint
from learning_diagrams.presentation.equation import Equation, name_axioms, require_distinct
from learning_diagrams.presentation.moving_average import MovingAverages, map_moving_averages, read_moving_averages
from learning_diagrams.presentation.path_equation import path_constraints
from learning_diagrams.presentation.player import Player, read_players


class LearningDiagram:
    """Constraints to be learned, axioms that hold by construction, and the boxes that are not trained.

    Immutable; two are equal when their digests are. Constraints are kept in the order of their names.

    Parameters
    ----------
    constraints : equations to be learned, each with a name of its own.
    axioms : equations that hold by construction: a mapping from names, or equations (named after their digest).
    frozen : boxes, or names of boxes, that are not trained.
    ema : for boxes whose parameters follow those of another box (source, decay), see `moving_average`; they are frozen.
    players : for a game, who trains which boxes on which terms: a mapping from names, see `player`.
    name : a title; no part of equality.

    Raises
    ------
    DuplicateName : one name for two constraints, two boxes, or an object and a sample space; a box of two players.
    UnknownName : a box that no constraint and no axiom mentions, a player's term that is no constraint.
    TypeMismatch : moving averages in a loop, or of another type than their source; a player without terms or boxes.
    """

    name: str
    constraints: tuple[Constraint, ...]
    axioms: tuple[Equation, ...]
    frozen: frozenset[markov.Box]
    ema: MovingAverages
    players: tuple[Player, ...]
    signature: Signature

    def __init__(
        self,
        *constraints: Constraint,
        axioms: Mapping[str, Equation] | Iterable[Equation] = (),
        frozen: Iterable[markov.Box | str] = (),
        ema: Mapping[Any, tuple[Any, float]] = MappingProxyType({}),
        players: Mapping[str, Any] | Iterable[Player] = (),
        name: str = "",
    ) -> None:
        for given in constraints:
            if not isinstance(given, Constraint):
                raise TypeMismatch(f"a learning diagram is made of constraints, got {brief(given)}")
        if not isinstance(frozen, Iterable) or isinstance(frozen, str | markov.Diagram):
            raise TypeMismatch(f"frozen= takes a list of boxes, as in frozen=[teacher]; got {brief(frozen)}")
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a learning diagram must be a string, got {brief(name)}")
        fields = self.__dict__
        fields["name"] = name
        fields["constraints"] = tuple(sorted(constraints, key=lambda constraint: constraint.name))
        fields["axioms"] = name_axioms(axioms)
        require_distinct((constraint.name for constraint in self.constraints), "constraints")
        require_distinct((axiom.name for axiom in self.axioms), "axioms")
        sides = (side for axiom in self.axioms for side in (axiom.lhs, axiom.rhs))
        fields["signature"] = Signature.of([*(part for c in self.constraints for part in c.reading.graphs), *sides])
        fields["ema"] = read_moving_averages(ema, self.signature)
        fields["frozen"] = frozenset(self.signature.box(box) for box in [*frozen, *self.ema])
        fields["players"] = read_players(players, self.constraints)

    @property
    def objects(self) -> tuple[Ty, ...]:
        """The objects that are not sample spaces, by name."""
        return tuple(self.signature.objects[name] for name in sorted(self.signature.objects))

    @property
    def boxes(self) -> tuple[markov.Box, ...]:
        """The generators that modules stand for, by name; columns and states are data and not among them."""
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
        """The box of that name; `UnknownName` where there is none."""
        return self.signature.box(key)

    def _immutable(self, *_: object) -> NoReturn:
        raise AttributeError("a learning diagram is immutable; its edit methods return new ones")

    __setattr__ = __delattr__ = _immutable

    # Edits: each returns a new learning diagram.

    def freeze(self, *boxes: markov.Box | str) -> LearningDiagram:
        """With these boxes not trained."""
        return self._with(frozen=self.frozen | {self.box(box) for box in boxes})

    def unfreeze(self, *boxes: markov.Box | str) -> LearningDiagram:
        """With these boxes trained again; `UnknownName` for a box that is not frozen.

        A moving average is not trained: unfreezing one is a `TypeMismatch`.
        """
        thawed = {self.box(box) for box in boxes}
        for box in thawed:
            if box.name in self.ema:
                raise TypeMismatch(
                    f"box {box.name!r} follows box {self.ema[box.name][0]!r} (ema=), so it is not trained"
                )
        for box in thawed - self.frozen:
            raise UnknownName(
                f"box {box.name!r} is not frozen; {did_you_mean(box.name, (b.name for b in self.frozen))}"
            )
        return self._with(frozen=self.frozen - thawed)

    def add(self, *constraints: Constraint) -> LearningDiagram:
        """With more constraints; `DuplicateName` where a name is taken."""
        return self._with(constraints=self.constraints + constraints)

    def without(self, *names: str) -> LearningDiagram:
        """Without the constraints of these names, and without what only they mention."""
        self._require_constraints(names)
        return self._with(constraints=(c for c in self.constraints if c.name not in names))

    def restrict(self, *names: str) -> LearningDiagram:
        """Only the constraints of these names, with the axioms and with what both mention."""
        self._require_constraints(names)
        return self._with(constraints=(c for c in self.constraints if c.name in names))

    def reweight(self, weights: Mapping[str, float]) -> LearningDiagram:
        """With these weights for the constraints of these names."""
        self._require_constraints(weights)
        return self._with(
            constraints=(replace(c, weight=weights[c.name]) if c.name in weights else c for c in self.constraints)
        )

    def substitute(self, replacements: Mapping[markov.Box | str, Diagram]) -> LearningDiagram:
        """With boxes replaced by parallel diagrams, everywhere.

        What is new in place of a frozen box is frozen, in place of a player's box the player's. A `Box` can only be
        replaced by a deterministic diagram, and neither a moving average nor its source by more than a box.
        """
        return substitute_boxes(self, replacements)

    def rename(self, names: Mapping[Any, str]) -> LearningDiagram:
        """With new names for objects, boxes, sample spaces, columns ("space.column"), constraints or axioms.

        A key is the thing itself or its name; a name that stands for two things is a `DuplicateName`. Two things
        renamed to one are a `DuplicateName` too.
        """
        return rename(self, names)

    def __add__(self, other: LearningDiagram) -> LearningDiagram:
        """Both, glued along equal names: what both have counts once; `DuplicateName` where one name is two things."""
        from learning_diagrams.editing.union import unite

        return unite(self, other)

    @classmethod
    def from_graph(
        cls,
        boxes: Iterable[markov.Box],
        *,
        over: Mapping[Ty | str, Diagram],
        max_length: int,
        limit: int = 10_000,
        frozen: Iterable[markov.Box | str] = (),
        name: str = "",
    ) -> LearningDiagram:
        """The learning diagram that makes a graph of boxes commute: its path equations, tested over data.

        Parameters
        ----------
        over : for each vertex at which an equation starts, the column (or other diagram) that it is tested over.
        max_length, limit : as in `path_equations`.
        """
        constraints = path_constraints(boxes, over, max_length=max_length, limit=limit)
        return cls(*constraints, frozen=frozen, name=name)

    def map(
        self,
        on_diagram: Callable[[Diagram], Diagram],
        on_name: Callable[[str, str], str] = lambda kind, name: name,
        on_box: Callable[[str], tuple[str, ...]] = lambda name: (name,),
    ) -> LearningDiagram:
        """With every diagram changed; only moving averages are frozen.

        Parameters
        ----------
        on_name : new names for ("constraint", name) and ("axiom", name).
        on_box : the names of what stands in place of a box.
        """
        constraints = [
            replace(
                c,
                name=on_name("constraint", c.name),
                lhs=on_diagram(c.lhs),
                rhs=on_diagram(c.rhs),
                over=None if c.over is None else on_diagram(c.over),
                detach=tuple(new for name in c.detach for new in ((name,) if name in SIDES else on_box(name))),
            )
            for c in self.constraints
        ]
        axioms = [Equation(on_diagram(a.lhs), on_diagram(a.rhs), on_name("axiom", a.name)) for a in self.axioms]
        players = [player.map(lambda term: on_name("constraint", term), on_box) for player in self.players]
        ema = map_moving_averages(self.ema, on_box)
        return LearningDiagram(*constraints, axioms=axioms, ema=ema, players=players, name=self.name)

    # Identity.

    def digest(self) -> str:
        """64 hexadecimal digits that name the learning diagram, the same in every process and on every machine.

        It covers boxes (names, kinds, types, frozen or not), axioms and constraints (name, sides in normal form, over,
        divergence, exact weight); not the learning diagram's name, the order of writing, or layout.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sides = [form for c in self.constraints for form in c.canonical[1] + [c.canonical[2]] if form is not None]
        sides += [form for axiom in self.axioms for form in axiom.canonical]
        alive = {label[1] for form in sides for label in form[2] if label[0] in ("box", "kernel")}
        content: dict[str, Any] = {
            "constraints": [constraint.canonical for constraint in self.constraints],
            "axioms": sorted(digest_of(axiom.canonical) for axiom in self.axioms),
            "frozen": sorted(box.name for box in self.frozen if box.name in alive),
        }
        if self.ema:
            content["ema"] = [[target, source, decay.hex()] for target, (source, decay) in self.ema.items()]
        if self.players:
            content["players"] = [player.canonical for player in self.players]
        return digest_of(content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LearningDiagram) and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __reduce__(self) -> tuple[Any, ...]:
        options: dict[str, Any] = {
            "axioms": self.axioms,
            "frozen": sorted(box.name for box in self.frozen),
            "ema": dict(self.ema),
            "players": self.players,
            "name": self.name,
        }
        return partial(LearningDiagram, **options), self.constraints

    # Other forms.

    def to_dict(self) -> dict[str, Any]:
        """The learning diagram as plain data, in the shape of its files; `from_dict` reads it back."""
        from learning_diagrams.documents.serialization import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LearningDiagram:
        """Read what `to_dict` wrote; typed errors for anything else, and nothing in it is run."""
        from learning_diagrams.documents.serialization import from_dict

        return from_dict(data)

    def draw(self, path: str | Path) -> None:
        """Write a picture of the constraints (.svg, .png or .pdf), one equation a row."""
        from learning_diagrams.drawing.picture import draw

        draw(self, path)

    def _repr_svg_(self) -> str:
        from learning_diagrams.drawing.picture import svg

        return svg(self)

    def __repr__(self) -> str:
        return f"<LearningDiagram {self.name!r}: {', '.join(c.name for c in self.constraints) or 'no constraint'}>"

    def __str__(self) -> str:
        from learning_diagrams.drawing.summary import summarise

        return summarise(self)

    # How the edits are made.

    def _with(
        self, constraints: Iterable[Constraint] | None = None, frozen: Iterable[markov.Box] | None = None
    ) -> LearningDiagram:
        """The same axioms and name with other constraints or frozen boxes; what is said of boxes that are gone goes."""
        kept = self.constraints if constraints is None else tuple(constraints)
        edited = LearningDiagram(*kept, axioms=self.axioms, name=self.name)
        alive = edited.signature.boxes.keys()
        if not (self.frozen or frozen or self.players):
            return edited
        return LearningDiagram(
            *kept,
            axioms=self.axioms,
            frozen={box.name for box in (self.frozen if frozen is None else frozen)} & alive,
            ema={target: given for target, given in self.ema.items() if {target, given[0]} <= alive},
            players=[left for player in self.players if (left := player.within(kept)) is not None],
            name=self.name,
        )

    def _require_constraints(self, names: Iterable[str]) -> None:
        if not isinstance(names, Iterable):
            raise TypeMismatch(f"expected names of constraints, or a mapping from them; got {brief(names)}")
        known = [constraint.name for constraint in self.constraints]
        for name in names:
            if name not in known:
                raise UnknownName(f"no constraint is named {name!r}; {did_you_mean(str(name), known)}")
