"""The difference of two learning diagrams: what only one of them has, and what changed, as text and as a picture.

Law: a difference is false exactly where the learning diagrams are equal.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> a = SampleSpace("rows").column("a", Ty("x"))
>>> f = Box("f", Ty("x"), Ty("x"))
>>> first = LearningDiagram(Constraint("c", a >> f, a, weight=0.5), name="first")
>>> print(difference(first, first.reweight({"c": 2}).freeze(f)))
first → first
  ~ constraint c: weight 0.5 → 2
  + frozen f
>>> bool(difference(first, first.add()))
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.editing.changes import Change, changes_of, notes_of
from learning_diagrams.editing.supports import reduced
from learning_diagrams.errors import TypeMismatch, brief, plural, printable
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.learning_diagram import LearningDiagram

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction


@dataclass(frozen=True, repr=False)
class Difference(Drawn):
    """What changes from a first learning diagram to a second one; false if they are equal.

    Parameters
    ----------
    first, second : LearningDiagram.
    """

    first: LearningDiagram
    second: LearningDiagram

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes, each with its mark: "-" only in the first, "+" only in the second, "~" changed."""
        return tuple(changes_of(reduced(self.first), reduced(self.second)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What differs and is not part of equality, such as the names of the learning diagrams."""
        return tuple(notes_of(self.first, self.second))

    def __bool__(self) -> bool:
        return self.first != self.second

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.page.difference_page import page_of_difference

        page = page_of_difference(reduced(self.first), reduced(self.second), self.changes, direction, notation)
        return page, self._title, str(self)

    @property
    def _title(self) -> str:
        return " → ".join(part.name or "learning diagram" for part in (self.first, self.second))

    def __str__(self) -> str:
        lines = [f"{change}" for change in self.changes] or ["no difference"]
        lines += [f"beside equality: {note}" for note in self.notes]
        return printable("\n  ".join([self._title, *lines]))

    def __repr__(self) -> str:
        return one_line(f"<Difference {self._title!r}: {plural(len(self.changes), 'change')}>")


def difference(a: LearningDiagram, b: LearningDiagram) -> Difference:
    """The difference of two learning diagrams, from the first to the second.

    Boxes, constraints and players are matched by name, axioms by content. Sides are compared up to equality in the
    theory "markov".

    Raises `TypeMismatch` for anything that is not a learning diagram.
    """
    for part in (a, b):
        if not isinstance(part, LearningDiagram):
            raise TypeMismatch(f"a difference is that of two learning diagrams, got {brief(part)}")
    return Difference(a, b)
