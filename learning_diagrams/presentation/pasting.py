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

from functools import cached_property
from typing import TypeAlias

from discopy import cat, monoidal

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.equality.canonical_form import canonical, digest_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.equation import Equation

Pasting: TypeAlias = monoidal.Diagram


class OneCell(cat.Ob):
    """A diagram as the object on a wire of a pasting; 1-cells are equal when their diagrams are, however they print."""

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(str(diagram))
        self.diagram = diagram

    @cached_property
    def content(self) -> str:
        """A digest of the diagram, which tells a sample space from an object of its name."""
        data = [isinstance(ob, SampleObject) for ob in (*self.diagram.dom.inside, *self.diagram.cod.inside)]
        return digest_of([data, canonical(self.diagram)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneCell) and (self.diagram is other.diagram or self.content == other.content)

    def __hash__(self) -> int:
        return hash(self.content)


class TwoCell(monoidal.Box):
    """An equation lhs ⇒ rhs as a box of pastings.

    Raises `TypeMismatch` where the sides are not parallel.
    """

    def __init__(self, name: str, lhs: Diagram, rhs: Diagram) -> None:
        self.equation = Equation(lhs, rhs, name)
        super().__init__(name, word(lhs), word(rhs))


class Rewriting(TwoCell):
    """Two ways to write one diagram, as a 2-cell: it holds by the laws of the theory, and has no loss.

    Raises `TypeMismatch` where the diagrams are not equal.
    """

    def __init__(self, lhs: Diagram, rhs: Diagram) -> None:
        super().__init__("=", lhs, rhs)
        if self.equation.forms[0] != self.equation.forms[1]:
            raise TypeMismatch(f"only equal diagrams are rewritten into each other, got {lhs} and {rhs}")


def rewriting(lhs: Diagram, rhs: Diagram) -> Pasting:
    """The pasting from one way to write a diagram to another one: the identity where both have the same 1-cells."""
    return monoidal.Diagram.id(word(lhs)) if word(lhs) == word(rhs) else Rewriting(lhs, rhs)


def word(diagram: Diagram) -> Ty:
    """The 1-cells that a diagram is composed of in sequence: its layers.

    Law: `word(f >> g) == word(f) @ word(g)`.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> f, g = Box("f", x, x), Box("g", x, x)
    >>> print(word(f >> g), "|", word(f @ g), "|", len(word(Id(x))))
    f @ g | f @ x @ x @ g | 0
    """
    if not isinstance(diagram, monoidal.Diagram):
        raise TypeMismatch(f"a 1-cell is a diagram, got {brief(diagram)}")
    cells = []
    for i, layer in enumerate(diagram.inside):
        before, box, *after = layer.boxes_or_types
        cells.append(OneCell(diagram[i : i + 1] if before or after != [Ty()] else box))
    return Ty(*cells)


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
