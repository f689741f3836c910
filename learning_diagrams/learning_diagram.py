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

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.editing.renaming import rename
from learning_diagrams.editing.substitution import substitute_boxes
from learning_diagrams.editing.union import unite
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.path_equation import path_constraints
from learning_diagrams.presentation.presentation import Presentation


class LearningDiagram(Presentation):
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

    # Edits: each returns a new learning diagram.

    def freeze(self, *boxes: markov.Box | str) -> Self:
        """With these boxes not trained."""
        return self.edited(frozen=self.frozen | {self.box(box) for box in boxes})

    def unfreeze(self, *boxes: markov.Box | str) -> Self:
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
        return self.edited(frozen=self.frozen - thawed)

    def add(self, *constraints: Constraint) -> Self:
        """With more constraints; `DuplicateName` where a name is taken."""
        return self.edited(self.constraints + constraints)

    def without(self, *names: str) -> Self:
        """Without the constraints of these names, and without what only they mention."""
        self._require_constraints(names)
        return self.edited(c for c in self.constraints if c.name not in names)

    def restrict(self, *names: str) -> Self:
        """Only the constraints of these names, with the axioms and with what both mention."""
        self._require_constraints(names)
        return self.edited(c for c in self.constraints if c.name in names)

    def reweight(self, weights: Mapping[str, float]) -> Self:
        """With these weights for the constraints of these names."""
        self._require_constraints(weights)
        return self.edited(replace(c, weight=weights[c.name]) if c.name in weights else c for c in self.constraints)

    def substitute(self, replacements: Mapping[markov.Box | str, Diagram]) -> Self:
        """With boxes replaced by parallel diagrams, everywhere.

        What is new in place of a frozen box is frozen, in place of a player's box the player's. A `Box` can only be
        replaced by a deterministic diagram, and neither a moving average nor its source by more than a box.
        """
        return substitute_boxes(self, replacements)

    def rename(self, names: Mapping[Any, str]) -> Self:
        """With new names for objects, boxes, sample spaces, columns ("space.column"), constraints or axioms.

        A key is the thing itself or its name; a name that stands for two things is a `DuplicateName`. Two things
        renamed to one are a `DuplicateName` too.
        """
        return rename(self, names)

    def __add__(self, other: LearningDiagram) -> Self:
        """Both, glued along equal names: what both have counts once; `DuplicateName` where one name is two things."""
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
    ) -> Self:
        """The learning diagram that makes a graph of boxes commute: its path equations, tested over data.

        Parameters
        ----------
        over : for each vertex at which an equation starts, the column (or other diagram) that it is tested over.
        max_length, limit : as in `path_equations`.
        """
        constraints = path_constraints(boxes, over, max_length=max_length, limit=limit)
        return cls(*constraints, frozen=frozen, name=name)

    # Other forms.

    def to_dict(self) -> dict[str, Any]:
        """The learning diagram as plain data, in the shape of its files; `from_dict` reads it back."""
        from learning_diagrams.documents.serialization import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; typed errors for anything else, and nothing in it is run."""
        from learning_diagrams.documents.serialization import from_dict

        return from_dict(data, cls)

    def draw(self, path: str | Path) -> None:
        """Write a picture of the constraints (.svg, .png or .pdf), one equation a row."""
        from learning_diagrams.drawing.picture import draw

        draw(self, path)

    def _repr_svg_(self) -> str:
        from learning_diagrams.drawing.picture import svg

        return svg(self)

    def __str__(self) -> str:
        from learning_diagrams.drawing.summary import summarise

        return summarise(self)

    def _require_constraints(self, names: Iterable[str]) -> None:
        if not isinstance(names, Iterable):
            raise TypeMismatch(f"expected names of constraints, or a mapping from them; got {brief(names)}")
        known = [constraint.name for constraint in self.constraints]
        for name in names:
            if name not in known:
                raise UnknownName(f"no constraint is named {name!r}; {did_you_mean(str(name), known)}")
