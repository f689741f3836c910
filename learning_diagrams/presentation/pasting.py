"""Pastings: 2-cells between diagrams, composed in sequence and whiskered, again as string diagrams.

A 2-cell is an equation lhs ⇒ rhs between parallel 1-cells. Its wires are the 1-cells that its sides are composed of, so
that a pasting is a diagram of DisCoPy's, a sequence of layers e @ α @ h: α with 1-cells e before it and h after it.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, f_, g = (Box(name, x, x) for name in ("f", "f_", "g"))
>>> a = TwoCell("a", f, f_)
>>> print(whisker(g, a, g))
g @ a @ g

Source: Street, *Categorical structures* (1996), for sesquicategories, which have whiskering and no interchange.
"""

from __future__ import annotations

from typing import TypeAlias

from discopy import cat, monoidal

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation

Pasting: TypeAlias = monoidal.Diagram


class OneCell(cat.Ob):
    """A box, or a diagram that is not a composite of boxes in sequence, as the object on a wire of a pasting."""

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(str(diagram))
        self.diagram = diagram


class TwoCell(monoidal.Box):
    """An equation lhs ⇒ rhs as a box of pastings.

    Raises `TypeMismatch` where the sides are not parallel.
    """

    def __init__(self, name: str, lhs: Diagram, rhs: Diagram) -> None:
        self.equation = Equation(lhs, rhs, name)
        super().__init__(name, word(lhs), word(rhs))


def word(diagram: Diagram) -> Ty:
    """The 1-cells that a diagram is composed of in sequence; a diagram with boxes side by side is one 1-cell.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> f, g = Box("f", x, x), Box("g", x, x)
    >>> len(word(f >> g)), len(word(f @ g)), len(word(Id(x)))
    (2, 1, 0)
    """
    if not isinstance(diagram, monoidal.Diagram):
        raise TypeMismatch(f"a 1-cell is a diagram, got {brief(diagram)}")
    if all(len(layer.boxes_or_types) == 3 and not layer.boxes_or_types[0] and not layer.boxes_or_types[2]
           for layer in diagram.inside):  # fmt: skip
        return Ty(*(OneCell(layer.boxes_or_types[1]) for layer in diagram.inside))
    return Ty(OneCell(diagram))


def composite(cells: Ty, dom: Ty) -> Diagram:
    """The composite of the 1-cells of a word; the identity on `dom` for the empty word."""
    return Id(dom).then(*(cell.diagram for cell in cells.inside)) if len(cells) else Id(dom)


def whisker(before: Diagram, pasting: Pasting, after: Diagram) -> Pasting:
    """A pasting with 1-cells before and after it.

    Raises `TypeMismatch` where these do not compose.
    """
    cells = [cell.diagram for cell in (*pasting.dom.inside, *pasting.cod.inside)]
    if cells and (before.cod != cells[0].dom or cells[-1].cod != after.dom):
        raise TypeMismatch(
            f"these do not compose: {before.dom or 'I'} → {before.cod or 'I'}, then a pasting from "
            f"{cells[0].dom or 'I'} to {cells[-1].cod or 'I'}, then {after.dom or 'I'} → {after.cod or 'I'}"
        )
    return word(before) @ pasting @ word(after)
