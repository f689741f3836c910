"""Squares that training is to make commute, and their pastings beside and above each other.

    A --top--> B
    |          |
   left      right
    v          v
    C -bottom> D

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> A, B, C, D = (Ty(name) for name in "ABCD")
>>> square = Square(Box("top", A, B), Box("right", B, D), Box("left", A, C), Box("bottom", C, D))
>>> square.equation
Equation(left >> bottom = top >> right)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from learning_diagrams.diagrams.box import Diagram, Id
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature, describe
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.decision import equal
from learning_diagrams.errors import DuplicateName, TypeMismatch
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.pasting import Pasting, Rewriting, TwoCell, composite, rewriting, whisker

if TYPE_CHECKING:  # pictures are made when someone asks for one
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction


@dataclass(frozen=True)
class Square(Drawn):
    """A 2-cell left >> bottom ⇒ top >> right, or a pasting of such squares.

    top, right, left, bottom : diagrams A → B, B → D, A → C, C → D.
    name : str, the name of its constraint.
    pasting : Pasting, the squares that this square is composed of; by default this square alone.
    parts : ("beside" or "above", a square, a square), or None for a square that is not pasted of others.

    Raises `TypeMismatch`: the sides do not make a square.
    """

    top: Diagram
    right: Diagram
    left: Diagram
    bottom: Diagram
    name: str = "square"
    pasting: Pasting = field(default=cast(Pasting, None), repr=False, compare=False)
    parts: tuple[str, Square, Square] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return one_line(f"Square({self.name!r}: {self.left >> self.bottom} = {self.top >> self.right})")

    def __post_init__(self) -> None:
        for side, other in (("top", "right"), ("left", "bottom")):
            first, second = getattr(self, side), getattr(self, other)
            if first.cod != second.dom:
                end, start = f"{side} of square {self.name!r} ends in {first.cod or 'I'}", second.dom or "I"
                raise TypeMismatch(f"{end}, and {other} starts from {start}")
        cell = TwoCell(self.name, self.equation.lhs, self.equation.rhs)
        if self.pasting is None:
            object.__setattr__(self, "pasting", cell)

    @property
    def equation(self) -> Equation:
        """left >> bottom = top >> right."""
        return Equation(self.left >> self.bottom, self.top >> self.right, self.name)

    @property
    def outer(self) -> Square:
        """The boundary alone, as one square."""
        return Square(self.top, self.right, self.left, self.bottom, self.name)

    def beside(self, other: Square) -> Square:
        """This square with another one to its right, whose left side is this one's right side.

        The loss is L(self)(p) + L(other)(p ≫ top).
        """
        _require_same(self.right, other.left, f"the right side of {self.name!r}", f"the left side of {other.name!r}")
        pasting = (
            whisker(Id(self.top.dom), self.pasting, other.bottom)
            >> whisker(self.top, rewriting(self.right, other.left), other.bottom)
            >> whisker(self.top, other.pasting, Id(other.right.cod))
        )
        name, bottom = f"{self.name} | {other.name}", self.bottom >> other.bottom
        parts = ("beside", self, other)
        return Square(self.top >> other.top, other.right, self.left, bottom, name, pasting, parts)

    def above(self, other: Square) -> Square:
        """This square with another one below it, whose top is this one's bottom.

        The loss is L(self)(p) + L(other)(p ≫ left).
        """
        _require_same(self.bottom, other.top, f"the bottom of {self.name!r}", f"the top of {other.name!r}")
        pasting = (
            whisker(self.left, other.pasting, Id(other.right.cod))
            >> whisker(self.left, rewriting(other.top, self.bottom), other.right)
            >> whisker(Id(self.top.dom), self.pasting, other.right)
        )
        name, right = f"{self.name} / {other.name}", self.right >> other.right
        return Square(self.top, right, self.left >> other.left, other.bottom, name, pasting, ("above", self, other))

    @property
    def sides(self) -> tuple[Diagram, Diagram, Diagram, Diagram]:
        """Top, right, left and bottom."""
        return self.top, self.right, self.left, self.bottom

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.cells.pasting_picture import pasting_description, pasting_looks, square_scene

        looks = pasting_looks(self.pasting, notation, self.sides)
        scene = square_scene(self, self.pasting, looks, direction)
        return scene, self.name, pasting_description(self.name, self.pasting)

    def learning_diagram(self, over: Diagram, **options: Any) -> LearningDiagram:
        """The constraints of its squares, each tested over `over` followed by the diagrams before that square.

        options : keyword arguments of `LearningDiagram`, such as `frozen=` and `name=`.

        Raises `DuplicateName`: two squares have one name, as those of a square that is pasted twice.
        """
        constraints: dict[str, Constraint] = {}
        for layer in self.pasting.inside:
            before, cell, _ = layer.boxes_or_types
            if isinstance(cell, Rewriting):
                continue
            source = over >> composite(before, over.cod)
            if cell.name in constraints:
                named = f"two squares of {self.name!r} are named {cell.name!r}, and each gives a constraint"
                raise DuplicateName(f"{named}; name one of them anew: Square(*square.sides, name=…)")
            constraints[cell.name] = Constraint(cell.name, cell.equation.lhs, cell.equation.rhs, over=source)
        return LearningDiagram(*constraints.values(), **options)


def _require_same(side: Diagram, other: Diagram, who: str, whom: str) -> None:
    if (side.dom, side.cod) != (other.dom, other.cod) or not equal(side, other):
        both = str(side) == str(other)
        first, second = (f"{d}{f' ({_kinds(d)})' if both else ''}" for d in (side, other))
        raise TypeMismatch(f"squares are pasted along an equal side: {who} is {first}, and {whom} is {second}")
    Signature.of([side, other])  # an object and a sample space of one name are different


def _kinds(diagram: Diagram) -> str:
    """The boxes of a diagram with their kinds, types and data, for sides that print alike."""
    boxes = {label(box): box for box in PortGraph.from_diagram(diagram).boxes}
    data = {key: f" with the data {box.data!r}" if box.data is not None else "" for key, box in boxes.items()}
    return ", ".join(f"{box} : {describe(box)}{data[key]}" for key, box in boxes.items())
