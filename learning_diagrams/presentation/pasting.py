"""Pastings: 2-cells between diagrams, composed in sequence and whiskered, again as string diagrams.

A 2-cell is an equation lhs ⇒ rhs between parallel 1-cells. Its wires are the 1-cells that its sides are composed of, so
that a pasting is a diagram of DisCoPy's, a sequence of layers e ; α ; h: α with 1-cells e before it and h after it. A
layer prints with `@` between wires, as all diagrams do. The tensor of diagrams is `alongside`: x ⊗ α ⊗ y. The 1-cells
are diagrams as they are written, and `rewriting` joins two ways to write one diagram.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> f, f_, g = (Box(name, x, x) for name in ("f", "f_", "g"))
>>> a = TwoCell("a", f, f_)
>>> print(whisker(g, a, g))
g @ a @ g
>>> print(alongside(x, whisker(g, a, g), Ty()).dom)
x @ g @ x @ f @ x @ g

Source: Street, *Categorical structures* (1996), for sesquicategories, which have whiskering and no interchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from discopy import cat, monoidal

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.on_wires import require_named_options
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.equality.canonical_form import canonical, digest_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.presentation.equation import Equation


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


@cat.factory
class Pasting(monoidal.Diagram):
    """2-cells in sequence, each with 1-cells before and after it; `Pasting.id(f)` has none.

    `@` puts 1-cells that compose one after another. `learning_diagrams.draw(pasting, path)` draws it. Raises
    `TypeMismatch` for other wires.
    """

    def __init__(self, inside: tuple[monoidal.Layer, ...], dom: Ty, cod: Ty, _scan: bool = True) -> None:
        for cells in (dom, cod):
            _require_path(cells)
        super().__init__(inside, dom, cod, _scan=_scan)

    def __repr__(self) -> str:
        return one_line(f"Pasting({self})")

    @classmethod
    def id(cls, dom: Diagram | Ty | None = None) -> Pasting:
        """The identity 2-cell f ⇒ f of a diagram f, or of a word of 1-cells; without one, of an identity.

        Law: `Pasting.id(f) >> α == α == α >> Pasting.id(g)` for α : f ⇒ g.

        >>> from learning_diagrams.diagrams.box import Box, Ty
        >>> f, g = Box("f", Ty("x"), Ty("y")), Box("g", Ty("x"), Ty("y"))
        >>> a = TwoCell("a", f, g)
        >>> Pasting.id(f) >> a == a == a >> Pasting.id(g)
        True

        Raises `TypeMismatch` for what is no diagram, as a type of objects.
        """
        if dom is not None and not isinstance(dom, Ty):
            dom = word(dom)
        return super().id(dom)  # type: ignore[no-any-return]

    def draw(self, *path: Any, **options: Any) -> Any:
        """DisCoPy's drawing, whose options have names; `learning_diagrams.draw(pasting, path)` is the picture.

        Raises `TypeMismatch` where a path comes without its name.
        """
        require_named_options(path)
        return super().draw(**options)

    def then(self, *others: Pasting) -> Pasting:
        for here, pasting in pairwise((self, *others)):
            require_pasting(pasting)
            if here.cod != pasting.dom:
                ends = f"the first pasting ends in {here.cod or 'Id'}, and the next starts from {pasting.dom or 'Id'}"
                raise TypeMismatch(f"{ends}; rewriting(lhs, rhs) leads from one way to write a diagram to another one")
        _require_objects((self, *others), ">>", [(0, 0), (1, 1)])
        return super().then(*others)  # type: ignore[no-any-return]

    def tensor(self, *others: Pasting) -> Pasting:
        for pasting in others:
            require_pasting(pasting)
        joined: Pasting = super().tensor(*others)
        _require_objects((self, *others), "@", [(1, 0)])
        return joined

    @property
    def objects(self) -> tuple[Ty, Ty] | None:
        """The objects from which and to which its 1-cells run; None for the identity of the empty word."""
        if cells := (self.dom.inside or self.cod.inside):
            return cells[0].diagram.dom, cells[-1].diagram.cod
        sides = self.boxes[0].equation.lhs if self.inside else None  # without whiskers, since no 1-cell is there
        return None if sides is None else (sides.dom, sides.cod)


class TwoCell(monoidal.Box, Pasting):
    """An equation lhs ⇒ rhs as a box of pastings.

    Raises `TypeMismatch` where the sides are not parallel.
    """

    def __init__(self, name: str, lhs: Diagram, rhs: Diagram) -> None:
        self.equation = Equation(lhs, rhs, name)
        monoidal.Box.__init__(self, name, word(lhs), word(rhs))


class Alongside(TwoCell):
    """A 2-cell beside wires that it leaves alone: left ⊗ lhs ⊗ right ⇒ left ⊗ rhs ⊗ right.

    cell : TwoCell, the 2-cell itself, which is nothing alongside.
    """

    left: Ty
    cell: TwoCell
    right: Ty

    def __init__(self, left: Ty, cell: TwoCell, right: Ty) -> None:
        if isinstance(cell, Alongside):
            left, cell, right = left @ cell.left, cell.cell, cell.right @ right
        self.left, self.cell, self.right = left, cell, right
        name = " ⊗ ".join(part for part in (str(left) if left else "", cell.name, str(right) if right else "") if part)
        super().__init__(name, *(left @ side @ right for side in cell.equation.diagrams))

    @property
    def wires(self) -> Diagram:
        """The diagram that discards all but the wires of the 2-cell itself."""
        return Discard(self.left) @ Id(self.cell.equation.lhs.dom) @ Discard(self.right)


class Rewriting(TwoCell):
    """Two ways to write one diagram, as a 2-cell: it holds by the laws of the theory, and has no loss.

    Raises `TypeMismatch` where the diagrams are not equal.
    """

    def __init__(self, lhs: Diagram, rhs: Diagram) -> None:
        super().__init__("=", lhs, rhs)
        if self.equation.forms[0] != self.equation.forms[1]:
            raise TypeMismatch(f"only equal diagrams are rewritten into each other, got {lhs} and {rhs}")


def rewriting(lhs: Diagram | Ty, rhs: Diagram | Ty) -> Pasting:
    """The pasting from one way to write a diagram to another one: the identity where both have the same 1-cells.

    A rewriting and the one back are not the identity, and both cost nothing.

    lhs, rhs : diagrams, or words of 1-cells that are not empty, as `.dom` and `.cod` of a pasting.

    Raises `TypeMismatch` where one is neither of these, or where the diagrams are not equal by the laws of the theory.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> f = Box("f", x, x)
    >>> one, other = f @ x >> x @ f, x @ f >> f @ x
    >>> rewriting(one, one) == Pasting.id(one), rewriting(one, other) >> rewriting(other, one) == Pasting.id(one)
    (True, False)
    """
    lhs, rhs = (composite(side, side.inside[0].diagram.dom) if _is_word(side) else side for side in (lhs, rhs))
    same = word(lhs) == word(rhs) and (lhs.dom, lhs.cod) == (rhs.dom, rhs.cod)
    return Pasting.id(lhs) if same else Rewriting(lhs, rhs)


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
        hint = "; composite(word, dom) is the diagram of a word of 1-cells" if _is_word(diagram) else ""
        raise TypeMismatch(f"a 1-cell is a diagram, got {brief(diagram)}{hint}")
    PortGraph.from_diagram(diagram)  # which refuses what is no Markov diagram, as a sum
    cells = []
    for i, layer in enumerate(diagram.inside):
        before, box, *after = layer.boxes_or_types
        cells.append(OneCell(diagram[i : i + 1] if before or after != [Ty()] else box))
    return Ty(*cells)


def _is_word(side: Any) -> bool:
    return isinstance(side, Ty) and len(side) > 0 and all(isinstance(cell, OneCell) for cell in side.inside)


def composite(cells: Ty, dom: Ty) -> Diagram:
    """The composite of the 1-cells of a word; the identity on `dom` for the empty word, which has no object of its own.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x, y = Ty("x"), Ty("y")
    >>> print(composite(word(Box("f", x, y)), y), "|", composite(word(Id(x)), y))
    f | Id(y)
    """
    first, *others = [cell.diagram for cell in cells.inside] or [Id(dom)]
    return first.then(*others) if others else first


def whisker(before: Diagram, pasting: Pasting, after: Diagram) -> Pasting:
    """A pasting with 1-cells before and after it.

    Raises `TypeMismatch` where these do not compose, or are no diagrams around a pasting.
    """
    start, end = word(before), word(after)
    require_pasting(pasting)
    first, last = pasting.objects or (before.cod, before.cod)
    if before.cod != first or last != after.dom:
        raise TypeMismatch(
            f"these do not compose: {before.dom or 'I'} → {before.cod or 'I'}, then a pasting from "
            f"{first or 'I'} to {last or 'I'}, then {after.dom or 'I'} → {after.cod or 'I'}"
        )
    whiskered: Pasting = start @ pasting @ end
    return whiskered


def alongside(left: Ty, pasting: Pasting, right: Ty) -> Pasting:
    """A pasting beside wires that it leaves alone: each 1-cell e becomes left ⊗ e ⊗ right, and so does each 2-cell.

    Law: `alongside(x, α >> β, y) == alongside(x, α, y) >> alongside(x, β, y)`.

    Raises `TypeMismatch` where left and right are no types, or what stands between them is no pasting.
    """
    for ty in (left, right):
        if not isinstance(ty, Ty) or any(isinstance(ob, OneCell) for ob in ty.inside):
            raise TypeMismatch(f"a pasting stands beside wires, a type such as Ty('x') or Ty(); got {brief(ty)}")
    require_pasting(pasting)
    if not left and not right:
        return pasting

    def beside(cells: Ty) -> Ty:
        return Ty().tensor(*(word(left @ cell.diagram @ right) for cell in cells.inside))

    result: Pasting = Pasting.id(beside(pasting.dom))
    for layer in pasting.inside:
        before, cell, after = layer.boxes_or_types
        sides = (left @ side @ right for side in cell.equation.diagrams)
        moved = Rewriting(*sides) if isinstance(cell, Rewriting) else Alongside(left, cell, right)
        result = result >> beside(before) @ moved @ beside(after)
    return result


def require_pasting(pasting: object) -> None:
    if not isinstance(pasting, Pasting):
        hint = "make one by TwoCell(name, lhs, rhs), and put diagrams around it by whisker(before, pasting, after)"
        raise TypeMismatch(f"a pasting is made of 2-cells, got {brief(pasting)}; {hint}")


def _require_objects(pastings: Sequence[Pasting], sign: str, ends: Sequence[tuple[int, int]]) -> None:
    """Raise `TypeMismatch` where pastings meet at other objects: the word of an identity does not say its object.

    ends : which of the objects of one pasting, and which of the next, are to be equal.
    """
    known = [(pasting, pasting.objects) for pasting in pastings if pasting.objects is not None]
    for (first, here), (second, there) in pairwise(known):
        for i, j in ends:
            if here[i] != there[j]:
                dom, cod, dom_, cod_ = (ty or "I" for ty in (*here, *there))
                where = f"{first} : {dom} → {cod}, then {second} : {dom_} → {cod_}"
                raise TypeMismatch(f"these pastings do not compose by {sign}: {where}")


def _require_path(cells: Ty) -> None:
    """Raise `TypeMismatch` unless the wires of a pasting are 1-cells that compose in sequence."""
    for ob in cells.inside:
        if not isinstance(ob, OneCell):
            hint = "`@` puts 1-cells one after another; alongside(x, pasting, y) is x ⊗ pasting ⊗ y; id takes a diagram"
            raise TypeMismatch(f"a wire of a pasting is a 1-cell, a diagram, and {brief(str(ob))} is an object; {hint}")
    for first, second in pairwise(cells.inside):
        if first.diagram.cod != second.diagram.dom:
            ends = f"{first} ends in {first.diagram.cod or 'I'}, and {second} starts from {second.diagram.dom or 'I'}"
            raise TypeMismatch(f"these 1-cells do not compose: {ends}; `@` of pastings puts one after the other")
