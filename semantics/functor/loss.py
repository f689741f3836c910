"""The loss functor: from pastings of 2-cells to functions of the source distribution.

Its values on 2-cells fix it:
    L(id) = L(rewriting) = 0,    L(α >> β) = L(α) + L(β),    L(e ; α ; h)(p) = L(α)(p ≫ e).
Each 2-cell is measured where it stands: at the distribution p pushed forward by the 1-cells before it. Beside wires it
is measured at its marginal: L(x ⊗ α ⊗ y)(p) = L(α)(p ≫ discard ⊗ id ⊗ discard). L is a functor of sesquicategories.
It is not a functor of 2-categories: for cells in sequence interchange fails, by L_b(p ≫ f′) − L_b(p ≫ f). Beside each
other two cells cost L_a + L_b at the marginals in both orders, since 1-cells are total.

For a back end with such values, the compiled loss of `square.learning_diagram(over=p)` is L(square.pasting)(p).

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.pasting import TwoCell, whisker
>>> n = Ty("n")
>>> times = {"f": 2, "f_": 3, "g": 1, "g_": 2}
>>> f, f_, g, g_ = (Box(name, n, n) for name in times)
>>> def push(p, cell):
...     for box in cell.boxes:
...         p = times[box.name] * p
...     return p
>>> L = LossFunctor(lambda cell, p: (push(p, cell.equation.lhs) - push(p, cell.equation.rhs)) ** 2, push)
>>> a, b = TwoCell("a", f, f_), TwoCell("b", g, g_)
>>> L(whisker(Id(n), a, g) >> whisker(f_, b, Id(n)))(1), L(whisker(f, b, Id(n)) >> whisker(Id(n), a, g_))(1)
(10, 5)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.presentation.pasting import Alongside, Pasting, Rewriting, TwoCell, composite, require_pasting

P = TypeVar("P")


@dataclass(frozen=True)
class LossFunctor(Generic[P]):
    """The loss functor with some values on 2-cells.

    Parameters
    ----------
    value : function from a 2-cell α and a distribution p on the domain of its sides to L(α)(p), a number or any value
        that can be added to 0.
    push : function from a distribution p and a diagram e to the distribution p ≫ e, p pushed forward by e.
    """

    value: Callable[[TwoCell, P], Any]
    push: Callable[[P, Diagram], P]

    def __call__(self, pasting: Pasting) -> Callable[[P], Any]:
        """The loss of a pasting as a function of the distribution at its source.

        Raises `TypeMismatch` for what is not a pasting.
        """
        require_pasting(pasting)
        layers = []
        for layer in pasting.inside:
            before, cell, *_ = layer.boxes_or_types
            if not isinstance(cell, Rewriting):
                layers.append((before, cell))

        def loss(p: P) -> Any:
            total = 0
            for before, cell in layers:
                at = self.push(p, composite(before, Ty())) if len(before) else p
                if isinstance(cell, Alongside):
                    cell, at = cell.cell, self.push(at, cell.wires)
                total = total + self.value(cell, at)
            return total

        return loss
