"""Transport of structure: the change of diagrams and names under which a presentation is carried to another one.

`Transport()` is the identity. A renaming, a substitution and the reduction to normal forms override its methods.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> f = Box("f", Ty("x"), Ty("y"))
>>> Transport().diagram(f) == f, Transport().name("constraint", "fit"), Transport().boxes("f")
(True, 'fit', ('f',))
"""

from __future__ import annotations

from typing import Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.equality.canonical_form import canonical


class Transport:
    """A map of diagrams, of the names of statements, and of boxes."""

    def diagram(self, diagram: Diagram) -> Diagram:
        """The image of a diagram."""
        return diagram

    def canonical(self, diagram: Diagram) -> list[Any]:
        """The canonical form of the image of a diagram."""
        return canonical(self.diagram(diagram))

    def symbol(self, symbol: Symbol) -> Symbol:
        """The new symbol of an object, a sample space, a column or a statement."""
        return symbol

    def name(self, kind: str, name: str) -> str:
        """The new name of a symbol that is not a column, such as a constraint."""
        return self.symbol(Symbol(kind, name)).name

    def boxes(self, name: str) -> tuple[str, ...]:
        """The names of the boxes that stand in place of a box, and of those that these use."""
        return (name,)

    def applied(self, name: str) -> tuple[str, ...]:
        """The names of the boxes that are applied in place of a box."""
        return self.boxes(name)

    def box_for(self, name: str) -> str | None:
        """The name of the box that alone stands in place of a box; None where a composite does."""
        return self.boxes(name)[0]
