"""A diagram as it prints: layer by layer, and a wire as an identity where a box has the name of its object.

>>> from learning_diagrams.diagrams.box import Box
>>> x = Ty("x")
>>> f, other = Box("f", x, x), Box("x", x, x)
>>> print(f @ x, other @ x, x @ other, sep=", ")
f @ x, x @ Id(x), Id(x) @ x
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

from discopy.monoidal import Diagram, Ty


def boxes_named_as_objects(diagrams: Iterable[Diagram]) -> frozenset[str]:
    """The names that a box and an object of some diagrams have.

    A box has its text for a name: that of a state is `state(rows)`, and `rows` is the name of the sample space alone.
    """
    objects, boxes = set(), set()
    for diagram in diagrams:
        objects |= {str(ob.name) for ob in diagram.dom.inside}
        for box in {id(box): box for layer in diagram.inside for box in layer.boxes_or_types[1::2]}.values():
            objects |= {str(ob.name) for ob in (box.dom @ box.cod).inside}
            boxes.add(str(box))
    return frozenset(objects & boxes)


def written(diagram: Diagram, named_twice: Container[str], box_text: Callable[[Any], str] = str) -> str:
    """The text of a diagram.

    named_twice : names of objects whose wires are written as identities, see `boxes_named_as_objects`.
    box_text : function from a box to its text.
    """
    if not diagram.inside:
        return f"Id({diagram.dom})"

    def wires(ty: Ty) -> str:
        return " @ ".join(f"Id({ob})" if ob.name in named_twice else str(ob) for ob in ty.inside)

    def layer_text(parts: Sequence[Any]) -> str:
        return " @ ".join(box_text(part) if i % 2 else wires(part) for i, part in enumerate(parts) if i % 2 or part)

    return " >> ".join(layer_text(layer.boxes_or_types) for layer in diagram.inside)
