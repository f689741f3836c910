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
from typing import TYPE_CHECKING, Any, Self

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.editing.substitution import substitute_boxes
from learning_diagrams.editing.symbol_map import rename
from learning_diagrams.editing.union import unite
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.path_equation import path_constraints
from learning_diagrams.presentation.presentation import Presentation

if TYPE_CHECKING:  # pictures are made when someone asks for one
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction


class LearningDiagram(Presentation, Drawn):
    """Constraints to be learned, axioms that hold by construction, and statements about the training of boxes.

    `Presentation` explains the parameters. The methods here edit, read, write and draw.
    """

    def freeze(self, *boxes: markov.Box | str) -> Self:
        """The learning diagram in which these boxes are not trained."""
        return self.edited(frozen=self.frozen | {self.box(box) for box in boxes})

    def unfreeze(self, *boxes: markov.Box | str) -> Self:
        """The learning diagram in which these boxes are trained again.

        Raises `UnknownName` for a box that is not frozen, `TypeMismatch` for a moving average, which is never trained.
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
        """The learning diagram with more constraints; `DuplicateName` where a name is taken."""
        return self.edited(self.constraints + constraints)

    def without(self, *names: str) -> Self:
        """The learning diagram without the constraints of these names, and without boxes that only they mention."""
        self._require_constraints(names)
        return self.edited(c for c in self.constraints if c.name not in names)

    def restrict(self, *names: str) -> Self:
        """The learning diagram with only the constraints of these names, and with all axioms."""
        self._require_constraints(names)
        return self.edited(c for c in self.constraints if c.name in names)

    def reweight(self, weights: Mapping[str, float]) -> Self:
        """The learning diagram with new weights for constraints.

        weights : mapping from names of constraints to finite floats ≥ 0.
        """
        self._require_constraints(weights)
        return self.edited(replace(c, weight=weights[c.name]) if c.name in weights else c for c in self.constraints)

    def substitute(self, replacements: Mapping[markov.Box | str, Diagram]) -> Self:
        """The learning diagram with boxes replaced by parallel diagrams, everywhere.

        New boxes in place of a frozen box are frozen, and a box that keeps its own place stays as it was. Boxes in
        place of a player's box belong to that player. So boxes that change places, as in `{f: g, g: f}`, exchange
        everything that is said of them. A `Box` can only be replaced by a deterministic diagram. A moving average and
        its source can only be replaced by a box.
        """
        return substitute_boxes(self, replacements)

    def rename(self, names: Mapping[Any, str]) -> Self:
        """The learning diagram under new names of objects, boxes, sample spaces, columns, constraints or axioms.

        names : mapping from symbols or their names ("space.column" for a column) to new names.

        Raises `DuplicateName` for a key that names two symbols, and for two symbols that would have one name.
        """
        return rename(self, names)

    def __add__(self, other: LearningDiagram) -> Self:
        """The union, glued along equal names: shared statements count once.

        Raises `DuplicateName` where one name has two meanings.
        """
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
        over : mapping from each vertex at which an equation starts to the diagram, such as a column, that it is tested
            over.
        max_length, limit : as in `path_equations`.
        """
        constraints = path_constraints(boxes, over, max_length=max_length, limit=limit)
        return cls(*constraints, frozen=frozen, name=name)

    def to_dict(self) -> dict[str, Any]:
        """The learning diagram as plain data, in the shape of its files."""
        from learning_diagrams.documents.serialization import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read plain data that `to_dict` wrote; a typed error for any other data. Nothing in the data is run."""
        from learning_diagrams.documents.serialization import from_dict

        return from_dict(data, cls)

    def to_tikz_cd(self, *, standalone: bool = False) -> str:
        """The learning graph as a commutative diagram for LaTeX, in the environment tikzcd.

        An equation between two paths of arrows is a 2-cell with its name and weight. A comment says what is not shown.

        standalone : bool, whether it is a whole document.
        """
        from learning_diagrams.drawing.tex.tikz_cd import tikz_cd_text

        return tikz_cd_text(self, standalone)

    def to_quiver(self) -> str:
        """The same commutative diagram as a link to the editor q.uiver.app; the link holds its JSON in base 64."""
        from learning_diagrams.drawing.tex.quiver import quiver_link

        return quiver_link(self)

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.page.layout import description, page

        shown = self.edited(notation=self.with_notation(notation))
        return page(shown, direction), self.name or "learning diagram", description(self)

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
